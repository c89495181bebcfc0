package webhooks

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"ghasi.io/portal/database"
)

// secretLen is the length of a signing secret: 256 bits, of the 192 to 512 that the specification asks for.
const secretLen = 32

func newSecret() []byte {
	b := make([]byte, secretLen)
	_, _ = rand.Read(b)
	return b
}

// showSecret is how a person gets to see a secret.
func showSecret(secret []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(secret) }

// sign is the symmetric signature of the Standard Webhooks specification, version 1.
func sign(secret []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// vault seals secrets. Its key lies in another table, so that neither a copy of the webhooks' table nor a log of its
// rows gives a secret away.
type vault struct{ aead cipher.AEAD }

// querier is a database, or a transaction of one.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// openVault takes the key that all replicas share, and makes it the first time.
func openVault(ctx context.Context, db querier) (*vault, error) {
	const name = "webhook secrets"
	_, err := db.ExecContext(ctx, "INSERT INTO auth_secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
		name, hex.EncodeToString(newSecret()))
	if err != nil {
		return nil, database.Map(err)
	}
	var value string
	if err := db.QueryRowContext(ctx, "SELECT value FROM auth_secrets WHERE name = $1", name).Scan(&value); err != nil {
		return nil, database.Map(err)
	}
	key, err := hex.DecodeString(value)
	if err != nil {
		return nil, errors.New("the key of the secrets is damaged")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &vault{aead}, err
}

// seal encrypts a webhook's secret. It opens for that webhook alone.
func (v *vault) seal(webhookID string, secret []byte) []byte {
	nonce := make([]byte, v.aead.NonceSize())
	_, _ = rand.Read(nonce)
	return v.aead.Seal(nonce, nonce, secret, []byte(webhookID))
}

var errSealed = errors.New("webhooks: a secret cannot be opened")

func (v *vault) open(webhookID string, sealed []byte) ([]byte, error) {
	n := v.aead.NonceSize()
	if len(sealed) < n {
		return nil, errSealed
	}
	secret, err := v.aead.Open(nil, sealed[:n], sealed[n:], []byte(webhookID))
	if err != nil {
		return nil, errSealed
	}
	return secret, nil
}
