package cspreport

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web/webtest"
)

func post(t *testing.T, r http.Handler, contentType, body string) int {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, "/csp-report", strings.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Code
}

func newSite(t *testing.T) (*gin.Engine, *bytes.Buffer, *time.Time) {
	t.Helper()
	site := webtest.New(t)
	var log bytes.Buffer
	now := site.Kit.Now()
	site.Kit.Log = slog.New(slog.NewJSONHandler(&log, nil))
	site.Kit.Now = func() time.Time { return now }
	New(site.Kit).Register(site.Engine)
	return site.Engine, &log, &now
}

const legacy = `{"csp-report":{"document-uri":"https://p.test/messages?token=s3cret","effective-directive":"script-src-elem","blocked-uri":"https://evil.test/x.js?a=b","disposition":"enforce"}}`

func TestCreate_BothFormats(t *testing.T) {
	r, log, _ := newSite(t)
	modern := `[{"type":"csp-violation","body":{"documentURL":"https://p.test/","effectiveDirective":"img-src","blockedURL":"http://i.test/","disposition":"report"}},
		{"type":"integrity-violation","body":{"documentURL":"https://p.test/","blockedURL":"https://p.test/a.js","destination":"script"}}]`
	if got := post(t, r, "application/csp-report", legacy); got != http.StatusNoContent {
		t.Fatalf("legacy: %d", got)
	}
	if got := post(t, r, "application/reports+json", modern); got != http.StatusNoContent {
		t.Fatalf("modern: %d", got)
	}
	out := log.String()
	for _, want := range []string{"script-src-elem", "https://evil.test/x.js", "img-src", "integrity-violation script"} {
		if !strings.Contains(out, want) {
			t.Errorf("log lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "s3cret") {
		t.Error("a query string reached the log")
	}
}

func TestCreate_SameViolationOnceAnHour(t *testing.T) {
	r, log, now := newSite(t)
	for range 5 {
		post(t, r, "application/csp-report", legacy)
	}
	if n := strings.Count(log.String(), "policy violation"); n != 1 {
		t.Fatalf("logged %d times within the hour", n)
	}
	*now = now.Add(61 * time.Minute)
	post(t, r, "application/csp-report", legacy)
	if n := strings.Count(log.String(), "policy violation"); n != 2 {
		t.Fatalf("logged %d times after the hour", n)
	}
}

func TestCreate_FloodIsBounded(t *testing.T) {
	r, log, _ := newSite(t)
	for i := range 500 {
		post(t, r, "application/csp-report", strings.Replace(legacy, "x.js", "x"+strings.Repeat("y", i)+".js", 1))
	}
	if n := strings.Count(log.String(), "policy violation"); n > 50 {
		t.Fatalf("%d lines from a flood in one instant", n)
	}
}

func TestCreate_AFloodHidesNothingForLong(t *testing.T) {
	r, log, now := newSite(t)
	for i := range 3 * maxKnown {
		post(t, r, "application/csp-report", strings.Replace(legacy, "x.js", strconv.Itoa(i), 1))
		*now = now.Add(20 * time.Millisecond)
	}
	*now = now.Add(10 * time.Second)
	post(t, r, "application/csp-report", strings.Replace(legacy, "x.js", "real.js", 1))
	if !strings.Contains(log.String(), "real.js") {
		t.Error("a real violation after a flood is not logged")
	}
}

func TestCreate_Refused(t *testing.T) {
	r, log, _ := newSite(t)
	for name, c := range map[string]struct {
		contentType, body string
		want              int
	}{
		"other type": {"text/plain", legacy, 422},
		"no JSON":    {"application/csp-report", "{", 422},
		"too large":  {"application/csp-report", strings.Repeat("a", maxBody+1), 413},
	} {
		if got := post(t, r, c.contentType, c.body); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	forged := strings.Replace(legacy, "script-src-elem", `x\n{\"level\":\"ERROR\",\"msg\":\"forged\"}`, 1)
	post(t, r, "application/csp-report", forged)
	for line := range strings.Lines(log.String()) {
		if strings.HasPrefix(line, `{"level":"ERROR"`) {
			t.Errorf("forged line: %s", line)
		}
	}
}
