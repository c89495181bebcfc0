package e2e

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// trustReceivers makes the certificate of the tests' receivers one that this process believes, as an operator does with a
// CA of their own. It must come before the first look at a certificate: Go reads the file once.
func trustReceivers(dir string) error {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	file := filepath.Join(dir, "receivers.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		return err
	}
	return os.Setenv("SSL_CERT_FILE", file)
}

// receiver is a customer's program: it verifies with the public library and keeps what it took.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	hook   *standardwebhooks.Webhook
	status int // what it answers to what verifies
	taken  []received
	bad    int // deliveries that did not verify
}

// received is one delivery that verified.
type received struct {
	id   string
	kind string
	data map[string]any
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusNoContent}
	r.Server = httptest.NewTLSServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(io.LimitReader(q.Body, 1<<20))
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || r.hook == nil || r.hook.Verify(body, q.Header) != nil {
		r.bad++
		http.Error(w, "not from <b>Ghasi</b>", http.StatusUnauthorized)
		return
	}
	var event struct {
		Type string         `json:"type"`
		Data map[string]any `json:"data"`
	}
	if json.Unmarshal(body, &event) != nil {
		r.bad++
	}
	r.taken = append(r.taken, received{id: q.Header.Get("Webhook-Id"), kind: event.Type, data: event.Data})
	w.WriteHeader(r.status)
}

// knows gives the receiver a secret.
func (r *receiver) knows(t *testing.T, secret string) {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil || !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("the secret %q: %v", secret, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hook = hook
}

// answers sets what the receiver answers from now on.
func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// got waits for a delivery of a kind about a message ("" for none), and returns it.
func (r *receiver) got(t *testing.T, kind, messageID string) received {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		r.mu.Lock()
		for _, d := range r.taken {
			if d.kind == kind && (messageID == "" || text(d.data["messageId"]) == messageID) {
				r.mu.Unlock()
				return d
			}
		}
		r.mu.Unlock()
	}
	t.Fatalf("no %s about %q arrived; %d did not verify", kind, messageID, r.refused())
	return received{}
}

func (r *receiver) refused() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bad
}
