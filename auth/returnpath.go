package auth

import (
	"net/http"
	"net/url"
	"strings"
)

// DefaultReturn is where people land when they were going nowhere in particular.
const DefaultReturn = "/dashboard"

const (
	maxReturn   = 1024 // longer paths don't fit the sign-in cookie beside the rest
	maxPath     = 4096
	maxUnescape = 3 // rounds of %-decoding that a path may need before it is suspicious
)

// closed are the trees that nobody returns to: the sign-in itself, which would loop, and what is no page.
var closed = []string{"/login", "/auth", "/api", "/v1", "/.well-known", "/assets"}

// SafeReturn returns raw when it is a path of this origin that a person can land on after signing in, [DefaultReturn]
// otherwise.
func SafeReturn(raw string) string {
	local, plain := localPath(raw, maxReturn)
	lower := strings.ToLower(plain)
	if lower == "" || lower == "/" {
		return DefaultReturn
	}
	for _, tree := range closed {
		if lower == tree || strings.HasPrefix(lower, tree+"/") {
			return DefaultReturn
		}
	}
	return local
}

// SafePath returns raw when it is any path of this origin, the sign-in pages included, "/" otherwise: for going back to
// the page on which somebody changed their language.
func SafePath(raw string) string {
	if local, _ := localPath(raw, maxPath); local != "" {
		return local
	}
	return "/"
}

// localPath returns raw without its fragment, and its path with nothing left to decode; both are empty unless raw is a
// path of this origin. It accepts only what can be read in one way: a browser, a proxy and our router must all see the
// same path.
func localPath(raw string, limit int) (local, plain string) {
	if len(raw) > limit || !strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, "//") || !printable(raw) {
		return "", ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "", ""
	}
	plain, ok := plainPath(u.EscapedPath())
	if !ok {
		return "", ""
	}
	local = u.EscapedPath()
	if u.RawQuery != "" {
		local += "?" + u.RawQuery
	}
	return local, plain
}

// printable reports whether s is visible ASCII without a backslash: browsers drop tabs and newlines from URLs, and
// read a backslash as a slash.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '\\' {
			return false
		}
	}
	return true
}

// plainPath decodes a path until nothing is left to decode, and refuses one that at any depth holds an empty or dot
// segment, a backslash or a control character: whoever decodes once more than we do must not see another place.
func plainPath(escaped string) (string, bool) {
	path := escaped
	for range maxUnescape {
		if strings.Contains(path, "//") || strings.ContainsAny(path, "\\\x7f") || dotted(path) || control(path) {
			return "", false
		}
		if !strings.Contains(path, "%") {
			return path, true
		}
		next, err := url.PathUnescape(path)
		if err != nil {
			return "", false
		}
		path = next
	}
	return "", false
}

func dotted(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

func control(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' }) >= 0
}

// PageOf returns the path of the page that a request was made from, by htmx's word or by Referer, when that page is
// ours; "" otherwise. A POST has no page of its own to return to.
func PageOf(r *http.Request) string {
	for _, raw := range []string{r.Header.Get("HX-Current-URL"), r.Referer()} {
		u, err := url.Parse(raw)
		if raw == "" || err != nil || u.Host != r.Host {
			continue
		}
		u.Scheme, u.Host, u.User, u.Fragment = "", "", nil, ""
		return SafeReturn(u.String())
	}
	return ""
}
