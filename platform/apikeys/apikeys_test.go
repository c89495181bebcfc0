package apikeys

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/client/contracttest"
	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/auth"
	"ghasi.io/portal/platform/migrations"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// site is a Service with two tenants of one person each, whose token is the person's name.
type site struct {
	t       *testing.T
	db      *database.DB
	svc     *Service
	handler http.Handler
	now     time.Time
	people  map[string]access.Principal
}

func newSite(t *testing.T, open func(string) *database.DB) *site {
	t.Helper()
	s := &site{t: t, db: open("platform"), now: time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC), people: map[string]access.Principal{}}
	must(t, s.db.Migrate(t.Context(), migrations.FS))
	for _, name := range []string{"ahmad", "nasima"} {
		tenant, err := auth.CreateTenant(t.Context(), s.db.Write, name+" Ltd", s.now)
		must(t, err)
		user, err := auth.CreateUser(t.Context(), s.db.Write, auth.NewUser{TenantID: tenant, Email: name + "@example.af", Name: name, Locale: "en"}, s.now)
		must(t, err)
		s.people[name] = access.Principal{TenantID: tenant, UserID: user, Roles: []string{access.RoleCustomer}}
	}
	s.svc, s.handler = s.serve(s.db)
	return s
}

func (s *site) serve(db *database.DB) (*Service, http.Handler) {
	s.t.Helper()
	svc := New(db, func() time.Time { return s.now }, slog.New(slog.DiscardHandler))
	mux := http.NewServeMux()
	limits := access.Limits{WriteRate: 1e6, WriteBurst: 1e6, KeyRate: 1e6, KeyBurst: 1e6}
	guard := access.NewGuard(s, svc, limits, func() time.Time { return s.now })
	svc.Register(mux, guard)
	mux.Handle("GET /v1/messages", guard.Require(portal.ScopeSMSRead, func(w http.ResponseWriter, r *http.Request) {
		problem.JSON(w, r, http.StatusOK, portal.MessagePage{Items: []portal.Message{}})
	}))
	return svc, contracttest.Handler(s.t, problem.Handler(slog.New(slog.DiscardHandler), mux))
}

// VerifyToken stands in for the auth-service.
func (s *site) VerifyToken(_ context.Context, token string) (access.Principal, error) {
	if p, ok := s.people[token]; ok {
		return p, nil
	}
	return access.Principal{}, portal.Fail(portal.Unauthenticated, nil)
}

func (s *site) do(method, path, token, body string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(access.WithClientIP(s.t.Context(), "203.0.113.7"), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// create makes a key that may read messages.
func (s *site) create(token, name string) portal.CreatedAPIKey {
	s.t.Helper()
	w := s.do("POST", "/v1/api-keys", token, `{"name":"`+name+`","scopes":["sms:read"]}`)
	var k portal.CreatedAPIKey
	if w.Code != http.StatusCreated {
		s.t.Fatalf("create: %d %s", w.Code, w.Body)
	}
	must(s.t, json.Unmarshal(w.Body.Bytes(), &k))
	return k
}

func (s *site) list(token string) []portal.APIKey {
	s.t.Helper()
	var page struct{ Items []portal.APIKey }
	must(s.t, json.Unmarshal(s.do("GET", "/v1/api-keys", token, "").Body.Bytes(), &page))
	return page.Items
}

func (s *site) want(status int, method, path, token, body, what string) {
	s.t.Helper()
	if w := s.do(method, path, token, body); w.Code != status {
		s.t.Errorf("%s: %d, want %d: %s", what, w.Code, status, w.Body)
	}
}

func TestLifeOfAKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		w := s.do("POST", "/v1/api-keys", "ahmad", `{"name":" Order service ","scopes":["sms:read","sms:send"],"expiresAt":"2026-11-24T11:30:00+04:30"}`)
		if w.Code != http.StatusCreated {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		var k portal.CreatedAPIKey
		must(t, json.Unmarshal(w.Body.Bytes(), &k))
		expires := s.now.Add(time.Hour)
		want := portal.APIKey{
			KeyID: k.KeyID, Name: "Order service", Prefix: "ghasi_", Last4: k.RawKey[len(k.RawKey)-4:],
			Scopes: []portal.Scope{"sms:send", "sms:read"}, Status: portal.KeyActive, CreatedAt: s.now, ExpiresAt: &expires,
		}
		if diff := cmp.Diff(want, k.APIKey); diff != "" || !wellFormed(k.RawKey) {
			t.Errorf("%s%s", k.RawKey, diff)
		}
		if w.Header().Get("Location") != "/v1/api-keys/"+k.KeyID || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", w.Header())
		}
		w = s.do("GET", "/v1/api-keys", "ahmad", "")
		if diff := cmp.Diff([]portal.APIKey{want}, s.list("ahmad")); diff != "" || strings.Contains(w.Body.String(), k.RawKey) {
			t.Errorf("list: %s", diff)
		}
		var stored string
		must(t, s.db.Read.QueryRow("SELECT hash || prefix || last4 || name FROM api_keys").Scan(&stored))
		if strings.Contains(stored, k.RawKey[6:20]) {
			t.Error("the key itself is stored")
		}

		s.want(200, "GET", "/v1/messages", k.RawKey, "", "the key")
		s.want(403, "GET", "/v1/api-keys", k.RawKey, "", "a key that manages keys")
		s.now = expires
		s.want(401, "GET", "/v1/messages", k.RawKey, "", "the expired key")
		if got := s.list("ahmad")[0].Status; got != portal.KeyExpired {
			t.Errorf("status %q", got)
		}
	})
}

