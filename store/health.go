package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

type healthRow struct {
	bun.BaseModel `bun:"table:health_scores"`

	TenantID   string          `bun:"tenant_id,pk"`
	Day        string          `bun:"day,pk"`
	Score      *int            `bun:"score"`
	Formula    int             `bun:"formula"`
	Components json.RawMessage `bun:"components,type:text"`
	ComputedAt int64           `bun:"computed_at"` // unix microseconds
}

// SaveHealthScores keeps scores, each in place of the one of its tenant and day. ComputedAt is now.
func (s *Store) SaveHealthScores(ctx context.Context, scores []portal.HealthScore) error {
	if len(scores) == 0 {
		return nil
	}
	rows := make([]healthRow, len(scores))
	for i, h := range scores {
		components, err := json.Marshal(h.Components)
		if err != nil {
			return fmt.Errorf("save health scores: %w", err)
		}
		rows[i] = healthRow{TenantID: h.TenantID, Day: h.Day, Formula: h.Formula, Components: components, ComputedAt: s.now().UnixMicro()}
		if h.Known {
			rows[i].Score = &h.Score
		}
	}
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&rows).On("CONFLICT (tenant_id, day) DO UPDATE").
			Set("score = EXCLUDED.score").Set("formula = EXCLUDED.formula").Set("components = EXCLUDED.components").
			Set("computed_at = EXCLUDED.computed_at").Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("save health scores: %w", err)
	}
	return nil
}

// HealthScores lists a tenant's scores from a day on (YYYY-MM-DD), oldest first.
func (s *Store) HealthScores(ctx context.Context, tenantID, from string) ([]portal.HealthScore, error) {
	var rows []healthRow
	err := s.db.Read.NewSelect().Model(&rows).Where("tenant_id = ? AND day >= ?", tenantID, from).Order("day").Scan(ctx)
	if err := database.Map(err); err != nil {
		return nil, fmt.Errorf("read health scores: %w", err)
	}
	scores := make([]portal.HealthScore, len(rows))
	for i, r := range rows {
		h, err := r.score()
		if err != nil {
			return nil, fmt.Errorf("read health scores: %w", err)
		}
		scores[i] = h
	}
	return scores, nil
}

// AllHealthScores lists every tenant's scores from a day on, by tenant, oldest first, without their components.
func (s *Store) AllHealthScores(ctx context.Context, from string) (map[string][]portal.HealthScore, error) {
	var rows []healthRow
	err := s.db.Read.NewSelect().Model(&rows).ExcludeColumn("components").Where("day >= ?", from).Order("tenant_id", "day").Scan(ctx)
	if err := database.Map(err); err != nil {
		return nil, fmt.Errorf("read health scores: %w", err)
	}
	all := map[string][]portal.HealthScore{}
	for _, r := range rows {
		h, err := r.score()
		if err != nil {
			return nil, fmt.Errorf("read health scores: %w", err)
		}
		all[r.TenantID] = append(all[r.TenantID], h)
	}
	return all, nil
}

// LastHealthDays returns the latest day that each tenant has a score of.
func (s *Store) LastHealthDays(ctx context.Context) (map[string]string, error) {
	var rows []healthRow
	err := s.db.Read.NewSelect().Model(&rows).Column("tenant_id").ColumnExpr("MAX(day) AS day").Group("tenant_id").Scan(ctx)
	if err := database.Map(err); err != nil {
		return nil, fmt.Errorf("read health scores: %w", err)
	}
	last := make(map[string]string, len(rows))
	for _, r := range rows {
		last[r.TenantID] = r.Day
	}
	return last, nil
}

func (r healthRow) score() (portal.HealthScore, error) {
	h := portal.HealthScore{
		TenantID: r.TenantID, Day: r.Day, Formula: r.Formula, ComputedAt: time.UnixMicro(r.ComputedAt).UTC(),
	}
	if r.Score != nil {
		h.Known, h.Score = true, *r.Score
	}
	if len(r.Components) == 0 {
		return h, nil
	}
	return h, json.Unmarshal(r.Components, &h.Components)
}
