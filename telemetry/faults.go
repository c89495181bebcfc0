package telemetry

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/getsentry/sentry-go"
	"golang.org/x/time/rate"
)

// faultQueue is how many faults wait for a Sentry that is slow; further ones are dropped.
const faultQueue = 100

// Fault is something that went wrong and that somebody should look at. Tags are short and of few values each; Details may
// be long (a stack). Whatever names a person is taken out before it is sent.
type Fault struct {
	Message string
	Warning bool // a violation that a browser reported, not a failure of ours
	Tags    map[string]string
	Details map[string]string
	Group   []string // faults with the same words here are one issue; nil = by Message
}

// FaultOptions say where faults go.
type FaultOptions struct {
	DSN   string // Sentry's; "" = nowhere
	Build string
	Now   func() time.Time
}

// Faults sends faults to Sentry: one every two seconds at most, twenty at once. The nil Faults sends nothing.
type Faults struct {
	client *sentry.Client
	limit  *rate.Limiter
	now    func() time.Time
}

// NewFaults returns where faults go; nil when no DSN is named.
func NewFaults(o FaultOptions) (*Faults, error) {
	if o.DSN == "" {
		return nil, nil //nolint:nilnil // the nil Faults is the one that is off
	}
	transport := sentry.NewHTTPTransport()
	transport.BufferSize, transport.Timeout = faultQueue, 5*time.Second
	client, err := sentry.NewClient(sentry.ClientOptions{
		Dsn: o.DSN, Release: o.Build, ServerName: "customer-portal", Transport: transport, BeforeSend: scrubbed,
		Integrations: func([]sentry.Integration) []sentry.Integration { return nil }, // they collect; we say what is sent
	})
	if err != nil {
		return nil, fmt.Errorf("SENTRY_DSN: %w", err)
	}
	return &Faults{client: client, limit: rate.NewLimiter(rate.Every(2*time.Second), 20), now: o.Now}, nil
}

// Report queues f and returns at once.
func (s *Faults) Report(f Fault) {
	if s == nil || !s.limit.AllowN(s.now(), 1) {
		return
	}
	event := sentry.NewEvent()
	event.Message, event.Level, event.Timestamp = f.Message, sentry.LevelError, s.now()
	if f.Warning {
		event.Level = sentry.LevelWarning
	}
	for name, value := range f.Tags {
		event.Tags[name] = value
	}
	if len(f.Details) > 0 {
		details := sentry.Context{}
		for name, value := range f.Details {
			details[name] = value
		}
		event.Contexts["details"] = details
	}
	event.Fingerprint = f.Group
	s.client.CaptureEvent(event, nil, nil)
}

// Close sends what is still waiting, for as long as ctx lasts.
func (s *Faults) Close(ctx context.Context) error {
	if s == nil {
		return nil
	}
	defer s.client.Close()
	if !s.client.FlushWithContext(ctx) {
		return fmt.Errorf("faults are lost: %w", context.Cause(ctx))
	}
	return nil
}

// secrets are what must not leave the house, with what stands in their place.
var secrets = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`eyJ[\w-]+\.[\w-]+(\.[\w-]*)?`), "[token]"},
	{regexp.MustCompile(`\bghasi_\w+`), "[key]"},
	{regexp.MustCompile(`(?i)\b(bearer|basic)\s+\S+`), "[credentials]"},
	{regexp.MustCompile(`[\w.%+-]+@[\w-]+(\.[\w-]+)+`), "[email]"},
	{regexp.MustCompile(`(https?://[^\s"'?#]*)[?#][^\s"']*`), "$1"},
	{regexp.MustCompile(`://[^\s/@]+@`), "://[credentials]@"},
	{regexp.MustCompile(`(\+|\b00)\d[\d ()-]{6,}\d|\b\d{9,15}\b`), "[number]"},
	{regexp.MustCompile(`[+]?[۰-۹٠-٩]{7,15}`), "[number]"},
}

// Scrub takes tokens, keys, addresses, telephone numbers and query strings out of s.
func Scrub(s string) string {
	const longest = 4 << 10
	if len(s) > longest {
		s = s[:longest]
	}
	for _, x := range secrets {
		s = x.pattern.ReplaceAllString(s, x.instead)
	}
	return s
}

// scrubbed keeps of an event what we put there, scrubbed, and drops what the SDK adds of the machine and the request.
func scrubbed(event *sentry.Event, _ *sentry.EventHint) *sentry.Event {
	event.Request, event.User, event.Breadcrumbs, event.Modules = nil, sentry.User{}, nil, nil
	event.Message = Scrub(event.Message)
	for i, words := range event.Fingerprint {
		event.Fingerprint[i] = Scrub(words)
	}
	for name, value := range event.Tags {
		event.Tags[name] = Scrub(value)
	}
	for name, c := range event.Contexts {
		if name != "details" {
			delete(event.Contexts, name)
			continue
		}
		for key, value := range c {
			c[key] = Scrub(fmt.Sprint(value))
		}
	}
	for i := range event.Exception {
		event.Exception[i].Value = Scrub(event.Exception[i].Value)
	}
	return event
}
