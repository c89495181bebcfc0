package settings

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// inbox is what browsers have reported, by tenant; "*" is asked for by staff.
type inbox struct {
	kept map[string][]portal.PolicyReport
	err  error
}

func (i *inbox) PolicyReports(_ context.Context, tenantID string) ([]portal.PolicyReport, error) {
	return i.kept[tenantID], i.err
}

func (i *inbox) AllPolicyReports(context.Context) ([]portal.PolicyReport, error) {
	return i.kept["*"], i.err
}

func newSecuritySite(t *testing.T) (*webtest.Site, *inbox) {
	t.Helper()
	s, in := webtest.New(t), &inbox{kept: map[string][]portal.PolicyReport{}}
	self := gin.New() // the portal as a stranger sees it
	self.Use(s.Kit.Begin, web.NewHeaders(web.HeaderOptions{ConnectSrc: []string{"https://api.ghasi.io"}}).Set)
	self.GET("/", func(c *gin.Context) { c.Header("Location", "/login"); c.Status(http.StatusFound) })
	self.GET("/login", s.Kit.Handle(func(c *gin.Context) error {
		if auth.UserFrom(c.Request.Context()) != nil {
			t.Error("the self-check is signed in")
		}
		page := views.LoginPage{Base: s.Kit.Base(c, "login.page.title"), StartURL: "/login/start"}
		return web.Page(s.Kit, c, http.StatusOK, views.Login, &page)
	}))
	h, err := NewSecurity(s.Kit, SecurityOptions{Reports: in, Self: self, PublicURL: "https://portal.test/auth/callback", PlainHTTP: web.PlainRedirects})
	if err != nil {
		t.Fatal(err)
	}
	h.Register(s.Engine)
	return s, in
}

func report(directive, source, route string, count int, last time.Duration) portal.PolicyReport {
	return portal.PolicyReport{
		TenantID: webtest.Customer.TenantID, Directive: directive, Source: source, Route: route, Disposition: "report", Count: count,
		FirstSeen: webtest.Now.Add(-48 * time.Hour), LastSeen: webtest.Now.Add(-last),
	}
}

func TestSecurity_SelfCheck(t *testing.T) {
	s, _ := newSecuritySite(t)
	for _, locale := range []string{"en", "fa-AF", "ps", "ar"} {
		res := s.Get(securityURL, webtest.Locale(locale))
		if res.Code != http.StatusOK || res.Doc().Text(".grade-mark") != "A+" {
			t.Fatalf("%s: %d, grade %q", locale, res.Code, res.Doc().Text(".grade-mark"))
		}
		if n := len(res.Doc().All(`table[aria-labelledby="check-title"] tbody tr`)); n != 10 {
			t.Errorf("%s: %d tests", locale, n)
		}
		res.Doc().None(".tone-bad")
	}
	doc := s.Get(securityURL).Doc()
	if got := doc.Text(".grade-score"); got != "Grade A+, 130 points" { // what the Observatory gives the same headers
		t.Error(got)
	}
	if got := doc.Text(".grade-text bdi"); got != "portal.test" {
		t.Errorf("seen at %q", got)
	}
	text := doc.Text(`table[aria-labelledby="beyond-title"]`)
	for _, want := range []string{"ghasi-portal", "require-corp", "same-origin", "blocked-destinations=(script)", "/csp-report"} {
		if !strings.Contains(text, want) {
			t.Errorf("beyond the score lacks %q: %s", want, text)
		}
	}
	if got := doc.Attr(`.tabs a[aria-current="page"]`, "href"); got != securityURL {
		t.Errorf("current tab %q", got)
	}
}

func TestSecurity_Reports(t *testing.T) {
	s, in := newSecuritySite(t)
	s.Get(securityURL).Doc().One(".empty")
	refused := report("script-src-elem", "https://evil.test", "/login", 2, time.Hour)
	refused.Disposition = "enforce"
	in.kept[webtest.Customer.TenantID] = []portal.PolicyReport{
		report("script-src-elem", "https://evil.test", "/messages", 3, time.Minute),
		report("img-src", "<img src=x onerror=alert(1)>", "/", 1, 2*time.Minute),
		refused,
		report("script-src-elem", "inline", "/", 7, 2*time.Hour),
		report("script-src-elem", "inline", "/a", 1, 3*time.Hour),
		report("script-src-elem", "inline", "/b", 1, 3*time.Hour),
		report("script-src-elem", "inline", "/c", 1, 3*time.Hour),
	}
	doc := s.Get(securityURL).Doc()
	groups := doc.All(".report-group")
	if len(groups) != 2 || !strings.HasPrefix(webtest.Text(groups[0]), "script-src-elem") {
		t.Fatalf("%d groups", len(groups))
	}
	rows := doc.All(`table[aria-labelledby="d-script-src-elem"] tbody tr`)
	if len(rows) != 2 {
		t.Fatalf("%d sources of scripts", len(rows))
	}
	for i, want := range [][]string{{"https://evil.test", "/messages", "/login", "Refused", "5"}, {"inline", "and 1 more page", "Reported", "10"}} {
		for _, part := range want {
			if got := webtest.Text(rows[i]); !strings.Contains(got, part) {
				t.Errorf("row %d lacks %q: %s", i, part, got)
			}
		}
	}
	doc.None(".report-group img")
	doc.None(".empty")
	if got := doc.Text("#reports .chip"); got != "16 in all" {
		t.Errorf("total %q", got)
	}
}

func TestSecurity_WhoSeesWhat(t *testing.T) {
	s, in := newSecuritySite(t)
	in.kept["ten_other"] = []portal.PolicyReport{report("img-src", "https://other.test", "/", 1, time.Hour)}
	in.kept["*"] = append(in.kept["ten_other"], report("img-src", "https://visitor.test", "/", 1, time.Hour))
	s.Get(securityURL).Doc().One(".empty") // a customer: of the own tenant alone
	for _, role := range []string{auth.RoleTAM, auth.RolePlatformAdmin} {
		s.User = &auth.User{ID: "usr_s", Roles: []string{role}}
		if got := s.Get(securityURL).Doc().Text("#reports"); !strings.Contains(got, "other.test") || !strings.Contains(got, "visitor.test") {
			t.Errorf("%s sees %s", role, got)
		}
	}
	s.User = nil
	if res := s.Get(securityURL); res.Code != http.StatusSeeOther {
		t.Errorf("nobody: %d", res.Code)
	}
}

// TestSecurity_HalfAPage: what fails says so in its place, and the other half stands.
func TestSecurity_HalfAPage(t *testing.T) {
	s, in := newSecuritySite(t)
	in.err = portal.Fail(portal.Unavailable, errors.New("down"))
	doc := s.Get(securityURL).Doc()
	if doc.Text(".grade-mark") != "A+" || len(doc.All("#reports .alert")) != 1 {
		t.Error("a store that is down costs the self-check, or says nothing")
	}
	h, err := NewSecurity(s.Kit, SecurityOptions{Reports: &inbox{}, Self: http.NotFoundHandler(), PublicURL: "https://portal.test/"})
	if err != nil {
		t.Fatal(err)
	}
	s.Engine.GET("/half", s.Kit.Handle(h.show))
	doc = s.Get("/half").Doc()
	doc.None(".grade-mark")
	doc.One(".empty")
	if len(doc.All(".alert")) != 1 {
		t.Error("a self-check that fails says nothing")
	}
	if _, err := NewSecurity(s.Kit, SecurityOptions{PublicURL: "nowhere"}); err == nil {
		t.Error("a public address that is none")
	}
}
