package auth

import "net/http"

// NeedsBounce reports whether a request comes from a link on another site (an e-mail, a chat) and therefore lacks the
// Strict cookies that this browser may well have. Answer it with a page that loads the same path again: that request
// is same-origin and carries them. It can't loop, since the second request is not cross-site.
func NeedsBounce(r *http.Request) bool {
	if r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Site") != "cross-site" ||
		r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document" {
		return false
	}
	for _, name := range []string{CookieSession, CookieRefresh} {
		if _, err := r.Cookie(name); err == nil {
			return false
		}
	}
	return true
}
