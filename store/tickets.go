package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

type ticketsRow struct {
	bun.BaseModel `bun:"table:ticket_lists,alias:t"`

	TenantID  string `bun:"tenant_id,pk"`
	List      string `bun:"list"`       // JSON, the support desk's own form
	FetchedAt int64  `bun:"fetched_at"` // unix microseconds
}

// SaveTickets keeps what the support desk said of a tenant, unless something later is kept already.
func (s *Store) SaveTickets(ctx context.Context, tenantID string, list []byte, fetchedAt time.Time) error {
	row := ticketsRow{TenantID: tenantID, List: string(list), FetchedAt: fetchedAt.UnixMicro()}
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&row).On("CONFLICT (tenant_id) DO UPDATE").
			Set("list = EXCLUDED.list").Set("fetched_at = EXCLUDED.fetched_at").Where("t.fetched_at < EXCLUDED.fetched_at").Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("save tickets: %w", err)
	}
	return nil
}

// Tickets returns what is kept of a tenant, and how old it is. Nothing kept is nil, not an error.
func (s *Store) Tickets(ctx context.Context, tenantID string) (list []byte, fetchedAt time.Time, err error) {
	var row ticketsRow
	err = s.db.Read.NewSelect().Model(&row).Where("tenant_id = ?", tenantID).Scan(ctx)
	if err := database.Map(err); err != nil {
		if portal.CodeOf(err) == portal.NotFound {
			return nil, time.Time{}, nil
		}
		return nil, time.Time{}, fmt.Errorf("read tickets: %w", err)
	}
	return []byte(row.List), time.UnixMicro(row.FetchedAt).UTC(), nil
}
