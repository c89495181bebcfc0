package messages

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/portal"
)

// watcher notes what it is told, and refuses while refusal is set.
type watcher struct {
	seen    []string
	refusal error
}

func (w *watcher) MessagesChanged(_ context.Context, _ bun.Tx, changes []Change) error {
	if w.refusal != nil {
		return w.refusal
	}
	for _, c := range changes {
		w.seen = append(w.seen, string(c.Before)+">"+string(c.Status)+" "+c.From)
	}
	return nil
}

func TestObserver(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		w := &watcher{}
		s.observers = []Observer{w}
		s.post("a", sample())
		s.settle(time.Minute)
		if want := []string{">queued PAMIR", "queued>sent PAMIR", "sent>delivered PAMIR"}; !slices.Equal(w.seen, want) {
			t.Errorf("told %q, want %q", w.seen, want)
		}
		w.refusal = portal.Fail(portal.Conflict, errors.New("not now"))
		if a := s.call("POST", "/v1/messages", "user:a", sample()); a.status != 409 {
			t.Errorf("a refused message answers %d", a.status)
		}
		if page := decode[portal.MessagePage](t, s.call("GET", "/v1/messages", "user:a", nil), 200); len(page.Items) != 1 {
			t.Errorf("%d messages after a refusal, want the first alone", len(page.Items))
		}
	})
}
