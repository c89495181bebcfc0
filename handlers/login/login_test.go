package login

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/auth/authtest"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

// site is the portal's sign-in, and pages behind it, against an auth-service in the process.
type site struct {
	*webtest.Site
	platform *authtest.Platform
	profile  portal.Profile
	broken   error // what reading the profile fails with, when set
	b        *authtest.Browser
	login    *Handlers
}

func (s *site) Profile(_ context.Context, tenantID, userID string) (portal.Profile, error) {
	if tenantID != "ten_1" || userID != "usr_1" {
		return portal.Profile{}, errors.New("profile of somebody else")
	}
	return s.profile, s.broken
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Site: webtest.New(t), platform: authtest.New(t), b: authtest.NewBrowser()}
	s.User = nil
	s.Kit.Now = s.platform.Clock.Now
	svc, err := auth.New(auth.Options{
		API: s.platform, JWKSURL: authtest.JWKSURL, Issuer: authtest.Issuer, Audience: authtest.Audience,
		HTTPClient: &http.Client{Transport: s.platform}, SessionKeys: []string{authtest.SessionKey},
		RedirectURI: authtest.Callback, Now: s.platform.Clock.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(svc.Close)
	s.login = New(s.Kit, svc, s)
	s.login.Register(s.Engine.Group("", Optional(s.Kit, svc)))
	people := s.Engine.Group("", Middleware(s.Kit, svc))
	answer := func(c *gin.Context) error {
		return redirect(c, http.StatusOK, auth.UserFrom(c.Request.Context()).Email)
	}
	people.GET("/messages", s.Kit.Handle(answer))
	people.POST("/send-test", s.Kit.Handle(answer))
	people.GET("/refused", s.Kit.Handle(func(*gin.Context) error { return portal.Fail(portal.Unauthenticated, nil) }))
	people.GET("/dashboard", RequireRole(s.Kit, auth.RoleCustomer), s.Kit.Handle(answer))
	return s
}

// get and post send the browser's cookies and keep what comes back.
func (s *site) get(path string, options ...webtest.Option) *webtest.Response {
	res := s.Get(path, append(options, s.cookies(http.MethodGet, path))...)
	s.b.Take(res.Cookies)
	return res
}

func (s *site) post(path string, options ...webtest.Option) *webtest.Response {
	res := s.Post(path, url.Values{}, append(options, s.cookies(http.MethodPost, path))...)
	s.b.Take(res.Cookies)
	return res
}

func (s *site) cookies(method, path string) webtest.Option {
	return func(r *http.Request) {
		if r.Host == "example.com" { // what httptest fills in
			r.Host = "portal.test"
		}
		if cookie := s.b.Request(method, path).Header.Get("Cookie"); cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
	}
}

func host(name string) webtest.Option { return func(r *http.Request) { r.Host = name } }

// fromElsewhere is a navigation that another site began.
func fromElsewhere(r *http.Request) {
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
}

// start follows the page's link and returns what the auth-service was asked.
func (s *site) start(t *testing.T, path string) url.Values {
	t.Helper()
	res := s.get(path)
	u, err := url.Parse(res.Header.Get("Location"))
	if res.Code != http.StatusFound || err != nil || !strings.HasPrefix(u.String(), authtest.Issuer+"/v1/auth/oidc/authorize?") {
		t.Fatalf("%s: %d to %q", path, res.Code, res.Header.Get("Location"))
	}
	return u.Query()
}

func (s *site) signIn(t *testing.T) *webtest.Response {
	t.Helper()
	res := s.get("/auth/callback?"+s.platform.Approve(s.start(t, "/login/start")).Encode(), fromElsewhere)
	if res.Code != http.StatusOK {
		t.Fatalf("callback: %d %s", res.Code, res.Header.Get("Location"))
	}
	return res
}

func to(t *testing.T, res *webtest.Response, status int, location string) {
	t.Helper()
	if res.Code != status || res.Header.Get("Location") != location {
		t.Errorf("%d to %q, want %d to %q", res.Code, res.Header.Get("Location"), status, location)
	}
}

// TestSignIn_DeepLink walks from a protected page through the sign-in back to it.
func TestSignIn_DeepLink(t *testing.T) {
	s := newSite(t)
	s.profile = portal.Profile{Locale: "ps", Theme: "dark"}
	const deep = "/messages?status=failed&to=%2B93700000001"
	res := s.get(deep)
	to(t, res, http.StatusSeeOther, "/login?"+url.Values{"return": {deep}}.Encode())

	page := s.get(res.Header.Get("Location"))
	link := page.Doc().One("a.btn-primary")
	if page.Code != http.StatusOK || webtest.Text(link) != "Sign in" || webtest.Attr(link, "hx-boost") != "false" {
		t.Errorf("%d, link %q", page.Code, webtest.Text(link))
	}
	page.Doc().None(".alert")
	if page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", page.Header.Get("Cache-Control"))
	}

	q := s.start(t, webtest.Attr(link, "href"))
	if q.Get("ui_locales") != "en" || q.Get("redirect_uri") != authtest.Callback {
		t.Errorf("authorize query %v", q)
	}
	hop := s.get("/auth/callback?"+s.platform.Approve(q).Encode(), fromElsewhere)
	if hop.Code != http.StatusOK || hop.Header.Get("Refresh") != "0; url="+deep || hop.Header.Get("Cache-Control") != "no-store" ||
		hop.Doc().Attr("main a.btn", "href") != deep || hop.Doc().Attr("html", "lang") != "ps" {
		t.Errorf("hop: %d, Refresh %q\n%s", hop.Code, hop.Header.Get("Refresh"), hop.Body)
	}
	for name, want := range map[string]string{web.CookieLocale: "ps", web.CookieTheme: "dark"} {
		if c := s.b.Cookie(name); c == nil || c.Value != want {
			t.Errorf("%s is %v", name, c)
		}
	}
	if res := s.get(deep); res.Code != http.StatusOK {
		t.Errorf("signed in: %d to %q", res.Code, res.Header.Get("Location"))
	}
	to(t, s.get("/login?return=%2Fmessages"), http.StatusFound, "/messages")
	to(t, s.get("/login?return=https://evil.test"), http.StatusFound, "/dashboard")
	to(t, s.get("/"), http.StatusFound, "/dashboard")
}

