package auth

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/uptrace/bun"

	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// Firebase is whose ID tokens are taken in the window in which accounts move from it. The zero value takes none.
type Firebase struct {
	Project  string       // the Firebase project's id; "" = the window is closed
	CertsURL string       // its certificates by key id, as Google publishes them (JSON of PEM)
	Client   *http.Client // nil is one with a time limit
}

const (
	firebaseIssuer  = "https://securetoken.google.com/"
	maxIDToken      = 8 << 10
	maxFirebaseBody = 12 << 10
	maxCertificates = 256 << 10
	certsTimeout    = 5 * time.Second
	certsMinAge     = time.Minute     // an unknown key id is looked up at most once in this time
	certsRetry      = 5 * time.Second // and after a failure, in this
	certsMaxAge     = 24 * time.Hour
	certsDefaultAge = time.Hour
)

// firebaseClaims are those of a Firebase ID token.
type firebaseClaims struct {
	jwt.RegisteredClaims
	AuthTime      int64  `json:"auth_time"`
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
}

// firebase trades a Firebase ID token for a pair of ours: POST /v1/auth/firebase.
func (s *Service) firebase(w http.ResponseWriter, r *http.Request) {
	if s.o.Firebase.Project == "" {
		problem.Write(w, r, portal.Fail(portal.NotFound, nil))
		return
	}
	var body struct {
		IDToken string `json:"idToken"`
	}
	err := problem.Decode(w, r, maxFirebaseBody, &body)
	switch {
	case err != nil:
	case body.IDToken == "":
		err = portal.InvalidField("idToken", "field.required")
	case len(body.IDToken) > maxIDToken:
		err = portal.InvalidField("idToken", "field.too_long", "max", maxIDToken)
	}
	var p pair
	if err == nil {
		p, err = s.fromFirebase(r.Context(), body.IDToken, deviceOf(r))
	}
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	s.writePair(w, r, p)
}

// fromFirebase signs in the account that has the token's e-mail address. Errors: Unauthenticated (the token is no good),
// Forbidden (no such account), Unavailable (the certificates can't be had).
func (s *Service) fromFirebase(ctx context.Context, raw string, d device) (pair, error) {
	c, err := s.verifyFirebase(ctx, raw)
	if err != nil {
		return pair{}, err
	}
	u, err := userByEmail(ctx, s.db.Read, c.Email)
	if portal.CodeOf(err) == portal.NotFound {
		return pair{}, &portal.Error{Code: portal.Forbidden, Detail: "No account has this e-mail address. Ask Ghasi for one."}
	}
	if err != nil {
		return pair{}, err
	}
	var p pair
	err = s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		p, _, err = s.newFamily(ctx, tx, u, "", d, s.o.Now())
		return err
	})
	return p, err
}

// verifyFirebase checks a token as https://firebase.google.com/docs/auth/admin/verify-id-tokens asks, and that the
// e-mail address has been verified: it is what the account is found by.
func (s *Service) verifyFirebase(ctx context.Context, raw string) (firebaseClaims, error) {
	var c firebaseClaims
	var unavailable error
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithIssuer(firebaseIssuer+s.o.Firebase.Project), jwt.WithAudience(s.o.Firebase.Project),
		jwt.WithLeeway(clockLeeway), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(s.o.Now))
	_, err := parser.ParseWithClaims(raw, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		key, err := s.certificates.key(ctx, s.o.Firebase, kid, s.o.Now())
		if portal.CodeOf(err) == portal.Unavailable {
			unavailable = err
		}
		return key, err
	})
	now := s.o.Now().Add(clockLeeway).Unix()
	switch {
	case unavailable != nil:
		return c, unavailable
	case err != nil:
	case c.Subject == "" || len(c.Subject) > 128:
		err = errors.New("auth: firebase token without a subject")
	case c.IssuedAt == nil || c.AuthTime == 0 || c.AuthTime > now:
		err = errors.New("auth: firebase token of the future, or of no time")
	case c.Email == "" || !c.EmailVerified:
		err = errors.New("auth: firebase e-mail address not verified")
	}
	if err != nil {
		return c, &portal.Error{Code: portal.Unauthenticated, Detail: "The Firebase ID token is not valid.", Err: err}
	}
	return c, nil
}

// certificates are Google's keys, kept for as long as its Cache-Control says. An outage is survived with those we have.
type certificates struct {
	mu      sync.Mutex
	keys    map[string]*rsa.PublicKey
	until   time.Time
	tried   time.Time
	failure error // of the last try
}

// key returns the key called kid. Errors: Unavailable when the certificates can't be had; any other: no such key.
func (c *certificates) key(ctx context.Context, f Firebase, kid string, now time.Time) (*rsa.PublicKey, error) {
	c.mu.Lock() // one fetch at a time; those who wait find its result
	defer c.mu.Unlock()
	known := c.keys[kid]
	stale := !now.Before(c.until)
	pause := certsMinAge
	if c.failure != nil {
		pause = certsRetry
	}
	if (stale || known == nil) && (c.tried.IsZero() || now.Sub(c.tried) >= pause) {
		c.tried = now
		var keys map[string]*rsa.PublicKey
		var age time.Duration
		if keys, age, c.failure = fetchCertificates(ctx, f); c.failure == nil {
			c.keys, c.until = keys, now.Add(age)
			known = keys[kid]
		}
	}
	switch {
	case known != nil:
		return known, nil
	case c.failure != nil:
		return nil, portal.Fail(portal.Unavailable, fmt.Errorf("auth: firebase certificates: %w", c.failure))
	}
	return nil, errors.New("auth: unknown firebase key id")
}

func fetchCertificates(ctx context.Context, f Firebase) (map[string]*rsa.PublicKey, time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), certsTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.CertsURL, nil)
	if err != nil {
		return nil, 0, err
	}
	client := f.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("status %d", res.StatusCode)
	}
	var texts map[string]string
	if err := json.NewDecoder(io.LimitReader(res.Body, maxCertificates)).Decode(&texts); err != nil {
		return nil, 0, err
	}
	keys := make(map[string]*rsa.PublicKey, len(texts))
	for kid, text := range texts {
		if keys[kid], err = certificateKey(text); err != nil {
			return nil, 0, fmt.Errorf("certificate %.40q: %w", kid, err)
		}
	}
	return keys, maxAge(res.Header.Get("Cache-Control")), nil
}

func certificateKey(text string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("a %T is no RSA key", cert.PublicKey)
	}
	return key, nil
}

// maxAge reads the max-age of a Cache-Control header, within a minute and a day.
func maxAge(header string) time.Duration {
	for directive := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		if n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
			return min(max(time.Duration(n)*time.Second, certsMinAge), certsMaxAge)
		}
	}
	return certsDefaultAge
}
