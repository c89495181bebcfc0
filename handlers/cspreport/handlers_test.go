package cspreport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/telemetry"
)

// site is the handlers with everything they write to.
type site struct {
	*webtest.Site
	log     bytes.Buffer
	now     time.Time
	kept    []portal.PolicyReport
	storage error
	counted map[string]int
	session *auth.User
}

func (s *site) RecordReports(_ context.Context, r []portal.PolicyReport) error {
	s.kept = append(s.kept, r...)
	return s.storage
}
func (s *site) PolicyReport(directive string) { s.counted["csp "+directive]++ }
func (s *site) ClientError(kind string)       { s.counted["asset "+kind]++ }

func newSite(t *testing.T, faults *telemetry.Faults) *site {
	t.Helper()
	s := &site{Site: webtest.New(t), counted: map[string]int{}}
	s.now = s.Kit.Now()
	s.Kit.Log = slog.New(slog.NewJSONHandler(&s.log, nil))
	s.Kit.Now = func() time.Time { return s.now }
	New(s.Kit, Options{
		Store: s, Metrics: s, Faults: faults, Session: func(*http.Request) *auth.User { return s.session },
	}).Register(s.Engine)
	return s
}

func (s *site) send(t *testing.T, path, contentType, body string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Host = "p.test"
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	s.Engine.ServeHTTP(w, r)
	return w.Code
}

func (s *site) report(t *testing.T, body string) int {
	t.Helper()
	return s.send(t, "/csp-report", "application/csp-report", body)
}

const old = `{"csp-report":{"document-uri":"https://p.test/messages/msg_01k9x?token=s3cret","effective-directive":"script-src-elem","blocked-uri":"https://evil.test/x.js?a=b","disposition":"report"}}`

// told is how often the log tells of a violation.
func (s *site) told() int { return strings.Count(s.log.String(), `"event":"policy violation"`) }

