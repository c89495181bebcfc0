// Package developers is /developers: the first call in five languages, and the reference of the API.
package developers

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/client"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
	"ghasi.io/portal/views"
)

const (
	home    = "/developers"
	openAPI = "/v1/openapi.yaml"
)

// fillWait bounds what the page asks to fill the samples in: without it they are just less personal.
const fillWait = time.Second

// account is what this page needs of the platform.
type account interface {
	APIKeys(ctx context.Context, token string) ([]portal.APIKey, error)
	Messages(ctx context.Context, token string, f portal.MessageFilter) (portal.MessagePage, error)
}

// Handlers answers for the developers' guide.
type Handlers struct {
	kit    *web.Kit
	api    account
	apiURL string
}

// New returns the handlers. apiURL is the origin at which customers reach the API.
func New(kit *web.Kit, api account, apiURL string) *Handlers {
	return &Handlers{kit: kit, api: api, apiURL: apiURL}
}

// Register adds the routes that need a signed-in user.
func (h *Handlers) Register(r gin.IRoutes) {
	r.GET(home, h.kit.Handle(h.show))
}

// RegisterPublic adds the API's OpenAPI document, which tools read without signing in.
func (h *Handlers) RegisterPublic(r gin.IRoutes) {
	r.GET(openAPI, h.kit.Handle(h.document))
}

func (h *Handlers) show(c *gin.Context) error {
	query, err := web.Query(c)
	if err != nil {
		return err
	}
	p, mine := h.kit.Printer(c), h.mine(c)
	start := newQuickstart(p, languageOf(query.Get("lang")), mine, h.apiURL)
	if web.IsPartial(c) {
		return web.Fragment(h.kit, c, http.StatusOK, views.QuickstartFragment, &start)
	}
	page := newPage(p, start, mine, h.apiURL)
	page.Base = h.kit.Base(c, "developers.guide.title")
	return web.Page(h.kit, c, http.StatusOK, views.Developers, &page)
}

func (h *Handlers) document(c *gin.Context) error {
	c.Header("Cache-Control", "public, max-age=300")
	c.Data(http.StatusOK, "application/yaml; charset=utf-8", client.OpenAPI)
	return nil
}

// own is what the samples are filled in with.
type own struct {
	key  string // prefix…last4 of a key that can send, "" when there is none
	from string
}

// mine looks up the person's own key and sender. What can't be had in time is left out.
func (h *Handlers) mine(c *gin.Context) own {
	mine := own{from: sampleFrom}
	user := auth.UserFrom(c.Request.Context())
	if user == nil {
		return mine
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), fillWait)
	defer cancel()
	if keys, err := h.api.APIKeys(ctx, user.Token); err == nil {
		mine.key = sendingKey(keys)
	}
	latest, err := h.api.Messages(ctx, user.Token, portal.MessageFilter{Limit: 1})
	if err == nil && len(latest.Items) > 0 && sms.ValidSender(latest.Items[0].From) {
		mine.from = latest.Items[0].From // valid senders need no quoting in any of the languages
	}
	return mine
}

// sendingKey is the newest usable key that may send.
func sendingKey(keys []portal.APIKey) string {
	for _, k := range keys {
		if k.Status != portal.KeyActive {
			continue
		}
		for _, s := range k.Scopes {
			if s == portal.ScopeSMSSend {
				return k.Prefix + "…" + k.Last4
			}
		}
	}
	return ""
}
