package messages

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/uptrace/bun"

	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

// maxBody bounds what we read of a request: ten segments in the widest JSON escapes are a fifth of it.
const maxBody = 64 << 10

// send answers POST /v1/messages.
func (s *Service) send(w http.ResponseWriter, r *http.Request) {
	who, _ := access.From(r.Context())
	var m portal.NewMessage
	if err := problem.Decode(w, r, maxBody, &m); err != nil {
		problem.Write(w, r, err)
		return
	}
	analysis, wrong := check(m)
	key, ok := idempotencyKey(r)
	if !ok {
		wrong = append(wrong, portal.FieldError{Field: idempotencyHeader, Key: "field.invalid"})
	}
	if len(wrong) > 0 {
		problem.Write(w, r, &portal.Error{Code: portal.Invalid, Fields: wrong})
		return
	}
	accepted, err := s.accept(r.Context(), who, key, m, analysis)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	w.Header().Set("Location", "/v1/messages/"+accepted.MessageID)
	problem.JSON(w, r, http.StatusAccepted, accepted)
}

// accept stores a checked message, or finds the answer that key had before. key may be empty.
func (s *Service) accept(ctx context.Context, who access.Principal, key string, m portal.NewMessage, a sms.Analysis) (portal.AcceptedMessage, error) {
	record, err := s.newRecord(ctx, who, m, a)
	if err != nil {
		return portal.AcceptedMessage{}, err
	}
	answer := portal.AcceptedMessage{
		MessageID: record.ID, Status: record.Status, Segments: record.Segments, Encoding: record.Encoding,
	}
	fresh := true
	err = s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if key != "" {
			first, err := s.claim(ctx, tx, who.TenantID, key, m, answer)
			if err != nil {
				return err
			}
			if fresh = first.MessageID == record.ID; !fresh {
				answer = first
				return nil
			}
		}
		if err := insert(ctx, tx, &record); err != nil {
			return err
		}
		return s.tell(ctx, tx, Change{Record: record})
	})
	if err != nil {
		return portal.AcceptedMessage{}, err
	}
	if fresh {
		select {
		case s.wake <- struct{}{}:
		default: // it has a signal already
		}
	}
	return answer, nil
}

func (s *Service) newRecord(ctx context.Context, who access.Principal, m portal.NewMessage, a sms.Analysis) (Record, error) {
	now := s.now()
	operator := sms.Operator(m.To)
	currency, unit, err := s.tariff.Price(ctx, who.TenantID, operator, now)
	if err != nil {
		return Record{}, fmt.Errorf("price a message to %s: %w", operator, err)
	}
	r := Record{
		ID: portal.NewID("msg", now), TenantID: who.TenantID, SubmittedAt: now.UnixMicro(),
		To: m.To, From: m.From, Body: m.Body, Status: portal.StatusQueued,
		Encoding: a.Encoding, Segments: a.Segments,
		Operator: operator, PriceMicros: int64(a.Segments) * unit, Currency: currency,
		SourceKind: sourcePortal, SourceName: who.Email,
	}
	if who.KeyID != "" {
		r.SourceKind, r.SourceName = sourceKey, who.KeyName
	}
	r.plan(s.carrier, now)
	return r, nil
}

var insertMessage = "INSERT INTO messages (" + strings.Join(recordColumns, ", ") + ") VALUES " + placeholders(1, len(recordColumns)) //nolint:gosec // constants

func insert(ctx context.Context, tx bun.Tx, r *Record) error {
	values := make([]any, len(recordColumns))
	r.values(values)
	if _, err := tx.Tx.ExecContext(ctx, insertMessage, values...); err != nil {
		return err
	}
	var counts ledger
	counts.add(r)
	return counts.write(ctx, tx)
}
