package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"
)

// client is a customer's program: it has an API key and the address, nothing else.
type client struct {
	t   *testing.T
	url string
	key string
}

// call makes one call of the platform's API and returns the status and the decoded answer.
func (c client) call(method, path string, body any) (int, map[string]any) {
	c.t.Helper()
	var sent io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		sent = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, sent)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		c.t.Fatalf("%s %s: %s, which is no JSON: %v", method, path, res.Status, err)
	}
	return res.StatusCode, answer
}

// send sends a message and returns its id.
func (c client) send(to, from, body string) string {
	c.t.Helper()
	status, answer := c.call(http.MethodPost, "/v1/messages", map[string]string{"to": to, "from": from, "body": body})
	id, _ := answer["messageId"].(string)
	if status != http.StatusAccepted || id == "" {
		c.t.Fatalf("send to %s: %d %v", to, status, answer)
	}
	return id
}

// wait asks for a message until it is in one of the final states, and returns that.
func (c client) wait(id string) string {
	c.t.Helper()
	final := map[string]bool{"delivered": true, "failed": true, "expired": true, "rejected": true}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if _, m := c.call(http.MethodGet, "/v1/messages/"+id, nil); final[text(m["status"])] {
			return text(m["status"])
		}
	}
	c.t.Fatalf("message %s reached no final state", id)
	return ""
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// newKey makes an API key in the portal as a person without JavaScript does, over plain HTTP, and returns the raw key.
func (p *person) newKey(t *testing.T, name string, scopes ...string) string {
	t.Helper()
	form := docOf(t, p.get(t, "/api-keys/new"))
	made := p.post(t, "/api-keys", map[string][]string{
		"attempt": {form.Attr(`input[name="attempt"]`, "value")}, "key_name": {name}, "scope": scopes, "expires_in": {"0"},
	})
	return docOf(t, made).Text("#secret-value")
}
