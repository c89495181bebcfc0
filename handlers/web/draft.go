package web

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/views"
)

const draftKey = "web.draft"

// SetDraft gives the page of this request a form that was sent after its session had ended.
func SetDraft(c *gin.Context, form url.Values) { c.Set(draftKey, form) }

// Draft returns the form to fill the page with; false when there is none. The frame then says that it was not sent.
func Draft(c *gin.Context) (url.Values, bool) {
	v, _ := c.Get(draftKey)
	form, ok := v.(url.Values)
	return form, ok
}

// draftNotice is what the frame says above a form that has been restored; nil when none has.
func (k *Kit) draftNotice(c *gin.Context) *views.Alert {
	if _, ok := Draft(c); !ok {
		return nil
	}
	l := k.Locale(c)
	return &views.Alert{Tone: "warning", Title: l.T("login.draft.title"), Text: l.T("login.draft.text"), Focus: true}
}
