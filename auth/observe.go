package auth

import (
	"errors"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"

	"ghasi.io/portal/portal"
	"ghasi.io/portal/telemetry"
)

// The ways to sign in. Which identity provider stands behind the auth-service is not the portal's business.
const (
	ProviderOIDC     = "oidc"
	ProviderFirebase = "firebase"
)

// outcomeOK is what a sign-in or refresh that succeeded is counted as.
const outcomeOK = "success"

// Observer counts sign-ins and refreshes. Every argument is of a closed set.
type Observer interface {
	// SignIn is told of a sign-in's end: "success" or the [Reason] it failed for. took is the time since the person set
	// out; 0 when that is not known.
	SignIn(provider, outcome string, took time.Duration)
	// Refresh is told of every call to refresh a session: "success", or the code of the error.
	Refresh(outcome string)
}

type blind struct{}

func (blind) SignIn(string, string, time.Duration) {}
func (blind) Refresh(string)                       {}

// Complete ends a sign-in with the query that the auth-service sent the browser back with, and sets the session's
// cookies. A sign-in has one answer: its cookie is removed whatever comes out. Its error is a [*Failure].
//
// Its span customer-portal.login begins when the person set out, and travels with the exchange of the code.
func (s *Service) Complete(w http.ResponseWriter, r *http.Request) (*SignedIn, error) {
	var started time.Time
	if a, ok := s.readAttempt(r); ok && !a.expired(s.now()) {
		started = time.UnixMilli(a.StartedMilli)
	}
	return s.observed(ProviderOIDC, started, r, func(r *http.Request) (*SignedIn, error) { return s.complete(w, r) })
}

// observed makes signIn a span, and counts it.
func (s *Service) observed(provider string, started time.Time, r *http.Request, signIn func(*http.Request) (*SignedIn, error)) (*SignedIn, error) {
	var options []trace.SpanStartOption
	if !started.IsZero() {
		options = append(options, trace.WithTimestamp(started))
	}
	ctx, span := s.tracer.Start(r.Context(), "customer-portal.login", telemetry.Internal, options...)
	in, err := signIn(r.WithContext(ctx))
	outcome := outcomeOf(err)
	telemetry.End(span, outcome, err)
	var took time.Duration
	if !started.IsZero() {
		took = max(s.now().Sub(started), 0)
	}
	s.observer.SignIn(provider, outcome, took)
	return in, err
}

func outcomeOf(err error) string {
	var f *Failure
	switch {
	case err == nil:
		return outcomeOK
	case errors.As(err, &f) && f.Reason != ReasonNone:
		return string(f.Reason)
	}
	return string(portal.CodeOf(err))
}
