// Package billing keeps what each tenant can spend: it prices messages, takes their price from the account's credit as
// they are accepted, gives it back when they fail for no fault of the customer's, and draws up a bill for each month.
//
// The ledger is the truth. Every change of a balance is one entry, written in the transaction that changes the balance and
// whatever the entry is about, and what an entry refers to can have only one of its kind. So no sequence of sends,
// failures, payments and crashes makes money appear or vanish. All amounts are int64 millionths of the account's currency;
// nothing is ever a float.
package billing

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/database"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/portal"
)

// Options are what a Service needs. Without Blob there are no documents.
type Options struct {
	DB   *database.DB
	Blob blob.Store
	Now  func() time.Time
	Log  *slog.Logger
}

// Service is the billing side of the platform. Safe for concurrent use; several may share one database.
type Service struct {
	db   *database.DB
	blob blob.Store
	now  func() time.Time
	log  *slog.Logger

	words   func() (*locales.Bundle, error) // read when the first document is drawn
	drawing singleflight.Group              // documents, by their keys
}

// New returns a Service on migrated tables.
func New(o Options) *Service {
	s := &Service{db: o.DB, blob: o.Blob, now: o.Now, log: o.Log, words: sync.OnceValues(locales.Load)}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	return s
}

// Register adds the routes.
func (s *Service) Register(mux *http.ServeMux, guard *access.Guard) {
	mux.Handle("GET /v1/billing/invoices", guard.Require(portal.ScopeBillingRead, s.list))
	mux.Handle("GET /v1/billing/invoices/{invoiceId}", guard.Require(portal.ScopeBillingRead, s.show))
	mux.Handle("GET /v1/billing/invoices/{invoiceId}/pdf", guard.Require(portal.ScopeBillingRead, s.pdf))
	mux.Handle("GET /v1/billing/usage", guard.Require(portal.ScopeBillingRead, s.usage))
	mux.Handle("GET /v1/billing/prices", guard.Require(portal.ScopeBillingRead, s.prices))
	mux.Handle("PUT /v1/billing/settings", guard.RequireUser(s.settings))
}

// micros is how times are stored.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// query runs a read outside any transaction and hands each row to scan.
func (s *Service) query(ctx context.Context, text string, args []any, scan func(scan func(...any) error) error) error {
	return each(ctx, s.db.Read.DB, text, args, scan)
}
