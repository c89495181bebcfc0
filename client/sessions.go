package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"ghasi.io/portal/portal"
)

// Sessions lists the caller's own sessions, the current one first, then the one used last.
func (c *Client) Sessions(ctx context.Context, token string) ([]portal.Session, error) {
	var list struct {
		Items []portal.Session `json:"items"`
	}
	err := c.do(ctx, call{
		op: "list sessions", method: http.MethodGet, path: "/v1/auth/sessions",
		token: token, want: http.StatusOK, out: &list,
	})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// EndSession ends one of the caller's sessions. One that has ended already is NotFound.
func (c *Client) EndSession(ctx context.Context, token, sessionID string) error {
	if !portal.ValidID("sid", sessionID) {
		return portal.Fail(portal.NotFound, errors.New("end session: malformed id"))
	}
	return c.do(ctx, call{
		op: "end one session", method: http.MethodDelete, path: "/v1/auth/sessions/" + sessionID,
		token: token, want: http.StatusNoContent,
	})
}

// EndSessions ends all of the caller's sessions, or all but the one that asks.
func (c *Client) EndSessions(ctx context.Context, token string, exceptCurrent bool) error {
	k := call{
		op: "end all sessions", method: http.MethodDelete, path: "/v1/auth/sessions",
		token: token, want: http.StatusNoContent,
	}
	if exceptCurrent {
		k.query = url.Values{"exceptCurrent": {"true"}}
	}
	return c.do(ctx, k)
}

// Device is the browser on whose behalf tokens are asked for. The platform shows it to its owner in the list of their
// sessions.
type Device struct {
	UserAgent string
	IP        string
}

// maxUserAgent bounds what is passed on, in bytes.
const maxUserAgent = 256

type deviceKey struct{}

// WithDevice returns a context whose calls for tokens say whose browser they are for.
func WithDevice(ctx context.Context, d Device) context.Context {
	return context.WithValue(ctx, deviceKey{}, d)
}

func deviceOf(ctx context.Context) Device {
	d, _ := ctx.Value(deviceKey{}).(Device)
	return d
}

// write sets the headers of d. A User-Agent is what a stranger typed: only printable ASCII goes on.
func (d Device) write(h http.Header) {
	b := make([]byte, 0, min(len(d.UserAgent), maxUserAgent))
	for i := 0; i < len(d.UserAgent) && len(b) < maxUserAgent; i++ {
		if ch := d.UserAgent[i]; ch >= ' ' && ch <= '~' {
			b = append(b, ch)
		}
	}
	if len(b) > 0 {
		h["Ghasi-Client-User-Agent"] = []string{string(b)}
	}
	if d.IP != "" {
		h["Ghasi-Client-Ip"] = []string{d.IP}
	}
}
