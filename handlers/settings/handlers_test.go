package settings

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

// memory keeps profiles by tenant and user.
type memory struct {
	kept map[[2]string]portal.Profile
	err  error

	sessions    []portal.Session
	sessionsErr error
	ended       []string
}

func (m *memory) Profile(_ context.Context, tenantID, userID string) (portal.Profile, error) {
	return m.kept[[2]string{tenantID, userID}], m.err
}

func (m *memory) SaveProfile(_ context.Context, tenantID, userID string, p portal.Profile) error {
	if m.err == nil {
		m.kept[[2]string{tenantID, userID}] = p
	}
	return m.err
}

func newSite(t *testing.T) (*webtest.Site, *memory) {
	t.Helper()
	s := webtest.New(t)
	m := &memory{kept: map[[2]string]portal.Profile{}}
	h := New(s.Kit, m, m)
	h.Register(s.Engine)
	h.RegisterPublic(s.Engine)
	return s, m
}

var me = [2]string{webtest.Customer.TenantID, webtest.Customer.ID}

func TestShow_MarksWhatIsChosen(t *testing.T) {
	s, m := newSite(t)
	m.kept[me] = portal.Profile{Locale: "ps", Theme: "dark", Zone: "UTC", Calendar: "gregorian"}
	res := s.Get("/settings", webtest.Locale("ps"))
	if res.Code != http.StatusOK {
		t.Fatal(res.Code)
	}
	doc := res.Doc()
	for sel, want := range map[string]string{
		`input[name="locale"][checked]`: "ps", `input[name="theme"][checked]`: "dark",
		`input[name="calendar"][checked]`: "gregorian", `option[selected]`: "UTC",
	} {
		if got := doc.Attr(sel, "value"); got != want {
			t.Errorf("%s: %q, want %q", sel, got, want)
		}
	}
}

func TestUpdate(t *testing.T) {
	s, m := newSite(t)
	res := s.Post("/settings", url.Values{"locale": {"fa-AF"}, "theme": {"system"}, "zone": {"Asia/Dubai"}, "calendar": {"locale"}})
	if res.Code != http.StatusSeeOther || res.Header.Get("Location") != "/settings" {
		t.Fatalf("%d %s", res.Code, res.Header.Get("Location"))
	}
	if got, want := m.kept[me], (portal.Profile{Locale: "fa-AF", Zone: "Asia/Dubai"}); got != want {
		t.Errorf("kept %+v, want %+v", got, want)
	}
	if got := cookie(res, web.CookieLocale); got != "fa-AF" {
		t.Errorf("locale cookie %q", got)
	}
}

func TestUpdate_RefusesWhatIsNotOffered(t *testing.T) {
	good := url.Values{"locale": {"en"}, "theme": {"dark"}, "zone": {"UTC"}, "calendar": {"shamsi"}}
	for field, bad := range map[string]string{
		"locale": "tlh", "theme": "<b>", "zone": "../../etc/passwd", "calendar": "maya",
	} {
		s, m := newSite(t)
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		form.Set(field, bad)
		if res := s.Post("/settings", form); res.Code != http.StatusUnprocessableEntity || len(m.kept) != 0 {
			t.Errorf("%s=%s: %d, kept %v", field, bad, res.Code, m.kept)
		}
	}
}

func TestUpdate_StoreDown(t *testing.T) {
	s, m := newSite(t)
	m.err = portal.Fail(portal.Unavailable, errors.New("down"))
	res := s.Post("/settings", url.Values{"locale": {"en"}, "theme": {"dark"}, "zone": {"UTC"}, "calendar": {"shamsi"}})
	if res.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", res.Code)
	}
}

func TestPrefer(t *testing.T) {
	s, m := newSite(t)
	m.kept[me] = portal.Profile{Theme: "dark"}
	res := s.Post("/preferences", url.Values{"locale": {"ps"}, "return_to": {"/messages?status=failed"}})
	if res.Code != http.StatusSeeOther || res.Header.Get("Location") != "/messages?status=failed" {
		t.Fatalf("%d %s", res.Code, res.Header.Get("Location"))
	}
	if got, want := m.kept[me], (portal.Profile{Locale: "ps", Theme: "dark"}); got != want {
		t.Errorf("kept %+v, want %+v", got, want)
	}
	if res := s.Post("/preferences", url.Values{"locale": {"xx"}}); res.Code != http.StatusUnprocessableEntity {
		t.Errorf("unknown language: %d", res.Code)
	}
	res = s.Post("/preferences", url.Values{"theme": {"light"}, "return_to": {"https://evil.test/"}})
	if res.Header.Get("Location") != "/" {
		t.Errorf("open redirect to %s", res.Header.Get("Location"))
	}
}

func TestPrefer_SignedOutAndStoreDown(t *testing.T) {
	s, m := newSite(t)
	m.err = errors.New("down")
	for _, u := range []*auth.User{s.User, nil} {
		s.User = u
		res := s.Post("/preferences", url.Values{"theme": {"dark"}, "return_to": {"/login"}})
		if res.Code != http.StatusSeeOther || cookie(res, web.CookieTheme) != "dark" {
			t.Errorf("signed in %v: %d, cookies %v", u != nil, res.Code, res.Cookies)
		}
	}
}

func cookie(res *webtest.Response, name string) string {
	for _, c := range res.Cookies {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}
