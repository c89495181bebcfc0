package desk

import (
	"context"
	"net/http"
	"testing"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success"
	"ghasi.io/portal/success/desk"
)

// shelf has ticket 1001 of ten_1 and 2001 of ten_2.
type shelf struct{}

func (shelf) Ticket(_ context.Context, id string) (desk.Request, error) {
	tenant, ok := map[string]string{"1001": "ten_1", "2001": "ten_2"}[id]
	if !ok {
		return desk.Request{}, portal.Fail(portal.NotFound, nil)
	}
	return desk.Request{
		Ticket: desk.Ticket{ID: id, Subject: `Codes <b>fail</b>`, Status: desk.StatusOpen, Priority: desk.PriorityUrgent, CreatedAt: webtest.Now},
		Text:   "<script>alert(1)</script>", Tenant: portal.Tenant{TenantID: tenant},
	}, nil
}

// one lets everybody see ten_1 alone.
type one struct{}

func (one) Tenant(_ context.Context, _ success.Viewer, id string) (portal.Tenant, error) {
	if id != "ten_1" {
		return portal.Tenant{}, portal.Fail(portal.Forbidden, nil)
	}
	return portal.Tenant{TenantID: id, Name: "Pamir Logistics"}, nil
}

func TestShow(t *testing.T) {
	s := webtest.New(t)
	s.User = &auth.User{ID: "usr_tam", Email: "tam@demo.ghasi.test", Roles: []string{auth.RoleTAM}, Token: "t"}
	New(s.Kit, one{}, shelf{}).Register(s.Engine)
	r := s.Get("/admin/desk/agent/tickets/1001")
	d := r.Doc()
	if r.Code != http.StatusOK || d.Text("h1") != "Codes <b>fail</b>" {
		t.Errorf("%d, %q", r.Code, d.Text("h1"))
	}
	d.One(`a.back-link[href="/admin/tenants/ten_1"]`)
	d.None("script:not([src])")
	for path, want := range map[string]int{"2001": http.StatusForbidden, "9": http.StatusNotFound} {
		if r := s.Get("/admin/desk/agent/tickets/" + path); r.Code != want {
			t.Errorf("%s: %d, want %d", path, r.Code, want)
		}
	}
}