func TestSignIn_ProfileUnreadable(t *testing.T) {
	s := newSite(t)
	s.broken = errors.New("database down")
	if res := s.signIn(t); res.Header.Get("Refresh") != "0; url=/dashboard" {
		t.Errorf("Refresh %q", res.Header.Get("Refresh"))
	}
}

func TestSignIn_StaffLandWhereTheyMay(t *testing.T) {
	s := newSite(t)
	s.platform.Roles = []string{auth.RoleTAM}
	if res := s.signIn(t); res.Header.Get("Refresh") != "0; url=/admin/tenants" {
		t.Errorf("Refresh %q", res.Header.Get("Refresh"))
	}
	if res := s.get("/dashboard"); res.Code != http.StatusForbidden {
		t.Errorf("dashboard: %d", res.Code)
	}
	if res := s.get("/messages"); res.Code != http.StatusOK {
		t.Errorf("a page for all: %d", res.Code)
	}
}

// TestCallback_Refused: every failure ends on the sign-in page, which says why, keeps the way, and offers a restart.
func TestCallback_Refused(t *testing.T) {
	s := newSite(t)
	tests := []struct {
		name     string
		change   func(q url.Values)
		location string
		status   int
		text     string
	}{
		{"missing role", func(url.Values) { s.platform.Roles = nil }, "/login?reason=missing_role&return=%2Fapi-keys", 200, "This account cannot use the portal"},
		{"other browser", func(url.Values) { clear(s.b.Jar) }, "/login?reason=other_browser", 200, "This sign-in began somewhere else"},
		{"other state", func(q url.Values) { q.Set("state", "x") }, "/login?reason=expired_state&return=%2Fapi-keys", 200, "This sign-in is no longer valid"},
		{"used code", func(q url.Values) { q.Set("code", "used") }, "/login?reason=code_used&return=%2Fapi-keys", 200, "This sign-in has been used already"},
		{"down", func(url.Values) { s.platform.Fail = portal.Fail(portal.Unavailable, nil) }, "/login?reason=unavailable&return=%2Fapi-keys", 503, "Sign-in is not available right now"},
		{"garbage", func(q url.Values) { q.Del("code") }, "/login?reason=failed&return=%2Fapi-keys", 200, "The sign-in did not work"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.platform.Roles, s.platform.Fail, s.b = []string{"customer"}, nil, authtest.NewBrowser()
			q := s.platform.Approve(s.start(t, "/login/start?return=%2Fapi-keys"))
			tt.change(q)
			res := s.get("/auth/callback?"+q.Encode(), fromElsewhere)
			to(t, res, http.StatusSeeOther, tt.location)
			page := s.get(tt.location, fromElsewhere)
			if page.Code != tt.status || page.Doc().Text(".alert-title") != tt.text {
				t.Errorf("%d, %q", page.Code, page.Doc().Text(".alert-title"))
			}
			if want := strings.Contains(tt.location, "return="); want != strings.Contains(page.Doc().Attr("a.btn-primary", "href"), "%2Fapi-keys") {
				t.Errorf("the link leads to %s", page.Doc().Attr("a.btn-primary", "href"))
			}
			if res := s.get("/messages"); res.Code != http.StatusSeeOther {
				t.Errorf("signed in all the same: %d", res.Code)
			}
		})
	}
}

