package platform_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/client/contracttest"
	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform"
	"ghasi.io/portal/portal"
)

const (
	issuer   = "http://localhost:8080"
	callback = issuer + "/auth/callback"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

// browser is a platform and the last sign-in page that it showed.
type browser struct {
	t    *testing.T
	p    *platform.Platform
	h    http.Handler
	page platform.SignInPage
}

func start(t *testing.T, db *database.DB, opts ...func(*platform.Options)) *browser {
	t.Helper()
	b := &browser{t: t}
	o := platform.Options{
		DB: db, Issuer: issuer, ClientID: "customer-portal", RedirectURIs: []string{callback}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		SignIn: func(w http.ResponseWriter, _ *http.Request, status int, page platform.SignInPage) {
			b.page = page
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
		},
	}
	for _, opt := range opts {
		opt(&o)
	}
	p, err := platform.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	b.p, b.h = p, contracttest.Handler(t, p.Handler())
	return b
}

// call sends body (JSON, a form, or nothing) and decodes the answer into out unless it is nil.
func (b *browser) call(status int, method, target, token string, body, out any) {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, nil)
	switch v := body.(type) {
	case url.Values:
		r = httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(v.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case string:
		r = httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(v))
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	if w.Code != status {
		b.t.Fatalf("%s %s: %d, want %d: %s", method, target, w.Code, status, w.Body)
	}
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			b.t.Fatalf("%s %s: %v", method, target, err)
		}
	}
}

// signIn returns an access token of the account.
func (b *browser) signIn(email, password string) string {
	b.t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {"customer-portal"}, "redirect_uri": {callback}, "scope": {"openid"}, "state": {"s"},
		"nonce": {"n"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	b.call(200, "GET", "/v1/auth/oidc/authorize?"+q.Encode(), "", nil, nil)
	b.call(200, "POST", b.page.Action, "", url.Values{"request": {b.page.Request}, "email": {email}, "password": {password}}, nil)
	back, err := url.Parse(b.page.Continue)
	if err != nil {
		b.t.Fatal(err)
	}
	var pair struct {
		AccessToken string `json:"access_token"`
	}
	b.call(200, "POST", "/v1/auth/oidc/token", "", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"customer-portal"}, "redirect_uri": {callback},
		"code": {back.Query().Get("code")}, "code_verifier": {verifier},
	}, &pair)
	return pair.AccessToken
}

// TestMainJob is the platform's share of the main job: sign in, make a key, send with it, see the message delivered.
func TestMainJob(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		b := start(t, open("platform"))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.p.Run(ctx) }()

		if empty, err := b.p.Empty(ctx); err != nil || !empty {
			t.Errorf("a new platform: empty %v, %v", empty, err)
		}
		const password = "correct horse battery"
		for _, tenant := range []string{"Pamir Logistics", "Herat Pharmacy"} {
			err := b.p.CreateAccount(ctx, platform.NewAccount{
				Tenant: tenant, Email: strings.ToLower(tenant[:5]) + "@example.af", Name: "A", Password: password, Locale: "en", Roles: []string{"customer"},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		pamir, herat := b.signIn("pamir@example.af", password), b.signIn("herat@example.af", password)
		var key portal.CreatedAPIKey
		b.call(201, "POST", "/v1/api-keys", pamir, `{"name":"Order service","scopes":["sms:send"]}`, &key)
		var sent portal.AcceptedMessage
		b.call(202, "POST", "/v1/messages", key.RawKey, `{"to":"+93700000001","from":"Ghasi","body":"Hello"}`, &sent)
		b.call(403, "GET", "/v1/messages/"+sent.MessageID, key.RawKey, nil, nil)
		b.call(404, "GET", "/v1/messages/"+sent.MessageID, herat, nil, nil)
		var m portal.Message
		for deadline := time.Now().Add(15 * time.Second); m.Status != portal.StatusDelivered && time.Now().Before(deadline); {
			b.call(200, "GET", "/v1/messages/"+sent.MessageID, pamir, nil, &m)
			time.Sleep(50 * time.Millisecond)
		}
		if m.Status != portal.StatusDelivered || m.Source == nil || m.Source.Name != "Order service" {
			t.Errorf("message %+v", m)
		}
		b.call(204, "DELETE", "/v1/api-keys/"+key.KeyID, pamir, nil, nil)
		b.call(401, "POST", "/v1/messages", key.RawKey, `{"to":"+93700000001","from":"Ghasi","body":"Hello"}`, nil)

		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := b.p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		var used *int64
		if err := open("platform").Read.QueryRow("SELECT last_used_at FROM api_keys").Scan(&used); err != nil || used == nil {
			t.Errorf("last use after Close: %v, %v", used, err)
		}
	})
}

func TestDemo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		db := open("platform")
		b := start(t, db)
		if demo, err := b.p.HasDemo(t.Context()); err != nil || demo {
			t.Errorf("before: demo %v, %v", demo, err)
		}
		if err := b.p.SeedDemo(t.Context()); err != nil {
			t.Fatal(err)
		}
		again := start(t, db) // a later start keeps the data
		empty, err := again.p.Empty(t.Context())
		demo, derr := again.p.HasDemo(t.Context())
		if err != nil || derr != nil || empty || !demo {
			t.Errorf("after: empty %v, demo %v, %v, %v", empty, demo, err, derr)
		}
		for email, status := range map[string]int{"customer": 200, "manager": 200, "norole": 403, "tam": 403, "admin": 403} {
			token := again.signIn(email+"@demo.ghasi.test", "portal-demo")
			again.call(status, "GET", "/v1/messages?limit=5", token, nil, nil)
			again.call(status, "GET", "/v1/api-keys", token, nil, nil)
		}
	})
}

func TestUnknownPathsAndMethods(t *testing.T) {
	b := start(t, dbtest.Open(t, nil))
	b.call(404, "GET", "/v1/nothing", "", nil, nil)
	b.call(404, "GET", "/", "", nil, nil)
	b.call(405, "PUT", "/v1/messages", "", nil, nil)
	b.call(405, "GET", "/v1/auth/oidc/token", "", nil, nil)
	b.call(401, "GET", "/v1/messages", "", nil, nil)
}

func TestNewRefusesMissingOptions(t *testing.T) {
	if _, err := platform.New(t.Context(), platform.Options{}); err == nil {
		t.Error("a platform of nothing")
	}
	_, err := platform.New(t.Context(), platform.Options{DB: dbtest.Open(t, nil), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		t.Error("a platform without an issuer")
	}
}
