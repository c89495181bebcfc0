package webhooks

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"ghasi.io/portal/database"
	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
)

const drained = 10_000

// BenchmarkDrain delivers ten thousand events to one fast HTTPS endpoint on SQLite, while somebody reads pages of the
// message log of 100,000 messages, two hundred a second. It reports deliveries/s and how long the slowest hundredth of
// the pages took.
//
//	go test ./platform/webhooks -run '^$' -bench Drain -benchtime 1x
func BenchmarkDrain(b *testing.B) {
	s := newSite(b, dbtest.Open(b, nil), trust)
	s.clock.running = time.Now()
	s.history(100_000)
	var got atomic.Int64
	rec := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	b.Cleanup(rec.Close)
	s.add(rec.URL)
	var took time.Duration
	var pages []time.Duration
	for b.Loop() {
		b.StopTimer()
		got.Store(0)
		for range drained / 500 {
			s.happen(portal.StatusDelivered, 500)
		}
		reading, stop := context.WithCancel(b.Context())
		read := make(chan []time.Duration)
		go func() { read <- s.readPages(reading) }()
		b.StartTimer()
		begin := time.Now()
		halt := s.run(s.svc)
		eventually(b, 2*time.Minute, func() bool { return got.Load() >= drained && s.waiting() == 0 })
		took += time.Since(begin)
		b.StopTimer()
		halt()
		stop()
		pages = append(pages, <-read...)
		b.StartTimer()
	}
	slices.Sort(pages)
	b.ReportMetric(float64(drained*b.N)/took.Seconds(), "deliveries/s")
	b.ReportMetric(float64(pages[len(pages)*99/100].Microseconds())/1000, "page-p99-ms")
	b.ReportMetric(float64(pages[len(pages)/2].Microseconds())/1000, "page-p50-ms")
	b.ReportMetric(float64(len(pages)), "pages")
}

// BenchmarkBehindADeadEndpoint delivers a thousand events to one endpoint while twenty thousand older ones wait for
// another that never answers.
func BenchmarkBehindADeadEndpoint(b *testing.B) {
	s := newSite(b, dbtest.Open(b, nil), trust)
	s.clock.running = time.Now()
	dead := receive(b, func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() })
	hook := s.add(dead.URL)
	for range 40 {
		s.happen(portal.StatusSent, 500)
	}
	var got atomic.Int64
	rec := receive(b, func(http.ResponseWriter, *http.Request, []byte) { got.Add(1) })
	s.call(201, "POST", "/v1/webhooks", "a", portal.NewWebhook{URL: rec.URL, Events: []portal.WebhookEvent{portal.EventDelivered}}, nil)
	s.call(200, "PATCH", "/v1/webhooks/"+hook.WebhookID, "a", portal.WebhookChange{Events: []portal.WebhookEvent{portal.EventSent}, Version: 1}, nil)
	s.run(s.svc)
	var took time.Duration
	for b.Loop() {
		got.Store(0)
		begin := time.Now()
		s.happen(portal.StatusDelivered, 500)
		s.happen(portal.StatusDelivered, 500)
		eventually(b, time.Minute, func() bool { return got.Load() == 1000 })
		took += time.Since(begin)
	}
	b.ReportMetric(float64(1000*b.N)/took.Seconds(), "deliveries/s")
}

// history gives tenant a n messages of the last hours.
func (s *site) history(n int) {
	s.t.Helper()
	const batch = 10_000
	for done := 0; done < n; done += batch {
		records := make([]messages.Record, batch)
		for i := range records {
			at := s.clock.now().Add(-time.Duration(done+i) * time.Second)
			records[i] = messages.Record{
				ID: portal.NewID("msg", at), TenantID: "ten_a", To: "+93700000001", From: "PAMIR", Body: "Your parcel has arrived.", Status: portal.StatusDelivered,
				Encoding: "GSM-7", Segments: 1, Operator: "awcc", SubmittedAt: at.UnixMicro(), SentAt: at.UnixMicro(), DoneAt: at.UnixMicro(), SourceKind: "portal",
			}
		}
		must(s.t, s.db.InTx(s.t.Context(), func(ctx context.Context, tx bun.Tx) error { return messages.Import(ctx, s.db, tx, records) }))
	}
}

// readPages reads the first page of the message log every 5 ms until ctx ends, and tells how long each took.
func (s *site) readPages(ctx context.Context) []time.Duration {
	svc := messages.New(messages.Options{DB: s.db, Now: s.clock.now, Log: slog.New(slog.DiscardHandler)})
	defer func() { must(s.t, svc.Close()) }()
	mux := http.NewServeMux()
	svc.Register(mux, access.NewGuard(s, s, access.Limits{}, s.clock.now))
	var took []time.Duration
	for ctx.Err() == nil {
		r := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, "/v1/messages?limit=50&status=delivered", nil)
		r.Header.Set("Authorization", "Bearer a")
		w := httptest.NewRecorder()
		begin := time.Now()
		mux.ServeHTTP(w, r)
		took = append(took, time.Since(begin))
		if w.Code != http.StatusOK {
			s.t.Errorf("a page answers %d", w.Code)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return took
}

// waiting counts the deliveries that are not done.
func (s *site) waiting() int {
	var n int
	err := s.db.Read.DB.QueryRowContext(s.t.Context(), "SELECT count(*) FROM webhook_deliveries WHERE due_at > 0").Scan(&n)
	must(s.t, database.Map(err))
	return n
}
