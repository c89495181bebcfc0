package settings

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// maxHops and checkTime bound the self-check.
const (
	maxHops   = 5
	checkTime = 5 * time.Second
)

// selfCheck asks the portal's own router for its first page, as a stranger's browser over TLS would, and follows it to
// where it leads.
func (h *Security) selfCheck() (scanned, error) {
	// Of nobody: the context of the person who looks would sign the request in.
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	out := scanned{Redirect: h.o.PlainHTTP}
	path := "/"
	for range maxHops {
		res, err := h.ask(ctx, path)
		if err != nil {
			return scanned{}, err
		}
		out.Cookies = append(out.Cookies, (&http.Response{Header: res.header}).Cookies()...)
		switch {
		case res.status == http.StatusOK:
			out.Header, out.Body = res.header, res.body.String()
			return out, nil
		case res.header.Get("Location") == "":
			return scanned{}, fmt.Errorf("self-check: %s answers %d", path, res.status)
		}
		next, err := url.Parse(res.header.Get("Location"))
		if err != nil || next.Host != "" && next.Host != h.public.Host {
			return scanned{}, fmt.Errorf("self-check: %s leads away", path)
		}
		path = next.RequestURI()
	}
	return scanned{}, fmt.Errorf("self-check: no page after %d redirects", maxHops)
}

func (h *Security) ask(ctx context.Context, path string) (*recorded, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+h.public.Host+path, nil)
	if err != nil {
		return nil, fmt.Errorf("self-check: %w", err)
	}
	r.RequestURI, r.RemoteAddr, r.TLS = path, "127.0.0.1:0", &tls.ConnectionState{}
	r.Header.Set("User-Agent", "self-check")
	res := &recorded{header: http.Header{}, status: http.StatusOK}
	h.o.Self.ServeHTTP(res, r)
	return res, nil
}

// recorded is a response kept in memory.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
	wrote  bool
}

func (r *recorded) Header() http.Header { return r.header }

func (r *recorded) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
}

func (r *recorded) Write(b []byte) (int, error) {
	r.wrote = true
	return r.body.Write(b)
}