func TestCallback_ProvidersWords(t *testing.T) {
	s := newSite(t)
	q := s.start(t, "/login/start")
	res := s.get("/auth/callback?" + url.Values{
		"error": {"access_denied"}, "error_description": {"<b>Invalid</b> username or password."}, "state": {q.Get("state")},
	}.Encode())
	to(t, res, http.StatusSeeOther, "/login?reason=access_denied&return=%2Fdashboard")
	page := s.get("/login?reason=access_denied")
	if got := page.Doc().Text("blockquote"); got != "<b>Invalid</b> username or password." {
		t.Errorf("quoted %q", got)
	}
	s.get("/login?reason=access_denied").Doc().None("blockquote")
	s.get("/login?reason=access_denied&detail=call+us&error_description=call+us").Doc().None("blockquote")
}

func TestCallback_RateLimited(t *testing.T) {
	s := newSite(t)
	q := s.platform.Approve(s.start(t, "/login/start?return=%2Fapi-keys"))
	s.platform.Fail = &portal.Error{Code: portal.RateLimited, RetryAfter: 42e9}
	location := s.get("/auth/callback?" + q.Encode()).Header.Get("Location")
	page := s.get(location)
	if page.Code != http.StatusTooManyRequests || page.Header.Get("Retry-After") != "42" ||
		!strings.Contains(page.Doc().Text(".alert"), "Too many attempts. Try again in 42 seconds.") ||
		page.Doc().Attr("[data-countdown]", "data-countdown") != "42" {
		t.Errorf("%d, Retry-After %q\n%s", page.Code, page.Header.Get("Retry-After"), page.Doc().Text("main"))
	}
	s.platform.Clock.Add(40e9)
	if page := s.get(location); page.Header.Get("Retry-After") != "2" {
		t.Errorf("reloaded: Retry-After %q", page.Header.Get("Retry-After"))
	}
	s.platform.Clock.Add(2e9)
	if page := s.get(location); page.Code != http.StatusOK || page.Header.Get("Retry-After") != "" {
		t.Errorf("over: %d, Retry-After %q", page.Code, page.Header.Get("Retry-After"))
	}
}

func TestLogin_EveryReasonInEveryLanguage(t *testing.T) {
	s := newSite(t)
	for _, reason := range auth.Reasons {
		if tones[reason] == "" {
			t.Errorf("%s has no tone", reason)
		}
		seen := map[string]string{}
		for _, tag := range []string{"en", "fa-AF", "ps", "ar"} {
			s.b = authtest.NewBrowser() // a first visit each time: its language is kept
			page := s.get("/login?reason="+string(reason), webtest.Locale(tag))
			if c := s.b.Cookie(web.CookieLocale); c == nil || c.Value != tag || !c.HttpOnly || !c.Secure {
				t.Errorf("%s in %s: the language is kept as %v", reason, tag, c)
			}
			text := page.Doc().Text(".alert")
			if page.Doc().Attr("html", "lang") != tag || len(text) < 20 || seen[text] != "" {
				t.Errorf("%s in %s: %q (as in %q)", reason, tag, text, seen[text])
			}
			seen[text] = tag
		}
	}
}

func TestLogin_HostileQueries(t *testing.T) {
	s := newSite(t)
	for _, query := range []string{
		"reason=%3Cscript%3E", "reason=sent", "reason=", "return=//evil.test", "return=/login", "until=x", "until=-1",
		"reason=rate_limited&until=99999999999999999999", "reason=rate_limited&until=9999999999", "reason=rate_limited&until=0",
	} {
		page := s.get("/login?" + query)
		if page.Code != http.StatusOK || page.Doc().Attr("a.btn-primary", "href") != "/login/start" || len(page.Doc().All(`[href*="evil"], form[action*="evil"]`)) != 0 {
			t.Errorf("%s: %d, %s", query, page.Code, page.Doc().Attr("a.btn-primary", "href"))
		}
	}
	for query, want := range map[string]int{
		"return=%00": http.StatusUnprocessableEntity, "return=%ff": http.StatusUnprocessableEntity, "return=%zz": http.StatusUnprocessableEntity,
		"return=/" + strings.Repeat("a", 5000): http.StatusRequestEntityTooLarge,
	} {
		for _, path := range []string{"/login?", "/login/start?"} {
			if res := s.get(path + query); res.Code != want {
				t.Errorf("%s%.20s: %d", path, query, res.Code)
			}
		}
	}
}

