package qbr

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success"
)

const (
	pamir = "ten_00000000000000000000000001"
	herat = "ten_00000000000000000000000002"
	qbrID = "qbr_00000000000000000000000001"
	token = "svc-TESTONLY-0000000000000000"
)

// desk is access, exports and log in memory: the TAM has Pamir, an administrator has all, nobody else has any.
type desk struct {
	reviews []portal.QBR
	events  []portal.Event
	by      []portal.Actor
	linked  string
	err     error
}

func (d *desk) Tenant(_ context.Context, v success.Viewer, id string) (portal.Tenant, error) {
	t := portal.Tenant{TenantID: id, Name: "Pamir Logistics"}
	for _, role := range v.Roles {
		if role == success.RoleAdmin || role == success.RoleTAM && id == pamir {
			return t, d.err
		}
	}
	return portal.Tenant{}, portal.Fail(portal.Forbidden, errors.New("not assigned"))
}

func (d *desk) Export(_ context.Context, by portal.Actor, tenantID, period, locale string) (portal.QBR, error) {
	if _, _, ok := portal.Quarter(period); !ok {
		return portal.QBR{}, portal.InvalidField("period", "field.not_a_quarter")
	}
	for _, q := range d.reviews {
		if q.TenantID == tenantID && q.Period == period && q.Locale == locale && !q.State.Ended() {
			return q, nil
		}
	}
	q := portal.QBR{QBRID: qbrID, TenantID: tenantID, Period: period, Locale: locale, By: by, State: portal.QBRQueued}
	d.reviews, d.by = append(d.reviews, q), append(d.by, by)
	return q, nil
}

func (d *desk) Get(_ context.Context, tenantID, id string) (portal.QBR, error) {
	for _, q := range d.reviews {
		if q.QBRID == id && q.TenantID == tenantID {
			return q, nil
		}
	}
	return portal.QBR{}, portal.Fail(portal.NotFound, nil)
}

func (d *desk) Link(_ context.Context, _ portal.QBR, filename string) (portal.SignedURL, error) {
	d.linked = filename
	return portal.SignedURL{URL: "https://objects.example/x?a=1&b=2", ExpiresAt: webtest.Now.Add(10*time.Minute + time.Millisecond)}, nil
}

func (d *desk) Record(_ context.Context, e portal.Event) error {
	d.events = append(d.events, e)
	return nil
}

// site has somebody with role signed in; nobody when it is empty.
func site(t *testing.T, d *desk, role string) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	s.User = nil
	if role != "" {
		s.User = &auth.User{ID: "usr_x", Name: "Zahra", Roles: []string{role}}
	}
	New(s.Kit, d, d, d, token).Register(s.Engine)
	return s
}

func shape(t *testing.T, r *webtest.Response, status int) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal([]byte(r.Body), &got); err != nil || r.Code != status {
		t.Fatalf("status %d, want %d: %s (%v)", r.Code, status, r.Body, err)
	}
	if r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", r.Header.Get("Cache-Control"))
	}
	return got
}

// refused checks a problem of RFC 9457 that gives nothing away.
func refused(t *testing.T, r *webtest.Response, status int, code portal.Code) map[string]any {
	t.Helper()
	p := shape(t, r, status)
	if r.Header.Get("Content-Type") != "application/problem+json" || p["code"] != string(code) || p["status"] != float64(status) || p["requestId"] == "" {
		t.Errorf("%q %v", r.Header.Get("Content-Type"), p)
	}
	if strings.Contains(r.Body, "assigned") || strings.Contains(r.Body, "Pamir") {
		t.Errorf("it gives away: %s", r.Body)
	}
	return p
}

func TestExport(t *testing.T) {
	d := &desk{}
	s := site(t, d, "tam")
	r := s.Post(home+pamir+"?period=2026-Q1", nil)
	if diff := cmp.Diff(map[string]any{"jobId": qbrID, "status": "queued", "progress": 0.0}, shape(t, r, http.StatusAccepted)); diff != "" {
		t.Error(diff)
	}
	if r.Header.Get("Location") != home+pamir+"/"+qbrID || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%q", r.Header)
	}
	if d.reviews[0].Locale != "en" || d.by[0] != (portal.Actor{UserID: "usr_x", Name: "Zahra", Role: "tam"}) {
		t.Errorf("%+v by %+v", d.reviews, d.by)
	}
	// The same again, while it is under way, is the same job.
	if again := shape(t, s.Post(home+pamir+"?period=2026-Q1", nil), http.StatusAccepted); again["jobId"] != qbrID || len(d.reviews) != 1 {
		t.Errorf("a second job: %v", again)
	}
	s.Post(home+pamir+"?period=2026-Q1&locale=ps", nil)
	s.Post(home+pamir+"?period=2026-Q1", nil, webtest.Locale("fa-AF"))
	if len(d.reviews) != 3 || d.reviews[1].Locale != "ps" || d.reviews[2].Locale != "fa-AF" {
		t.Errorf("languages: %+v", d.reviews)
	}
}

