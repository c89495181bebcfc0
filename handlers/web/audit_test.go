package web_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

// ledger keeps events, or fails.
type ledger struct {
	events []portal.Event
	err    error
}

func (l *ledger) Record(ctx context.Context, e portal.Event) error {
	if err := errors.Join(l.err, ctx.Err()); err != nil {
		return err
	}
	l.events = append(l.events, e)
	return nil
}

func TestRecord(t *testing.T) {
	customer := portal.Actor{UserID: "usr_test", Name: "Maryam", Role: "customer"}
	for name, tc := range map[string]struct {
		event, want portal.Event
	}{
		"by who is signed in": {
			portal.Event{Type: portal.EventAPIKeyRevoked, Subject: "apikey/key_1"},
			portal.Event{Type: portal.EventAPIKeyRevoked, Subject: "apikey/key_1", TenantID: "ten_test", Actor: customer},
		},
		"about another tenant": {
			portal.Event{Type: portal.EventTenantViewed, TenantID: "ten_b"},
			portal.Event{Type: portal.EventTenantViewed, TenantID: "ten_b", Actor: customer},
		},
		"by somebody else": {
			portal.Event{Type: portal.EventSignedIn, TenantID: "ten_b", Actor: portal.Actor{UserID: "usr_b"}, Data: map[string]string{"a": "b"}},
			portal.Event{Type: portal.EventSignedIn, TenantID: "ten_b", Actor: portal.Actor{UserID: "usr_b"}, Data: map[string]string{"a": "b"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := webtest.New(t)
			l := &ledger{}
			s.Kit.Audit = l
			c, cancel := signedIn(t)
			cancel() // the browser has gone
			s.Kit.Record(c, tc.event)
			if tc.want.Data == nil {
				tc.want.Data = map[string]string{}
			}
			if diff := cmp.Diff([]portal.Event{tc.want}, l.events); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
		})
	}
}

// signedIn is a request by the customer of the bench.
func signedIn(t *testing.T) (*gin.Context, context.CancelFunc) {
	t.Helper()
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	user := webtest.Customer
	ctx, cancel := context.WithCancel(auth.WithUser(t.Context(), &user))
	c.Request = httptest.NewRequestWithContext(ctx, http.MethodPost, "/api-keys", nil)
	return c, cancel
}

func TestRecord_FailsQuietly(t *testing.T) {
	s := webtest.New(t)
	var log strings.Builder
	s.Kit.Log = slog.New(slog.NewTextHandler(&log, nil))
	c, cancel := signedIn(t)
	defer cancel()
	s.Kit.Record(c, portal.Event{Type: portal.EventSignedOut}) // nobody keeps it
	s.Kit.Audit = &ledger{err: errors.New("disk full")}
	s.Kit.Record(c, portal.Event{Type: portal.EventSignedOut})
	if got := log.String(); !strings.Contains(got, "event not recorded") || !strings.Contains(got, "disk full") || c.IsAborted() {
		t.Errorf("the log says %q", got)
	}
}

func TestActor(t *testing.T) {
	for _, tc := range []struct {
		user auth.User
		want portal.Actor
	}{
		{auth.User{ID: "u", Name: "Latifa", Roles: []string{"platform_admin", "customer"}}, portal.Actor{UserID: "u", Name: "Latifa", Role: "platform_admin"}},
		{auth.User{ID: "u", Email: "tam@example.af", Roles: []string{"tam", "customer"}}, portal.Actor{UserID: "u", Name: "tam@example.af", Role: "tam"}},
		{auth.User{ID: "u", Name: "n", Roles: []string{"odd"}}, portal.Actor{UserID: "u", Name: "n"}},
	} {
		if got := web.Actor(&tc.user); got != tc.want {
			t.Errorf("%+v: %+v", tc.user, got)
		}
	}
}
