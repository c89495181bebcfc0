// Package messages takes SMS in, moves them through the carrier, and answers what became of them.
//
// Nothing is ever counted at reading time: totals and the half-hourly rollups change in the same transaction as the
// messages they count. A message's timeline is read off its own timestamps, so there is one truth about it.
package messages

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

// Options are what a Service needs. Only DB has no default.
type Options struct {
	DB      *database.DB
	Carrier Carrier          // nil is the [Simulator]
	Tariff  Tariff           // nil charges everybody the list price in afghani
	Now     func() time.Time // nil is time.Now
	Log     *slog.Logger     // nil is slog.Default

	Observers []Observer // told of every change, in this order
}

// Change is one message's new state. Before is empty for a message that has just been accepted.
type Change struct {
	Record

	Before portal.MessageStatus
}

// Observer takes part in the transaction that records a change of messages: what it writes stands or falls with the
// change, and its error undoes it. It must write by tx alone: on SQLite there is only one writer.
type Observer interface {
	MessagesChanged(ctx context.Context, tx bun.Tx, changes []Change) error
}

// Tariff says what a segment to an operator costs a tenant at a time, in millionths of the currency that they are charged
// in.
type Tariff interface {
	Price(ctx context.Context, tenantID, operator string, at time.Time) (currency portal.Currency, unitMicros int64, err error)
}

// listPrice is the tariff of a platform that bills nobody.
type listPrice struct{}

func (listPrice) Price(_ context.Context, _, operator string, _ time.Time) (portal.Currency, int64, error) {
	return portal.AFN, sms.PriceMicros(operator), nil
}

// Service is the message side of the platform. Safe for concurrent use; several may share one database.
type Service struct {
	db      *database.DB
	carrier Carrier
	tariff  Tariff
	now     func() time.Time
	log     *slog.Logger
	reader  *reader
	bounds  bounds

	observers []Observer

	wake chan struct{} // holds one signal: a message came in, do not sleep until the next poll
}

// New returns a Service on migrated tables.
func New(o Options) *Service {
	s := &Service{
		db: o.DB, carrier: o.Carrier, tariff: o.Tariff, now: o.Now, log: o.Log,
		reader: newReader(o.DB.Read.DB), bounds: defaultBounds,
		observers: o.Observers,
		wake:      make(chan struct{}, 1),
	}
	if s.carrier == nil {
		s.carrier = Simulator{}
	}
	if s.tariff == nil {
		s.tariff = listPrice{}
	}
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
	mux.Handle("POST /v1/messages", guard.Require(portal.ScopeSMSSend, s.send))
	mux.Handle("GET /v1/messages", guard.Require(portal.ScopeSMSRead, s.list))
	mux.Handle("GET /v1/messages/stats", guard.Require(portal.ScopeSMSRead, s.stats))
	mux.Handle("GET /v1/messages/{messageId}", guard.Require(portal.ScopeSMSRead, s.show))
}

// Close gives prepared statements back. The database stays open.
func (s *Service) Close() error { return s.reader.close() }

// tell lets the observers take part in tx.
func (s *Service) tell(ctx context.Context, tx bun.Tx, changes ...Change) error {
	for _, o := range s.observers {
		if err := o.MessagesChanged(ctx, tx, changes); err != nil {
			return err
		}
	}
	return nil
}
