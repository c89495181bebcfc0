package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// OWASP's second choice for argon2id: 19 MiB and two passes, about 30 ms of one core.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	saltLen      = 16
	hashLen      = 32
)

// maxPassword bounds what is hashed, in bytes.
const maxPassword = 1024

// HashPassword returns the argon2id hash of password as a PHC string.
func HashPassword(password string) string { return hashPassword(password, argonMemory, argonTime) }

func hashPassword(password string, memory, time uint32) string {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt)
	return phc(memory, time, salt, argon2.IDKey([]byte(password), salt, time, memory, argonThreads, hashLen))
}

// phc writes a hash as a string that says how it was made.
func phc(memory, time uint32, salt, hash []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, time, argonThreads, b64(salt), b64(hash))
}

// hasher verifies passwords, few at a time: each takes 19 MiB, and a flood of sign-ins must not take all memory.
type hasher struct {
	slots chan struct{}
	dummy string // verified for unknown accounts, so that the time taken does not tell them apart
}

func newHasher() *hasher {
	// The dummy needs a hash of the right cost, not one of a password: nothing ever matches it.
	dummy := phc(argonMemory, argonTime, make([]byte, saltLen), make([]byte, hashLen))
	return &hasher{slots: make(chan struct{}, 2), dummy: dummy}
}

// verify reports whether password has hash. An empty hash, of an unknown account, takes as long and never matches.
// The error is ctx's.
func (h *hasher) verify(ctx context.Context, password, hash string) (bool, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	return matches(password, hash) && known, nil
}

// matches recomputes hash with its own parameters, so that they can be raised for new passwords later.
func matches(password, hash string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	var version int
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &threads); err != nil ||
		version != argon2.Version || memory == 0 || memory > 1<<20 || time == 0 || time > 16 || threads == 0 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) != hashLen {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, hashLen)
	return subtle.ConstantTimeCompare(got, want) == 1
}
