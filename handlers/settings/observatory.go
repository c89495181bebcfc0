package settings

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"ghasi.io/portal/handlers/web"
)

// scanned is what a scanner of the public address gets to see: the page that "/" leads to, and the cookies of the way.
type scanned struct {
	Header   http.Header
	Cookies  []*http.Cookie
	Body     string
	Redirect string // what becomes of plain HTTP: a result of the test "redirection"
}

// finding is one test of the Mozilla HTTP Observatory: its name, its result by the Observatory's own name, and what that adds
// to the score.
type finding struct {
	Test, Result string
	Modifier     int
}

// modifiers are the Observatory's score table (algorithm 5), for the results that a portal can have.
var modifiers = map[string]int{
	"csp-implemented-with-no-unsafe-default-src-none":                  10,
	"csp-implemented-with-no-unsafe":                                   5,
	"csp-implemented-with-unsafe-inline-in-style-src-only":             0,
	"csp-implemented-with-insecure-scheme-in-passive-content-only":     -10,
	"csp-implemented-with-unsafe-eval":                                 -10,
	"csp-implemented-with-unsafe-inline":                               -20,
	"csp-implemented-with-insecure-scheme":                             -20,
	"csp-not-implemented":                                              -25,
	"csp-not-implemented-but-reporting-enabled":                        -25,
	"cookies-not-found":                                                0,
	"cookies-secure-with-httponly-sessions-and-samesite":               5,
	"cookies-secure-with-httponly-sessions":                            0,
	"cookies-without-secure-flag-but-protected-by-hsts":                -5,
	"cookies-session-without-secure-flag-but-protected-by-hsts":        -10,
	"cookies-without-secure-flag":                                      -20,
	"cookies-session-without-httponly-flag":                            -30,
	"cookies-session-without-secure-flag":                              -40,
	"cross-origin-resource-sharing-not-implemented":                    0,
	"cross-origin-resource-sharing-implemented-with-public-access":     0,
	"cross-origin-resource-sharing-implemented-with-restricted-access": 0,
	"cross-origin-resource-sharing-implemented-with-universal-access":  -50,
	"redirection-to-https":                                             0,
	"redirection-not-needed-no-http":                                   0,
	"redirection-missing":                                              -20,
	web.PlainNotChecked:                                                0, // ours: from here nobody can know
	"referrer-policy-private":                                          5,
	"referrer-policy-not-implemented":                                  0,
	"referrer-policy-unsafe":                                           -5,
	"referrer-policy-header-invalid":                                   -5,
	"hsts-implemented-max-age-at-least-six-months":                     0,
	"hsts-implemented-max-age-less-than-six-months":                    -10,
	"hsts-not-implemented":                                             -20,
	"hsts-header-invalid":                                              -20,
	"sri-implemented-and-all-scripts-loaded-securely":                  5,
	"sri-not-implemented-but-no-scripts-loaded":                        0,
	"sri-not-implemented-but-all-scripts-loaded-from-secure-origin":    0,
	"sri-not-implemented-but-external-scripts-loaded-securely":         -5,
	"sri-implemented-but-external-scripts-not-loaded-securely":         -20,
	"sri-not-implemented-and-external-scripts-not-loaded-securely":     -50,
	"x-content-type-options-nosniff":                                   0,
	"x-content-type-options-not-implemented":                           -5,
	"x-content-type-options-header-invalid":                            -5,
	"x-frame-options-implemented-via-csp":                              5,
	"x-frame-options-sameorigin-or-deny":                               0,
	"x-frame-options-not-implemented":                                  -20,
	"x-frame-options-header-invalid":                                   -20,
	"corp-implemented-with-same-origin":                                10,
	"corp-implemented-with-same-site":                                  10,
	"corp-implemented-with-cross-origin":                               0,
	"corp-not-implemented":                                             0,
	"corp-header-invalid":                                              -5,
}

// examine runs the Observatory's ten tests.
func examine(s scanned) []finding {
	h := s.Header
	csp := parseCSP(h.Values("Content-Security-Policy"))
	results := []struct{ test, result string }{
		{"content-security-policy", cspResult(csp, h.Get("Content-Security-Policy-Report-Only") != "")},
		{"cookies", cookieResult(s.Cookies, hstsResult(h.Get("Strict-Transport-Security")) == "hsts-implemented-max-age-at-least-six-months")},
		{"cross-origin-resource-sharing", corsResult(h)},
		{"redirection", s.Redirect},
		{"referrer-policy", referrerResult(h.Get("Referrer-Policy"))},
		{"strict-transport-security", hstsResult(h.Get("Strict-Transport-Security"))},
		{"subresource-integrity", integrityResult(s.Body)},
		{"x-content-type-options", sniffResult(h.Get("X-Content-Type-Options"))},
		{"x-frame-options", frameResult(h.Get("X-Frame-Options"), csp)},
		{"cross-origin-resource-policy", corpResult(h.Get("Cross-Origin-Resource-Policy"))},
	}
	findings := make([]finding, len(results))
	for i, r := range results {
		findings[i] = finding{r.test, r.result, modifiers[r.result]}
	}
	return findings
}

// score is the Observatory's arithmetic: bonuses count only for who has 90 or more without them.
func score(findings []finding) (points int, grade string) {
	const enoughForExtra = 90
	full, bare := 100, 100
	for _, f := range findings {
		full += f.Modifier
		bare += min(f.Modifier, 0)
	}
	points = max(0, bare)
	if bare >= enoughForExtra {
		points = full
	}
	grades := []string{"F", "F", "F", "F", "F", "D-", "D", "D", "D+", "C-", "C", "C", "C+", "B-", "B", "B", "B+", "A-", "A", "A", "A+"}
	return points, grades[min(points, 100)/5]
}

