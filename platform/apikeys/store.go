package apikeys

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/portal"
)

const (
	maxActive = 100 // keys a tenant
	// maxListed bounds the list, revoked keys included; those that fall off are the oldest revoked.
	maxListed = 500
)

// isActive is the condition of a key that works; its placeholder is now.
const isActive = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)"

// List returns the tenant's keys, active ones first, then newest first.
func (s *Service) List(ctx context.Context, tenantID string) ([]portal.APIKey, error) {
	now := s.now()
	rows, err := s.db.Read.QueryContext(ctx, `SELECT id, name, prefix, last4, scopes, created_at, expires_at, revoked_at, last_used_at, last_used_ip
		FROM api_keys WHERE tenant_id = ?
		ORDER BY CASE WHEN `+isActive+` THEN 0 ELSE 1 END, created_at DESC, id DESC LIMIT ?`, tenantID, now.UnixMicro(), maxListed)
	if err != nil {
		return nil, database.Map(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	keys := []portal.APIKey{}
	for rows.Next() {
		k, err := scanKey(rows, now)
		if err != nil {
			return nil, database.Map(err)
		}
		if u, ok := s.uses.last(k.KeyID); ok && (k.LastUsedAt == nil || u.at.After(*k.LastUsedAt)) {
			at := u.at.UTC()
			k.LastUsedAt, k.LastUsedIP = &at, u.ip
		}
		keys = append(keys, k)
	}
	return keys, database.Map(rows.Err())
}

func scanKey(rows *sql.Rows, now time.Time) (portal.APIKey, error) {
	var k portal.APIKey
	var scopes string
	var created int64
	var expires, revoked, used sql.NullInt64
	var ip sql.NullString
	err := rows.Scan(&k.KeyID, &k.Name, &k.Prefix, &k.Last4, &scopes, &created, &expires, &revoked, &used, &ip)
	if err != nil {
		return k, err
	}
	k.Scopes, k.CreatedAt, k.LastUsedIP = parseScopes(scopes), time.UnixMicro(created).UTC(), ip.String
	k.ExpiresAt, k.RevokedAt, k.LastUsedAt = optional(expires), optional(revoked), optional(used)
	k.Status = portal.KeyActive
	switch {
	case revoked.Valid:
		k.Status = portal.KeyRevoked
	case expires.Valid && expires.Int64 <= now.UnixMicro():
		k.Status = portal.KeyExpired
	}
	return k, nil
}

// Create makes a key. Its answer alone holds the raw key. k is valid. Errors: Conflict when the tenant has too many
// active keys.
func (s *Service) Create(ctx context.Context, tenantID, userID string, k portal.NewAPIKey) (portal.CreatedAPIKey, error) {
	now := s.now().UTC().Truncate(time.Microsecond)
	raw := newRawKey()
	c := portal.CreatedAPIKey{
		APIKey: portal.APIKey{
			KeyID: portal.NewID("key", now), Name: k.Name, Prefix: access.KeyPrefix, Last4: raw[len(raw)-4:], Scopes: k.Scopes,
			Status: portal.KeyActive, CreatedAt: now, ExpiresAt: k.ExpiresAt,
		},
		RawKey: raw,
	}
	var expires *int64
	if k.ExpiresAt != nil {
		us := k.ExpiresAt.UnixMicro()
		expires = &us
	}
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.db.LockTx(ctx, tx, "api keys of "+tenantID); err != nil { // two creations must not both be the last
			return err
		}
		var active int
		err := tx.QueryRowContext(ctx, "SELECT count(*) FROM api_keys WHERE tenant_id = ? AND "+isActive, tenantID, now.UnixMicro()).Scan(&active)
		if err != nil {
			return err
		}
		if active >= maxActive {
			return &portal.Error{Code: portal.Conflict, Detail: "A tenant can have 100 active keys. Revoke one first."}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO api_keys (id, tenant_id, created_by, name, prefix, last4, hash, scopes, created_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			c.KeyID, tenantID, userID, c.Name, c.Prefix, c.Last4, hashKey(raw), joinScopes(c.Scopes), now.UnixMicro(), expires)
		return err
	})
	if err != nil {
		return portal.CreatedAPIKey{}, err
	}
	return c, nil
}

// Revoke ends a key at once. A revoked one stays as it is. Errors: NotFound, also for another tenant's.
func (s *Service) Revoke(ctx context.Context, tenantID, keyID string) error {
	if !portal.ValidID("key", keyID) {
		return portal.Fail(portal.NotFound, nil)
	}
	_, err := s.db.Write.ExecContext(ctx, "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND tenant_id = ? AND revoked_at IS NULL",
		s.now().UnixMicro(), keyID, tenantID)
	if err != nil {
		return database.Map(err)
	}
	var one int
	err = s.db.Read.QueryRowContext(ctx, "SELECT 1 FROM api_keys WHERE id = ? AND tenant_id = ?", keyID, tenantID).Scan(&one)
	return database.Map(err)
}

// find returns the key with hash that works now. Errors: NotFound.
func (s *Service) find(ctx context.Context, hash string, now time.Time) (access.Principal, error) {
	var p access.Principal
	var scopes string
	err := s.db.Read.QueryRowContext(ctx, "SELECT id, name, tenant_id, created_by, scopes FROM api_keys WHERE hash = ? AND "+isActive,
		hash, now.UnixMicro()).Scan(&p.KeyID, &p.KeyName, &p.TenantID, &p.UserID, &scopes)
	p.Scopes = parseScopes(scopes)
	return p, database.Map(err)
}

func parseScopes(s string) []portal.Scope {
	scopes := []portal.Scope{}
	for _, f := range strings.Fields(s) {
		scopes = append(scopes, portal.Scope(f))
	}
	return scopes
}

func joinScopes(scopes []portal.Scope) string {
	parts := make([]string, len(scopes))
	for i, s := range scopes {
		parts[i] = string(s)
	}
	return strings.Join(parts, " ")
}

func optional(us sql.NullInt64) *time.Time {
	if !us.Valid {
		return nil
	}
	t := time.UnixMicro(us.Int64).UTC()
	return &t
}
