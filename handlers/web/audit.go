package web

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/portal"
)

// recordTimeout bounds the writing of an event: the answer waits for it.
const recordTimeout = 5 * time.Second

// Audit keeps what people do.
type Audit interface {
	Record(ctx context.Context, e portal.Event) error
}

// Record keeps an event. Who did it, for which tenant and from which address is taken from the request, where e does not
// say. What was done is done: that it cannot be recorded is logged and costs nobody the answer.
func (k *Kit) Record(c *gin.Context, e portal.Event) {
	if k.Audit == nil {
		return
	}
	ctx := c.Request.Context()
	if u := auth.UserFrom(ctx); u != nil && e.Actor == (portal.Actor{}) {
		e.Actor = Actor(u)
		if e.TenantID == "" {
			e.TenantID = u.TenantID
		}
	}
	data := map[string]string{}
	if ip := ClientIP(ctx); ip != "" {
		data["ip"] = ip
	}
	for name, value := range e.Data {
		data[name] = value
	}
	e.Data = data
	kept, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout) // a closed tab undoes nothing either
	defer cancel()
	if err := k.Audit.Record(kept, e); err != nil {
		k.Log.ErrorContext(ctx, "event not recorded", "type", e.Type, "subject", e.Subject, "request_id", RequestID(ctx), "cause", err)
	}
}

// Actor is a person as the records name them, with the highest of their roles.
func Actor(u *auth.User) portal.Actor {
	a := portal.Actor{UserID: u.ID, Name: u.Name}
	if a.Name == "" {
		a.Name = u.Email
	}
	for _, role := range []string{auth.RoleCustomer, auth.RoleTAM, auth.RolePlatformAdmin} {
		if u.Has(role) {
			a.Role = role
		}
	}
	return a
}