// TestStart_OtherHost: cookies belong to a host, so the sign-in begins at the one it will come back to.
func TestStart_OtherHost(t *testing.T) {
	s := newSite(t)
	res := s.get("/login/start?return=%2Fmessages", host("127.0.0.1:8080"))
	to(t, res, http.StatusFound, authtest.Origin+"/login/start?moved=1&return=%2Fmessages")
	if len(res.Cookies) != 0 {
		t.Errorf("cookies %v", res.Cookies)
	}
	res = s.get("/login/start?moved=1&return=%2Fmessages", host("internal:8080"))
	if !strings.HasPrefix(res.Header.Get("Location"), authtest.Issuer) {
		t.Errorf("behind a proxy: %q", res.Header.Get("Location"))
	}
}

func TestStart_HTMX(t *testing.T) {
	s := newSite(t)
	res := s.get("/login/start", webtest.Header("HX-Request-Type", "full"))
	if res.Code != http.StatusOK || !strings.HasPrefix(res.Header.Get("HX-Redirect"), authtest.Issuer) {
		t.Errorf("%d, HX-Redirect %q", res.Code, res.Header.Get("HX-Redirect"))
	}
}

func TestBounce(t *testing.T) {
	s := newSite(t)
	s.signIn(t)
	kept := s.b
	s.b = authtest.NewBrowser() // another site's link leaves the Strict cookies out
	res := s.get("/messages?status=failed", fromElsewhere)
	if res.Code != http.StatusOK || res.Header.Get("Refresh") != "0; url=/messages?status=failed" || len(res.Cookies) != 0 {
		t.Errorf("%d, Refresh %q, cookies %v", res.Code, res.Header.Get("Refresh"), res.Cookies)
	}
	if res := s.get("/", fromElsewhere); res.Header.Get("Refresh") != "0; url=/" {
		t.Errorf("start page: %d, %q", res.Code, res.Header.Get("Location"))
	}
	if res := s.get("/login?return=%2Fmessages", fromElsewhere); res.Header.Get("Refresh") != "0; url=/login?return=%2Fmessages" {
		t.Errorf("sign-in page: %d", res.Code)
	}
	to(t, s.get("/messages", webtest.Header("Sec-Fetch-Site", "same-origin")), http.StatusSeeOther, "/login?return=%2Fmessages")
	s.b = kept
	if res := s.get("/messages?status=failed", webtest.Header("Sec-Fetch-Site", "same-origin")); res.Code != http.StatusOK || res.Header.Get("Refresh") != "" {
		t.Errorf("after the bounce: %d", res.Code)
	}
}

func TestLogout(t *testing.T) {
	for name, htmx := range map[string]bool{"form": false, "htmx": true} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.signIn(t)
			old := s.b.Clone()
			var options []webtest.Option
			if htmx {
				options = append(options, webtest.HTMX())
			}
			res := s.post("/api/auth/logout", options...)
			if htmx {
				to(t, res, http.StatusOK, "")
				if got := res.Header.Get("HX-Redirect"); got != "/login?reason=signed_out" {
					t.Errorf("HX-Redirect %q", got)
				}
			} else {
				to(t, res, http.StatusSeeOther, "/login?reason=signed_out")
			}
			if got := res.Header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
				t.Errorf("Clear-Site-Data %q", got)
			}
			if s.b.Cookie(auth.CookieSession) != nil || s.b.Cookie(auth.CookieRefresh) != nil || len(s.platform.Revoked) != 1 {
				t.Errorf("cookies %v, revoked %v", s.b.Jar, s.platform.Revoked)
			}
			to(t, s.get("/messages"), http.StatusSeeOther, "/login?return=%2Fmessages")
			s.b = old
			to(t, s.get("/messages"), http.StatusSeeOther, "/login?reason=session_expired&return=%2Fmessages")
		})
	}
}

func TestLogout_NobodySignedIn(t *testing.T) {
	s := newSite(t)
	to(t, s.post("/api/auth/logout"), http.StatusSeeOther, "/login?reason=signed_out")
	if len(s.platform.Revoked) != 0 {
		t.Errorf("revoked %v", s.platform.Revoked)
	}
}
