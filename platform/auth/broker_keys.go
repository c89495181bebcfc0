package auth

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// providerKeys are the provider's signing keys by their ids.
type providerKeys map[string]*rsa.PublicKey

var errProviderKey = errors.New("auth: the provider has no such key")

// minProviderKey is RFC 7518's least size of an RSA key, in bits.
const minProviderKey = 2048

// key returns the key that a token names: from memory for five minutes, else from the provider. Keys that we have
// survive an outage.
func (p *provider) key(ctx context.Context, m metadata, t *jwt.Token) (*rsa.PublicKey, error) {
	id, _ := t.Header["kid"].(string)
	p.mu.Lock()
	key, age := p.keys[id], p.now().Sub(p.keysAt)
	p.mu.Unlock()
	if key != nil && age < providerKeysAge {
		return key, nil
	}
	var err error
	if key != nil || age >= providerRefetch {
		err = p.shared(ctx, "keys", func(ctx context.Context) error { return p.loadKeys(ctx, m) })
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch key = p.keys[id]; {
	case key != nil:
		return key, nil
	case err != nil:
		return nil, err
	default:
		return nil, errProviderKey
	}
}

func (p *provider) loadKeys(ctx context.Context, m metadata) error {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := p.get(ctx, m.JWKSURI, &set); err != nil {
		return p.unavailable(err)
	}
	keys := providerKeys{}
	for _, k := range set.Keys { // others are for what we don't do
		if k.Kty != "RSA" || (k.Use != "" && k.Use != "sig") || (k.Alg != "" && k.Alg != "RS256") {
			continue
		}
		if key, err := k.public(); err == nil {
			keys[k.Kid] = key
		}
	}
	if len(keys) == 0 {
		return p.unavailable(errors.New("provider publishes no RS256 key"))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys, p.keysAt = keys, p.now()
	return nil
}

func (k jwk) public() (*rsa.PublicKey, error) {
	n, err := base64.RawURLEncoding.DecodeString(k.N)
	if err != nil {
		return nil, fmt.Errorf("modulus: %w", err)
	}
	e, err := base64.RawURLEncoding.DecodeString(k.E)
	if err != nil {
		return nil, fmt.Errorf("exponent: %w", err)
	}
	exponent := new(big.Int).SetBytes(e)
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n)}
	if key.N.BitLen() < minProviderKey || !exponent.IsInt64() || exponent.BitLen() > 31 || exponent.Int64() < 3 {
		return nil, errors.New("not a fit RSA key")
	}
	key.E = int(exponent.Int64())
	return key, nil
}
