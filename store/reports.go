package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

const (
	// maxReports is how many groups are kept for one tenant, and for visitors together: a flood of inventions drops the
	// oldest of its own kind, never what another tenant's browsers have reported.
	maxReports = 250
	// shownReports bounds what a page lists.
	shownReports = 500
	// reportAge is how long a group is kept after it was last seen.
	reportAge = 90 * 24 * time.Hour
)

type reportRow struct {
	bun.BaseModel `bun:"table:policy_reports,alias:r"`

	ReportID    string `bun:"report_id,pk"`
	TenantID    string `bun:"tenant_id"`
	Directive   string `bun:"directive"`
	Source      string `bun:"source"`
	Route       string `bun:"route"`
	Disposition string `bun:"disposition"`
	Seen        int    `bun:"seen"`
	FirstSeenAt int64  `bun:"first_seen_at"` // unix microseconds
	LastSeenAt  int64  `bun:"last_seen_at"`
}

// RecordReports adds what a browser has reported to its groups: Count to theirs, now as the last time. FirstSeen and
// LastSeen of the argument are not read.
func (s *Store) RecordReports(ctx context.Context, reports []portal.PolicyReport) error {
	if len(reports) == 0 {
		return nil
	}
	now := s.now()
	rows, tenants := reportRows(reports, now)
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&rows).On("CONFLICT (report_id) DO UPDATE").
			Set("seen = r.seen + EXCLUDED.seen").Set("last_seen_at = EXCLUDED.last_seen_at").Exec(ctx)
		if err != nil {
			return err
		}
		for _, tenant := range tenants {
			if err := pruneReports(ctx, tx, tenant, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err := database.Map(err); err != nil {
		return fmt.Errorf("record policy reports: %w", err)
	}
	return nil
}

// reportRows merges reports of the same group: one statement may touch a row once. It names the tenants in order.
func reportRows(reports []portal.PolicyReport, now time.Time) (rows []reportRow, tenants []string) {
	at := map[string]int{}
	known := map[string]bool{}
	for _, p := range reports {
		id := reportID(p)
		if i, ok := at[id]; ok {
			rows[i].Seen += p.Count
			continue
		}
		at[id] = len(rows)
		rows = append(rows, reportRow{
			ReportID: id, TenantID: p.TenantID, Directive: p.Directive, Source: p.Source, Route: p.Route,
			Disposition: p.Disposition, Seen: p.Count, FirstSeenAt: now.UnixMicro(), LastSeenAt: now.UnixMicro(),
		})
		if !known[p.TenantID] {
			known[p.TenantID] = true
			tenants = append(tenants, p.TenantID)
		}
	}
	return rows, tenants
}

// reportID is the same for the reports of one group. Lengths keep neighbouring fields apart.
func reportID(p portal.PolicyReport) string {
	h := sha256.New()
	for _, field := range []string{p.TenantID, p.Directive, p.Source, p.Route, p.Disposition} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(field), field) // a hash never fails to write
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func pruneReports(ctx context.Context, tx bun.Tx, tenantID string, now time.Time) error {
	newest := tx.NewSelect().Model((*reportRow)(nil)).Column("report_id").
		Where("tenant_id = ?", tenantID).OrderExpr("last_seen_at DESC, report_id").Limit(maxReports)
	_, err := tx.NewDelete().Model((*reportRow)(nil)).
		Where("tenant_id = ?", tenantID).
		Where("(last_seen_at < ? OR report_id NOT IN (?))", now.Add(-reportAge).UnixMicro(), newest).Exec(ctx)
	return err
}

// PolicyReports returns what the sessions of one tenant have reported, last seen first.
func (s *Store) PolicyReports(ctx context.Context, tenantID string) ([]portal.PolicyReport, error) {
	return s.policyReports(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("tenant_id = ?", tenantID) })
}

// AllPolicyReports returns what anybody has reported, last seen first: for staff alone.
func (s *Store) AllPolicyReports(ctx context.Context) ([]portal.PolicyReport, error) {
	return s.policyReports(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q })
}

func (s *Store) policyReports(ctx context.Context, which func(*bun.SelectQuery) *bun.SelectQuery) ([]portal.PolicyReport, error) {
	var rows []reportRow
	err := which(s.db.Read.NewSelect().Model(&rows)).
		OrderExpr("last_seen_at DESC, report_id").Limit(shownReports).Scan(ctx)
	if err := database.Map(err); err != nil {
		return nil, fmt.Errorf("read policy reports: %w", err)
	}
	out := make([]portal.PolicyReport, len(rows))
	for i, r := range rows {
		out[i] = portal.PolicyReport{
			TenantID: r.TenantID, Directive: r.Directive, Source: r.Source, Route: r.Route, Disposition: r.Disposition,
			Count: r.Seen, FirstSeen: time.UnixMicro(r.FirstSeenAt), LastSeen: time.UnixMicro(r.LastSeenAt),
		}
	}
	return out, nil
}
