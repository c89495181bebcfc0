package portal

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

// crockford is Crockford's base 32 in lower case: no i, l, o, u, so that an id survives being read aloud.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// NewID returns "<prefix>_" and 26 characters: 48 bits of milliseconds and 80 random bits (a ULID in lower case), so
// that ids sort by time of creation and cannot be guessed.
func NewID(prefix string, now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // crypto/rand.Read never fails (Go 1.24)
	return prefix + "_" + encodeID(b)
}

// ValidID reports whether s has the shape that [NewID] gives for prefix. It bounds what reaches a query.
func ValidID(prefix, s string) bool {
	if len(s) != len(prefix)+27 || s[:len(prefix)] != prefix || s[len(prefix)] != '_' {
		return false
	}
	for _, c := range []byte(s[len(prefix)+1:]) {
		if c < '0' || c > 'z' || (c > '9' && c < 'a') || c == 'i' || c == 'l' || c == 'o' || c == 'u' {
			return false
		}
	}
	return true
}

// encodeID writes 128 bits as 26 base 32 digits, most significant first (the first digit carries only 3 bits).
func encodeID(b [16]byte) string {
	var out [26]byte
	var acc uint32
	bits, n := 2, 0 // 130 bits of digits hold 128 bits: two leading zero bits
	for _, x := range b {
		acc = acc<<8 | uint32(x)
		bits += 8
		for bits >= 5 {
			bits -= 5
			out[n] = crockford[acc>>bits&31]
			n++
		}
	}
	return string(out[:])
}
