package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/portal"
)

// Who may ask for a route of the portal. Others are sent to the sign-in page, or refused.
const (
	visitor   = "visitor"   // anybody
	member    = "member"    // who is signed in, whatever their role
	customers = "customers" // the role customer
	employees = "employees" // the roles tam and platform_admin
)

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// portalRules is the table of the portal's own routes, in the order in which it is tried.
var portalRules = []rule{
	{route: "GET /", who: visitor, ok: 302},
	{route: "GET /assets/*file", who: visitor, path: "/assets/none", ok: 404},
	{route: "HEAD /assets/*file", who: visitor, path: "/assets/none", ok: 404},
	{route: "GET /favicon.ico", who: visitor},
	{route: "GET /robots.txt", who: visitor},
	{route: "GET /healthz", who: visitor},
	{route: "GET /readyz", who: visitor},
	{route: "GET /v1/openapi.yaml", who: visitor},
	{route: "GET /login", who: visitor, path: "/login?reason=signed_out"},
	{route: "GET /login/start", who: visitor, path: "/login/start?moved=1", ok: 302},
	{route: "GET /login/firebase", who: visitor},
	{route: "POST /login/firebase", who: visitor, ok: 422},
	{route: "GET /auth/callback", who: visitor, ok: 303},
	{route: "POST /preferences", who: visitor, form: form("theme", "dark"), ok: 303},
	{route: "POST /csp-report", who: visitor, ok: 422},
	{route: "POST /client-errors", who: visitor, ok: 422},

	{route: "GET /settings", who: member},
	{route: "POST /settings", who: member, form: form("locale", "en", "theme", "dark", "zone", "UTC", "calendar", "shamsi"), ok: 303},
	{route: "GET /settings/security", who: member},
	{route: "GET /settings/sessions/end", who: member},

	{route: "GET /dashboard", who: customers},
	{route: "GET /messages", who: customers},
	{route: "GET /messages/:messageId", who: customers, path: "/messages/{message}", foreign: 404},
	{route: "GET /messages/:messageId/status", who: customers, path: "/messages/{message}/status", htmx: true, foreign: 404, nobody: 401},
	{route: "GET /send-test", who: customers},
	{route: "POST /send-test/preview", who: customers, form: form("body", "Salaam")},
	{route: "POST /send-test", who: customers, form: form("attempt", "", "to", "+93700000001", "from", "GHASI", "body", "Salaam"), ok: 303},
	{route: "GET /developers", who: customers},
	{route: "GET /api-keys", who: customers},
	{route: "GET /api-keys/new", who: customers},
	{route: "POST /api-keys", who: customers, form: form("attempt", portal.NewID("att", time.Now()), "key_name", "matrix", "scope", "sms:read")},
	{route: "GET /api-keys/:keyId/revoke", who: customers, path: "/api-keys/{portal_key}/revoke", foreign: 404},
	{route: "POST /api-keys/:keyId/revoke", who: customers, path: "/api-keys/{portal_key}/revoke", ok: 303, foreign: 404},

	{route: "GET /nps", who: customers},
	{route: "POST /nps", who: customers, form: form("score", "9"), ok: 303},
	{route: "POST /nps/dismiss", who: customers, ok: 303},

	{route: "GET /messages.csv", who: customers},
	{route: "GET /messages/:messageId/deliveries", who: customers, path: "/messages/{message}/deliveries", htmx: true, foreign: 404, nobody: 401},

	{route: "GET /webhooks", who: customers},
	{route: "GET /webhooks/new", who: customers},
	{route: "GET /webhooks/verify", who: customers},
	{route: "POST /webhooks", who: customers, form: form("attempt", portal.NewID("att", time.Now()), "hook_url", "https://127.0.0.1:18443/matrix", "event", "message.delivered")},
	{route: "GET /webhooks/:webhookId", who: customers, path: "/webhooks/{portal_webhook}", foreign: 404},
	{route: "GET /webhooks/:webhookId/card", who: customers, path: "/webhooks/{portal_webhook}/card", htmx: true, foreign: 404, nobody: 401},
	{route: "GET /webhooks/:webhookId/edit", who: customers, path: "/webhooks/{portal_webhook}/edit", foreign: 404},
	{route: "POST /webhooks/:webhookId/edit", who: customers, path: "/webhooks/{portal_webhook}/edit", form: form("version", "1", "hook_url-{portal_webhook}", "https://127.0.0.1:18443/changed", "event-{portal_webhook}", "message.delivered"), ok: 303, foreign: 404},
	{route: "POST /webhooks/:webhookId/check", who: customers, path: "/webhooks/{portal_webhook}/check", foreign: 404},
	{route: "POST /webhooks/:webhookId/test", who: customers, path: "/webhooks/{portal_webhook}/test", ok: 303, foreign: 404},
	{route: "GET /webhooks/:webhookId/attempts", who: customers, path: "/webhooks/{portal_webhook}/attempts", htmx: true, foreign: 200, nobody: 401}, // a stranger's says in its place that there is none,
	{route: "GET /webhooks/:webhookId/attempts/:attemptId", who: customers, path: "/webhooks/{portal_webhook}/attempts/{none}", ok: 404, foreign: 404},
	{route: "POST /webhooks/:webhookId/deliveries/:deliveryId/retry", who: customers, path: "/webhooks/{portal_webhook}/deliveries/{none}/retry", ok: 404, foreign: 404},
	{route: "GET /webhooks/:webhookId/rotate", who: customers, path: "/webhooks/{portal_webhook}/rotate", foreign: 404},
	{route: "POST /webhooks/:webhookId/rotate", who: customers, path: "/webhooks/{portal_webhook}/rotate", form: form("attempt", portal.NewID("att", time.Now()), "overlap", "3600"), foreign: 404},
	{route: "GET /webhooks/:webhookId/rotation", who: customers, path: "/webhooks/{portal_webhook}/rotation", htmx: true, foreign: 404, nobody: 401},
	{route: "GET /webhooks/:webhookId/retire", who: customers, path: "/webhooks/{portal_webhook}/retire", foreign: 404},
	{route: "POST /webhooks/:webhookId/retire", who: customers, path: "/webhooks/{portal_webhook}/retire", ok: 303, foreign: 404},
	{route: "POST /webhooks/:webhookId/pause", who: customers, path: "/webhooks/{portal_webhook}/pause", ok: 303, foreign: 404},
	{route: "POST /webhooks/:webhookId/resume", who: customers, path: "/webhooks/{portal_webhook}/resume", ok: 303, foreign: 404},
	{route: "GET /webhooks/:webhookId/delete", who: customers, path: "/webhooks/{portal_webhook}/delete", foreign: 404},
	{route: "POST /webhooks/:webhookId/delete", who: customers, path: "/webhooks/{portal_webhook}/delete", ok: 303, intact: "/webhooks/{portal_webhook}"},

	{route: "GET /settings/audit", who: member},
	{route: "POST /settings/audit/verify", who: member},
	{route: "GET /settings/audit/export.csv", who: member},
	{route: "GET /settings/audit/export.json", who: member},

	{route: "GET /admin/desk/agent/tickets/:ticketId", who: employees, path: "/admin/desk/agent/tickets/1001"}, // the first tenant's
	{route: "GET /admin/tenants", who: employees},
	{route: "GET /admin/tenants/:tenantId", who: employees, path: "/admin/tenants/{tenant}"},
	{route: "POST /admin/tenants/:tenantId/health", who: employees, path: "/admin/tenants/{tenant}/health", ok: 303},
	{route: "GET /admin/tenants/:tenantId/reviews", who: employees, path: "/admin/tenants/{tenant}/reviews", htmx: true, nobody: 401},
	{route: "POST /admin/tenants/:tenantId/reviews", who: employees, path: "/admin/tenants/{tenant}/reviews", form: form("period", "2026-Q3", "locale", "en"), ok: 303},
	{route: "GET /admin/tenants/:tenantId/reviews/:qbrId", who: employees, path: "/admin/tenants/{tenant}/reviews/{none}", ok: 404},
	{route: "GET /admin/tenants/:tenantId/notes", who: employees, path: "/admin/tenants/{tenant}/notes", htmx: true, nobody: 401},
	{route: "POST /admin/tenants/:tenantId/notes", who: employees, path: "/admin/tenants/{tenant}/notes", form: form("body_text", "matrix"), ok: 303},
	{route: "POST /admin/tenants/:tenantId/notes/preview", who: employees, path: "/admin/tenants/{tenant}/notes/preview", form: form("body_text", "matrix")},
	{route: "GET /admin/tenants/:tenantId/notes/:noteId/edit", who: employees, path: "/admin/tenants/{tenant}/notes/{note}/edit"},
	{route: "POST /admin/tenants/:tenantId/notes/:noteId/edit", who: employees, path: "/admin/tenants/{tenant}/notes/{note}/edit", form: form("version", "1", "body_text", "changed"), ok: 303, once: true},
	{route: "POST /admin/tenants/:tenantId/notes/:noteId/preview", who: employees, path: "/admin/tenants/{tenant}/notes/{note}/preview", form: form("body_text", "matrix")},
	{route: "GET /admin/tenants/:tenantId/notes/:noteId/history", who: employees, path: "/admin/tenants/{tenant}/notes/{note}/history"},
	{route: "GET /admin/tenants/:tenantId/notes/:noteId/delete", who: employees, path: "/admin/tenants/{tenant}/notes/{note}/delete"},
	{route: "POST /admin/tenants/:tenantId/notes/:noteId/delete", who: employees, path: "/admin/tenants/{tenant}/notes/{note}/delete", form: form("version", "2"), ok: 303, once: true},
	{route: "POST /v1/internal/qbr/:tenantId", who: employees, path: "/v1/internal/qbr/{tenant}?period=2026-Q1", ok: 202, nobody: 401},
	{route: "GET /v1/internal/qbr/:tenantId/:jobId", who: employees, path: "/v1/internal/qbr/{tenant}/{none}", ok: 404, nobody: 401},

	{route: "GET /billing", who: customers},
	{route: "GET /billing/threshold", who: customers},
	{route: "POST /billing/threshold", who: customers, form: form("threshold", "1000"), ok: 303},
	{route: "GET /billing/invoices.csv", who: customers},
	{route: "GET /billing/usage.csv", who: customers},
	{route: "GET /billing/invoices/:invoiceId", who: customers, path: "/billing/invoices/{invoice}", foreign: 404},
	{route: "GET /billing/invoices/:invoiceId/pdf", who: customers, path: "/billing/invoices/{invoice}/pdf", ok: 303, foreign: 404},
	{route: "GET /objects/*key", who: visitor, path: "/objects/none", ok: 410}, // the address is signed
	{route: "HEAD /objects/*key", who: visitor, path: "/objects/none", ok: 410},

	// What ends sessions comes last. Of a stranger's session it says only that it is gone; it goes on, as shown by whoever has it.
	{route: "POST /settings/sessions/:sessionId/end", who: member, path: "/settings/sessions/{portal_session}/end", ok: 303},
	{route: "POST /settings/sessions/end", who: member, form: form("stay", "1"), ok: 303},
	{route: "POST /api/auth/logout", who: visitor, ok: 303},
}

