package app_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ghasi.io/portal/config"
)

// The matrix: every route of the portal and of the embedded platform × everybody who may come × their own and another
// tenant's things. A route that stands in no table fails the test, and so does a table's line that no route answers to.
// The tables are in access_portal_test.go and access_platform_test.go.

const (
	manager = "manager@demo.ghasi.test"
	norole  = "norole@demo.ghasi.test"
	admin   = "admin@demo.ghasi.test"
)

// rule is one line of a table.
type rule struct {
	route   string // as the router spells it
	who     string // who may; see the constants of each table
	path    string // with {names} for the first tenant's things; "" = the route's own
	form    url.Values
	body    string // JSON, where there is no form
	ok      int    // what they get who may; 0 = 200
	foreign int    // what the like of another tenant gets; 0 = the same: the route names nothing of a tenant
	nobody  int    // what they get who are not signed in, where that is not the way to the sign-in page
	htmx    bool   // asked by htmx for a fragment
	intact  string // what its owner still sees after a stranger's try, where the answer to both is the same
	once    bool   // done by one of them who may, it can't be done by the next
}

func (r rule) want() int {
	if r.ok == 0 {
		return http.StatusOK
	}
	return r.ok
}

func (r rule) elsewhere() int {
	if r.foreign == 0 {
		return r.want()
	}
	return r.foreign
}

func (r rule) method() string {
	method, _, _ := strings.Cut(r.route, " ")
	return method
}

// filled is the form, with the things of a tenant filled in.
func (r rule) filled(things map[string]string) url.Values {
	out := url.Values{}
	for field, values := range r.form {
		for name, id := range things {
			field = strings.ReplaceAll(field, "{"+name+"}", id)
		}
		out[field] = values
	}
	return out
}

// headers are those of the request.
func (r rule) headers() []string {
	if r.htmx {
		return []string{"HX-Request", "true", "HX-Request-Type", "partial"}
	}
	return nil
}

