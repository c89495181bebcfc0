package auth

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/gorilla/securecookie"
)

const (
	minKeyLength = 32
	// maxCookie leaves room for the name within the 4,096 bytes that browsers keep of name and value together.
	maxCookie = 3900
)

var errCookieTooLong = errors.New("cookie longer than browsers keep")

// sealer encrypts and authenticates cookie values. The first pair seals; all of them open, so that a key can be
// replaced without signing anyone out.
type sealer struct{ pairs []*securecookie.SecureCookie }

func newSealer(keys []string) (sealer, error) {
	if len(keys) == 0 {
		return sealer{}, errors.New("auth: no session key")
	}
	pairs := make([]*securecookie.SecureCookie, len(keys))
	for i, key := range keys {
		if len(key) < minKeyLength {
			return sealer{}, fmt.Errorf("auth: session key %d is shorter than %d characters", i+1, minKeyLength)
		}
		hash, err := hkdf.Key(sha256.New, []byte(key), nil, "ghasi portal cookie authentication", 64)
		if err != nil {
			return sealer{}, fmt.Errorf("auth: derive cookie key: %w", err)
		}
		enc, err := hkdf.Key(sha256.New, []byte(key), nil, "ghasi portal cookie encryption", 32)
		if err != nil {
			return sealer{}, fmt.Errorf("auth: derive cookie key: %w", err)
		}
		// No codec age: tokens and sign-ins carry their own end, which is checked against the service's clock.
		pairs[i] = securecookie.New(hash, enc).SetSerializer(securecookie.NopEncoder{}).MaxAge(0)
	}
	return sealer{pairs}, nil
}

// seal binds value to name, so that one cookie's value can't be passed off as another's.
func (s sealer) seal(name, value string) (string, error) {
	sealed, err := s.pairs[0].Encode(name, []byte(value)) // encrypts in place: the conversion is the copy it needs
	if err != nil {
		return "", fmt.Errorf("seal %s: %w", name, err)
	}
	if len(sealed) > maxCookie {
		return "", fmt.Errorf("seal %s: %d bytes: %w", name, len(sealed), errCookieTooLong)
	}
	return sealed, nil
}

// open returns what seal was given. stale means that an older key sealed it: seal it again.
func (s sealer) open(name, sealed string) (value string, stale, ok bool) {
	for i, pair := range s.pairs {
		var b []byte
		if err := pair.Decode(name, sealed, &b); err == nil {
			return string(b), i > 0, true
		}
	}
	return "", false, false
}
