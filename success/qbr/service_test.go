package qbr

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ghasi.io/portal/blob"
	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/jobs"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/pdf"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/store"
)

const tenant = "ten_pamir"

var zahra = portal.Actor{UserID: "usr_tam", Name: "Zahra Ahmadi", Role: "tam"}

// platform answers with the sample; it fails as often as fail says, with err.
type platform struct {
	in Input

	mu    sync.Mutex
	fail  int
	err   error
	asked []string
}

func (p *platform) Tenants(context.Context) ([]portal.Tenant, error) {
	return []portal.Tenant{{TenantID: "ten_other", Name: "Another"}, p.in.Tenant}, nil
}

func (p *platform) Analytics(_ context.Context, id, period string) (portal.Analytics, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, id+" "+period)
	if p.fail > 0 {
		p.fail--
		return portal.Analytics{}, p.err
	}
	if period == "2026-Q1" {
		return p.in.Analytics, nil
	}
	return *p.in.Before, nil
}

// records is the store; the first finishing fails as it does for a process that dies before it is written down.
type records struct {
	*store.Store

	mu      sync.Mutex
	die     int
	puts    int
	moments []int
}

func (r *records) MoveQBR(ctx context.Context, id string, percent int) error {
	r.mu.Lock()
	r.moments = append(r.moments, percent)
	r.mu.Unlock()
	return r.Store.MoveQBR(ctx, id, percent)
}

func (r *records) FinishQBR(ctx context.Context, q portal.QBR, e portal.Event) error {
	r.mu.Lock()
	r.puts++
	dies := r.die > 0
	if dies {
		r.die--
	}
	r.mu.Unlock()
	if dies {
		return errors.New("killed")
	}
	return r.Store.FinishQBR(ctx, q, e)
}

// bench is a Service on a database and a folder of its own, at work.
type bench struct {
	*Service

	t        *testing.T
	platform *platform
	records  *records
	files    *blob.Files
	later    atomic.Int64 // how far the clock has been moved on
}

