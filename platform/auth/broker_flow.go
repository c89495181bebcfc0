package auth

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/uptrace/bun"

	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// Descriptions that a client can tell apart. They are Keycloak's own word for a sign-in page left open too long, and
// our own for too many attempts, which comes with the parameter retry_after, in seconds.
const (
	wordExpired     = "authentication_expired"
	wordRateLimited = "rate_limited"
	codeNotSetUp    = "account_not_set_up" // the provider knows the account, we can't use it; the description says why
)

// settleTimeout bounds all calls to the provider that one sign-in takes.
const settleTimeout = 10 * time.Second

// brokerState is one sign-in under way at the provider.
type brokerState struct {
	State    string      `json:"s"`
	Nonce    string      `json:"n"`
	Verifier string      `json:"v"`
	Request  authRequest `json:"r"` // the client's, which gets the answer
}

// sendToProvider answers an authorize request that has been checked.
func (s *Service) sendToProvider(w http.ResponseWriter, r *http.Request, q authRequest, hints url.Values) {
	m, err := s.broker.provider.discover(r.Context())
	if err != nil {
		s.answerFailure(w, r, q, err)
		return
	}
	t := brokerState{State: newSecret(), Nonce: newSecret(), Verifier: newSecret(), Request: q}
	t.Request.Expires = s.o.Now().Add(requestTTL).Unix()
	target, err := s.broker.authorizeURL(m, t, q.Locale, hints)
	if err != nil {
		s.answerFailure(w, r, q, err)
		return
	}
	text, err := json.Marshal(t)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	setBrokerCookie(w, conceal(s.broker.cookies, text, brokerCookie), int(requestTTL.Seconds()))
	found(w, target)
}

// setBrokerCookie sets the state's cookie: Lax, since the browser comes back from another site; age < 0 removes it.
func setBrokerCookie(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: brokerCookie, Value: value, Path: brokerCookiePath, MaxAge: age,
		HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
	})
}

func found(w http.ResponseWriter, target string) {
	w.Header().Set("Location", target)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusFound)
}

// fromProvider is where the provider sends the browser back. Whatever comes of it, the client hears of it, unless the
// answer belongs to no sign-in of this browser: then nobody knows who should.
func (s *Service) fromProvider(w http.ResponseWriter, r *http.Request) {
	setBrokerCookie(w, "", -1) // a sign-in has one answer
	params, err := url.ParseQuery(r.URL.RawQuery)
	t, ok := s.brokerState(r)
	if err != nil || len(r.URL.RawQuery) > maxQuery || !ok ||
		subtle.ConstantTimeCompare([]byte(t.State), []byte(params.Get("state"))) != 1 {
		s.refuse(w, r, http.StatusBadRequest, keyExpired)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), settleTimeout)
	defer cancel()
	code, err := s.settle(ctx, t, params)
	if err != nil {
		s.answerFailure(w, r, t.Request, err)
		return
	}
	found(w, s.back(t.Request.RedirectURI, t.Request.State, "code", code))
}

func (s *Service) brokerState(r *http.Request) (brokerState, bool) {
	var t brokerState
	c, err := r.Cookie(brokerCookie)
	if err != nil {
		return t, false
	}
	text, err := reveal(s.broker.cookies, c.Value, brokerCookie)
	if err != nil || json.Unmarshal(text, &t) != nil || t.State == "" {
		return t, false
	}
	return t, s.o.Now().Before(time.Unix(t.Request.Expires, 0)) && slices.Contains(s.o.RedirectURIs, t.Request.RedirectURI)
}

// providerError is an error that the provider sent the browser back with.
type providerError struct{ code, words string }

func (e *providerError) Error() string { return "provider sends back " + e.code }

