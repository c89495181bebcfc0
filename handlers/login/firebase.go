package login

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const (
	firebaseURL  = "/login/firebase"
	inputIDToken = "id_token"
	maxIDToken   = 8 << 10
)

// RegisterFirebase opens the window in which people sign in by an ID token of the former app: the page, and the second
// button on the sign-in page.
func (h *Handlers) RegisterFirebase(r gin.IRoutes) {
	h.firebase = true
	r.GET(firebaseURL, h.kit.Handle(h.showFirebase))
	r.POST(firebaseURL, h.kit.PerIP(perAddress), h.kit.Handle(h.fromFirebase))
}

func (h *Handlers) showFirebase(c *gin.Context) error {
	q, err := web.Query(c)
	if err != nil {
		return err
	}
	return h.answerFirebase(c, http.StatusOK, q.Get("return"), nil)
}

// answerFirebase shows the form. A token that was sent is not shown again: it is a secret.
func (h *Handlers) answerFirebase(c *gin.Context, status int, returnTo string, alert *views.Alert) error {
	l := h.kit.Locale(c)
	data := views.FirebasePage{
		Base: h.kit.Base(c, "login.firebase.title"), Return: auth.SafeReturn(returnTo), Alert: alert,
		Token: views.Field{
			Name: inputIDToken, Label: l.T("login.firebase.token"), Help: l.T("login.firebase.help"), Type: "textarea",
			Rows: 5, MaxLength: maxIDToken, Required: true, Ltr: true, Autocomplete: "off",
		},
	}
	return web.Page(h.kit, c, status, views.Firebase, &data)
}

// fromFirebase handles POST /login/firebase.
func (h *Handlers) fromFirebase(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	l, returnTo := h.kit.Locale(c), form.Get("return")
	token := strings.TrimSpace(form.Get(inputIDToken))
	if token == "" || len(token) > maxIDToken {
		return h.answerFirebase(c, http.StatusUnprocessableEntity, returnTo,
			&views.Alert{Tone: "error", Text: l.T("login.firebase.invalid"), Focus: true})
	}
	in, err := h.auth.SignInFirebase(c.Writer, c.Request, token, returnTo)
	if err == nil {
		return h.welcome(c, in)
	}
	if f, ok := asFailure(err); ok {
		return h.refused(c, f)
	}
	_ = c.Error(err) // for the request's log line
	alert := h.kit.Alert(c, err)
	switch portal.CodeOf(err) {
	case portal.Unauthenticated, portal.Invalid:
		alert = views.Alert{Tone: "error", Text: l.T("login.firebase.invalid"), Focus: true}
		return h.answerFirebase(c, http.StatusUnprocessableEntity, returnTo, &alert)
	case portal.Forbidden:
		alert = views.Alert{Tone: "error", Text: l.T("login.firebase.no_account"), Focus: true}
	}
	return h.answerFirebase(c, web.StatusOf(err), returnTo, &alert)
}

// firebaseLink is where the sign-in page's second button leads, "" while the window is closed.
func (h *Handlers) firebaseLink(returnTo string) string {
	if !h.firebase {
		return ""
	}
	if returnTo == auth.DefaultReturn {
		return firebaseURL
	}
	return firebaseURL + "?" + url.Values{"return": {returnTo}}.Encode()
}