func newBench(t *testing.T, db *database.DB) *bench {
	t.Helper()
	b := &bench{t: t, platform: &platform{in: sample(t, "en")}}
	now := func() time.Time { return at.Add(time.Duration(b.later.Load())) }
	kept, err := store.Open(t.Context(), db, now)
	if err != nil {
		t.Fatal(err)
	}
	b.records = &records{Store: kept}
	if b.files, err = blob.NewFiles(t.TempDir(), "http://localhost", []byte(strings.Repeat("k", 32)), now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.files.Close() }) // the test is over
	keys, err := NewKeys(KeyOptions{Dir: t.TempDir(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Options{DB: db, Now: time.Now, Log: log, Drain: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	b.Service = New(Options{Platform: b.platform, Records: b.records, Jobs: runner, Blobs: b.files, Keys: keys, Bundle: bundle, Now: now, Log: log})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return b
}

// run begins one of the first quarter and waits until it has ended.
func (b *bench) run(locale string) portal.QBR {
	b.t.Helper()
	q, err := b.Export(b.t.Context(), zahra, tenant, "2026-Q1", locale)
	if err != nil || q.State != portal.QBRQueued || q.By != zahra {
		b.t.Fatalf("begun: %+v, %v", q, err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if q, err = b.Get(b.t.Context(), tenant, q.QBRID); err != nil {
			b.t.Fatal(err)
		}
		if q.State.Ended() {
			return q
		}
	}
	b.t.Fatalf("it takes more than a minute: %+v", q)
	return q
}

// document checks that the file of q is there, whole and signed.
func (b *bench) document(q portal.QBR) []byte {
	b.t.Helper()
	r, info, err := b.files.Open(b.t.Context(), q.Key)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = r.Close() }() // read to the end
	document, err := io.ReadAll(r)
	if err != nil {
		b.t.Fatal(err)
	}
	sum := sha256.Sum256(document)
	if int64(len(document)) != q.Size || info.Size != q.Size || hex.EncodeToString(sum[:]) != q.SHA256 {
		b.t.Errorf("%d bytes with the sum %x, but written down is %+v", len(document), sum, q)
	}
	signature, err := pdf.Verify(document, nil)
	key, keyErr := b.Keys.Key(b.t.Context())
	if err != nil || keyErr != nil || !signature.Certificate.Equal(key.Certificate) || signature.At.Sub(at) > time.Minute {
		b.t.Errorf("signature %+v: %v, %v", signature, err, keyErr)
	}
	return document
}

// exported returns the events of finished exports in the tenant's log.
func (b *bench) exported() []portal.AuditEvent {
	b.t.Helper()
	page, err := b.records.AuditEvents(b.t.Context(), tenant, portal.AuditFilter{Type: portal.EventQBRExported})
	if err != nil {
		b.t.Fatal(err)
	}
	return page.Items
}

func TestService_Export(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		b := newBench(t, open("cust"))
		for _, locale := range []string{"en", "ps"} {
			b.later.Add(int64(time.Second))
			begun := time.Now()
			q := b.run(locale)
			t.Logf("%s: %v, %d bytes", locale, time.Since(begun).Round(time.Millisecond), q.Size)
			if q.State != portal.QBRDone || q.Progress != 100 || q.Key != "qbr/"+tenant+"/"+q.QBRID+".pdf" {
				t.Fatalf("ended as %+v", q)
			}
			document := b.document(q)
			document[len(document)/3] ^= 1
			if _, err := pdf.Verify(document, nil); err == nil {
				t.Error("a changed document passes")
			}
			link, err := b.Link(t.Context(), q, "Pamir.pdf")
			if err != nil || !link.ExpiresAt.Equal(b.Now().Add(10*time.Minute)) {
				t.Fatalf("link %+v, %v", link, err)
			}
			w := httptest.NewRecorder()
			b.files.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", link.URL, nil))
			if w.Code != 200 || int64(w.Body.Len()) != q.Size || w.Header().Get("Content-Type") != "application/pdf" || !strings.Contains(w.Header().Get("Content-Disposition"), "Pamir.pdf") {
				t.Errorf("the link gives %d, %d bytes, %q", w.Code, w.Body.Len(), w.Header())
			}
			events := b.exported()
			if e := events[0]; e.Actor != zahra || e.Subject != "qbr/"+q.QBRID || e.Data["period"] != "2026-Q1" || e.Data["locale"] != locale || e.Data["sha256"] != q.SHA256 {
				t.Errorf("recorded %+v", e)
			}
		}
		if n := len(b.exported()); n != 2 {
			t.Errorf("%d events of two exports", n)
		}
		if list, err := b.List(t.Context(), tenant); err != nil || len(list) != 2 || list[0].Locale != "ps" {
			t.Errorf("listed %+v, %v", list, err)
		}
		if list, err := b.List(t.Context(), "ten_other"); err != nil || len(list) != 0 {
			t.Errorf("another tenant's: %+v, %v", list, err)
		}
		if got := b.platform.asked[0] + ", " + b.platform.asked[1]; got != tenant+" 2026-Q1, "+tenant+" 2025-10-01/2026-01-01" {
			t.Errorf("asked for %q", got)
		}
		last := 0
		for _, percent := range b.records.moments[:len(b.records.moments)/2] {
			if percent < last {
				t.Errorf("the progress goes back: %v", b.records.moments)
			}
			last = percent
		}
		if last != stored {
			t.Errorf("the last progress is %d", last)
		}
	})
}

// TestService_Crash: a process that dies between storing the document and writing that down leaves one whole export.
func TestService_Crash(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		b := newBench(t, open("cust"))
		b.records.die = 1
		q := b.run("en")
		if q.State != portal.QBRDone || b.records.puts != 2 || len(b.exported()) != 1 {
			t.Errorf("ended as %+v after %d tries, %d events", q, b.records.puts, len(b.exported()))
		}
		before := b.document(q)
		// And one that dies after it was written down, before the job is marked as done.
		if err := b.export(t.Context(), export{TenantID: tenant, QBRID: q.QBRID}); err != nil {
			t.Fatal(err)
		}
		if after := b.document(q); string(after) != string(before) || len(b.exported()) != 1 {
			t.Error("working again has changed the document, or told of it twice")
		}
	})
}

