package problem

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"ghasi.io/portal/portal"
)

const requestIDHeader = "X-Request-Id"

type logKey struct{}

func logger(ctx context.Context) *slog.Logger {
	if l, ok := ctx.Value(logKey{}).(*slog.Logger); ok {
		return l
	}
	return slog.Default()
}

// RequestID is the id of the exchange that w answers; "unknown" outside [Handler].
func RequestID(w http.ResponseWriter) string {
	if id := w.Header().Get(requestIDHeader); id != "" {
		return id
	}
	return "unknown"
}

// Handler serves mux: it gives each exchange its request id, keeps answers out of caches unless a handler says
// otherwise, turns panics into 500, and unknown paths and wrong methods (with Allow) into problem documents.
func Handler(log *slog.Logger, mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := &writer{ResponseWriter: rw}
		r = r.WithContext(context.WithValue(r.Context(), logKey{}, log))
		h := w.Header()
		if h.Get(requestIDHeader) == "" { // the portal's router may have set it already
			h.Set(requestIDHeader, requestID(r))
		}
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		defer recovered(w, r)

		if fallback, pattern := mux.Handler(r); pattern == "" {
			unrouted(w, r, fallback)
			return
		}
		mux.ServeHTTP(w, r)
		if !w.wrote {
			w.WriteHeader(http.StatusOK)
		}
	})
}

// unrouted finds out whether the path is unknown or only the method, by asking the mux's own answer.
func unrouted(w http.ResponseWriter, r *http.Request, fallback http.Handler) {
	probe := &probe{header: http.Header{}}
	fallback.ServeHTTP(probe, r)
	if probe.status != http.StatusMethodNotAllowed {
		Write(w, r, portal.Fail(portal.NotFound, nil))
		return
	}
	allow := probe.header.Get("Allow")
	w.Header().Set("Allow", allow)
	Write(w, r, &portal.Error{
		Code: portal.Invalid, Detail: "This address takes " + allow + " only.", Err: StatusError(http.StatusMethodNotAllowed),
	})
}

func recovered(w *writer, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	logger(r.Context()).ErrorContext(r.Context(), "panic", "value", fmt.Sprint(v), "stack", string(debug.Stack()),
		"request_id", RequestID(w))
	if w.wrote {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	Write(w, r, portal.Fail(portal.Internal, fmt.Errorf("panic: %v", v)))
}

// requestID takes the caller's id when it is short and plain, so that it is safe in logs; else it makes one.
func requestID(r *http.Request) string {
	id := r.Header.Get(requestIDHeader)
	plain := id != "" && len(id) <= 128
	for i := 0; plain && i < len(id); i++ {
		c := id[i]
		plain = c == '-' || c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
	}
	if plain {
		return id
	}
	return rand.Text()
}

// writer makes the status explicit: inside another router a missing WriteHeader would send that router's 404.
type writer struct {
	http.ResponseWriter
	wrote bool
}

func (w *writer) WriteHeader(status int) {
	if status >= http.StatusOK { // 1xx may be followed by the real one
		w.wrote = true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what is below.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// probe keeps the status and headers of an answer and drops its body.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) WriteHeader(status int)      { p.status = status }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
