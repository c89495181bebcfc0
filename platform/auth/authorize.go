package auth

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ghasi.io/portal/platform/problem"
)

// signInPath is where the page's form posts.
const signInPath = "/v1/auth/sign-in"

// uiLocales are the languages that the sign-in page exists in.
var uiLocales = []string{"en", "fa-AF", "ps", "ar"}

// The bounds of what comes back to the client unread.
const (
	maxState = 512
	maxNonce = 512
	maxQuery = 4096
)

// authorize shows the sign-in page, or sends the browser to the provider's. An unknown client or redirect URI gets an
// error page: redirecting there would make us an open redirector. Other faults go back to the client.
func (s *Service) authorize(w http.ResponseWriter, r *http.Request) {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(r.URL.RawQuery) > maxQuery {
		s.refuse(w, r, http.StatusBadRequest, keyClient)
		return
	}
	locale := wantedLocale(params.Get("ui_locales"))
	redirectURI := params.Get("redirect_uri")
	if len(params["client_id"]) != 1 || len(params["redirect_uri"]) != 1 ||
		params.Get("client_id") != s.o.ClientID || !slices.Contains(s.o.RedirectURIs, redirectURI) {
		s.o.SignIn(w, r, http.StatusBadRequest, SignInPage{ErrorKey: keyClient, Locale: locale})
		return
	}
	code, description := checkAuthorize(params)
	if code != "" {
		state := params.Get("state")
		if !isOpaque(state, maxState) {
			state = ""
		}
		back := s.back(redirectURI, state, "error", code, "error_description", description)
		w.Header().Set("Location", back)
		w.WriteHeader(http.StatusFound)
		return
	}
	q := authRequest{
		RedirectURI: redirectURI, State: params.Get("state"), Nonce: params.Get("nonce"),
		Challenge: params.Get("code_challenge"), Locale: locale,
	}
	if s.broker != nil {
		s.sendToProvider(w, r, q, params)
		return
	}
	params.Del("ui_locales")
	q.Query = params.Encode()
	sealed, err := s.seal(q)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	s.o.SignIn(w, r, http.StatusOK, SignInPage{
		Action: signInPath, Request: sealed, Email: hinted(params), Locale: locale, AuthorizeQuery: params.Encode(),
	})
}

// hinted is the address that the client expects, to be changed by whoever it is not.
func hinted(params url.Values) string {
	if v := params.Get("login_hint"); isHint(v) {
		return v
	}
	return ""
}

// checkAuthorize checks everything but the client and its redirect URI, and returns an error of RFC 6749, section
// 4.1.2.1 (or OpenID Connect), with words for the client's developer; "" when all is right.
func checkAuthorize(params url.Values) (code, description string) {
	for name, values := range params {
		if len(values) > 1 {
			if !isOpaque(name, 64) {
				name = "a parameter"
			}
			return "invalid_request", name + " occurs more than once"
		}
	}
	challenge := params.Get("code_challenge")
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	switch {
	case params.Get("response_type") == "":
		return "invalid_request", "response_type is missing"
	case params.Get("response_type") != "code":
		return "unsupported_response_type", "only response_type=code is supported"
	case challenge == "":
		return "invalid_request", "code_challenge is required (PKCE)"
	case params.Get("code_challenge_method") != "S256":
		return "invalid_request", "code_challenge_method must be S256"
	case err != nil || len(decoded) != 32:
		return "invalid_request", "code_challenge is not an S256 challenge"
	case !isOpaque(params.Get("state"), maxState):
		return "invalid_request", "state must be 1 to 512 printable ASCII characters"
	case !isOpaque(params.Get("nonce"), maxNonce):
		return "invalid_request", "nonce must be 1 to 512 printable ASCII characters"
	case !slices.Contains(strings.Fields(params.Get("scope")), "openid"):
		return "invalid_scope", "scope must contain openid"
	case params.Get("request") != "":
		return "request_not_supported", "request objects are not supported"
	case params.Get("request_uri") != "":
		return "request_uri_not_supported", "request objects are not supported"
	case slices.Contains(strings.Fields(params.Get("prompt")), "none"):
		return "login_required", "there is no session here: every sign-in asks for the password"
	}
	return "", ""
}

// back is redirectURI with the parameters of an answer. iss tells a client of several servers which one answers
// (RFC 9207).
func (s *Service) back(redirectURI, state string, pairs ...string) string {
	u, err := url.Parse(redirectURI)
	if err != nil { // New checked it
		return s.o.Issuer
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if state != "" {
		q.Set("state", state)
	}
	q.Set("iss", s.o.Issuer)
	u.RawQuery = q.Encode()
	return u.String()
}

// refuse shows the page without a form.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, status int, key string) {
	s.o.SignIn(w, r, status, SignInPage{ErrorKey: key, Locale: wantedLocale(r.URL.Query().Get("ui_locales"))})
}

// isOpaque reports whether v is 1 to limit characters of printable ASCII (VSCHAR in RFC 6749).
func isOpaque(v string, limit int) bool {
	if v == "" || len(v) > limit {
		return false
	}
	for i := range len(v) {
		if v[i] < ' ' || v[i] > '~' {
			return false
		}
	}
	return true
}

// wantedLocale picks the first supported one of ui_locales; "" when there is none.
func wantedLocale(list string) string {
	for _, tag := range strings.Fields(list) {
		for _, known := range uiLocales {
			if strings.EqualFold(tag, known) {
				return known
			}
		}
	}
	return ""
}
