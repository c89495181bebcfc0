package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/portal"
)

const (
	defaultAuditPage = 50
	maxAuditPage     = 100
	// auditBatch is how many events an export or a check reads at once.
	auditBatch = 500
)

// firstHash stands before the first event of every chain.
var firstHash = strings.Repeat("0", sha256.Size*2)

type auditRow struct {
	bun.BaseModel `bun:"table:audit_events,alias:a"`

	Chain   string `bun:"chain,pk"`
	Seq     int64  `bun:"seq,pk"`
	EventID string `bun:"event_id"`
	Type    string `bun:"type"`
	At      int64  `bun:"at"` // unix microseconds
	Body    string `bun:"body"`
	Hash    string `bun:"hash"`
}

// auditBody is what is hashed: the whole event, in this order. Adding a field would not break old hashes, as the bytes
// are stored; leaving one out or reordering would not either, but nothing should.
type auditBody struct {
	EventID  string            `json:"eventId"`
	Chain    string            `json:"chain"`
	Seq      int64             `json:"seq"`
	Type     portal.EventType  `json:"type"`
	At       int64             `json:"at"` // unix microseconds
	TenantID string            `json:"tenantId,omitempty"`
	Subject  string            `json:"subject,omitempty"`
	Actor    portal.Actor      `json:"actor"`
	Data     map[string]string `json:"data,omitempty"`
}

// Record writes an event into its chain and puts it in the outbox, for the bus. Errors: Internal for a type that is not
// known.
func (s *Store) Record(ctx context.Context, e portal.Event) error {
	err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return s.record(ctx, tx, e) })
	if err != nil {
		return fmt.Errorf("record event: %w", err)
	}
	return nil
}