// TestService_LostJob: when the process dies before the job goes in, asking again puts it in.
func TestService_LostJob(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		b := newBench(t, open("cust"))
		lost, _, err := b.records.BeginQBR(t.Context(), portal.QBR{TenantID: tenant, Period: "2026-Q1", Locale: "en", By: zahra})
		if err != nil {
			t.Fatal(err)
		}
		if q := b.run("en"); q.QBRID != lost.QBRID || q.State != portal.QBRDone {
			t.Errorf("ended as %+v, begun as %+v", q, lost)
		}
	})
}

func TestService_Failures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		b := newBench(t, open("cust"))
		for _, tc := range []struct {
			name  string
			fail  int
			err   error
			state portal.QBRState
			left  int // failures that were not had
		}{
			{"the platform is away for a moment", 1, portal.Fail(portal.Unavailable, errors.New("refused")), portal.QBRDone, 0},
			{"it stays away", 5, portal.Fail(portal.Unavailable, errors.New("refused")), portal.QBRFailed, 5 - tries},
			{"it knows no such tenant", 5, portal.Fail(portal.NotFound, nil), portal.QBRFailed, 4},
			{"it refuses the period", 5, portal.Fail(portal.Invalid, nil), portal.QBRFailed, 4},
		} {
			b.platform.mu.Lock()
			b.platform.fail, b.platform.err = tc.fail, tc.err
			b.platform.mu.Unlock()
			events := len(b.exported())
			q := b.run("en")
			if b.platform.mu.Lock(); q.State != tc.state || b.platform.fail != tc.left {
				t.Errorf("%s: ended as %s, %d failures are left", tc.name, q.State, b.platform.fail)
			}
			b.platform.mu.Unlock()
			if told := len(b.exported()) - events; (told == 1) != (q.State == portal.QBRDone) {
				t.Errorf("%s: %d events", tc.name, told)
			}
			if _, err := b.Link(t.Context(), q, "x.pdf"); q.State == portal.QBRFailed && portal.CodeOf(err) != portal.Conflict {
				t.Errorf("%s: a link to nothing: %v", tc.name, err)
			}
		}
	})
}

// TestService_AtOnce: several who ask for the same at once get the same export.
func TestService_AtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		b := newBench(t, open("cust"))
		b.platform.mu.Lock() // nothing ends before all have asked
		ids := make([]string, 4)
		var all sync.WaitGroup
		for i := range ids {
			all.Go(func() {
				q, err := b.Export(t.Context(), zahra, tenant, "2026-Q1", "en")
				if ids[i] = q.QBRID; err != nil {
					ids[i] = err.Error()
				}
			})
		}
		all.Wait()
		b.platform.mu.Unlock()
		list, err := b.List(t.Context(), tenant)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d exports, %v", len(list), err)
		}
		for _, id := range ids {
			if id != list[0].QBRID {
				t.Errorf("one got %s", id)
			}
		}
	})
}

func TestService_Refused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func(string) *database.DB) {
		b := newBench(t, open("cust"))
		for _, tc := range [][2]string{{"2026-Q5", "en"}, {"", "en"}, {"2026", "en"}, {"2026-Q3", "en"}, {"2026-Q1", ""}, {"2026-Q1", "de"}, {"2026-Q1", "en\x00"}} {
			if _, err := b.Export(t.Context(), zahra, tenant, tc[0], tc[1]); portal.CodeOf(err) != portal.Invalid {
				t.Errorf("%q: %v", tc, err)
			}
		}
		for _, id := range []string{"", "qbr_1", "note_00000000000000000000000001", "qbr_00000000000000000000000001"} {
			if _, err := b.Get(t.Context(), tenant, id); portal.CodeOf(err) != portal.NotFound {
				t.Errorf("%q: %v", id, err)
			}
		}
		if list, err := b.List(t.Context(), tenant); err != nil || len(list) != 0 {
			t.Errorf("left behind: %v, %v", list, err)
		}
		if _, err := b.Link(t.Context(), portal.QBR{State: portal.QBRRunning}, "x.pdf"); portal.CodeOf(err) != portal.Conflict {
			t.Error(fmt.Sprint("a link while it runs: ", err))
		}
	})
}