// allowed is what somebody gets from a route of the portal: a status, or 0 for the way to the sign-in page.
func (r rule) allowed(email string) int {
	switch {
	case r.who == visitor:
		return r.want()
	case email == "":
		return r.nobody
	case r.who == member:
		if email == customer {
			return r.want()
		}
		return r.elsewhere()
	case r.who == customers && email == customer, r.who == employees && (email == admin || email == staff):
		return r.want()
	case r.who == customers && email == manager:
		return r.elsewhere()
	}
	return http.StatusForbidden
}

func TestAccess_Portal(t *testing.T) {
	w := newWorld(t)
	classified(t, w.Routes(), portalRules)
	w.sessions[""] = newPerson(t, w.site)
	for _, r := range portalRules {
		path := r.at(t, w.things)
		if r.method() != http.MethodGet && r.method() != http.MethodHead {
			w.refusesOtherSites(t, r, path)
		}
		for _, email := range []string{"", staff, admin, manager, customer} { // who may do it to their own things comes last
			if r.once && email == admin {
				continue // a TAM has done it
			}
			res := w.sessions[email].do(r.method(), path, r.filled(w.things), r.headers())
			if email == manager {
				leaksNothing(t, r, res)
			}
			if email == manager && r.intact != "" {
				look := rule{route: "GET " + r.intact}.at(t, w.things)
				if res := w.sessions[customer].get(look); res.StatusCode != http.StatusOK {
					t.Errorf("%s by a stranger: then %s is %d to its owner", r.route, look, res.StatusCode)
				}
			}
			if email == manager && strings.Contains(r.path, "{portal_session}") {
				w.currentSession(t, "another device") // fails when a stranger could end it
			}
			if want := r.allowed(email); want != 0 {
				if res.StatusCode != want {
					t.Errorf("%s by %q: %d, want %d\n%.500s", r.route, email, res.StatusCode, want, res.body)
				}
				continue
			}
			if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/login?") {
				t.Errorf("%s by nobody: %d to %q, want the sign-in page", r.route, res.StatusCode, to)
			}
		}
		if r.who == employees && strings.Contains(r.path, "{tenant}") {
			w.refusesStrangeTenants(t, r)
		}
	}
}

