package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// AllowService lets who sends token through [Guard.RequireService]. Without it, or with an empty token, nobody gets
// through.
func (g *Guard) AllowService(token string) {
	g.service = nil
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		g.service = sum[:]
	}
}

// RequireService serves next to the other services of the platform, which share one token. No person's token and no API
// key gets through.
func (g *Guard) RequireService(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := bearer(r)
		sum := sha256.Sum256([]byte(token))
		if !ok || g.service == nil || subtle.ConstantTimeCompare(sum[:], g.service) != 1 {
			if r.Header.Get("Authorization") != "" {
				w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			}
			problem.Write(w, r, portal.Fail(portal.Unauthenticated, nil))
			return
		}
		next(w, r)
	})
}

// bearer reads the one bearer token of a request.
func bearer(r *http.Request) (string, bool) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(headers[0], " ")
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != "" && len(token) <= maxToken
}
