package auth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

const (
	keyBits = 2048
	// unknownKeyEvery bounds how often tokens with unknown key ids can make us read the database.
	unknownKeyEvery = 10 * time.Second
)

// keySet is the signing keys at one moment: the active one, and those that retire. It never changes.
type keySet struct {
	activeID string
	active   *rsa.PrivateKey
	since    time.Time // when the active key was made
	ids      []string  // newest first
	public   map[string]*rsa.PublicKey
	jwks     []byte
}

// RotateKeys makes a new signing key. The one before keeps verifying for an hour, longer than any token it signed.
func (s *Service) RotateKeys(ctx context.Context) error { return s.rotate(ctx, 0) }

// ensureKey makes the first key when there is none.
func (s *Service) ensureKey(ctx context.Context) error {
	err := s.loadKeys(ctx)
	if portal.CodeOf(err) != portal.NotFound {
		return err
	}
	return s.rotate(ctx, keyLifetime)
}

// keepKeys follows the database, and rotates when the active key is old.
func (s *Service) keepKeys(ctx context.Context) error {
	if err := s.loadKeys(ctx); err != nil {
		return err
	}
	if s.o.Now().Sub(s.keys.Load().since) < keyLifetime {
		return nil
	}
	return s.rotate(ctx, keyLifetime)
}

// rotate makes a new active key unless there is one younger than age: of two replicas that start together, the second
// takes the first one's.
func (s *Service) rotate(ctx context.Context, age time.Duration) error {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	now := s.o.Now()
	err = s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.db.LockTx(ctx, tx, "signing keys"); err != nil {
			return err
		}
		var young int
		err := tx.QueryRowContext(ctx, "SELECT count(*) FROM signing_keys WHERE retired_at IS NULL AND created_at > ?",
			now.Add(-age).UnixMicro()).Scan(&young)
		if err != nil || (young > 0 && age > 0) {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE signing_keys SET retired_at = ? WHERE retired_at IS NULL", now.UnixMicro())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM signing_keys WHERE retired_at < ?", now.Add(-retiringTTL).UnixMicro())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO signing_keys (id, pem, created_at) VALUES (?, ?, ?)",
			portal.NewID("kid", now), text, now.UnixMicro())
		return err
	})
	if err != nil {
		return err
	}
	return s.loadKeys(ctx)
}

// loadKeys reads the key set. Errors: NotFound when no key signs.
func (s *Service) loadKeys(ctx context.Context) error {
	rows, err := s.db.Write.QueryContext(ctx, `SELECT id, pem, created_at, retired_at IS NULL FROM signing_keys
		WHERE retired_at IS NULL OR retired_at > ? ORDER BY created_at DESC, id DESC`, s.o.Now().Add(-retiringTTL).UnixMicro())
	if err != nil {
		return database.Map(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	set := &keySet{public: map[string]*rsa.PublicKey{}}
	for rows.Next() {
		var id, text string
		var created int64
		var active bool
		if err := rows.Scan(&id, &text, &created, &active); err != nil {
			return err
		}
		key, err := parseKey(text)
		if err != nil {
			return fmt.Errorf("signing key %s: %w", id, err)
		}
		if active && set.active == nil {
			set.activeID, set.active, set.since = id, key, time.UnixMicro(created)
		}
		set.ids = append(set.ids, id)
		set.public[id] = &key.PublicKey
	}
	if err := rows.Err(); err != nil {
		return database.Map(err)
	}
	if set.active == nil {
		return portal.Fail(portal.NotFound, errors.New("auth: no signing key"))
	}
	if old := s.keys.Load(); old != nil && slices.Equal(old.ids, set.ids) && old.activeID == set.activeID {
		return nil // the same pointer keeps verified tokens verified
	}
	if set.jwks, err = marshalJWKS(set); err != nil {
		return err
	}
	s.keys.Store(set)
	return nil
}

// publicKey returns the key called id, looking into the database when another replica may have made it.
func (s *Service) publicKey(ctx context.Context, id string) (*rsa.PublicKey, error) {
	if key := s.keys.Load().public[id]; key != nil {
		return key, nil
	}
	s.reload.Lock()
	defer s.reload.Unlock()
	if now := s.o.Now(); now.Sub(s.reloadedAt) >= unknownKeyEvery {
		s.reloadedAt = now
		if err := s.loadKeys(ctx); err != nil {
			return nil, err
		}
	}
	if key := s.keys.Load().public[id]; key != nil {
		return key, nil
	}
	return nil, errors.New("auth: unknown key id")
}

func parseKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a %T is no RSA key", key)
	}
	return private, nil
}

// jwk is a public RSA key by RFC 7517. It has no field that a private part could slip into.
type jwk struct {
	Kty string `json:"kty"`
	Kid string `json:"kid"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	N   string `json:"n"`
	E   string `json:"e"`
}

func marshalJWKS(set *keySet) ([]byte, error) {
	keys := make([]jwk, 0, len(set.ids))
	for _, id := range set.ids {
		pub := set.public[id]
		keys = append(keys, jwk{
			Kty: "RSA", Kid: id, Use: "sig", Alg: "RS256",
			N: base64.RawURLEncoding.EncodeToString(pub.N.Bytes()),
			E: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(pub.E)).Bytes()),
		})
	}
	return json.Marshal(map[string][]jwk{"keys": keys})
}