func TestViolation_BothFormats(t *testing.T) {
	s := newSite(t, nil)
	s.session = &auth.User{TenantID: "ten_a"}
	modern := `[{"type":"csp-violation","body":{"documentURL":"https://p.test/","effectiveDirective":"img-src","blockedURL":"http://i.test/","disposition":"enforce"}},
		{"type":"integrity-violation","body":{"documentURL":"https://p.test/login","blockedURL":"https://p.test/assets/a.js","destination":"script"}},
		{"type":"deprecation","body":{}},
		{"type":"csp-violation","body":{"documentURL":"https://other.test/","effectiveDirective":"img-src","blockedURL":"http://i.test/"}}]`
	if got := s.report(t, old); got != http.StatusNoContent {
		t.Fatalf("report-uri: %d", got)
	}
	if got := s.send(t, "/csp-report", "application/reports+json; charset=utf-8", modern); got != http.StatusNoContent {
		t.Fatalf("report-to: %d", got)
	}
	want := []portal.PolicyReport{
		{TenantID: "ten_a", Directive: "script-src-elem", Source: "https://evil.test", Route: "/messages/{id}", Disposition: "report", Count: 1},
		{TenantID: "ten_a", Directive: "img-src", Source: "http://i.test", Route: "/", Disposition: "enforce", Count: 1},
		{TenantID: "ten_a", Directive: "integrity", Source: "/assets/a.js", Route: "/login", Disposition: "enforce", Count: 1},
	}
	if diff := cmp.Diff(want, s.kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"csp script-src-elem": 1, "csp img-src": 1, "csp integrity": 1}, s.counted); diff != "" {
		t.Errorf("counted:\n%s", diff)
	}
	out := s.log.String()
	for _, want := range []string{"script-src-elem", "https://evil.test", "/messages/{id}", `"build":"test"`} {
		if !strings.Contains(out, want) {
			t.Errorf("log lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "s3cret") {
		t.Error("a query string reached the log")
	}
}

func TestViolation_ToldOnceAnHourButCounted(t *testing.T) {
	s := newSite(t, nil)
	for range 5 {
		s.report(t, old)
	}
	if n := s.told(); n != 1 {
		t.Fatalf("logged %d times within the hour", n)
	}
	if len(s.kept) != 5 || s.counted["csp script-src-elem"] != 5 {
		t.Errorf("kept %d, counted %v", len(s.kept), s.counted)
	}
	s.now = s.now.Add(61 * time.Minute)
	s.report(t, old)
	if n := s.told(); n != 2 {
		t.Fatalf("logged %d times after the hour", n)
	}
}

func TestViolation_FloodIsBounded(t *testing.T) {
	s := newSite(t, nil)
	codes := map[int]int{}
	for i := range 500 {
		codes[s.report(t, strings.Replace(old, "evil", "e"+strconv.Itoa(i), 1))]++
	}
	if codes[http.StatusNoContent] > perCaller.Burst || codes[http.StatusTooManyRequests] == 0 {
		t.Errorf("answers to one address: %v", codes)
	}
	if n := s.told(); n > 50 || len(s.kept) > 50 {
		t.Errorf("%d lines, %d kept from a flood in one instant", n, len(s.kept))
	}
	var many strings.Builder
	for i := range 1000 {
		many.WriteString(`,{"type":"csp-violation","body":{"documentURL":"https://p.test/","effectiveDirective":"img-src","blockedURL":"x` + strconv.Itoa(i%10) + `:"}}`)
	}
	s = newSite(t, nil)
	if s.send(t, "/csp-report", "application/reports+json", "["+many.String()[1:20_000]+"]"); len(s.kept) > maxReports {
		t.Errorf("%d reports of one body are kept", len(s.kept))
	}
}

func TestViolation_AFloodHidesNothingForLong(t *testing.T) {
	s := newSite(t, nil)
	for i := range 3 * maxKnown {
		s.report(t, strings.Replace(old, "evil", "e"+strconv.Itoa(i), 1))
		s.now = s.now.Add(500 * time.Millisecond)
	}
	s.report(t, strings.Replace(old, "evil", "real", 1))
	if !strings.Contains(s.log.String(), "real.test") {
		t.Error("a real violation after a flood is not logged")
	}
}

// evils is a body of n reports that nobody has sent before, of round i.
func evils(i, n int) string {
	var b strings.Builder
	for j := range n {
		b.WriteString(`,{"type":"csp-violation","body":{"documentURL":"https://p.test/","effectiveDirective":"img-src","blockedURL":"https://e` +
			strconv.Itoa(i) + "x" + strconv.Itoa(j) + `.test/"}}`)
	}
	return "[" + b.String()[1:] + "]"
}

// TestViolation_LogIsBounded: bodies full of inventions fill neither the log nor the store, and the log says how much it
// lacks.
func TestViolation_LogIsBounded(t *testing.T) {
	s := newSite(t, nil)
	for i := range 120 {
		s.send(t, "/csp-report", "application/reports+json", evils(i, maxReports))
		s.now = s.now.Add(500 * time.Millisecond)
	}
	if n := s.told(); n > 50+60 || n < 50 {
		t.Errorf("%d lines in a minute", n)
	}
	if n := len(s.kept); n > 50+600 {
		t.Errorf("%d reports kept in a minute", n)
	}
	before := s.told()
	missed := len(s.kept) - before
	s.now = s.now.Add(5 * time.Second)
	s.log.Reset()
	for i := range 2 {
		s.report(t, strings.Replace(old, "evil", "later"+strconv.Itoa(i), 1))
	}
	// Some of those were told of in between.
	if out := s.log.String(); strings.Count(out, `"msg":"reports not written","count":`) != 1 || missed == 0 || s.told() != 2 {
		t.Errorf("the log does not say once what it lacks: %s", out)
	}
}

// TestViolation_VisitorsStarveNobody: what visitors invent leaves room for who has signed in, in the store and in the log.
func TestViolation_VisitorsStarveNobody(t *testing.T) {
	s := newSite(t, nil)
	for i := range 60 {
		s.send(t, "/csp-report", "application/reports+json", evils(i, 1))
	}
	before := len(s.kept)
	s.session = &auth.User{TenantID: "ten_a"}
	s.report(t, old)
	if len(s.kept) != before+1 || !strings.Contains(s.log.String(), "https://evil.test") {
		t.Errorf("%d kept, logged: %t", len(s.kept)-before, strings.Contains(s.log.String(), "https://evil.test"))
	}
}

func TestViolation_Refused(t *testing.T) {
	s := newSite(t, nil)
	for name, c := range map[string]struct {
		contentType, body string
		want              int
	}{
		"other type": {"text/plain", old, 422},
		"no JSON":    {"application/csp-report", "{", 422},
		"too large":  {"application/csp-report", strings.Repeat("a", maxBody+1), 413},
	} {
		if got := s.send(t, "/csp-report", c.contentType, c.body); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	s.storage = errors.New("disk full")
	if got := s.report(t, old); got != http.StatusNoContent {
		t.Errorf("store down: %d", got)
	}
}

// TestViolation_ForgesNothing: no field of a report can start a line of the log, name a label, or grow without bound.
func TestViolation_ForgesNothing(t *testing.T) {
	s := newSite(t, nil)
	line := `\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\u2028\u0000\u001b[31m`
	s.report(t, `{"csp-report":{"document-uri":"https://p.test/`+strings.Repeat("a", 5000)+`%0Ax","effective-directive":"x`+line+
		`","blocked-uri":"inline`+line+`","disposition":"`+line+`"}}`)
	for l := range strings.Lines(s.log.String()) {
		if strings.HasPrefix(l, `{"level":"ERROR"`) {
			t.Errorf("forged line: %s", l)
		}
	}
	if len(s.kept) != 1 || s.kept[0].Directive != other || s.kept[0].Disposition != "enforce" || s.counted["csp other"] != 1 {
		t.Fatalf("kept %+v, counted %v", s.kept, s.counted)
	}
	if len(s.kept[0].Route) > maxField || strings.ContainsAny(s.kept[0].Source, "\n\x00\x1b\u2028") {
		t.Errorf("kept %q of %q", s.kept[0].Source, s.kept[0].Route)
	}
}

func TestClientError(t *testing.T) {
	var mu sync.Mutex
	var sent strings.Builder
	sentry := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		sent.Write(body)
	}))
	defer sentry.Close()
	faults, err := telemetry.NewFaults(telemetry.FaultOptions{
		DSN: strings.Replace(sentry.URL, "http://", "http://k@", 1) + "/1", Build: "new", Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, faults)
	const good = `{"kind":"script","url":"http://p.test/assets/app.abc.js","integrity":"sha384-x","build":"v1.2-3-gabc","page":"http://p.test/dashboard"}`
	for body, want := range map[string]int{
		good: 204,
		strings.Replace(good, "p.test/assets", "evil.test/assets", 1): 422,
		strings.Replace(good, "/assets/", "/other/", 1):               422,
		"{": 422,
	} {
		if got := s.send(t, "/client-errors", "application/json", body); got != want {
			t.Errorf("%s: %d, want %d", body, got, want)
		}
	}
	s.send(t, "/client-errors", "application/json", strings.NewReplacer("script", "<b>", "v1.2-3-gabc", `x y\n`).Replace(good))
	if err := faults.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{"asset refused", "v1.2-3-gabc", "/assets/app.abc.js"} {
		if !strings.Contains(sent.String(), want) || !strings.Contains(s.log.String(), want) {
			t.Errorf("Sentry and the log lack %q:\n%s\n%s", want, sent.String(), s.log.String())
		}
	}
	if diff := cmp.Diff(map[string]int{"asset script": 1, "asset other": 1}, s.counted); diff != "" {
		t.Error(diff)
	}
	if len(s.kept) != 2 || s.kept[0].Directive != integrity || s.kept[0].Source != "/assets/app.abc.js" || s.kept[0].Route != "/dashboard" {
		t.Errorf("kept %+v", s.kept)
	}
}

