package login

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ghasi.io/portal/handlers/web/webtest"
)

// draw renders the embedded auth-service's page.
func draw(t *testing.T, s *webtest.Site, status int, p SignInPage, accounts ...string) (*httptest.ResponseRecorder, *webtest.Document) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/v1/auth/sign-in", nil)
	r.Header.Set("Accept-Language", "ar")
	SignInView(s.Kit, accounts...)(w, r, status, p)
	return w, webtest.Doc(t, w.Body.String())
}

func TestSignInView(t *testing.T) {
	s := webtest.New(t)
	query := url.Values{"state": {"s"}, "redirect_uri": {"http://localhost:8080/auth/callback"}}.Encode()
	form := SignInPage{Action: "/v1/auth/sign-in", Request: "sealed", Locale: "en", AuthorizeQuery: query}

	t.Run("Form", func(t *testing.T) {
		w, doc := draw(t, s, http.StatusOK, form, "customer@demo.ghasi.test")
		if w.Code != http.StatusOK || doc.Attr("html", "lang") != "en" || doc.Attr("main form", "action") != "/v1/auth/sign-in" ||
			doc.Attr("input[name=request]", "value") != "sealed" || doc.Attr("input[name=password]", "type") != "password" {
			t.Errorf("%d\n%s", w.Code, w.Body)
		}
		doc.None(".alert")
		doc.None("main code") // demo accounts are for the demo
		if got := doc.Attr("input[name=return_to]", "value"); got != "/v1/auth/oidc/authorize?"+query {
			t.Errorf("a change of language leads to %q", got)
		}
	})
	t.Run("BrowserLanguage", func(t *testing.T) {
		p := form
		p.Locale = ""
		_, doc := draw(t, s, http.StatusOK, p)
		if doc.Attr("html", "lang") != "ar" || doc.Attr("html", "dir") != "rtl" {
			t.Errorf("lang %q", doc.Attr("html", "lang"))
		}
	})
	t.Run("WrongPassword", func(t *testing.T) {
		p := form
		p.ErrorKey, p.Email = "login.error.credentials", `"><script>alert(1)</script>`
		w, doc := draw(t, s, http.StatusUnauthorized, p)
		if w.Code != http.StatusUnauthorized || doc.Attr("input[name=email]", "value") != p.Email || doc.Attr("input[name=password]", "value") != "" {
			t.Errorf("%d, e-mail %q", w.Code, doc.Attr("input[name=email]", "value"))
		}
		if !strings.Contains(doc.Text(".alert"), "password is not right") {
			t.Errorf("alert %q", doc.Text(".alert"))
		}
		doc.None("main script")
	})
	t.Run("Throttled", func(t *testing.T) {
		p := form
		p.ErrorKey, p.RetryAfter = "login.error.throttled", 30
		w, doc := draw(t, s, http.StatusTooManyRequests, p)
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "30" ||
			!strings.Contains(doc.Text(".alert"), "Too many attempts. Try again in 30 seconds.") ||
			doc.Attr("[data-countdown]", "data-countdown") != "30" {
			t.Errorf("%d, Retry-After %q, %q", w.Code, w.Header().Get("Retry-After"), doc.Text("main"))
		}
	})
	t.Run("NoForm", func(t *testing.T) {
		_, doc := draw(t, s, http.StatusBadRequest, SignInPage{ErrorKey: "login.error.client"})
		doc.None("main form")
		if doc.Attr("main a.btn", "href") != "/login" {
			t.Error("no way back")
		}
	})
	t.Run("Continue", func(t *testing.T) {
		const target = "http://localhost:8080/auth/callback?code=c&state=s"
		w, doc := draw(t, s, http.StatusOK, SignInPage{Continue: target, Locale: "en"})
		if w.Code != http.StatusOK || w.Header().Get("Refresh") != "0; url="+target || doc.Attr("main a.btn", "href") != target ||
			w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d, Refresh %q", w.Code, w.Header().Get("Refresh"))
		}
	})
	t.Run("Demo", func(t *testing.T) {
		s.Kit.Demo = true
		_, doc := draw(t, s, http.StatusOK, form, "customer@demo.ghasi.test", "tam@demo.ghasi.test")
		if got := len(doc.All("main li code")); got != 2 {
			t.Errorf("%d accounts", got)
		}
	})
}
