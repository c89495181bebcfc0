package apikeys

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"math/big"
	"strings"

	"ghasi.io/portal/platform/access"
)

// A raw key is "ghasi_", 256 random bits as 43 digits of base 62, and 6 digits of their CRC-32: a scanner can tell a
// real key from a look-alike offline, and a mistyped one costs no database read.
const (
	alphabet    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	secretLen   = 32 // bytes
	secretChars = 43 // base 62 digits of 256 bits
	checkChars  = 6  // base 62 digits of 32 bits
	rawLen      = len(access.KeyPrefix) + secretChars + checkChars
)

// newRawKey makes a key.
func newRawKey() string {
	var b [secretLen]byte
	_, _ = rand.Read(b[:])
	return formatKey(b)
}

func formatKey(secret [secretLen]byte) string {
	body := access.KeyPrefix + base62(new(big.Int).SetBytes(secret[:]), secretChars)
	return body + checksum(body)
}

// wellFormed reports whether raw can be a key of ours.
func wellFormed(raw string) bool {
	if len(raw) != rawLen || !strings.HasPrefix(raw, access.KeyPrefix) {
		return false
	}
	body, check := raw[:rawLen-checkChars], raw[rawLen-checkChars:]
	for i := len(access.KeyPrefix); i < len(body); i++ {
		if strings.IndexByte(alphabet, body[i]) < 0 {
			return false
		}
	}
	return checksum(body) == check
}

func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	return base62(new(big.Int).SetUint64(uint64(sum)), checkChars)
}

// base62 writes n in exactly digits digits, most significant first.
func base62(n *big.Int, digits int) string {
	out := make([]byte, digits)
	base, rest := big.NewInt(int64(len(alphabet))), new(big.Int)
	for i := digits - 1; i >= 0; i-- {
		n.DivMod(n, base, rest)
		out[i] = alphabet[rest.Int64()]
	}
	return string(out)
}

// hashKey is what the database keeps. A plain hash is enough for 256 random bits.
func hashKey(raw string) string {
	h := sha256.Sum256([]byte(raw))
	return hex.EncodeToString(h[:])
}