func TestShow(t *testing.T) {
	d := &desk{reviews: []portal.QBR{{QBRID: qbrID, TenantID: pamir, Period: "2026-Q1", Locale: "ps", State: portal.QBRRunning, Progress: 40}}}
	s := site(t, d, "tam")
	if diff := cmp.Diff(map[string]any{"jobId": qbrID, "status": "running", "progress": 40.0}, shape(t, s.Get(home+pamir+"/"+qbrID), http.StatusOK)); diff != "" {
		t.Error(diff)
	}
	d.reviews[0].State, d.reviews[0].Progress = portal.QBRDone, 100
	want := map[string]any{"jobId": qbrID, "status": "done", "progress": 100.0, "url": "https://objects.example/x?a=1&b=2", "expiresAt": "2026-11-24T05:10:00Z"}
	if diff := cmp.Diff(want, shape(t, s.Get(home+pamir+"/"+qbrID), http.StatusOK)); diff != "" {
		t.Error(diff)
	}
	if d.linked != "Pamir Logistics 2026-Q1 (ps).pdf" {
		t.Errorf("saved as %q", d.linked)
	}
	d.reviews[0].State, d.reviews[0].Progress = portal.QBRFailed, 0
	if diff := cmp.Diff(map[string]any{"jobId": qbrID, "status": "failed", "progress": 0.0}, shape(t, s.Get(home+pamir+"/"+qbrID), http.StatusOK)); diff != "" {
		t.Error(diff)
	}
	refused(t, s.Get(home+pamir+"/qbr_none"), http.StatusNotFound, portal.NotFound)
}

func TestWhoMay(t *testing.T) {
	q := portal.QBR{QBRID: qbrID, TenantID: herat, Period: "2026-Q1", Locale: "en", State: portal.QBRQueued}
	for _, tc := range []struct {
		name, role, bearer, tenant string
		status                     int
		code                       portal.Code
	}{
		{"nobody", "", "", herat, 401, portal.Unauthenticated},
		{"a wrong service token", "", "svc-wrong", herat, 401, portal.Unauthenticated},
		{"an empty service token", "", " ", herat, 401, portal.Unauthenticated},
		{"a wrong token beside an administrator's session", "platform_admin", "svc-wrong", herat, 401, portal.Unauthenticated},
		{"a customer", "customer", "", herat, 403, portal.Forbidden},
		{"another tenant's TAM", "tam", "", herat, 403, portal.Forbidden},
		{"an administrator", "platform_admin", "", herat, 0, ""},
		{"the service token", "", token, herat, 0, ""},
		{"a malformed tenant", "platform_admin", "", "herat", 404, portal.NotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := &desk{reviews: []portal.QBR{q}}
			s := site(t, d, tc.role)
			var options []webtest.Option
			if tc.bearer != "" {
				options = append(options, webtest.Header("Authorization", "Bearer "+tc.bearer))
			}
			post, get := s.Post(home+tc.tenant+"?period=2026-Q2", nil, options...), s.Get(home+tc.tenant+"/"+qbrID, options...)
			if tc.status == 0 {
				shape(t, post, http.StatusAccepted)
				shape(t, get, http.StatusOK)
				return
			}
			refused(t, post, tc.status, tc.code)
			refused(t, get, tc.status, tc.code)
			if len(d.reviews) != 1 {
				t.Error("something was exported")
			}
			denied := 0
			for _, e := range d.events {
				if e.Type == portal.EventAccessDenied && e.Chain == portal.StaffChain && e.TenantID == herat {
					denied++
				}
			}
			if want := map[portal.Code]int{portal.Forbidden: 2}[tc.code]; denied != want {
				t.Errorf("%d attempts are recorded, want %d", denied, want)
			}
			if tc.status == 401 && post.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Error("no WWW-Authenticate")
			}
		})
	}
	d := &desk{}
	s := webtest.New(t)
	s.User = nil
	New(s.Kit, d, d, d, "").Register(s.Engine)
	refused(t, s.Post(home+pamir+"?period=2026-Q1", nil, webtest.Header("Authorization", "Bearer ")), http.StatusUnauthorized, portal.Unauthenticated)
}

func TestExport_Refused(t *testing.T) {
	d := &desk{}
	s := site(t, d, "tam")
	for _, period := range []string{"", "2026", "2026-Q5", "2026-01"} {
		p := refused(t, s.Post(home+pamir+"?period="+period, nil), http.StatusUnprocessableEntity, portal.Invalid)
		fields, ok := p["errors"].([]any)
		if !ok || len(fields) != 1 || fields[0].(map[string]any)["field"] != "period" || fields[0].(map[string]any)["detail"] == "" {
			t.Errorf("%q: %v", period, p)
		}
	}
	d.err = portal.Fail(portal.Unavailable, errors.New("10.0.0.9: refused"))
	if r := s.Post(home+pamir+"?period=2026-Q1", nil); r.Code != http.StatusServiceUnavailable || strings.Contains(r.Body, "10.0.0.9") {
		t.Errorf("down: %d %s", r.Code, r.Body)
	}
}