func corsResult(h http.Header) string {
	origin := h.Get("Access-Control-Allow-Origin")
	switch {
	case origin == "":
		return "cross-origin-resource-sharing-not-implemented"
	case origin == "*":
		return "cross-origin-resource-sharing-implemented-with-public-access"
	case h.Get("Access-Control-Allow-Credentials") == "true":
		return "cross-origin-resource-sharing-implemented-with-universal-access"
	}
	return "cross-origin-resource-sharing-implemented-with-restricted-access"
}

// referrerResult reads the last policy that is one: browsers do the same.
func referrerResult(header string) string {
	if header == "" {
		return "referrer-policy-not-implemented"
	}
	private := []string{"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
	unsafe := []string{"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"}
	result := "referrer-policy-header-invalid"
	for p := range strings.SplitSeq(strings.ToLower(header), ",") {
		switch p = strings.TrimSpace(p); {
		case slices.Contains(private, p):
			result = "referrer-policy-private"
		case slices.Contains(unsafe, p):
			result = "referrer-policy-unsafe"
		}
	}
	return result
}

func hstsResult(header string) string {
	const sixMonths = 15768000
	if header == "" {
		return "hsts-not-implemented"
	}
	for directive := range strings.SplitSeq(strings.ToLower(header), ";") {
		age, found := strings.CutPrefix(strings.TrimSpace(directive), "max-age=")
		if !found {
			continue
		}
		seconds, err := strconv.Atoi(strings.Trim(age, `"`))
		switch {
		case err != nil:
			return "hsts-header-invalid"
		case seconds < sixMonths:
			return "hsts-implemented-max-age-less-than-six-months"
		}
		return "hsts-implemented-max-age-at-least-six-months"
	}
	return "hsts-header-invalid"
}

func sniffResult(header string) string {
	switch strings.ToLower(strings.TrimSpace(header)) {
	case "":
		return "x-content-type-options-not-implemented"
	case "nosniff":
		return "x-content-type-options-nosniff"
	}
	return "x-content-type-options-header-invalid"
}

func frameResult(header string, csp map[string][]string) string {
	if _, ok := csp["frame-ancestors"]; ok {
		return "x-frame-options-implemented-via-csp"
	}
	switch strings.ToLower(strings.TrimSpace(header)) {
	case "":
		return "x-frame-options-not-implemented"
	case "deny", "sameorigin":
		return "x-frame-options-sameorigin-or-deny"
	}
	return "x-frame-options-header-invalid"
}

func corpResult(header string) string {
	switch strings.ToLower(strings.TrimSpace(header)) {
	case "":
		return "corp-not-implemented"
	case "same-origin":
		return "corp-implemented-with-same-origin"
	case "same-site":
		return "corp-implemented-with-same-site"
	case "cross-origin":
		return "corp-implemented-with-cross-origin"
	}
	return "corp-header-invalid"
}

// cookieResult is the worst of all cookies. A name with "sess" or "login" in it is a session's.
func cookieResult(cookies []*http.Cookie, hsts bool) string {
	if len(cookies) == 0 {
		return "cookies-not-found"
	}
	worst := "cookies-secure-with-httponly-sessions-and-samesite"
	take := func(result string) {
		if modifiers[result] < modifiers[worst] {
			worst = result
		}
	}
	for _, c := range cookies {
		name := strings.ToLower(c.Name)
		session := strings.Contains(name, "sess") || strings.Contains(name, "login")
		if c.SameSite != http.SameSiteStrictMode && c.SameSite != http.SameSiteLaxMode {
			take("cookies-secure-with-httponly-sessions")
		}
		switch {
		case c.Secure:
		case session && hsts:
			take("cookies-session-without-secure-flag-but-protected-by-hsts")
		case session:
			take("cookies-session-without-secure-flag")
		case hsts:
			take("cookies-without-secure-flag-but-protected-by-hsts")
		default:
			take("cookies-without-secure-flag")
		}
		if session && !c.HttpOnly {
			take("cookies-session-without-httponly-flag")
		}
	}
	return worst
}

// integrityResult reads the page's scripts. Those of the page's own origin need no digest, but earn with one.
func integrityResult(body string) string {
	const none = "sri-not-implemented-but-no-scripts-loaded"
	result := none
	z := html.NewTokenizer(strings.NewReader(body))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		token := z.Token()
		if kind != html.StartTagToken || token.Data != "script" {
			continue
		}
		src, digest := "", ""
		for _, a := range token.Attr {
			switch a.Key {
			case "src":
				src = a.Val
			case "integrity":
				digest = a.Val
			}
		}
		one := "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"
		foreign := strings.Contains(src, "//")
		switch secure := strings.HasPrefix(src, "https://"); {
		case !foreign && digest != "", foreign && secure && digest != "":
			one = "sri-implemented-and-all-scripts-loaded-securely"
		case foreign && digest != "":
			one = "sri-implemented-but-external-scripts-not-loaded-securely"
		case foreign && secure:
			one = "sri-not-implemented-but-external-scripts-loaded-securely"
		case foreign:
			one = "sri-not-implemented-and-external-scripts-not-loaded-securely"
		}
		if result == none || modifiers[one] < 0 && modifiers[one] < modifiers[result] || modifiers[result] == 0 && modifiers[one] > 0 {
			result = one
		}
	}
	return result
}
