package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

type npsRow struct {
	bun.BaseModel `bun:"table:nps_answers,alias:n"`

	TenantID   string `bun:"tenant_id,pk"`
	UserID     string `bun:"user_id,pk"`
	Quarter    string `bun:"quarter,pk"`
	Score      *int   `bun:"score"`
	Comment    string `bun:"comment"`
	AnsweredAt int64  `bun:"answered_at"` // unix microseconds
}

// NPSDue reports whether a person has neither answered this quarter's survey nor put it aside.
func (s *Store) NPSDue(ctx context.Context, tenantID, userID string) (bool, error) {
	has, err := s.db.Read.NewSelect().Model((*npsRow)(nil)).
		Where("tenant_id = ? AND user_id = ? AND quarter = ?", tenantID, userID, portal.QuarterOf(s.now())).Exists(ctx)
	if err := database.Map(err); err != nil {
		return false, fmt.Errorf("read survey: %w", err)
	}
	return !has, nil
}

// AnswerNPS keeps an answer for this quarter. A second answer of the quarter changes nothing; an answer to a survey that
// was put aside counts.
func (s *Store) AnswerNPS(ctx context.Context, tenantID, userID string, score int, comment string) error {
	return s.saveNPS(ctx, npsRow{TenantID: tenantID, UserID: userID, Score: &score, Comment: comment})
}

// DismissNPS puts the survey aside until the next quarter. An answer that is there stays.
func (s *Store) DismissNPS(ctx context.Context, tenantID, userID string) error {
	return s.saveNPS(ctx, npsRow{TenantID: tenantID, UserID: userID})
}

func (s *Store) saveNPS(ctx context.Context, row npsRow) error {
	now := s.now()
	row.Quarter, row.AnsweredAt = portal.QuarterOf(now), now.UnixMicro()
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&row).On("CONFLICT (tenant_id, user_id, quarter) DO UPDATE").
			Set("score = EXCLUDED.score").Set("comment = EXCLUDED.comment").Set("answered_at = EXCLUDED.answered_at").
			Where("n.score IS NULL").Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("save survey: %w", err)
	}
	return nil
}

// ImportNPS keeps answers as they are, in place of those of the same person and quarter: for demo data.
func (s *Store) ImportNPS(ctx context.Context, answers []portal.NPSAnswer) error {
	rows := make([]npsRow, len(answers))
	for i, a := range answers {
		rows[i] = npsRow{
			TenantID: a.TenantID, UserID: a.UserID, Quarter: a.Quarter, Score: &a.Score, Comment: a.Comment, AnsweredAt: a.AnsweredAt.UnixMicro(),
		}
	}
	if len(rows) == 0 {
		return nil
	}
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&rows).On("CONFLICT (tenant_id, user_id, quarter) DO UPDATE").
			Set("score = EXCLUDED.score").Set("comment = EXCLUDED.comment").Set("answered_at = EXCLUDED.answered_at").Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("import survey answers: %w", err)
	}
	return nil
}

// NPSAnswers lists a tenant's answers given from a time on and before another, newest first, limit at most.
func (s *Store) NPSAnswers(ctx context.Context, tenantID string, from, until time.Time, limit int) ([]portal.NPSAnswer, error) {
	var rows []npsRow
	err := s.db.Read.NewSelect().Model(&rows).
		Where("n.tenant_id = ? AND n.score IS NOT NULL AND n.answered_at >= ? AND n.answered_at < ?", tenantID, from.UnixMicro(), until.UnixMicro()).
		Order("n.answered_at DESC", "n.user_id").
		Limit(int64(limit)).Scan(ctx)
	if err := database.Map(err); err != nil {
		return nil, fmt.Errorf("read survey answers: %w", err)
	}
	answers := make([]portal.NPSAnswer, len(rows))
	for i, r := range rows {
		answers[i] = portal.NPSAnswer{
			TenantID: r.TenantID, UserID: r.UserID, Quarter: r.Quarter, Score: *r.Score, Comment: r.Comment,
			AnsweredAt: time.UnixMicro(r.AnsweredAt).UTC(),
		}
	}
	return answers, nil
}

// maxNPSAnswers bounds what one score is made of.
const maxNPSAnswers = 10_000

// NPS counts the answers given from a time on and before another, each person's latest alone.
func (s *Store) NPS(ctx context.Context, tenantID string, from, until time.Time) (portal.NPS, error) {
	answers, err := s.NPSAnswers(ctx, tenantID, from, until, maxNPSAnswers)
	if err != nil {
		return portal.NPS{}, err
	}
	var n portal.NPS
	seen := map[string]bool{}
	for _, a := range answers {
		switch {
		case seen[a.UserID]:
		case a.Score >= 9:
			n.Promoters++
		case a.Score >= 7:
			n.Passives++
		default:
			n.Detractors++
		}
		seen[a.UserID] = true
	}
	return n, nil
}
