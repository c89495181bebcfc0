package app_test

import "testing"

// Who may call a route of the platform. Beside these, cookies count for nothing there.
const (
	anybody    = "open"    // anybody: the route checks a secret of its own, or has none to keep
	ofPeople   = "person"  // a person's token, whatever their roles
	ofTenants  = "tenant"  // a token of a person of a tenant
	ofSenders  = "send"    // the same, or a key with sms:send
	ofReaders  = "read"    // the same, or a key with sms:read
	ofPayers   = "bill"    // the same, or a key with billing:read
	ofServices = "service" // the platform's own services
)

// platformRules is the table of the platform's API, in the order in which it is tried: what ends a session comes last.
var platformRules = []rule{
	{route: "GET /.well-known/jwks.json", who: anybody},
	{route: "GET /.well-known/openid-configuration", who: anybody},
	{route: "GET /v1/auth/oidc/authorize", who: anybody, ok: 400}, // without a client and a redirect address it has no page to show
	{route: "POST /v1/auth/sign-in", who: anybody, ok: 400},       // without a request of ours, sealed
	{route: "POST /v1/auth/oidc/token", who: anybody, ok: 400},    // without a code
	{route: "POST /v1/auth/refresh", who: anybody, body: `{"refreshToken":"none"}`, ok: 401},
	{route: "POST /v1/auth/logout", who: anybody, body: `{"refreshToken":"none"}`, ok: 204},
	{route: "POST /v1/auth/firebase", who: anybody, body: `{"idToken":"none"}`, ok: 401},

	{route: "GET /v1/messages", who: ofReaders},
	{route: "GET /v1/messages/stats", who: ofReaders, path: "/v1/messages/stats?days=30"},
	{route: "GET /v1/messages/{messageId}", who: ofReaders, path: "/v1/messages/{message}", foreign: 404},
	{route: "POST /v1/messages", who: ofSenders, body: `{"to":"+93700000001","from":"GHASI","body":"Salaam"}`, ok: 202},
	{route: "GET /v1/messages/{messageId}/deliveries", who: ofTenants, path: "/v1/messages/{message}/deliveries", foreign: 404},

	{route: "GET /v1/api-keys", who: ofTenants},
	{route: "POST /v1/api-keys", who: ofTenants, body: `{"name":"matrix","scopes":["sms:read"]}`, ok: 201},
	{route: "DELETE /v1/api-keys/{keyId}", who: ofTenants, path: "/v1/api-keys/{key}", ok: 204, foreign: 404},

	{route: "GET /v1/webhooks", who: ofTenants},
	{route: "POST /v1/webhooks", who: ofTenants, body: `{"url":"https://127.0.0.1:18443/new","events":["message.delivered"]}`, ok: 201},
	{route: "POST /v1/webhooks/check", who: ofTenants, body: `{"url":"https://127.0.0.1:18443/check"}`},
	{route: "GET /v1/webhooks/{webhookId}", who: ofTenants, path: "/v1/webhooks/{webhook}", foreign: 404},
	{route: "PATCH /v1/webhooks/{webhookId}", who: ofTenants, path: "/v1/webhooks/{webhook}", body: `{"version":1,"status":"paused"}`, foreign: 404},
	{route: "POST /v1/webhooks/{webhookId}/test", who: ofTenants, path: "/v1/webhooks/{webhook}/test", ok: 202, foreign: 404},
	{route: "GET /v1/webhooks/{webhookId}/attempts", who: ofTenants, path: "/v1/webhooks/{webhook}/attempts", foreign: 404},
	{route: "GET /v1/webhooks/{webhookId}/attempts/{attemptId}", who: ofTenants, path: "/v1/webhooks/{webhook}/attempts/{none}", ok: 404, foreign: 404},
	{route: "POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/retry", who: ofTenants, path: "/v1/webhooks/{webhook}/deliveries/{none}/retry", ok: 404, foreign: 404},
	{route: "POST /v1/webhooks/{webhookId}/secret/rotate", who: ofTenants, path: "/v1/webhooks/{webhook}/secret/rotate", body: `{"overlapSeconds":3600}`, foreign: 404},
	{route: "POST /v1/webhooks/{webhookId}/secret/retire", who: ofTenants, path: "/v1/webhooks/{webhook}/secret/retire", ok: 204, foreign: 404},
	{route: "DELETE /v1/webhooks/{webhookId}", who: ofTenants, path: "/v1/webhooks/{webhook}", ok: 204, foreign: 404},

	{route: "GET /v1/billing/invoices", who: ofPayers},
	{route: "GET /v1/billing/invoices/{invoiceId}", who: ofPayers, path: "/v1/billing/invoices/{invoice}", foreign: 404},
	{route: "GET /v1/billing/invoices/{invoiceId}/pdf", who: ofPayers, path: "/v1/billing/invoices/{invoice}/pdf?locale=en", foreign: 404},
	{route: "GET /v1/billing/usage", who: ofPayers},
	{route: "GET /v1/billing/prices", who: ofPayers},
	{route: "PUT /v1/billing/settings", who: ofTenants, body: `{"lowBalanceMicros":1000000}`, ok: 204},

	{route: "GET /v1/internal/tenants", who: ofServices},
	{route: "GET /v1/internal/tenants/{tenantId}/analytics", who: ofServices, path: "/v1/internal/tenants/{tenant}/analytics?period=30d"},
	{route: "GET /v1/internal/tenants/{tenantId}/invoices", who: ofServices, path: "/v1/internal/tenants/{tenant}/invoices"},
	{route: "GET /v1/internal/tam-assignments", who: ofServices},

	{route: "GET /v1/auth/sessions", who: ofPeople},
	{route: "DELETE /v1/auth/sessions/{sessionId}", who: ofPeople, path: "/v1/auth/sessions/{session}", ok: 204, foreign: 404},
	{route: "DELETE /v1/auth/sessions", who: ofPeople, path: "/v1/auth/sessions?exceptCurrent=true", ok: 204},
}

