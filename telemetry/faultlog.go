package telemetry

import (
	"context"
	"log/slog"
	"strings"
)

// tagged are the attributes of a log line that become a fault's tags: ids and words of ours. detailed become its details.
// Others stay in the log.
var (
	tagged   = map[string]bool{"request_id": true, "trace_id": true, "method": true, "status": true, "code": true, "operation": true, "kind": true, "job": true}
	detailed = map[string]bool{"path": true, "cause": true, "err": true, "error": true, "panic": true, "value": true, "stack": true}
)

// Handler returns a handler that writes every line to next, and reports lines of level error as faults. The nil Faults
// returns next itself.
func (s *Faults) Handler(next slog.Handler) slog.Handler {
	if s == nil {
		return next
	}
	return faultHandler{next: next, faults: s}
}

type faultHandler struct {
	next   slog.Handler
	faults *Faults
	attrs  []slog.Attr
}

func (h faultHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h faultHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		h.report(r)
	}
	return h.next.Handle(ctx, r)
}

func (h faultHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.next, h.attrs = h.next.WithAttrs(attrs), append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return h
}

func (h faultHandler) WithGroup(name string) slog.Handler {
	h.next = h.next.WithGroup(name)
	return h
}

func (h faultHandler) report(r slog.Record) {
	f := Fault{Message: r.Message, Tags: map[string]string{}, Details: map[string]string{}}
	add := func(a slog.Attr) bool {
		switch {
		case tagged[a.Key]:
			f.Tags[a.Key] = a.Value.String()
		case detailed[a.Key]:
			f.Details[a.Key] = a.Value.String()
		}
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	if strings.HasPrefix(f.Details["cause"], "panic: ") {
		return // the request's own line about a panic, which has been reported with its stack
	}
	f.Group = []string{f.Message, f.Details["cause"] + f.Details["err"] + f.Details["error"] + f.Details["panic"]}
	h.faults.Report(f)
}
