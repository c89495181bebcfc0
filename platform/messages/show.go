package messages

import (
	"net/http"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

const selectMessage = "SELECT submitted_at, status, to_addr, from_addr, body, encoding, segments, operator, price_micros, currency, " +
	"error_code, held_at, sent_at, done_at, source_kind, source_name FROM messages WHERE id = $1 AND tenant_id = $2"

// show answers GET /v1/messages/{messageId}. Another tenant's message is not there.
func (s *Service) show(w http.ResponseWriter, r *http.Request) {
	who, _ := access.From(r.Context())
	id := r.PathValue("messageId")
	if !portal.ValidID("msg", id) {
		problem.Write(w, r, portal.Fail(portal.NotFound, nil))
		return
	}
	m := Record{ID: id, TenantID: who.TenantID}
	err := s.reader.queryRow(r.Context(), selectMessage, []any{id, who.TenantID},
		&m.SubmittedAt, &m.Status, &m.To, &m.From, &m.Body, &m.Encoding, &m.Segments, &m.Operator, &m.PriceMicros, &m.Currency,
		&m.ErrorCode, &m.HeldAt, &m.SentAt, &m.DoneAt, &m.SourceKind, &m.SourceName)
	if err != nil {
		problem.Write(w, r, database.Map(err))
		return
	}
	problem.JSON(w, r, http.StatusOK, m.whole())
}

// whole is the message with everything a single one has.
func (r *Record) whole() portal.Message {
	m := portal.Message{
		MessageID: r.ID, To: r.To, From: r.From, Body: r.Body, Status: r.Status, Encoding: r.Encoding,
		Segments: r.Segments, Operator: r.Operator, PriceMicros: r.PriceMicros, ErrorCode: r.ErrorCode,
		SubmittedAt: time.UnixMicro(r.SubmittedAt).UTC(), SentAt: timePtr(r.SentAt),
		Source: &portal.MessageSource{Kind: r.SourceKind, Name: r.SourceName}, Events: r.events(),
	}
	if r.Currency != portal.AFN {
		m.Currency = r.Currency
	}
	if r.Status == portal.StatusDelivered {
		m.DeliveredAt = timePtr(r.DoneAt)
	}
	return m
}

func timePtr(micros int64) *time.Time {
	if micros == 0 {
		return nil
	}
	t := time.UnixMicro(micros).UTC()
	return &t
}
