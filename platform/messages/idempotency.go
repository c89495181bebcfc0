package messages

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

const (
	idempotencyHeader = "Idempotency-Key"
	idempotencyMax    = 255
	idempotencyFor    = 24 * time.Hour
)

// idempotencyKey returns the request's key, "" without one. ok is false when there are several, or one that is not 1–255
// visible ASCII characters.
func idempotencyKey(r *http.Request) (key string, ok bool) {
	values := r.Header.Values(idempotencyHeader)
	if len(values) == 0 {
		return "", true
	}
	key = values[0]
	if len(values) > 1 || key == "" || len(key) > idempotencyMax {
		return "", false
	}
	for _, c := range []byte(key) {
		if c < '!' || c > '~' {
			return "", false
		}
	}
	return key, true
}

// claim writes down that key belongs to m and is answered with answer, or returns what it was answered with before. Two
// requests at once are put in order by the primary key: the second waits for the first transaction to end. Errors:
// Invalid when the key came with another message.
func (s *Service) claim(ctx context.Context, tx bun.Tx, tenant, key string, m portal.NewMessage, answer portal.AcceptedMessage) (portal.AcceptedMessage, error) {
	now := s.now()
	hash := payloadHash(m)
	_, err := tx.Tx.ExecContext(ctx,
		"DELETE FROM message_idempotency WHERE tenant_id = $1 AND idempotency_key = $2 AND created_at <= $3",
		tenant, key, now.Add(-idempotencyFor).UnixMicro())
	if err != nil {
		return portal.AcceptedMessage{}, err
	}
	res, err := tx.Tx.ExecContext(ctx,
		"INSERT INTO message_idempotency (tenant_id, idempotency_key, payload_hash, message_id, encoding, segments, created_at) "+
			"VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, idempotency_key) DO NOTHING",
		tenant, key, hash, answer.MessageID, answer.Encoding, answer.Segments, now.UnixMicro())
	if err != nil {
		return portal.AcceptedMessage{}, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return answer, err
	}
	first := portal.AcceptedMessage{Status: portal.StatusQueued}
	var before []byte
	err = tx.Tx.QueryRowContext(ctx,
		"SELECT payload_hash, message_id, encoding, segments FROM message_idempotency WHERE tenant_id = $1 AND idempotency_key = $2",
		tenant, key).Scan(&before, &first.MessageID, &first.Encoding, &first.Segments)
	if err != nil {
		return portal.AcceptedMessage{}, err
	}
	if subtle.ConstantTimeCompare(before, hash) != 1 {
		return portal.AcceptedMessage{}, &portal.Error{
			Code:   portal.Invalid,
			Detail: "This Idempotency-Key was used with another message within the last 24 hours.",
			Fields: []portal.FieldError{{Field: idempotencyHeader, Key: "field.invalid"}},
			Err:    problem.CodeError("idempotency_key_reused"),
		}
	}
	return first, nil
}

// payloadHash is of what the message says, not of how its JSON was written.
func payloadHash(m portal.NewMessage) []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // three strings always have a JSON form
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// forgetKeys deletes what is older than a repeat may be. A few at a time: it shares the one writer of SQLite.
func (s *Service) forgetKeys(ctx context.Context) error {
	_, err := s.db.Write.DB.ExecContext(ctx,
		"DELETE FROM message_idempotency WHERE (tenant_id, idempotency_key) IN "+
			"(SELECT tenant_id, idempotency_key FROM message_idempotency WHERE created_at <= $1 ORDER BY created_at LIMIT 1000)",
		s.now().Add(-idempotencyFor).UnixMicro())
	return err
}