// record is [Store.Record] in the transaction of what the event tells of: both are there, or neither.
func (s *Store) record(ctx context.Context, tx bun.Tx, e portal.Event) error {
	if !e.Type.Valid() {
		return portal.Fail(portal.Internal, fmt.Errorf("no event type %q", e.Type))
	}
	body := auditBody{
		EventID: portal.NewID("evt", s.now()), Chain: chainOf(e), Type: e.Type, At: s.now().UnixMicro(),
		TenantID: e.TenantID, Subject: e.Subject, Actor: e.Actor, Data: e.Data,
	}
	if err := s.db.LockTx(ctx, tx, "audit "+body.Chain); err != nil {
		return err
	}
	seq, before, err := head(ctx, tx, body.Chain)
	if err != nil {
		return err
	}
	body.Seq = seq + 1
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	row := auditRow{
		Chain: body.Chain, Seq: body.Seq, EventID: body.EventID, Type: string(body.Type), At: body.At,
		Body: string(raw), Hash: chained(before, string(raw)),
	}
	if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return database.Map(err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO audit_chains (chain, seq, hash) VALUES (?, ?, ?)
ON CONFLICT (chain) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash`, row.Chain, row.Seq, row.Hash)
	if err != nil {
		return database.Map(err)
	}
	return database.Map(s.enqueue(ctx, tx, body, row.Hash))
}

func chainOf(e portal.Event) string {
	switch {
	case e.Type.StaffOnly(), e.Chain == "" && e.TenantID == "":
		return portal.StaffChain
	case e.Chain != "":
		return e.Chain
	}
	return e.TenantID
}

// head is the last event's number and hash; 0 and [firstHash] for a chain that has not begun.
func head(ctx context.Context, tx bun.IDB, chain string) (seq int64, hash string, err error) {
	err = database.Map(tx.QueryRowContext(ctx, "SELECT seq, hash FROM audit_chains WHERE chain = ?", chain).Scan(&seq, &hash))
	if portal.CodeOf(err) == portal.NotFound {
		return 0, firstHash, nil
	}
	return seq, hash, err
}

// chained is the hash of an event after the one with the hash before.
func chained(before, body string) string {
	h := sha256.New()
	_, _ = h.Write([]byte(before)) // a hash never fails to write
	_, _ = h.Write([]byte(body))
	return hex.EncodeToString(h.Sum(nil))
}

// AuditEvents returns one page of a chain, newest first. Errors: Invalid for a cursor that is not ours.
func (s *Store) AuditEvents(ctx context.Context, chain string, f portal.AuditFilter) (portal.AuditPage, error) {
	if f.Limit <= 0 {
		f.Limit = defaultAuditPage
	}
	f.Limit = min(f.Limit, maxAuditPage)
	q := auditQuery(s.db.Read, chain, f).Order("seq DESC").Limit(int64(f.Limit) + 1)
	if f.Cursor != "" {
		below, err := strconv.ParseInt(f.Cursor, 10, 64)
		if err != nil || below <= 0 {
			return portal.AuditPage{}, portal.InvalidField("cursor", "field.invalid_cursor")
		}
		q = q.Where("seq < ?", below)
	}
	var rows []auditRow
	if err := database.Map(q.Scan(ctx, &rows)); err != nil {
		return portal.AuditPage{}, fmt.Errorf("read audit log: %w", err)
	}
	var page portal.AuditPage
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		page.NextCursor = strconv.FormatInt(rows[f.Limit-1].Seq, 10)
	}
	page.Items = make([]portal.AuditEvent, len(rows))
	for i, r := range rows {
		var err error
		if page.Items[i], err = r.event(); err != nil {
			return portal.AuditPage{}, err
		}
	}
	return page, nil
}

// auditQuery selects what a filter leaves of a chain.
func auditQuery(db bun.IDB, chain string, f portal.AuditFilter) *bun.SelectQuery {
	q := db.NewSelect().Model((*auditRow)(nil)).Where("chain = ?", chain)
	if f.Type != "" {
		q = q.Where("type = ?", string(f.Type))
	}
	if !f.From.IsZero() {
		q = q.Where("at >= ?", f.From.UnixMicro())
	}
	if !f.Until.IsZero() {
		q = q.Where("at < ?", f.Until.UnixMicro())
	}
	return q
}

// ExportAudit goes through a chain, oldest first, some hundred events at a time; f's Limit and Cursor are not read.
func (s *Store) ExportAudit(ctx context.Context, chain string, f portal.AuditFilter) iter.Seq2[portal.AuditEvent, error] {
	return func(yield func(portal.AuditEvent, error) bool) {
		for r, err := range s.auditRows(ctx, chain, f) {
			var e portal.AuditEvent
			if err == nil {
				e, err = r.event()
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// auditRows goes through a chain by its keys, so that no query runs while the caller is slow.
func (s *Store) auditRows(ctx context.Context, chain string, f portal.AuditFilter) iter.Seq2[auditRow, error] {
	return func(yield func(auditRow, error) bool) {
		for last := int64(0); ; {
			var rows []auditRow
			err := auditQuery(s.db.Read, chain, f).Where("seq > ?", last).Order("seq").Limit(auditBatch).Scan(ctx, &rows)
			if err := database.Map(err); err != nil {
				yield(auditRow{}, fmt.Errorf("read audit log: %w", err))
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
				last = r.Seq
			}
			if len(rows) < auditBatch {
				return
			}
		}
	}
}

// event reads the stored bytes, not the columns beside them: what is shown is what is hashed.
func (r auditRow) event() (portal.AuditEvent, error) {
	var b auditBody
	if err := json.Unmarshal([]byte(r.Body), &b); err != nil {
		return portal.AuditEvent{}, fmt.Errorf("audit event %s %d: %w", r.Chain, r.Seq, err)
	}
	return portal.AuditEvent{
		EventID: b.EventID, Chain: b.Chain, Seq: b.Seq, Type: b.Type, At: time.UnixMicro(b.At).UTC(), TenantID: b.TenantID,
		Subject: b.Subject, Actor: b.Actor, Data: b.Data, Hash: r.Hash,
	}, nil
}

// VerifyAudit goes through a whole chain: each hash, each number, the columns that queries use, and that the last event
// is the one noted as last.
func (s *Store) VerifyAudit(ctx context.Context, chain string) (portal.AuditCheck, error) {
	check := portal.AuditCheck{At: s.now()}
	// The end first: what is recorded meanwhile comes after it, and is checked too.
	last, lastHash, err := head(ctx, s.db.Read, chain)
	if err != nil {
		return check, fmt.Errorf("verify audit log: %w", err)
	}
	before := firstHash
	for r, err := range s.auditRows(ctx, chain, portal.AuditFilter{}) {
		if err != nil {
			return check, fmt.Errorf("verify audit log: %w", err)
		}
		if !r.follows(check.Events, before) || r.Seq == last && r.Hash != lastHash {
			check.BrokenSeq = check.Events + 1
			return check, nil
		}
		check.Events, before, check.Head = r.Seq, r.Hash, r.Hash
	}
	if check.Events < last {
		check.BrokenSeq = check.Events + 1
	}
	return check, nil
}

// follows reports whether r is the event after seq, whose hash is before, and says in its columns what it says in its
// bytes.
func (r auditRow) follows(seq int64, before string) bool {
	e, err := r.event()
	return err == nil && r.Seq == seq+1 && r.Hash == chained(before, r.Body) &&
		e.Seq == r.Seq && e.Chain == r.Chain && e.EventID == r.EventID && string(e.Type) == r.Type && e.At.UnixMicro() == r.At
}