// scopeKeys are the first tenant's keys that may call routes of a scope, beside the one that may all; the others may not.
var scopeKeys = map[string]string{ofSenders: "key to send", ofReaders: "key to read", ofPayers: ""}

// expected is what a caller gets from a route of the platform.
func (r rule) expected(caller string) int {
	if r.who == anybody {
		return r.want()
	}
	keyed, scoped := scopeKeys[r.who]
	switch caller {
	case "nobody", "cookies", "rubbish":
		return 401
	case "service":
		if r.who == ofServices {
			return r.want()
		}
		return 401
	}
	if r.who == ofServices {
		return 401
	}
	switch caller {
	case customer:
		return r.want()
	case manager:
		return r.elsewhere()
	case norole, staff, admin:
		if r.who == ofPeople {
			return r.elsewhere()
		}
		return 403
	case "key":
		if scoped {
			return r.want()
		}
	case "key of another":
		if scoped {
			return r.elsewhere()
		}
	case keyed:
		return r.want()
	}
	return 403
}

func TestAccess_Platform(t *testing.T) {
	w := newWorld(t)
	classified(t, w.PlatformRoutes(), platformRules)
	// Who may comes last: what they do may leave nothing for the others to try.
	callers := []string{"nobody", "cookies", "rubbish", norole, staff, admin, manager, "key of another", "key to read", "key to send", "service", "key", customer}
	for _, r := range platformRules {
		path, did := r.at(t, w.things), false
		for _, caller := range callers {
			want := r.expected(caller)
			if caller == "key" && r.method() == "DELETE" {
				continue
			}
			res := w.as(t, caller, r, path)
			if res.StatusCode != want {
				t.Errorf("%s by %s: %d, want %d\n%s", r.route, caller, res.StatusCode, want, res.body)
			}
			if caller == manager || caller == "key of another" {
				leaksNothing(t, r, res)
			}
			if want == 401 && r.who != anybody && res.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s by %s: no WWW-Authenticate", r.route, caller)
			}
			did = did || want == r.want()
		}
		if !did {
			t.Errorf("%s: nobody may", r.route)
		}
	}
}

// as calls a route as one of the callers.
func (w *world) as(t *testing.T, caller string, r rule, path string) answer {
	t.Helper()
	switch caller {
	case "nobody":
		return w.send(t, r.method(), path, r.body, "", nil)
	case "cookies":
		return w.send(t, r.method(), path, r.body, "", w.sessions[customer])
	case "rubbish":
		return w.send(t, r.method(), path, r.body, "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlcyI6WyJwbGF0Zm9ybV9hZG1pbiJdfQ.", nil)
	}
	return w.send(t, r.method(), path, r.body, "Bearer "+w.bearers[caller], nil)
}
