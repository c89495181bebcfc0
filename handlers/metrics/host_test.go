package metrics

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHandler_OnlyByAddress(t *testing.T) {
	h := New().Handler()
	for host, want := range map[string]int{
		"127.0.0.1:9090": 200, "localhost:9090": 200, "[::1]:9090": 200, "10.0.0.5": 200, "evil.test": 421, "evil.test:9090": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}