// refusesOtherSites: whatever the cookies, a page of another site can't make a browser do it.
func (w *world) refusesOtherSites(t *testing.T, r rule, path string) {
	t.Helper()
	want := http.StatusForbidden
	if r.route == "POST /csp-report" { // changes nothing, and browsers report from opaque origins too
		want = r.want()
	}
	for name, headers := range map[string][]string{
		"another site":   {"Sec-Fetch-Site", "cross-site"},
		"a sister site":  {"Sec-Fetch-Site", "same-site"},
		"another origin": {"Origin", "https://evil.test"},
		"an opaque one":  {"Origin", "null"},
	} {
		if res := w.sessions[customer].do(r.method(), path, r.filled(w.things), headers); res.StatusCode != want {
			t.Errorf("%s from %s: %d, want %d", r.route, name, res.StatusCode, want)
		}
	}
}

// refusesStrangeTenants: a TAM has the tenants that are assigned to them; an administrator has all.
func (w *world) refusesStrangeTenants(t *testing.T, r rule) {
	t.Helper()
	r.path = strings.ReplaceAll(r.path, "{tenant}", "{strange_tenant}")
	path := r.at(t, w.things)
	if res := w.sessions[staff].do(r.method(), path, r.filled(w.things), nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("%s by a TAM for a tenant that is not theirs: %d", r.route, res.StatusCode)
	}
	if strings.Contains(r.path, "{note}") {
		return // of the first tenant
	}
	if res := w.sessions[admin].do(r.method(), path, r.filled(w.things), r.headers()); res.StatusCode != r.want() {
		t.Errorf("%s by an administrator for any tenant: %d, want %d", r.route, res.StatusCode, r.want())
	}
}
