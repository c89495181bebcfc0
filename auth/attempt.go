package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	// CookieSignIn is the sign-in under way. It is Lax, since it must come along when the auth-service, which may be
	// another site, sends the browser back.
	CookieSignIn = "__signin"

	attemptLife = 10 * time.Minute
	attemptPath = "/auth"
)

// attempt is one sign-in under way: everything that its answer is checked against.
type attempt struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // of PKCE (RFC 7636), 43 characters
	ReturnTo string `json:"r"`
	Hints    Hints  `json:"h"`
	Again    bool   `json:"a,omitempty"` // a second one in a row, begun without the person
	Started  int64  `json:"t"`           // Unix seconds

	StartedMilli int64 `json:"m"` // the same, for measuring
}

func newAttempt(returnTo string, now time.Time) attempt {
	// The time at the end of the state only chooses the words for a browser that has lost its cookie.
	return attempt{
		State:    randomText() + "." + strconv.FormatInt(now.Unix(), 36),
		Nonce:    randomText(),
		Verifier: oauth2.GenerateVerifier(),
		ReturnTo: SafeReturn(returnTo),
		Started:  now.Unix(),

		StartedMilli: now.UnixMilli(),
	}
}

func (a attempt) challenge() string { return oauth2.S256ChallengeFromVerifier(a.Verifier) }

func (a attempt) expired(now time.Time) bool { return pastLife(a.Started, now) }

func (a attempt) matches(state string) bool {
	return a.State != "" && subtle.ConstantTimeCompare([]byte(a.State), []byte(state)) == 1
}

func pastLife(started int64, now time.Time) bool {
	return now.Sub(time.Unix(started, 0)) >= attemptLife
}

// stateExpired reads the age that a state claims to have. It is not authenticated: good for words, nothing else.
func stateExpired(state string, now time.Time) bool {
	_, stamp, ok := strings.Cut(state, ".")
	started, err := strconv.ParseInt(stamp, 36, 64)
	return ok && err == nil && pastLife(started, now)
}

func (s *Service) writeAttempt(w http.ResponseWriter, a attempt) error {
	plain, err := json.Marshal(a)
	if err != nil {
		return err
	}
	sealed, err := s.seal.seal(CookieSignIn, string(plain))
	if err != nil {
		return err
	}
	setCookie(w, laxCookie(sealed, attemptPath, attemptLife))
	return nil
}

func (s *Service) readAttempt(r *http.Request) (attempt, bool) {
	cookie, err := r.Cookie(CookieSignIn)
	if err != nil {
		return attempt{}, false
	}
	plain, _, ok := s.seal.open(CookieSignIn, cookie.Value)
	if !ok {
		return attempt{}, false
	}
	var a attempt
	if err := json.Unmarshal([]byte(plain), &a); err != nil {
		return attempt{}, false
	}
	return a, true
}

// laxCookie builds a [CookieSignIn]; a negative age removes it.
func laxCookie(value, path string, age time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: CookieSignIn, Value: value, Path: path, MaxAge: maxAge(age),
		HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
	}
}

// randomText is 256 random bits in base64url: 43 characters.
func randomText() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b[:])
}