// at is the request's address, with the things of a tenant filled in.
func (r rule) at(t *testing.T, things map[string]string) string {
	t.Helper()
	_, path, _ := strings.Cut(r.route, " ")
	if r.path != "" {
		path = r.path
	}
	for name, id := range things {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	if strings.ContainsAny(path, "{}:*") {
		t.Fatalf("%s: %s needs a thing that is not there", r.route, path)
	}
	return path
}

// classified fails for routes that stand in no table and for lines that no route answers to.
func classified(t *testing.T, routes []string, rules []rule) {
	t.Helper()
	for _, route := range routes {
		if n := len(slices.DeleteFunc(slices.Clone(rules), func(r rule) bool { return r.route != route })); n == 0 {
			t.Errorf("%s: nobody has said who may do this: add it to the table of its listener", route)
		}
	}
	for _, r := range rules {
		if !slices.Contains(routes, r.route) {
			t.Errorf("%s stands in the table, but there is no such route", r.route)
		}
	}
}

// world is a portal with two tenants, staff, and everybody's way in.
type world struct {
	*site
	sessions map[string]*person // portal, by e-mail address
	bearers  map[string]string  // platform, by name of the caller
	things   map[string]string  // of the first tenant, by name
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cfg := settings(t.TempDir())
	cfg.FirebaseLogin, cfg.FirebaseProject, cfg.FirebaseCerts = true, "ghasi-legacy", "http://127.0.0.1:1/certs"
	allowLoopback(&cfg)
	w := &world{site: start(t, cfg), sessions: map[string]*person{}, bearers: map[string]string{}, things: map[string]string{"none": "none"}}
	for _, email := range []string{customer, manager, staff, admin} {
		p := newPerson(t, w.site)
		p.signIn("/login/start", email)
		w.sessions[email] = p
		w.bearers[email] = w.token(t, email)
	}
	w.bearers[norole] = w.token(t, norole)
	w.bearers["service"] = w.ServiceToken()
	w.bearers["key"] = w.field(t, customer, "POST /v1/api-keys", `{"name":"all","scopes":["sms:send","sms:read","billing:read"]}`, "rawKey")
	w.bearers["key of another"] = w.field(t, manager, "POST /v1/api-keys", `{"name":"all","scopes":["sms:send","sms:read","billing:read"]}`, "rawKey")
	w.bearers["key to read"] = w.field(t, customer, "POST /v1/api-keys", `{"name":"read","scopes":["sms:read"]}`, "rawKey")
	w.bearers["key to send"] = w.field(t, customer, "POST /v1/api-keys", `{"name":"send","scopes":["sms:send"]}`, "rawKey")
	w.fill(t)
	return w
}

// allowLoopback lets webhooks be made in a test, where no other host is.
func allowLoopback(cfg *config.Config) { cfg.WebhookLoopback = true }

// secretText and secretURL are what only the first tenant's things say.
const (
	secretText = "Salaam to Pamir alone"
	secretURL  = "https://127.0.0.1:18443/of-pamir-alone/"
)

// leaksNothing: an answer to another tenant holds nothing of the first one's, whatever its status.
func leaksNothing(t *testing.T, r rule, res answer) {
	t.Helper()
	if strings.Contains(res.body, secretText) || strings.Contains(res.body, secretURL) {
		t.Errorf("%s tells another tenant what is the first one's:\n%.1000s", r.route, res.body)
	}
}

// fill makes or finds the things of the first tenant that the tables name.
func (w *world) fill(t *testing.T) {
	t.Helper()
	w.things["message"] = w.field(t, customer, "POST /v1/messages", `{"to":"+93700000001","from":"GHASI","body":"`+secretText+`"}`, "messageId")
	for _, name := range []string{"key", "portal_key"} {
		w.things[name] = w.field(t, customer, "POST /v1/api-keys", `{"name":"`+name+`","scopes":["sms:read"]}`, "keyId")
	}
	for _, name := range []string{"webhook", "portal_webhook"} {
		w.things[name] = w.field(t, customer, "POST /v1/webhooks", `{"url":"`+secretURL+name+`","events":["message.delivered"]}`, "webhookId")
	}
	w.things["invoice"] = w.field(t, customer, "GET /v1/billing/invoices", "", "items", "invoiceId")
	for _, name := range []string{"session", "portal_session"} {
		w.bearers["another device"] = w.token(t, customer)
		w.things[name] = w.currentSession(t, "another device")
	}
	var tenants struct {
		Items []struct{ TenantID, Name string }
	}
	w.call(t, "service", "GET /v1/internal/tenants", "", &tenants)
	for _, tenant := range tenants.Items {
		w.things["tenant "+tenant.Name] = tenant.TenantID
	}
	w.things["tenant"] = w.things["tenant Pamir Logistics"] // the TAM's
	for _, tenant := range tenants.Items {
		if tenant.Name != "Pamir Logistics" && tenant.Name != "Herat Pharmacy" {
			w.things["strange_tenant"] = tenant.TenantID // not the TAM's
		}
	}
	home := "/admin/tenants/" + w.things["tenant"]
	if res := w.sessions[staff].post(home+"/notes", url.Values{"body_text": {"For the matrix"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("note: %s\n%s", res.Status, res.body)
	}
	found := regexp.MustCompile(`/notes/(note_\w+)/edit`).FindStringSubmatch(w.sessions[staff].get(home).body)
	if found == nil {
		t.Fatal("the note is not on the tenant's page")
	}
	w.things["note"] = found[1]
}

// currentSession is the id of the session that a caller's own token is of.
func (w *world) currentSession(t *testing.T, caller string) string {
	t.Helper()
	var list struct {
		Items []struct {
			SessionID string
			Current   bool
		}
	}
	w.call(t, caller, "GET /v1/auth/sessions", "", &list)
	for _, s := range list.Items {
		if s.Current {
			return s.SessionID
		}
	}
	t.Fatalf("%s has no current session among %d", caller, len(list.Items))
	return ""
}

// field calls the platform and reads one field of the answer; of a list the first element's.
func (w *world) field(t *testing.T, caller, route, body string, path ...string) string {
	t.Helper()
	var v any
	w.call(t, caller, route, body, &v)
	for _, name := range path {
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		object, _ := v.(map[string]any)
		v = object[name]
	}
	s, _ := v.(string)
	if s == "" {
		t.Fatalf("%s has no %v", route, path)
	}
	return s
}

func (w *world) call(t *testing.T, caller, route, body string, into any) {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	res := w.send(t, method, path, body, "Bearer "+w.bearers[caller], nil)
	if res.StatusCode >= 300 {
		t.Fatalf("%s by %s: %s\n%s", route, caller, res.Status, res.body)
	}
	if err := json.Unmarshal([]byte(res.body), into); err != nil {
		t.Fatalf("%s: %v", route, err)
	}
}

// send asks the platform; cookies are a signed-in browser's, which must not count there.
func (w *world) send(t *testing.T, method, path, body, authorization string, cookies *person) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	if cookies != nil {
		for name, value := range cookies.jar {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := stay.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	read, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, string(read)}
}

// token signs somebody in at the platform itself, as the portal does for them, and returns their access token.
func (w *world) token(t *testing.T, email string) string {
	t.Helper()
	const verifier = "a-verifier-of-at-least-forty-three-characters-of-text"
	sum := sha256.Sum256([]byte(verifier))
	redirect := w.URL() + "/auth/callback"
	browser := newPerson(t, w.site)
	form := browser.get("/v1/auth/oidc/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {"customer-portal"}, "redirect_uri": {redirect}, "scope": {"openid profile email"},
		"state": {"s"}, "nonce": {"n"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}.Encode()).doc(t)
	done := browser.post(form.Attr("form.form", "action"), url.Values{
		"request": {form.Attr(`input[name="request"]`, "value")}, "email": {email}, "password": {password},
	})
	_, callback, _ := strings.Cut(done.Header.Get("Refresh"), "url=")
	back, err := url.Parse(callback)
	if err != nil || back.Query().Get("code") == "" {
		t.Fatalf("sign in as %s: %s, %v", email, done.Status, err)
	}
	res := browser.post("/v1/auth/oidc/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {redirect},
		"client_id": {"customer-portal"}, "code_verifier": {verifier},
	})
	var pair struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(res.body), &pair); err != nil || pair.AccessToken == "" {
		t.Fatalf("token of %s: %s %v\n%s", email, res.Status, err, res.body)
	}
	return pair.AccessToken
}
