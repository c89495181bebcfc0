package web

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// statusClientClosed is nginx's name for "the browser went away"; it is only ever logged.
const statusClientClosed = 499

var statusOf = map[portal.Code]int{
	portal.Invalid:         http.StatusUnprocessableEntity,
	portal.Unauthenticated: http.StatusUnauthorized,
	portal.Forbidden:       http.StatusForbidden,
	portal.NotFound:        http.StatusNotFound,
	portal.Conflict:        http.StatusConflict,
	portal.TooLarge:        http.StatusRequestEntityTooLarge,
	portal.RateLimited:     http.StatusTooManyRequests,
	portal.PaymentRequired: http.StatusPaymentRequired,
	portal.Unavailable:     http.StatusServiceUnavailable,
	portal.Internal:        http.StatusInternalServerError,
}

// StatusOf returns the HTTP status that err is answered with.
func StatusOf(err error) int { return statusOf[portal.CodeOf(err)] }

// Error answers with err: a page for a navigation, an alert in its place for htmx. It is the only mapper from errors to
// responses. The cause goes to the request's log line, never to the page.
func (k *Kit) Error(c *gin.Context, err error) {
	_ = c.Error(err)
	c.Abort()
	if c.Writer.Written() {
		return // too late to say anything: the log has it
	}
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		c.Status(statusClientClosed)
		return
	}
	var e *portal.Error
	if !errors.As(err, &e) {
		e = portal.Fail(portal.Internal, err)
		if errors.Is(err, context.DeadlineExceeded) {
			e = portal.Fail(portal.Unavailable, err)
		}
	}
	if e.Code == portal.Unauthenticated && !strings.HasPrefix(c.Request.URL.Path, "/login") {
		returnTo := EndSession(c) // the platform has ended it, however good the cookie looks
		_ = SignInTo(c, "session_expired", returnTo)
		return
	}
	k.ErrorStatus(c, statusOf[e.Code], e)
}

// SignInTo sends the browser to the sign-in page, with why, and from there to returnTo; when that is "", back to where it
// was: for a POST that is the page the form stood on, since the form itself can't be sent again by a link.
func SignInTo(c *gin.Context, reason, returnTo string) error {
	if returnTo == "" {
		returnTo = here(c)
	}
	q := url.Values{"return": {auth.SafeReturn(returnTo)}}
	if reason != "" {
		q.Set("reason", reason)
	}
	target := "/login?" + q.Encode()
	if IsHTMX(c) {
		return HTMXRedirect(c, http.StatusUnauthorized, target)
	}
	c.Header("Location", target)
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusSeeOther)
	c.Writer.WriteHeaderNow()
	return nil
}

// here is the local address of the page that the request came from.
func here(c *gin.Context) string {
	if c.Request.Method == http.MethodGet && !IsPartial(c) {
		return c.Request.URL.RequestURI()
	}
	from := c.GetHeader("HX-Current-URL")
	if from == "" {
		from = c.GetHeader("Referer")
	}
	u, err := url.Parse(from)
	if err != nil || u.Host != c.Request.Host {
		return ""
	}
	return u.RequestURI()
}

// ErrorStatus answers with e under a status of the caller's choice (405 has no code of its own).
func (k *Kit) ErrorStatus(c *gin.Context, status int, e *portal.Error) {
	if e.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(seconds(e.RetryAfter)))
	}
	render := k.errorPage
	if IsPartial(c) {
		render = k.errorFragment
	}
	if err := render(c, status, e); err != nil {
		_ = c.Error(err)
		c.Writer.Header().Del("Content-Encoding")
		writeHTML(c, http.StatusInternalServerError, k.lastResort[k.Locale(c).Tag])
	}
}

// Alert words err for showing where it happened: what happened, the upstream's own words, the request id for faults.
func (k *Kit) Alert(c *gin.Context, err error) views.Alert {
	var e *portal.Error
	if !errors.As(err, &e) {
		e = portal.Fail(portal.Internal, err)
	}
	heading, text := words(k.Printer(c).Locale, e)
	a := views.Alert{Tone: "error", Title: heading, Text: text, Detail: e.Detail, Focus: true}
	if e.Code == portal.Internal || e.Code == portal.Unavailable {
		a.RequestID = RequestID(c.Request.Context())
	}
	if c.Request.Method == http.MethodGet && retryable(e.Code) {
		a.Retry = c.Request.URL.RequestURI()
	}
	return a
}

func (k *Kit) errorFragment(c *gin.Context, status int, e *portal.Error) error {
	retarget(c, "#alerts")
	alert := k.Alert(c, e)
	return Fragment(k, c, status, views.AlertFragment, &alert)
}

func (k *Kit) errorPage(c *gin.Context, status int, e *portal.Error) error {
	p := k.Printer(c)
	heading, text := words(p.Locale, e)
	data := views.ErrorPage{
		Base: k.base(c), Status: status, Heading: heading, Text: text, Detail: e.Detail,
		RetryAfter: seconds(e.RetryAfter), Home: views.Link{Label: p.T("error.home"), URL: "/"},
	}
	data.Title = heading
	if c.Request.Method == http.MethodGet && retryable(e.Code) {
		data.RetryURL = c.Request.URL.RequestURI()
	}
	if auth.UserFrom(c.Request.Context()) == nil {
		return Page(k, c, status, views.ErrorBare, &data)
	}
	return Page(k, c, status, views.ErrorFramed, &data)
}

// words returns the heading and the sentence for an error, in the user's language.
func words(l *locales.Locale, e *portal.Error) (heading, text views.Text) {
	heading = l.T("error." + string(e.Code) + ".title")
	switch {
	case e.Key != "":
		text = l.T(e.Key, e.Args...)
	case e.Code == portal.RateLimited:
		text = l.T("error.rate_limited", "n", seconds(e.RetryAfter))
	default:
		text = l.T("error." + string(e.Code))
	}
	return heading, text
}

func retryable(code portal.Code) bool {
	return code == portal.Unavailable || code == portal.Internal || code == portal.RateLimited
}

// seconds rounds a wait up to whole seconds, at least one when there is any.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// Prepare renders the page of last resort in every language, so that the 500 of a broken template can't itself break.
func (k *Kit) Prepare() error {
	k.lastResort = make(map[string][]byte, len(locales.Tags))
	for _, tag := range locales.Tags {
		l := k.Bundle.Locale(tag)
		data := views.ErrorPage{
			Base:   views.Base{Lang: l.Tag, Dir: l.Dir, Title: l.T("error.internal.title"), Build: k.Build},
			Status: http.StatusInternalServerError, Heading: l.T("error.internal.title"), Text: l.T("error.internal"),
			Home: views.Link{Label: l.T("error.home"), URL: "/"},
		}
		var b bytes.Buffer
		if err := views.Render(k.Views, &b, tag, views.ErrorBare, &data); err != nil {
			return err
		}
		k.lastResort[tag] = b.Bytes()
	}
	return nil
}

// NoMethod answers 405 for a path that exists under other methods; gin has set Allow.
func (k *Kit) NoMethod(c *gin.Context) {
	k.ErrorStatus(c, http.StatusMethodNotAllowed, &portal.Error{Code: portal.Invalid, Key: "error.method"})
}
