// Package success is the customer-success side of the portal: who of the staff may see which tenant, and what they see.
package success

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"ghasi.io/portal/portal"
)

// The roles of staff.
const (
	RoleTAM   = "tam"            // sees the tenants assigned to them
	RoleAdmin = "platform_admin" // sees all
)

// accessFor is how long an answer of the platform is believed: an assignment that is taken back ends within it.
const accessFor = 30 * time.Second

const (
	readTimeout = 5 * time.Second // of both lists: nobody waits longer for a platform that hangs
	// failedFor is how long a failure is the answer of the next ones too, so that they do not wait for the same in turn.
	failedFor = 2 * time.Second
)

// Viewer is who of the staff looks.
type Viewer struct {
	UserID string
	Roles  []string
}

// directory is what Access needs of the platform.
type directory interface {
	Tenants(ctx context.Context) ([]portal.Tenant, error)
	TAMAssignments(ctx context.Context, userID string) ([]portal.TAMAssignment, error)
}

// Access says who may see which tenant. Safe for concurrent use.
type Access struct {
	api directory
	now func() time.Time

	flight singleflight.Group

	mu   sync.Mutex
	last answer
}

// answer is what the platform said, both lists or why not.
type answer struct {
	tenants     []portal.Tenant
	assignments []portal.TAMAssignment
	err         error
	at          time.Time // when it was asked, of a failure when that was known
}

// NewAccess returns an Access that asks api.
func NewAccess(api directory, now func() time.Time) *Access { return &Access{api: api, now: now} }

// Tenants lists the tenants that v may see, by name: all for an administrator, the assigned ones for a technical
// account manager. Errors: Forbidden for anybody else, Unavailable.
func (a *Access) Tenants(ctx context.Context, v Viewer) ([]portal.Tenant, error) {
	tenants, assignments, err := a.directory(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case slices.Contains(v.Roles, RoleAdmin):
		return slices.Clone(tenants), nil
	case slices.Contains(v.Roles, RoleTAM):
		mine := map[string]bool{}
		for _, x := range assignments {
			mine[x.TenantID] = mine[x.TenantID] || x.UserID == v.UserID
		}
		return slices.DeleteFunc(slices.Clone(tenants), func(t portal.Tenant) bool { return !mine[t.TenantID] }), nil
	}
	return nil, portal.Fail(portal.Forbidden, errors.New("neither tam nor platform_admin"))
}

// Tenant returns one tenant if v may see it. Errors: Forbidden when it is not theirs, whether it exists or not; NotFound
// for an administrator; Unavailable.
func (a *Access) Tenant(ctx context.Context, v Viewer, tenantID string) (portal.Tenant, error) {
	tenants, err := a.Tenants(ctx, v)
	if err != nil {
		return portal.Tenant{}, err
	}
	i := slices.IndexFunc(tenants, func(t portal.Tenant) bool { return t.TenantID == tenantID })
	switch {
	case i >= 0:
		return tenants[i], nil
	case slices.Contains(v.Roles, RoleAdmin):
		return portal.Tenant{}, portal.Fail(portal.NotFound, nil)
	}
	return portal.Tenant{}, portal.Fail(portal.Forbidden, errors.New("the tenant is not assigned to the viewer"))
}

// Assigned lists who looks after a tenant.
func (a *Access) Assigned(ctx context.Context, tenantID string) ([]portal.TAMAssignment, error) {
	_, assignments, err := a.directory(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(assignments), func(x portal.TAMAssignment) bool { return x.TenantID != tenantID }), nil
}

// directory reads both lists, or takes those of a moment ago. Without an answer nobody sees anything.
func (a *Access) directory(ctx context.Context) ([]portal.Tenant, []portal.TAMAssignment, error) {
	got, ok := a.remembered()
	if !ok {
		// One reading serves all who ask meanwhile; who gives up does not take it from the others.
		shared, _, _ := a.flight.Do("", func() (any, error) { return a.read(context.WithoutCancel(ctx)), nil })
		got, _ = shared.(answer)
	}
	return got.tenants, got.assignments, got.err
}

// remembered returns the last answer while it holds.
func (a *Access) remembered() (answer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	holds := accessFor
	if a.last.err != nil {
		holds = failedFor
	}
	age := a.now().Sub(a.last.at)
	return a.last, !a.last.at.IsZero() && age >= 0 && age < holds
}

// read asks the platform and remembers what it said.
func (a *Access) read(ctx context.Context) answer {
	if got, ok := a.remembered(); ok { // another reading ended just before this one began
		return got
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	got := answer{at: a.now()}
	got.tenants, got.err = a.api.Tenants(ctx)
	if got.err == nil {
		got.assignments, got.err = a.api.TAMAssignments(ctx, "")
	}
	if got.err != nil {
		got = answer{err: got.err, at: a.now()}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = got
	return got
}
