package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

type profileRow struct {
	bun.BaseModel `bun:"table:profiles"`

	TenantID  string `bun:"tenant_id,pk"`
	UserID    string `bun:"user_id,pk"`
	Locale    string `bun:"locale"`
	Theme     string `bun:"theme"`
	Zone      string `bun:"zone"`
	Calendar  string `bun:"calendar"`
	UpdatedAt int64  `bun:"updated_at"` // unix microseconds
}

// Profile returns a person's choices. Who never made any has the zero Profile, not an error.
func (s *Store) Profile(ctx context.Context, tenantID, userID string) (portal.Profile, error) {
	var row profileRow
	err := s.db.Read.NewSelect().Model(&row).
		Where("tenant_id = ? AND user_id = ?", tenantID, userID).Scan(ctx)
	if err := database.Map(err); err != nil {
		if portal.CodeOf(err) == portal.NotFound {
			return portal.Profile{}, nil
		}
		return portal.Profile{}, fmt.Errorf("read profile: %w", err)
	}
	return portal.Profile{Locale: row.Locale, Theme: row.Theme, Zone: row.Zone, Calendar: row.Calendar}, nil
}

// SaveProfile replaces a person's choices.
func (s *Store) SaveProfile(ctx context.Context, tenantID, userID string, p portal.Profile) error {
	row := profileRow{
		TenantID: tenantID, UserID: userID, UpdatedAt: s.now().UnixMicro(),
		Locale: p.Locale, Theme: p.Theme, Zone: p.Zone, Calendar: p.Calendar,
	}
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&row).
			On("CONFLICT (tenant_id, user_id) DO UPDATE").
			Set("locale = EXCLUDED.locale").Set("theme = EXCLUDED.theme").
			Set("zone = EXCLUDED.zone").Set("calendar = EXCLUDED.calendar").
			Set("updated_at = EXCLUDED.updated_at").Exec(ctx)
		return err
	})
	if err := database.Map(err); err != nil {
		return fmt.Errorf("save profile: %w", err)
	}
	return nil
}
