package auth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/portal"
)

type keyOf struct{}

func (keyOf) VerifyKey(context.Context, string, string) (access.Principal, error) {
	return access.Principal{TenantID: "ten_1", KeyID: "key_1", Scopes: portal.Scopes}, nil
}

const project = "ghasi-legacy"

var firebaseKeys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

// google is the endpoint that publishes the certificates, with keys of the test's own in the place of Google's.
type google struct {
	*httptest.Server
	mu      sync.Mutex
	keys    map[string]*rsa.PrivateKey
	maxAge  int
	down    bool
	fetches int
}

func newGoogle(t *testing.T) *google {
	t.Helper()
	g := &google{keys: map[string]*rsa.PrivateKey{"g0": firebaseKeys()[0]}, maxAge: 3600}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.fetches++
		if g.down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		texts := map[string]string{}
		for kid, key := range g.keys {
			template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "securetoken"}, NotAfter: time.Now().Add(time.Hour)}
			der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
			if err != nil {
				t.Error(err)
			}
			texts[kid] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		}
		w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(g.maxAge)+", must-revalidate")
		_ = json.NewEncoder(w).Encode(texts)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *google) set(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
}

// idToken signs a right Firebase token, which change may spoil.
func (s *site) idToken(kid string, key any, change func(jwt.MapClaims)) string {
	s.t.Helper()
	now := s.clock.now()
	c := jwt.MapClaims{
		"iss": "https://securetoken.google.com/" + project, "aud": project, "sub": "fb-1", "user_id": "fb-1",
		"email": email, "email_verified": true, "auth_time": now.Add(-time.Minute).Unix(),
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	if change != nil {
		change(c)
	}
	method := jwt.SigningMethod(jwt.SigningMethodRS256)
	switch key.(type) {
	case []byte:
		method = jwt.SigningMethodHS256
	case jwtNone:
		method, key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType
	}
	token := jwt.NewWithClaims(method, c)
	token.Header["kid"] = kid
	raw, err := token.SignedString(key)
	must(s.t, err)
	return raw
}

type jwtNone struct{}

func (s *site) exchangeFirebase(token string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.postJSON("/v1/auth/firebase", map[string]string{"idToken": token})
}

func firebaseSite(t *testing.T, open func(string) *database.DB) (*site, *google) {
	t.Helper()
	s, g := newSite(t, open), newGoogle(t)
	s.firebase = Firebase{Project: project, CertsURL: g.URL}
	s.svc, s.handler = s.serve(s.db)
	return s, g
}

func TestFirebase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s, _ := firebaseSite(t, open)
		p := s.pair(s.exchangeFirebase(s.idToken("g0", firebaseKeys()[0], nil)))
		if who, err := s.svc.VerifyToken(t.Context(), p.AccessToken); err != nil || who.Email != email {
			t.Fatalf("%+v, %v", who, err)
		}
		s.pair(s.refresh(p.RefreshToken))
		stranger := s.idToken("g0", firebaseKeys()[0], func(c jwt.MapClaims) { c["email"] = "nobody@example.af" })
		s.wantStatus(s.exchangeFirebase(stranger), http.StatusForbidden, "no such account")
	})
}

func TestFirebase_Closed(t *testing.T) {
	s := newSite(t, func(string) *database.DB { return dbtest.Open(t, nil) })
	s.wantStatus(s.exchangeFirebase("x"), http.StatusNotFound, "the flag is off")
}

func TestFirebase_Refused(t *testing.T) {
	s, _ := firebaseSite(t, func(string) *database.DB { return dbtest.Open(t, nil) })
	right := firebaseKeys()[0]
	claim := func(name string, v any) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) {
			if c[name] = v; v == nil {
				delete(c, name)
			}
		}
	}
	future, past := s.clock.now().Add(time.Hour).Unix(), s.clock.now().Add(-time.Hour).Unix()
	for name, token := range map[string]string{
		"another key":             s.idToken("g0", firebaseKeys()[1], nil),
		"HS256 by the public key": s.idToken("g0", x509.MarshalPKCS1PublicKey(&right.PublicKey), nil),
		"no signature":            s.idToken("g0", jwtNone{}, nil),
		"unknown key id":          s.idToken("g9", right, nil),
		"another project":         s.idToken("g0", right, claim("aud", "other")),
		"another issuer":          s.idToken("g0", right, claim("iss", "https://securetoken.google.com/other")),
		"expired":                 s.idToken("g0", right, claim("exp", past)),
		"no expiry":               s.idToken("g0", right, claim("exp", nil)),
		"issued in the future":    s.idToken("g0", right, claim("iat", future)),
		"no issue time":           s.idToken("g0", right, claim("iat", nil)),
		"signed in in the future": s.idToken("g0", right, claim("auth_time", future)),
		"never signed in":         s.idToken("g0", right, claim("auth_time", nil)),
		"empty subject":           s.idToken("g0", right, claim("sub", "")),
		"no e-mail":               s.idToken("g0", right, claim("email", nil)),
		"e-mail not verified":     s.idToken("g0", right, claim("email_verified", false)),
		"no token":                "x",
	} {
		s.wantStatus(s.exchangeFirebase(token), http.StatusUnauthorized, name)
	}
	s.wantStatus(s.exchangeFirebase(s.idToken("g0", right, nil)), http.StatusOK, "the right one")
}

func TestFirebase_Certificates(t *testing.T) {
	s, g := firebaseSite(t, func(string) *database.DB { return dbtest.Open(t, nil) })
	g.set(func() { g.down = true })
	old := func() string { return s.idToken("g0", firebaseKeys()[0], nil) }
	s.wantStatus(s.exchangeFirebase(old()), http.StatusServiceUnavailable, "certificates never had")
	s.clock.advance(certsRetry)
	g.set(func() { g.down, g.fetches = false, 0 })
	for range 5 {
		s.wantStatus(s.exchangeFirebase(old()), http.StatusOK, "kept certificates")
	}
	for range 20 {
		s.wantStatus(s.exchangeFirebase(s.idToken("g9", firebaseKeys()[1], nil)), http.StatusUnauthorized, "unknown key id")
	}
	if g.fetches != 1 {
		t.Errorf("%d fetches", g.fetches)
	}
	g.set(func() { g.keys["g1"] = firebaseKeys()[1] })
	s.clock.advance(certsMinAge)
	s.wantStatus(s.exchangeFirebase(s.idToken("g1", firebaseKeys()[1], nil)), http.StatusOK, "a new key before max-age ends")
	g.set(func() { g.down, g.fetches = true, 0 })
	s.clock.advance(2 * time.Hour)
	s.wantStatus(s.exchangeFirebase(old()), http.StatusOK, "an outage after max-age")
	if g.fetches != 1 {
		t.Errorf("%d fetches after max-age", g.fetches)
	}
	g.set(func() { g.down = false; delete(g.keys, "g0") })
	s.clock.advance(certsMinAge)
	s.wantStatus(s.exchangeFirebase(old()), http.StatusUnauthorized, "a key that Google has withdrawn")
}

func TestMaxAge(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"public, max-age=22801, must-revalidate": 22801 * time.Second, "max-age=1": certsMinAge, "Max-Age=999999999": certsMaxAge,
		"": certsDefaultAge, "no-store": certsDefaultAge, "max-age=x": certsDefaultAge,
	} {
		if got := maxAge(header); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}
