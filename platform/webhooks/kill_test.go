package webhooks

import (
	"context"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

// childEnv makes this test binary a process that delivers until it is killed: "file" or "url schema" of its database.
const childEnv = "WEBHOOKS_TEST_CHILD"

func TestMain(m *testing.M) {
	if where := os.Getenv(childEnv); where != "" { //nolint:forbidigo // how a test tells its child
		child(where)
	}
	os.Exit(m.Run())
}

func child(where string) {
	ctx := context.Background()
	o := database.Options{File: where}
	if url, schema, ok := strings.Cut(where, " "); ok {
		o = database.Options{URL: url, Schema: schema}
	}
	db, err := database.Open(ctx, o)
	if err == nil {
		var svc *Service
		svc, err = New(ctx, Options{DB: db, Now: time.Now, Log: slog.Default(), Holder: "child", AllowLoopback: true})
		if err == nil {
			err = svc.Run(ctx)
		}
	}
	fmt.Fprintln(os.Stderr, "the child ended:", err)
	os.Exit(1)
}

// location is what a child needs to open the same database.
func location(t *testing.T, db *database.DB) string {
	t.Helper()
	var where string
	if db.IsPostgres() {
		must(t, db.Read.DB.QueryRow("SELECT current_schema()").Scan(&where))
		return os.Getenv("TEST_DATABASE_URL") + " " + where //nolint:forbidigo // where dbtest has it from
	}
	must(t, db.Read.DB.QueryRow("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&where))
	return where
}

// TestKill: a process that delivers is killed twice in the middle, without a chance to say goodbye. Every event arrives,
// at once after the restart, and few of them twice.
func TestKill(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		s := newSite(t, open("platform"), trust)
		s.clock.running = time.Now()
		rec := receive(t, nil)
		hook := s.add(rec.URL)
		other := s.add(rec.URL + "/other")
		roots := filepath.Join(t.TempDir(), "roots.pem")
		must(t, os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rec.Certificate().Raw}), 0o600))
		const events = 1500
		for range 3 {
			s.happen(portal.StatusDelivered, events/3)
		}
		start := func() *exec.Cmd {
			t.Helper()
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), childEnv+"="+location(t, s.db), "SSL_CERT_FILE="+roots, "SSL_CERT_DIR=/") //nolint:forbidigo // as above
			cmd.Stderr = os.Stderr
			must(t, cmd.Start())
			return cmd
		}
		for _, part := range []int{2 * events / 3, 4 * events / 3} {
			cmd := start()
			eventually(t, 30*time.Second, func() bool { return len(rec.all()) >= part })
			must(t, cmd.Process.Kill())
			_ = cmd.Wait() // it says that it was killed
		}
		distinct := func() int {
			ids := rec.ids()
			slices.Sort(ids)
			return len(slices.Compact(ids))
		}
		cmd := start()
		eventually(t, 30*time.Second, func() bool { return distinct() == 2*events })
		eventually(t, 10*time.Second, func() bool {
			return s.hook(hook.WebhookID).Last24h.Delivered+s.hook(other.WebhookID).Last24h.Delivered == 2*events
		})
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		twice := len(rec.all()) - 2*events
		if most := 2 * 2 * 2 * perEndpoint; twice > most { // two deaths, two endpoints: what was under way, and what was not written down
			t.Errorf("%d came twice, want at most %d", twice, most)
		}
		var interrupted int
		must(t, s.db.Read.DB.QueryRow("SELECT count(*) FROM webhook_attempts WHERE error = 'interrupted'").Scan(&interrupted))
		if interrupted < twice {
			t.Errorf("%d came twice, and %d attempts are known to have been interrupted", twice, interrupted)
		}
		t.Logf("%d events, %d twice, %d interrupted", 2*events, twice, interrupted)
	})
}
