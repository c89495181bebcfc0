package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"ghasi.io/portal/database"
)

// secretLen is the strength of every secret this package makes: 256 bits.
const secretLen = 32

// newSecret returns 256 random bits as 43 URL-safe characters.
func newSecret() string {
	b := make([]byte, secretLen)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// isSecret reports whether s has the shape of [newSecret]: anything else needs no look into the database.
func isSecret(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == secretLen
}

// hashSecret is what the database keeps of a secret. With 256 random bits, a plain hash is enough.
func hashSecret(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// loadSecret returns the secret called name that all replicas share, making it the first time.
func (s *Service) loadSecret(ctx context.Context, name string) ([]byte, error) {
	fresh := make([]byte, secretLen)
	_, _ = rand.Read(fresh)
	_, err := s.db.Write.ExecContext(ctx, "INSERT INTO auth_secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
		name, hex.EncodeToString(fresh))
	if err != nil {
		return nil, database.Map(err)
	}
	var value string
	err = s.db.Read.QueryRowContext(ctx, "SELECT value FROM auth_secrets WHERE name = ?", name).Scan(&value)
	if err != nil {
		return nil, database.Map(err)
	}
	return hex.DecodeString(value)
}
