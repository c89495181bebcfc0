package static

import (
	"net/http"
	"strconv"
	"strings"
)

// Handler serves /assets/…, the names of the manifest and nothing else, and the two files that are asked for unbidden:
// /favicon.ico and /robots.txt. [Load] says beforehand whether there is anything to serve.
func Handler() http.Handler {
	assets, err := Load()
	if err != nil {
		return http.NotFoundHandler()
	}
	return assets
}

const (
	forever = "public, max-age=31536000, immutable"
	aDay    = "public, max-age=86400"
)

// ServeHTTP answers one request; see [Handler].
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch asset, ok := a.byPath[r.URL.Path]; {
	case ok:
		asset.serve(w, r, forever)
	case r.URL.Path == "/favicon.ico":
		a.byName["favicon.svg"].serve(w, r, aDay)
	case r.URL.Path == "/robots.txt":
		a.robots.serve(w, r, aDay)
	default:
		w.Header().Set("Cache-Control", "no-store") // a name of the next deploy may be asked for early
		http.NotFound(w, r)
	}
}

// serve answers GET and HEAD with the smallest bytes that the client accepts.
func (a *Asset) serve(w http.ResponseWriter, r *http.Request, cache string) {
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	body := a.plain
	if a.gzip != nil || a.brotli != nil {
		h.Add("Vary", "Accept-Encoding")
		accept := r.Header.Get("Accept-Encoding")
		switch {
		case a.brotli != nil && accepts(accept, "br"):
			body = a.brotli
			h.Set("Content-Encoding", "br")
		case a.gzip != nil && accepts(accept, "gzip"):
			body = a.gzip
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Type", a.ContentType)
	h.Set("Cache-Control", cache)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the client has gone: nobody to tell
	}
}

// accepts reports whether an Accept-Encoding header allows coding: named, and not with q=0.
func accepts(header, coding string) bool {
	for item := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(strings.TrimSpace(params), " ", ""), "q=")
		value, err := strconv.ParseFloat(q, 64)
		return !found || (err == nil && value > 0)
	}
	return false
}
