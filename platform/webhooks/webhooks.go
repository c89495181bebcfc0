// Package webhooks tells customers' programs what becomes of their messages: it keeps their endpoints, and posts events
// to them by the Standard Webhooks specification, signed, at least once each, for as long as it takes.
//
// The queue is a table: an event is enqueued in the transaction of the message's change, a process takes deliveries out
// of it by leases, and what came of them is written back in batches. Nothing that matters is in memory alone.
package webhooks

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
)

// Options are what a Service needs. What comes after Log may be zero.
type Options struct {
	DB  *database.DB // migrated
	Now func() time.Time
	Log *slog.Logger

	// Holder names this process among those that share the database, and is the same after a restart: what it had in hand
	// when it was killed is then taken up at once. Without it, that waits for the leases to end.
	Holder        string
	AllowLoopback bool           // lets webhooks reach this machine: for development and tests
	Roots         *x509.CertPool // nil = the system's
	Resolver      *net.Resolver  // nil = the system's
}

// Service is the webhooks on one database. Safe for concurrent use; several may share one database.
type Service struct {
	db       *database.DB
	now      func() time.Time
	log      *slog.Logger
	vault    *vault
	guard    guard
	sender   *sender
	resolver *net.Resolver
	roots    *x509.CertPool
	holder   string

	deliveryIDs, attemptIDs sequence

	wake chan struct{} // holds one signal: something was enqueued, look soon
}

// New returns a Service.
func New(ctx context.Context, o Options) (*Service, error) {
	v, err := openVault(ctx, o.DB.Write.DB)
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	s := &Service{
		db: o.DB, now: o.Now, log: o.Log, vault: v, guard: guard{loopback: o.AllowLoopback}, resolver: o.Resolver, roots: o.Roots,
		holder: o.Holder, deliveryIDs: sequence{prefix: "dlv"}, attemptIDs: sequence{prefix: "wat"}, wake: make(chan struct{}, 1),
	}
	if s.holder == "" {
		s.holder = rand.Text()
	}
	if s.resolver == nil {
		s.resolver = net.DefaultResolver
	}
	s.sender = newSender(s.guard, s.resolver, o.Roots, o.Now)
	return s, nil
}

// Register adds the routes to mux. Only people manage webhooks.
func (s *Service) Register(mux *http.ServeMux, guard *access.Guard) {
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET /v1/webhooks":                                            s.list,
		"POST /v1/webhooks":                                           s.create,
		"POST /v1/webhooks/check":                                     s.checkURL,
		"GET /v1/webhooks/{webhookId}":                                s.show,
		"PATCH /v1/webhooks/{webhookId}":                              s.change,
		"DELETE /v1/webhooks/{webhookId}":                             s.remove,
		"POST /v1/webhooks/{webhookId}/test":                          s.test,
		"GET /v1/webhooks/{webhookId}/attempts":                       s.attempts,
		"GET /v1/webhooks/{webhookId}/attempts/{attemptId}":           s.attempt,
		"POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/retry": s.retry,
		"POST /v1/webhooks/{webhookId}/secret/rotate":                 s.rotate,
		"POST /v1/webhooks/{webhookId}/secret/retire":                 s.retire,
		"GET /v1/messages/{messageId}/deliveries":                     s.messageDeliveries,
	} {
		mux.Handle(pattern, guard.RequireUser(handler))
	}
}

// signal says that something is due soon.
func (s *Service) signal() {
	select {
	case s.wake <- struct{}{}:
	default: // it has a signal already
	}
}

// optional makes a time of microseconds, nil of 0.
func optional(micros int64) *time.Time {
	if micros == 0 {
		return nil
	}
	t := time.UnixMicro(micros).UTC()
	return &t
}
