package success

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ghasi.io/portal/portal"
)

// people is a platform with three tenants; zahra looks after the first two.
type people struct {
	assignments []portal.TAMAssignment
	err         error
	calls       int
}

func newPeople() *people {
	return &people{assignments: []portal.TAMAssignment{
		{UserID: "usr_zahra", TenantID: "ten_1"}, {UserID: "usr_zahra", TenantID: "ten_2"}, {UserID: "usr_omar", TenantID: "ten_2"},
	}}
}

func (p *people) Tenants(ctx context.Context) ([]portal.Tenant, error) {
	p.calls++
	if err := ctx.Err(); err != nil {
		return nil, portal.Fail(portal.Unavailable, err)
	}
	return []portal.Tenant{{TenantID: "ten_1"}, {TenantID: "ten_2"}, {TenantID: "ten_3"}}, p.err
}

func (p *people) TAMAssignments(context.Context, string) ([]portal.TAMAssignment, error) {
	return p.assignments, p.err
}

var (
	zahra    = Viewer{"usr_zahra", []string{RoleTAM}}
	omar     = Viewer{"usr_omar", []string{RoleTAM}}
	newTAM   = Viewer{"usr_new", []string{RoleTAM}}
	admin    = Viewer{"usr_admin", []string{RoleAdmin}}
	both     = Viewer{"usr_zahra", []string{RoleTAM, RoleAdmin}}
	customer = Viewer{"usr_zahra", []string{"customer"}} // the id alone opens nothing
	nobody   = Viewer{}
)

func TestAccess(t *testing.T) {
	a := NewAccess(newPeople(), func() time.Time { return time.Unix(1, 0) })
	const ok = portal.Code("")
	for name, tc := range map[string]struct {
		viewer Viewer
		want   [4]portal.Code // of ten_1, ten_2, ten_3 and one that does not exist
		list   int
	}{
		"zahra":    {zahra, [4]portal.Code{ok, ok, portal.Forbidden, portal.Forbidden}, 2},
		"omar":     {omar, [4]portal.Code{portal.Forbidden, ok, portal.Forbidden, portal.Forbidden}, 1},
		"new":      {newTAM, [4]portal.Code{portal.Forbidden, portal.Forbidden, portal.Forbidden, portal.Forbidden}, 0},
		"admin":    {admin, [4]portal.Code{ok, ok, ok, portal.NotFound}, 3},
		"both":     {both, [4]portal.Code{ok, ok, ok, portal.NotFound}, 3},
		"customer": {customer, [4]portal.Code{portal.Forbidden, portal.Forbidden, portal.Forbidden, portal.Forbidden}, -1},
		"nobody":   {nobody, [4]portal.Code{portal.Forbidden, portal.Forbidden, portal.Forbidden, portal.Forbidden}, -1},
	} {
		for i, id := range []string{"ten_1", "ten_2", "ten_3", "ten_x"} {
			got, err := a.Tenant(t.Context(), tc.viewer, id)
			if portal.CodeOf(err) != tc.want[i] || err == nil && got.TenantID != id {
				t.Errorf("%s sees %s: %+v, %v, want %q", name, id, got, err, tc.want[i])
			}
		}
		list, err := a.Tenants(t.Context(), tc.viewer)
		if tc.list < 0 {
			if portal.CodeOf(err) != portal.Forbidden {
				t.Errorf("%s lists %v, %v", name, list, err)
			}
		} else if err != nil || len(list) != tc.list {
			t.Errorf("%s lists %v, %v", name, list, err)
		}
	}
	if who, err := a.Assigned(t.Context(), "ten_2"); err != nil || len(who) != 2 {
		t.Errorf("who looks after ten_2: %v, %v", who, err)
	}
}

// TestAccess_TakenBack: what is taken back ends within a minute, and the platform is not asked on every page.
func TestAccess_TakenBack(t *testing.T) {
	p, now := newPeople(), time.Unix(1_000_000, 0)
	a := NewAccess(p, func() time.Time { return now })
	for range 5 {
		if _, err := a.Tenant(t.Context(), zahra, "ten_1"); err != nil {
			t.Fatal(err)
		}
	}
	if p.calls != 1 {
		t.Errorf("asked %d times for five pages", p.calls)
	}
	p.assignments = p.assignments[1:]
	now = now.Add(time.Minute)
	if _, err := a.Tenant(t.Context(), zahra, "ten_1"); portal.CodeOf(err) != portal.Forbidden {
		t.Errorf("a minute after it was taken back: %v", err)
	}
	// When the platform does not answer, nobody is let in on old news.
	p.err = portal.Fail(portal.Unavailable, nil)
	now = now.Add(time.Minute)
	for _, v := range []Viewer{zahra, admin} {
		if _, err := a.Tenant(t.Context(), v, "ten_2"); portal.CodeOf(err) != portal.Unavailable {
			t.Errorf("without the platform: %v", err)
		}
	}
}

// stuck is a platform that does not answer.
type stuck struct{ calls atomic.Int32 }

func (s *stuck) Tenants(ctx context.Context) ([]portal.Tenant, error) {
	s.calls.Add(1)
	<-ctx.Done()
	return nil, portal.Fail(portal.Unavailable, ctx.Err())
}

func (s *stuck) TAMAssignments(context.Context, string) ([]portal.TAMAssignment, error) {
	return nil, nil
}

// TestAccess_Stuck: many who ask a platform that hangs wait for one reading, which ends, and those after them not at all.
func TestAccess_Stuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &stuck{}
		a := NewAccess(p, time.Now)
		begin := time.Now()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := a.Tenants(t.Context(), admin); portal.CodeOf(err) != portal.Unavailable {
					t.Errorf("err %v", err)
				}
			})
		}
		wg.Wait()
		_, err := a.Tenants(t.Context(), admin)
		if took := time.Since(begin); took > readTimeout || p.calls.Load() != 1 || portal.CodeOf(err) != portal.Unavailable {
			t.Errorf("%d calls in %s, %v", p.calls.Load(), took, err)
		}
		time.Sleep(failedFor)
		_, _ = a.Tenants(t.Context(), admin)
		if n := p.calls.Load(); n != 2 {
			t.Errorf("%d calls after the failure was forgotten", n)
		}
	})
}

// TestAccess_GivesUp: who goes away does not leave a failure to the others.
func TestAccess_GivesUp(t *testing.T) {
	a := NewAccess(newPeople(), time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = a.Tenants(ctx, admin)
	if list, err := a.Tenants(t.Context(), admin); err != nil || len(list) != 3 {
		t.Errorf("%v, %v", list, err)
	}
}
