package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
)

// touch notes, in the transaction of what was done, that staff have dealt with a tenant now.
func (s *Store) touch(ctx context.Context, tx bun.Tx, tenantID string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO tenant_contacts (tenant_id, at) VALUES (?, ?)
ON CONFLICT (tenant_id) DO UPDATE SET at = EXCLUDED.at`, tenantID, s.now().UnixMicro())
	return database.Map(err)
}

// LastContacts says when staff last wrote a note about each tenant or exported its review. A tenant that was never dealt
// with is missing.
func (s *Store) LastContacts(ctx context.Context) (map[string]time.Time, error) {
	var rows []struct {
		TenantID string `bun:"tenant_id"`
		At       int64  `bun:"at"`
	}
	if err := s.db.Read.NewRaw("SELECT tenant_id, at FROM tenant_contacts").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read contacts: %w", database.Map(err))
	}
	last := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		last[r.TenantID] = time.UnixMicro(r.At).UTC()
	}
	return last, nil
}