func TestRevoke(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		k, other := s.create("ahmad", "a"), s.create("ahmad", "b")
		path := "/v1/api-keys/" + k.KeyID
		s.want(404, "DELETE", path, "nasima", "", "another tenant's key")
		s.want(200, "GET", "/v1/messages", k.RawKey, "", "the key that she could not revoke")
		here := s.handler
		_, s.handler = s.serve(open("platform"))
		s.want(204, "DELETE", path, "ahmad", "", "revoke, at another replica")
		s.handler = here
		s.want(401, "GET", "/v1/messages", k.RawKey, "", "the very next request")
		s.want(200, "GET", "/v1/messages", other.RawKey, "", "the other key")
		first := s.list("ahmad")[1].RevokedAt
		s.now = s.now.Add(time.Minute)
		s.want(204, "DELETE", path, "ahmad", "", "again")
		keys := s.list("ahmad")
		if keys[0].KeyID != other.KeyID || keys[1].Status != portal.KeyRevoked || first == nil || !keys[1].RevokedAt.Equal(*first) {
			t.Errorf("after revoking twice: %+v", keys)
		}
		for _, id := range []string{"key_00000000000000000000000000", "key_x", "' OR 1=1", "%00", strings.Repeat("a", 500)} {
			s.want(404, "DELETE", "/v1/api-keys/"+strings.ReplaceAll(id, " ", "%20"), "ahmad", "", id)
		}
		if len(s.list("nasima")) != 0 {
			t.Error("she sees his keys")
		}
	})
}

func TestCreateRefuses(t *testing.T) {
	s := newSite(t, func(string) *database.DB { return dbtest.Open(t, nil) })
	for name, tc := range map[string]struct {
		body   string
		status int
		fields string // field:code, in order
	}{
		"nothing":       {`{}`, 422, "name:required scopes:no_scope"},
		"spaces":        {`{"name":"  \t ","scopes":["sms:send"]}`, 422, "name:required"},
		"long name":     {`{"name":"` + strings.Repeat("پ", 81) + `","scopes":["sms:send"]}`, 422, "name:too_long"},
		"line break":    {`{"name":"a\nb","scopes":["sms:send"]}`, 422, "name:invalid"},
		"bidi override": {`{"name":"a\u202eb","scopes":["sms:send"]}`, 422, "name:invalid"},
		"mark":          {`{"name":"a\u200fb","scopes":["sms:send"]}`, 422, "name:invalid"},
		"only joiners":  {`{"name":"\u200c\u200d","scopes":["sms:send"]}`, 422, "name:invalid"},
		"NUL":           {`{"name":"a\u0000b","scopes":["sms:send"]}`, 400, ""},
		"unknown scope": {`{"name":"a","scopes":["sms:send","admin"]}`, 422, "scopes:unknown_scope"},
		"scope twice":   {`{"name":"a","scopes":["sms:send","sms:send"]}`, 422, "scopes:invalid"},
		"scope no list": {`{"name":"a","scopes":"sms:send"}`, 422, "scopes:invalid"},
		"no time":       {`{"name":"a","scopes":["sms:send"],"expiresAt":"tomorrow"}`, 422, "expiresAt:not_a_time"},
		"past":          {`{"name":"a","scopes":["sms:send"],"expiresAt":"2026-11-24T06:00:00Z"}`, 422, "expiresAt:in_past"},
		"unknown field": {`{"name":"a","scopes":["sms:send"],"tenantId":"ten_x"}`, 400, ""},
		"huge":          {`{"name":"` + strings.Repeat("a", 10<<20) + `"}`, 413, ""},
	} {
		w := s.do("POST", "/v1/api-keys", "ahmad", tc.body)
		var p struct {
			Errors []struct{ Field, Code string }
		}
		must(t, json.Unmarshal(w.Body.Bytes(), &p))
		var fields []string
		for _, e := range p.Errors {
			fields = append(fields, e.Field+":"+e.Code)
		}
		if w.Code != tc.status || strings.Join(fields, " ") != tc.fields {
			t.Errorf("%s: %d %v", name, w.Code, fields)
		}
	}
	if len(s.list("ahmad")) != 0 {
		t.Error("a refused key was made")
	}
	s.create("ahmad", "می‌شود ۸۰") // letters, a joiner and digits of Dari are a name
	s.create("ahmad", strings.Repeat("پ", 80))
}

