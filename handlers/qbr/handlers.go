// Package qbr is /v1/internal/qbr: exporting a tenant's quarterly review, for the staff's session and for programs that
// hold the service token.
package qbr

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/success"
)

const home = "/v1/internal/qbr/"

// Access says who may see which tenant.
type Access interface {
	Tenant(ctx context.Context, v success.Viewer, tenantID string) (portal.Tenant, error)
}

// Reviews are the exports.
type Reviews interface {
	Export(ctx context.Context, by portal.Actor, tenantID, period, locale string) (portal.QBR, error)
	Get(ctx context.Context, tenantID, qbrID string) (portal.QBR, error)
	Link(ctx context.Context, q portal.QBR, filename string) (portal.SignedURL, error)
}

// Records is the audit log.
type Records interface {
	Record(ctx context.Context, e portal.Event) error
}

// Handlers answers for exports.
type Handlers struct {
	kit     *web.Kit
	access  Access
	reviews Reviews
	records Records
	token   [sha256.Size]byte // of the service token
	noToken bool
}

// New returns the handlers. An empty service token is nobody's.
func New(kit *web.Kit, access Access, reviews Reviews, records Records, serviceToken string) *Handlers {
	return &Handlers{
		kit: kit, access: access, reviews: reviews, records: records,
		token: sha256.Sum256([]byte(serviceToken)), noToken: serviceToken == "",
	}
}

// Register adds the routes. They find out themselves who calls.
func (h *Handlers) Register(r gin.IRoutes) {
	r.POST(home+":tenantId", h.kit.HandleJSON(h.export))
	r.GET(home+":tenantId/:jobId", h.kit.HandleJSON(h.show))
}

// job is an export as programs see it.
type job struct {
	JobID     string          `json:"jobId"`
	Status    portal.QBRState `json:"status"`
	Progress  int             `json:"progress"`
	URL       string          `json:"url,omitempty"`
	ExpiresAt *time.Time      `json:"expiresAt,omitempty"`
}

func (h *Handlers) export(c *gin.Context) error {
	by, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	q, err := web.Query(c)
	if err != nil {
		return err
	}
	locale := q.Get("locale")
	if locale == "" {
		locale = h.kit.Locale(c).Tag
	}
	review, err := h.reviews.Export(c.Request.Context(), by, t.TenantID, q.Get("period"), locale)
	if err != nil {
		return err
	}
	c.Header("Location", home+t.TenantID+"/"+review.QBRID)
	return web.JSON(c, http.StatusAccepted, job{JobID: review.QBRID, Status: review.State, Progress: review.Progress})
}

func (h *Handlers) show(c *gin.Context) error {
	_, t, err := h.tenant(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	review, err := h.reviews.Get(ctx, t.TenantID, c.Param("jobId"))
	if err != nil {
		return err
	}
	answer := job{JobID: review.QBRID, Status: review.State, Progress: review.Progress}
	if review.State == portal.QBRDone {
		link, err := h.reviews.Link(ctx, review, fmt.Sprintf("%s %s (%s).pdf", t.Name, review.Period, review.Locale))
		if err != nil {
			return err
		}
		expires := link.ExpiresAt.UTC().Truncate(time.Second)
		answer.URL, answer.ExpiresAt = link.URL, &expires
	}
	return web.JSON(c, http.StatusOK, answer)
}

// tenant returns who calls and the tenant of the path, if it is theirs to see. An attempt at another one is written down.
func (h *Handlers) tenant(c *gin.Context) (portal.Actor, portal.Tenant, error) {
	by, v, err := h.caller(c)
	if err != nil {
		return portal.Actor{}, portal.Tenant{}, err
	}
	ctx, id := c.Request.Context(), c.Param("tenantId")
	if !portal.ValidID("ten", id) {
		return by, portal.Tenant{}, portal.Fail(portal.NotFound, errors.New("malformed tenant id"))
	}
	t, err := h.access.Tenant(ctx, v, id)
	if portal.CodeOf(err) == portal.Forbidden {
		err = errors.Join(err, h.records.Record(ctx, portal.Event{
			Type: portal.EventAccessDenied, Chain: portal.StaffChain, TenantID: id, Subject: "tenant/" + id, Actor: by,
			Data: map[string]string{"path": c.FullPath()},
		}))
	}
	return by, t, err
}

// caller is the person of the session, or the program that holds the service token.
func (h *Handlers) caller(c *gin.Context) (portal.Actor, success.Viewer, error) {
	if token, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer "); ok {
		sum := sha256.Sum256([]byte(token))
		if h.noToken || subtle.ConstantTimeCompare(sum[:], h.token[:]) != 1 {
			return portal.Actor{}, success.Viewer{}, portal.Fail(portal.Unauthenticated, errors.New("not the service token"))
		}
		by := portal.Actor{UserID: "service", Name: "service", Role: success.RoleAdmin}
		return by, success.Viewer{UserID: by.UserID, Roles: []string{success.RoleAdmin}}, nil
	}
	user := auth.UserFrom(c.Request.Context())
	if user == nil {
		return portal.Actor{}, success.Viewer{}, portal.Fail(portal.Unauthenticated, errors.New("nobody is signed in"))
	}
	by := portal.Actor{UserID: user.ID, Name: user.Name, Role: success.RoleTAM}
	switch {
	case user.Has(success.RoleAdmin):
		by.Role = success.RoleAdmin
	case !user.Has(success.RoleTAM):
		by.Role = "customer"
	}
	return by, success.Viewer{UserID: user.ID, Roles: user.Roles}, nil
}
