package billing

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/database"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// linkFor is how long a link to a document lasts.
const linkFor = 5 * time.Minute

// pdf answers GET /v1/billing/invoices/{invoiceId}/pdf.
func (s *Service) pdf(w http.ResponseWriter, r *http.Request) {
	p, _ := access.From(r.Context())
	query, err := parameters(r, "locale")
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	locale := query.Get("locale")
	if !query.Has("locale") {
		locale = locales.Tags[0]
	}
	link, err := s.PDF(r.Context(), p.TenantID, r.PathValue("invoiceId"), locale)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	problem.JSON(w, r, http.StatusOK, link)
}

// PDF returns a link to an invoice as a document in a language. The document is drawn when it is not there: the first
// time, after the invoice was paid or voided, and when the store has lost it. Errors: NotFound, also for another tenant's
// invoice; Invalid for an unknown language; Unavailable when the store is down.
func (s *Service) PDF(ctx context.Context, tenantID, id, locale string) (portal.SignedURL, error) {
	if !slices.Contains(locales.Tags, locale) {
		return portal.SignedURL{}, portal.InvalidField("locale", "field.invalid")
	}
	v, err := s.find(ctx, tenantID, id)
	if err != nil {
		return portal.SignedURL{}, err
	}
	if s.blob == nil {
		return portal.SignedURL{}, portal.Fail(portal.Unavailable, errors.New("there is no object store"))
	}
	key := documentKey(v, locale)
	// One drawing serves all who ask meanwhile; who gives up does not take it from the others.
	_, err, _ = s.drawing.Do(key, func() (any, error) {
		return nil, s.keepDocument(context.WithoutCancel(ctx), key, v, locale)
	})
	if err != nil {
		return portal.SignedURL{}, err
	}
	url, expires, err := s.blob.SignedURL(ctx, key, blob.SignOptions{
		Filename: v.number + " " + locale + ".pdf", TTL: linkFor, Inline: true,
	})
	return portal.SignedURL{URL: url, ExpiresAt: expires.UTC()}, err
}

// layout is the version of what a document looks like: another one makes new documents.
const layout = "v1"

// documentKey changes with whatever is on the document: an invoice's lines never change, how it ended does once.
func documentKey(v invoice, locale string) string {
	state := "open"
	switch {
	case v.voidedAt != 0:
		state = "void"
	case v.paidAt != 0:
		state = "paid"
	}
	return "invoices/" + v.tenantID + "/" + v.id + "/" + layout + "-" + locale + "-" + state + ".pdf"
}

// keepDocument sees to it that the document is there.
func (s *Service) keepDocument(ctx context.Context, key string, v invoice, locale string) error {
	there, _, err := s.blob.Open(ctx, key)
	if err == nil {
		return there.Close()
	}
	if portal.CodeOf(err) != portal.NotFound {
		return err
	}
	document, err := s.document(ctx, v, locale)
	if err != nil {
		return err
	}
	return s.blob.Put(ctx, key, blob.Types[".pdf"], bytes.NewReader(document), int64(len(document)))
}

// document draws an invoice in a language.
func (s *Service) document(ctx context.Context, v invoice, locale string) ([]byte, error) {
	whole := v.portal(micros(s.now()))
	var err error
	if whole.Lines, err = s.lines(ctx, v.id); err != nil {
		return nil, database.Map(err)
	}
	var tenant string
	if err := s.db.Read.DB.QueryRowContext(ctx, "SELECT name FROM tenants WHERE id = $1", v.tenantID).Scan(&tenant); err != nil {
		return nil, database.Map(err)
	}
	words, err := s.words()
	if err != nil {
		return nil, err
	}
	sheet := newSheet(words.Locale(locale), whole, tenant)
	return sheet.draw(whole.IssuedAt)
}