func TestSourceAndRoute(t *testing.T) {
	for in, want := range map[string]string{
		"inline": "inline", "": "inline", "eval": "eval", "data": "data", "https://x.test:8443/a?b#c": "https://x.test:8443",
		"https://u:p@x.test/": "https://x.test", "chrome-extension://abcdef/x.js": "chrome-extension:", "https://p.test/a/msg_1?b": "/a/{id}",
		"blob:https://p.test/1": "blob:", "%zz:": "unreadable", "trusted-types-sink": "trusted-types-sink",
	} {
		if got := source(in, "p.test"); got != want {
			t.Errorf("source(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"": "/", "/": "/", "/api-keys": "/api-keys", "/api-keys/key_01k9/revoke": "/api-keys/{id}/revoke",
		"/x/123e4567-e89b-12d3-a456-426614174000": "/x/{id}", "/x/42": "/x/{id}",
	} {
		if got := route(in); got != want {
			t.Errorf("route(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("application/csp-report", old)
	f.Add("application/reports+json", `[{"type":"csp-violation","body":{"documentURL":"https://p.test/","effectiveDirective":"img-src"}}]`)
	f.Fuzz(func(t *testing.T, kind, body string) {
		found, _ := parse(kind, []byte(body), "p.test")
		for _, v := range found {
			for _, field := range []string{v.Directive, v.Source, v.Route, v.Disposition} {
				if field == "" || printable(field) != field {
					t.Errorf("%q of %q", field, body)
				}
			}
		}
	})
}
