package settings

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const securityURL = "/settings/security"

// reports is what browsers have reported.
type reports interface {
	PolicyReports(ctx context.Context, tenantID string) ([]portal.PolicyReport, error)
	AllPolicyReports(ctx context.Context) ([]portal.PolicyReport, error)
}

// SecurityOptions are what the security page is made from.
type SecurityOptions struct {
	Reports   reports
	Self      http.Handler // the portal, asked for its own headers
	PublicURL string       // any address of the portal at its public origin
	PlainHTTP string       // web.PlainRedirects, web.PlainRefused or web.PlainNotChecked
}

// Security serves /settings/security: what browsers have refused, and what the portal's headers are worth.
type Security struct {
	kit    *web.Kit
	o      SecurityOptions
	public *url.URL
}

// NewSecurity returns the handlers.
func NewSecurity(kit *web.Kit, o SecurityOptions) (*Security, error) {
	public, err := url.Parse(o.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("security page: public address: %w", err)
	}
	if public.Host == "" {
		return nil, fmt.Errorf("security page: public address %q has no host", o.PublicURL)
	}
	return &Security{kit: kit, o: o, public: public}, nil
}

// Register adds the page, for people who are signed in.
func (h *Security) Register(r gin.IRoutes) { r.GET(securityURL, h.kit.Handle(h.show)) }

// show handles GET /settings/security. Neither half of the page costs the other.
func (h *Security) show(c *gin.Context) error {
	u, err := web.User(c)
	if err != nil {
		return err
	}
	staff := u.Has(auth.RoleTAM) || u.Has(auth.RolePlatformAdmin)
	page := newSecurityPage(h.kit.Base(c, "security.show.title"), h.kit.Printer(c), h.public.Host, staff)
	if seen, err := h.selfCheck(); err != nil {
		page.CheckAlert = h.alert(c, err)
	} else {
		page.addCheck(examine(seen), seen.Header)
	}
	if list, err := h.list(c.Request.Context(), u, staff); err != nil {
		page.ReportsAlert = h.alert(c, err)
	} else {
		page.addReports(list)
	}
	return web.Page(h.kit, c, http.StatusOK, views.Security, &page.SecurityPage)
}

// list is what u may see: staff everything, others what the sessions of their own tenant have reported.
func (h *Security) list(ctx context.Context, u *auth.User, staff bool) ([]portal.PolicyReport, error) {
	if staff {
		return h.o.Reports.AllPolicyReports(ctx)
	}
	return h.o.Reports.PolicyReports(ctx, u.TenantID)
}

func (h *Security) alert(c *gin.Context, err error) *views.Alert {
	_ = c.Error(err) // for the request's log line
	alert := h.kit.Alert(c, err)
	alert.Focus = false
	return &alert
}
