package settings

import (
	"net/http"
	"strings"
	"testing"
)

// good is what the portal sends over TLS.
func good() scanned {
	return scanned{
		Header: http.Header{
			"Content-Security-Policy": {"default-src 'self'; script-src 'self' 'nonce-x'; style-src 'self' 'nonce-x'; img-src 'self' data: https:; " +
				"connect-src 'self' https://api.ghasi.io; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'; upgrade-insecure-requests"},
			"Strict-Transport-Security":    {"max-age=31536000; includeSubDomains; preload"},
			"X-Content-Type-Options":       {"nosniff"},
			"X-Frame-Options":              {"DENY"},
			"Referrer-Policy":              {"strict-origin-when-cross-origin"},
			"Cross-Origin-Resource-Policy": {"same-site"},
		},
		Body:     `<script src="/assets/app.js" integrity="sha384-x" crossorigin="anonymous"></script>`,
		Redirect: "redirection-to-https",
	}
}

// TestScore: 130 is what the Observatory itself gives this policy, 135 with a good session cookie, 140 with default-src 'none' too.
func TestScore(t *testing.T) {
	cookie := func(s *scanned) {
		s.Cookies = []*http.Cookie{{Name: "__session", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}}
	}
	none := func(s *scanned) {
		s.Header.Set("Content-Security-Policy", strings.Replace(s.Header.Get("Content-Security-Policy"), "default-src 'self'", "default-src 'none'", 1))
	}
	for name, tt := range map[string]struct {
		change func(*scanned)
		points int
		grade  string
	}{
		"as it is":        {func(*scanned) {}, 130, "A+"},
		"session cookie":  {cookie, 135, "A+"},
		"everything":      {func(s *scanned) { cookie(s); none(s) }, 140, "A+"},
		"no HSTS":         {func(s *scanned) { s.Header.Del("Strict-Transport-Security") }, 80, "B+"}, // below 90 no bonus counts
		"short HSTS":      {func(s *scanned) { s.Header.Set("Strict-Transport-Security", "max-age=86400") }, 120, "A+"},
		"no sniff header": {func(s *scanned) { s.Header.Del("X-Content-Type-Options") }, 125, "A+"},
		"no redirect":     {func(s *scanned) { s.Redirect = "redirection-missing" }, 80, "B+"},
		"nothing at all":  {func(s *scanned) { s.Header, s.Body = http.Header{}, "" }, 30, "D"},
		"leaking sessions": {func(s *scanned) {
			s.Cookies = []*http.Cookie{{Name: "session"}}
			s.Header.Del("Strict-Transport-Security")
		}, 40, "D+"},
	} {
		s := good()
		tt.change(&s)
		findings := examine(s)
		if points, grade := score(findings); points != tt.points || grade != tt.grade {
			t.Errorf("%s: %d %s, want %d %s\n%v", name, points, grade, tt.points, tt.grade, findings)
		}
		for _, f := range findings {
			if _, known := modifiers[f.Result]; !known {
				t.Errorf("%s: %s has no place in the score table", f.Test, f.Result)
			}
		}
	}
}

func TestCSPResult(t *testing.T) {
	for policy, want := range map[string]string{
		"":                                         "csp-not-implemented",
		"default-src 'none'":                       "csp-implemented-with-no-unsafe-default-src-none",
		"default-src 'self'":                       "csp-implemented-with-no-unsafe",
		"default-src 'self' 'unsafe-inline'":       "csp-implemented-with-unsafe-inline",
		"img-src 'self'":                           "csp-implemented-with-unsafe-inline", // scripts from anywhere
		"default-src 'self'; script-src https:":    "csp-implemented-with-unsafe-inline",
		"default-src 'self'; object-src *":         "csp-implemented-with-unsafe-inline",
		"default-src 'self'; connect-src http://a": "csp-implemented-with-insecure-scheme",
		"default-src 'self'; script-src 'self' 'unsafe-eval'":                 "csp-implemented-with-unsafe-eval",
		"default-src 'self'; img-src http:":                                   "csp-implemented-with-insecure-scheme-in-passive-content-only",
		"default-src 'self'; style-src 'self' 'unsafe-inline'":                "csp-implemented-with-unsafe-inline-in-style-src-only",
		"default-src 'self'; script-src 'nonce-a' 'unsafe-inline'":            "csp-implemented-with-no-unsafe",
		"default-src 'none'; default-src *":                                   "csp-implemented-with-no-unsafe-default-src-none",
		"DEFAULT-SRC 'none'; script-src 'self', default-src *; object-src *;": "csp-implemented-with-unsafe-inline",
	} {
		var headers []string
		if policy != "" {
			headers = []string{policy}
		}
		if got := cspResult(parseCSP(headers), false); got != want {
			t.Errorf("%q: %s, want %s", policy, got, want)
		}
	}
	if got := cspResult(nil, true); got != "csp-not-implemented-but-reporting-enabled" {
		t.Error(got)
	}
}

func TestResults(t *testing.T) {
	for got, want := range map[string]string{
		referrerResult("no-referrer, strict-origin"): "referrer-policy-private",
		referrerResult("unsafe-url"):                 "referrer-policy-unsafe",
		referrerResult("nonsense"):                   "referrer-policy-header-invalid",
		hstsResult("includeSubDomains"):              "hsts-header-invalid",
		frameResult("SAMEORIGIN", nil):               "x-frame-options-sameorigin-or-deny",
		frameResult("ALLOW", nil):                    "x-frame-options-header-invalid",
		corpResult("cross-origin"):                   "corp-implemented-with-cross-origin",
		corpResult("x"):                              "corp-header-invalid",
		corsResult(http.Header{"Access-Control-Allow-Origin": {"https://x"}, "Access-Control-Allow-Credentials": {"true"}}): "cross-origin-resource-sharing-implemented-with-universal-access",
		integrityResult(`<script src="/a.js"></script>`):                                                                    "sri-not-implemented-but-all-scripts-loaded-from-secure-origin",
		integrityResult(`<script src="//cdn.test/a.js"></script>`):                                                          "sri-not-implemented-and-external-scripts-not-loaded-securely",
		integrityResult(`<script src="https://cdn.test/a.js"></script><script src="/b.js" integrity="sha384-x"></script>`):  "sri-not-implemented-but-external-scripts-loaded-securely",
		integrityResult(`<script src="http://cdn.test/a.js" integrity="sha384-x"></script>`):                                "sri-implemented-but-external-scripts-not-loaded-securely",
		cookieResult([]*http.Cookie{{Name: "a", Secure: true}}, true):                                                       "cookies-secure-with-httponly-sessions",
		cookieResult([]*http.Cookie{{Name: "login_id", Secure: true, SameSite: http.SameSiteLaxMode}}, true):                "cookies-session-without-httponly-flag",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
