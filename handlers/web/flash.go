package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/views"
)

const (
	cookieFlash = "__flash"
	toastKey    = "web.toast"
	maxFlash    = 1 << 10
)

// Toast queues a success message: out of band with the fragment of this response, or shown once by the next full page
// after a redirect (in an authenticated cookie, so that nobody else can put words there).
func (k *Kit) Toast(c *gin.Context, text views.Text) {
	if IsPartial(c) {
		c.Set(toastKey, &views.Toast{Text: text})
		return
	}
	k.Flash(c, text)
}

// Flash queues a success message for the next full page, where the answer itself leads away from this one.
func (k *Kit) Flash(c *gin.Context, text views.Text) {
	value := base64.RawURLEncoding.EncodeToString([]byte(text))
	if len(value) > maxFlash {
		return
	}
	http.SetCookie(c.Writer, flashCookie(value+"."+k.flashMAC(value), 60))
}

// ErrorToast queues a message of failure, beside the alert of a fragment: for what people may have looked away from.
func (k *Kit) ErrorToast(c *gin.Context, text views.Text) {
	c.Set(toastKey, &views.Toast{Text: text, Bad: true})
}

func queuedToast(c *gin.Context) *views.Toast {
	v, _ := c.Get(toastKey)
	t, _ := v.(*views.Toast)
	return t
}

// takeFlash returns the message a redirect left behind and forgets it.
func (k *Kit) takeFlash(c *gin.Context) *views.Toast {
	raw, err := c.Request.Cookie(cookieFlash)
	if err != nil {
		return nil
	}
	http.SetCookie(c.Writer, flashCookie("", -1))
	value, mac, _ := strings.Cut(raw.Value, ".")
	if !hmac.Equal([]byte(mac), []byte(k.flashMAC(value))) {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return nil
	}
	return &views.Toast{Text: locales.Verbatim(string(text))}
}

func (k *Kit) flashMAC(value string) string {
	m := hmac.New(sha256.New, k.FlashKey)
	m.Write([]byte("flash:" + value))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func flashCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieFlash, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode,
	}
}
