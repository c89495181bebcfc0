package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

// maxQBRs is how many exports of a tenant a list has; older ones stay in the object store.
const maxQBRs = 50

type qbrRow struct {
	bun.BaseModel `bun:"table:qbr_exports,alias:q"`

	QBRID     string          `bun:"id,pk"`
	TenantID  string          `bun:"tenant_id"`
	Period    string          `bun:"period"`
	Locale    string          `bun:"locale"`
	ByID      string          `bun:"by_id"`
	ByName    string          `bun:"by_name"`
	ByRole    string          `bun:"by_role"`
	State     portal.QBRState `bun:"state"`
	Progress  int             `bun:"progress"`
	Key       string          `bun:"object_key"`
	Size      int64           `bun:"size"`
	SHA256    string          `bun:"sha256"`
	CreatedAt int64           `bun:"created_at"` // unix microseconds
	EndedAt   int64           `bun:"ended_at"`   // 0 while it has not
}

func (r qbrRow) qbr() portal.QBR {
	q := portal.QBR{
		QBRID: r.QBRID, TenantID: r.TenantID, Period: r.Period, Locale: r.Locale,
		By: portal.Actor{UserID: r.ByID, Name: r.ByName, Role: r.ByRole}, State: r.State, Progress: r.Progress,
		Key: r.Key, Size: r.Size, SHA256: r.SHA256, CreatedAt: time.UnixMicro(r.CreatedAt).UTC(),
	}
	if r.EndedAt != 0 {
		q.EndedAt = time.UnixMicro(r.EndedAt).UTC()
	}
	return q
}

// BeginQBR writes down a new export, or returns the one that is under way for the same tenant, period and language.
func (s *Store) BeginQBR(ctx context.Context, q portal.QBR) (begun portal.QBR, fresh bool, err error) {
	now := s.now()
	row := qbrRow{
		QBRID: portal.NewID("qbr", now), TenantID: q.TenantID, Period: q.Period, Locale: q.Locale,
		ByID: q.By.UserID, ByName: q.By.Name, ByRole: q.By.Role, State: portal.QBRQueued, CreatedAt: now.UnixMicro(),
	}
	var there []qbrRow
	err = s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&row).Returning("NULL").On("CONFLICT (tenant_id, period, locale) WHERE ended_at = 0 DO NOTHING").Exec(ctx)
		if err != nil {
			return err
		}
		there = nil // the transaction may run again
		return tx.NewSelect().Model(&there).Where("tenant_id = ? AND period = ? AND locale = ? AND ended_at = 0", q.TenantID, q.Period, q.Locale).Scan(ctx)
	})
	if err == nil && len(there) == 0 { // it ended in between, on another replica
		err = portal.Fail(portal.Unavailable, nil)
	}
	if err != nil {
		return portal.QBR{}, false, fmt.Errorf("begin QBR: %w", database.Map(err))
	}
	return there[0].qbr(), there[0].QBRID == row.QBRID, nil
}

// MoveQBR notes how far an export has come, unless it has ended.
func (s *Store) MoveQBR(ctx context.Context, qbrID string, percent int) error {
	_, err := s.db.Write.NewUpdate().Model((*qbrRow)(nil)).Set("state = ?", portal.QBRRunning).Set("progress = ?", percent).
		Where("id = ? AND ended_at = 0", qbrID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move QBR: %w", database.Map(err))
	}
	return nil
}

// FinishQBR notes that the document of q is in the object store, and records the export, in one transaction. Finishing
// twice is no error and records once.
func (s *Store) FinishQBR(ctx context.Context, q portal.QBR, e portal.Event) error {
	return s.endQBR(ctx, q, portal.QBRDone, 100, func(ctx context.Context, tx bun.Tx) error {
		if err := s.touch(ctx, tx, q.TenantID); err != nil {
			return err
		}
		return s.record(ctx, tx, e)
	})
}

// FailQBR notes that an export was given up.
func (s *Store) FailQBR(ctx context.Context, qbrID string) error {
	return s.endQBR(ctx, portal.QBR{QBRID: qbrID}, portal.QBRFailed, 0, func(context.Context, bun.Tx) error { return nil })
}

func (s *Store) endQBR(ctx context.Context, q portal.QBR, state portal.QBRState, progress int, also func(context.Context, bun.Tx) error) error {
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewUpdate().Model((*qbrRow)(nil)).Set("state = ?", state).Set("progress = ?", progress).
			Set("object_key = ?", q.Key).Set("size = ?", q.Size).Set("sha256 = ?", q.SHA256).Set("ended_at = ?", s.now().UnixMicro()).
			Where("id = ? AND ended_at = 0", q.QBRID).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return also(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("end QBR: %w", database.Map(err))
	}
	return nil
}

// QBR returns one export of a tenant. Errors: NotFound.
func (s *Store) QBR(ctx context.Context, tenantID, qbrID string) (portal.QBR, error) {
	var row qbrRow
	err := s.db.Read.NewSelect().Model(&row).Where("tenant_id = ? AND id = ?", tenantID, qbrID).Scan(ctx)
	if err != nil {
		return portal.QBR{}, fmt.Errorf("read QBR: %w", database.Map(err))
	}
	return row.qbr(), nil
}

// QBRs lists a tenant's newest exports.
func (s *Store) QBRs(ctx context.Context, tenantID string) ([]portal.QBR, error) {
	var rows []qbrRow
	err := s.db.Read.NewSelect().Model(&rows).Where("tenant_id = ?", tenantID).Order("id DESC").Limit(maxQBRs).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read QBRs: %w", database.Map(err))
	}
	list := make([]portal.QBR, len(rows))
	for i, r := range rows {
		list[i] = r.qbr()
	}
	return list, nil
}