func TestAtMostAHundredActive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		p := s.people["ahmad"]
		var first portal.CreatedAPIKey
		for i := range maxActive - 1 {
			k, err := s.svc.Create(t.Context(), p.TenantID, p.UserID, portal.NewAPIKey{Name: "k", Scopes: portal.Scopes})
			must(t, err)
			if i == 0 {
				first = k
			}
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for range 4 { // together, for the one place left
			wg.Go(func() {
				_, err := s.svc.Create(t.Context(), p.TenantID, p.UserID, portal.NewAPIKey{Name: "k", Scopes: portal.Scopes})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made++
				} else if portal.CodeOf(err) != portal.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made != 1 {
			t.Errorf("%d keys made where there was room for one", made)
		}
		s.want(409, "POST", "/v1/api-keys", "ahmad", `{"name":"a","scopes":["sms:send"]}`, "the 101st")
		s.create("nasima", "another tenant's")
		must(t, s.svc.Revoke(t.Context(), p.TenantID, first.KeyID))
		s.create("ahmad", "in its place")
	})
}

func TestLastUse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open)
		k := s.create("ahmad", "a")
		stored := func() *time.Time {
			keys, err := New(s.db, func() time.Time { return s.now }, slog.New(slog.DiscardHandler)).List(t.Context(), s.people["ahmad"].TenantID)
			must(t, err)
			return keys[0].LastUsedAt
		}
		for range 50 {
			s.want(200, "GET", "/v1/messages", k.RawKey, "", "use")
		}
		if got := s.list("ahmad")[0]; got.LastUsedAt == nil || !got.LastUsedAt.Equal(s.now) || got.LastUsedIP != "203.0.113.7" {
			t.Errorf("this replica shows %+v", got)
		}
		if stored() != nil {
			t.Error("a use was written at once")
		}
		must(t, s.svc.Flush(t.Context()))
		if got := stored(); got == nil || !got.Equal(s.now) {
			t.Errorf("written: %v", got)
		}
		first := s.now
		s.now = s.now.Add(-time.Minute) // another replica's clock is behind: an older use does not count
		s.want(200, "GET", "/v1/messages", k.RawKey, "", "use")
		must(t, s.svc.Flush(t.Context()))
		if got := stored(); !got.Equal(first) {
			t.Errorf("an older use moved it to %v", got)
		}
	})
}

func TestFlushKeepsWhatItCannotWrite(t *testing.T) {
	s := newSite(t, func(string) *database.DB { return dbtest.Open(t, nil) })
	s.svc.uses.note("key_1", use{s.now, ""})
	must(t, s.db.Write.Close())
	if err := s.svc.Flush(t.Context()); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("flush: %v", err)
	}
	if _, ok := s.svc.uses.last("key_1"); !ok {
		t.Error("the use is lost")
	}
}

// TestMalformedKeysAreRefusedOffline: without a database, a well-formed stranger is Unavailable, a malformed one is not.
func TestMalformedKeysAreRefusedOffline(t *testing.T) {
	s := newSite(t, func(string) *database.DB { return dbtest.Open(t, nil) })
	must(t, s.db.Read.Close())
	good := newRawKey()
	if _, err := s.svc.VerifyKey(t.Context(), good, ""); portal.CodeOf(err) != portal.Unavailable {
		t.Errorf("a well-formed key: %v", err)
	}
	for _, bad := range []string{
		"", "ghasi_", good[:len(good)-1], good + "0", strings.ToUpper(good), "other_" + good[6:], good[:20] + "-" + good[21:],
		good[:20] + next(good[20]) + good[21:], good[:len(good)-1] + next(good[len(good)-1]),
	} {
		if _, err := s.svc.VerifyKey(t.Context(), bad, ""); portal.CodeOf(err) != portal.Unauthenticated {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// next is another digit than c.
func next(c byte) string {
	i := strings.IndexByte(alphabet, c)
	return string(alphabet[(i+1)%len(alphabet)])
}

func TestFormat(t *testing.T) {
	var zero, full [secretLen]byte
	for i := range full {
		full[i] = 0xff
	}
	// The format is a promise to scanners: these do not change.
	for secret, want := range map[[secretLen]byte]string{
		zero: "ghasi_00000000000000000000000000000000000000000004QaVi9", full: "ghasi_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp11eZrRt",
	} {
		if got := formatKey(secret); got != want || !wellFormed(got) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	var seen []string
	for range 100 {
		k := newRawKey()
		if slices.Contains(seen, k) || !wellFormed(k) {
			t.Fatalf("key %q", k)
		}
		seen = append(seen, k)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
