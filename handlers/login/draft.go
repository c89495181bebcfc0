package login

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
)

// drafts are the forms that are kept when their session has ended, by the path they post to: the page that shows the form,
// and the fields that are no secret.
var drafts = map[string]struct {
	page   string
	fields []string
}{
	"/send-test":         {"/send-test", []string{"to", "from", "body", "attempt"}},
	"/api-keys":          {"/api-keys/new", []string{"key_name", "scope", "expires_in"}},
	"/webhooks":          {"/webhooks/new", []string{"hook_url", "event"}},
	"/billing/threshold": {"/billing/threshold", []string{"threshold"}},
	"/settings":          {"/settings", []string{"locale", "theme", "calendar", "zone"}},
}

// keepDraft keeps the form of a request that could not be answered, and returns the page to show it on after signing in;
// "" when it is none of those that are kept.
func keepDraft(kit *web.Kit, a *auth.Service, c *gin.Context) string {
	d, ok := drafts[c.Request.URL.Path]
	if !ok || c.Request.Method != http.MethodPost {
		return ""
	}
	form, err := web.Form(c)
	if err != nil {
		return ""
	}
	values := url.Values{}
	for _, name := range d.fields {
		if v, ok := form[name]; ok {
			values[name] = v
		}
	}
	if len(values) == 0 {
		return ""
	}
	if err := a.KeepDraft(c.Writer, c.Request, d.page, values); err != nil {
		ctx := c.Request.Context()
		kit.Log.WarnContext(ctx, "draft not kept", "request_id", web.RequestID(ctx), "cause", err)
		return ""
	}
	return d.page
}

// restoreDraft hands a kept form to the page that shows it, once.
func restoreDraft(a *auth.Service, c *gin.Context) {
	if c.Request.Method != http.MethodGet || web.IsPartial(c) {
		return
	}
	if _, err := c.Request.Cookie(auth.CookieDraft); err != nil {
		return
	}
	d, ok := a.DraftOf(c.Request, auth.UserFrom(c.Request.Context()))
	if ok && d.Page != c.Request.URL.Path {
		return // they look at another page first
	}
	a.DropDraft(c.Writer)
	if ok {
		web.SetDraft(c, d.Values)
	}
}