// settle makes our own code of the provider's answer.
func (s *Service) settle(ctx context.Context, t brokerState, params url.Values) (string, error) {
	b := s.broker
	m, err := b.provider.discover(ctx)
	if err != nil {
		return "", err
	}
	// RFC 9207: a provider that names itself always does, so an answer without a name is another server's.
	if iss := params.Get("iss"); (iss != "" || m.IssInResponse) && iss != b.o.Issuer {
		return "", errors.New("auth: the answer names another issuer")
	}
	if code := params.Get("error"); code != "" {
		return "", &providerError{code, params.Get("error_description")}
	}
	if code := params.Get("code"); !isOpaque(code, maxQuery) {
		return "", errors.New("auth: an answer without a code")
	}
	u, err := b.exchange(ctx, m, params.Get("code"), t.Verifier)
	if err != nil {
		return "", err
	}
	id, err := b.identify(ctx, m, u, t.Nonce)
	if err != nil {
		return "", err
	}
	p, err := s.describe(ctx, m, u, id, cmp.Or(t.Request.Locale, uiLocales[0]))
	if err != nil {
		return "", err
	}
	var code string
	err = s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		account, err := s.provision(ctx, tx, p)
		if err != nil {
			return err
		}
		code, err = s.insertCode(ctx, tx, t.Request, account)
		if err != nil || u.RefreshToken == "" {
			return err
		}
		return s.keepUpstream(ctx, tx, p.Subject, hashSecret(code), u.RefreshToken)
	})
	return code, err
}

// describe reads who the tokens are about.
func (s *Service) describe(ctx context.Context, m metadata, u upstream, id map[string]any, locale string) (person, error) {
	sources, err := s.broker.claimSources(ctx, m, u, id)
	if err != nil {
		return person{}, err
	}
	return s.broker.personOf(sources, locale)
}

// answerFailure tells the client that nobody signed in, in the words of RFC 6749, section 4.1.2.1. Causes stay in the
// log.
func (s *Service) answerFailure(w http.ResponseWriter, r *http.Request, q authRequest, err error) {
	var (
		sent    *providerError
		refused *refusal
		account notSetUp
		e       *portal.Error
		answer  = []string{"error", "server_error"}
	)
	level := s.o.Log.WarnContext
	switch {
	case errors.As(err, &sent):
		level = s.o.Log.InfoContext
		answer = []string{"error", authorizeError(sent.code), "error_description", visible(sent.words)}
	case errors.As(err, &account):
		answer = []string{"error", codeNotSetUp, "error_description", visible(string(account))}
	case errors.As(err, &refused) && refused.code == "invalid_grant": // the code was spent, or too old
		answer = []string{"error", "temporarily_unavailable", "error_description", wordExpired}
	case portal.CodeOf(err) == portal.RateLimited && errors.As(err, &e):
		answer = []string{
			"error", "temporarily_unavailable", "error_description", wordRateLimited,
			"retry_after", strconv.Itoa(max(1, problem.Seconds(e.RetryAfter))),
		}
	case portal.CodeOf(err) == portal.Unavailable && errors.As(err, &e):
		answer = []string{"error", "temporarily_unavailable"}
		if e.RetryAfter > 0 {
			answer = append(answer, "retry_after", strconv.Itoa(problem.Seconds(e.RetryAfter)))
		}
	default:
		level = s.o.Log.ErrorContext
	}
	level(r.Context(), "sign-in at the provider", "cause", err, "request_id", problem.RequestID(w))
	found(w, s.back(q.RedirectURI, q.State, answer...))
}

// authorizeErrors are the codes of RFC 6749 and OpenID Connect that are the person's or the provider's affair. Others
// are about our request, which is our fault and no code that a client could act on.
var authorizeErrors = []string{
	"access_denied", "temporarily_unavailable", "server_error", "login_required", "consent_required", "interaction_required",
	"account_selection_required",
}

func authorizeError(code string) string {
	if slices.Contains(authorizeErrors, code) {
		return code
	}
	return "server_error"
}

// maxWords is how many characters of a provider's sentence are passed on.
const maxWords = 200

// visible makes one line of visible text of s.
func visible(s string) string {
	kept := make([]rune, 0, maxWords)
	for _, c := range strings.ToValidUTF8(s, "") {
		if unicode.IsSpace(c) {
			c = ' '
		}
		if !unicode.IsPrint(c) {
			continue
		}
		if kept = append(kept, c); len(kept) == maxWords {
			break
		}
	}
	return strings.TrimSpace(string(kept))
}
