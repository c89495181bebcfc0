package client_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
)

func item() portal.Message {
	sent := at.Add(time.Second)
	return portal.Message{
		MessageID: messageID, To: "+93700000001", From: "Ghasi", Status: portal.StatusSent, Encoding: "GSM-7", Segments: 1,
		Operator: "awcc", PriceMicros: 350_000, SubmittedAt: at, SentAt: &sent,
	}
}

func key() portal.APIKey {
	return portal.APIKey{
		KeyID: keyID, Name: "Order service", Prefix: "ghasi_", Last4: "9x2k", CreatedAt: at,
		Scopes: []portal.Scope{portal.ScopeSMSSend}, Status: portal.KeyActive,
	}
}

func TestMessages(t *testing.T) {
	total := 1
	want := portal.MessagePage{Items: []portal.Message{item()}, NextCursor: "abc", Total: &total}
	c, up := inProcess(t, answer(http.StatusOK, want))
	before := at.Add(24 * time.Hour)
	got, err := c.Messages(client.WithRequestID(context.Background(), requestID), token, portal.MessageFilter{
		SubmittedAfter: &at, SubmittedBefore: &before, To: "+9370", From: "Gha", Limit: 25, Cursor: "x/y",
		Statuses: []portal.MessageStatus{portal.StatusSent, portal.StatusFailed},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
	r := up.seen[0]
	wantQuery := url.Values{
		"submittedAfter": {"2026-03-01T08:00:00Z"}, "submittedBefore": {"2026-03-02T08:00:00Z"},
		"status": {"sent", "failed"}, "to": {"+9370"}, "from": {"Gha"}, "limit": {"25"}, "cursor": {"x/y"},
	}
	if diff := cmp.Diff(wantQuery, r.URL.Query()); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{"Authorization": "Bearer " + token, "X-Request-Id": requestID} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestMessages_NoFilter(t *testing.T) {
	c, up := inProcess(t, answer(http.StatusOK, portal.MessagePage{Items: []portal.Message{}}))
	if _, err := c.Messages(context.Background(), token, portal.MessageFilter{}); err != nil {
		t.Fatal(err)
	}
	if q := up.seen[0].URL.RawQuery; q != "" {
		t.Errorf("query = %q, want none", q)
	}
}

func TestMessage(t *testing.T) {
	want := item()
	want.Body = "Hello"
	want.Source = &portal.MessageSource{Kind: "api_key", Name: "Order service"}
	want.Events = []portal.MessageEvent{{Status: portal.StatusQueued, At: at, By: "platform"}}
	c, up := inProcess(t, answer(http.StatusOK, want))
	got, err := c.Message(context.Background(), token, messageID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if got := up.seen[0].URL.Path; got != "/v1/messages/"+messageID {
		t.Errorf("path = %q", got)
	}
}

func TestMalformedIDsAreNotSent(t *testing.T) {
	c, up := inProcess(t, answer(http.StatusOK, nil))
	for _, id := range []string{"", "..", "msg_../api-keys", messageID + "?x=1", keyID + "/", "key_\x00"} {
		if _, err := c.Message(context.Background(), token, id); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("Message(%q) = %v, want not found", id, err)
		}
		if err := c.RevokeAPIKey(context.Background(), token, id); portal.CodeOf(err) != portal.NotFound {
			t.Errorf("RevokeAPIKey(%q) = %v, want not found", id, err)
		}
	}
	if n := up.calls(); n != 0 {
		t.Errorf("%d calls, want none", n)
	}
}

func TestSendMessage(t *testing.T) {
	want := portal.AcceptedMessage{MessageID: messageID, Status: portal.StatusQueued, Segments: 1, Encoding: "GSM-7"}
	c, up := inProcess(t, answer(http.StatusAccepted, want))
	got, err := c.SendMessage(context.Background(), token, "7f3c", portal.NewMessage{To: "+93700000001", From: "Ghasi", Body: "Hi"})
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if k := up.seen[0].Header.Get("Idempotency-Key"); k != "7f3c" {
		t.Errorf("Idempotency-Key = %q", k)
	}
	if up.bodies[0] != `{"to":"+93700000001","from":"Ghasi","body":"Hi"}` {
		t.Errorf("body = %s", up.bodies[0])
	}
}

func TestSendMessage_HostileIdempotencyKey(t *testing.T) {
	c, up := inProcess(t, answer(http.StatusAccepted, nil))
	_, err := c.SendMessage(context.Background(), token, "a\r\nX-Admin: 1", portal.NewMessage{})
	if portal.CodeOf(err) != portal.Invalid || up.calls() != 0 {
		t.Errorf("err = %v after %d calls, want invalid and no call", err, up.calls())
	}
}

func TestMessageStats(t *testing.T) {
	want := portal.MessageStats{
		Days: []portal.MessageDay{{
			Day: "2026-03-01", Submitted: 3, Delivered: 2, Failed: 1, SpendMicros: 1_050_000, SegmentCount: 3,
		}},
		Failures: []portal.FailureCount{{ErrorCode: "unknown_subscriber", Count: 1}}, Any: true,
	}
	c, up := inProcess(t, answer(http.StatusOK, want))
	got, err := c.MessageStats(context.Background(), token, 30)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
	for _, days := range []int{0, 91, -1} {
		if _, err := c.MessageStats(context.Background(), token, days); portal.CodeOf(err) != portal.Invalid {
			t.Errorf("%d days: %v, want invalid", days, err)
		}
	}
	if up.calls() != 1 {
		t.Errorf("%d calls, want 1", up.calls())
	}
}

func TestAPIKeys(t *testing.T) {
	used := at.Add(time.Hour)
	second := key()
	second.LastUsedAt, second.LastUsedIP = &used, "203.0.113.7"
	want := []portal.APIKey{key(), second}
	c, _ := inProcess(t, answer(http.StatusOK, map[string]any{"items": want}))
	got, err := c.APIKeys(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestCreateAPIKey(t *testing.T) {
	want := portal.CreatedAPIKey{APIKey: key(), RawKey: "ghasi_0123456789abcdefghjkmnpqrstvwxyz0123456789"}
	c, up := inProcess(t, answer(http.StatusCreated, want))
	got, err := c.CreateAPIKey(context.Background(), token, portal.NewAPIKey{
		Name: "Order service", Scopes: []portal.Scope{portal.ScopeSMSSend},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("key (-want +got):\n%s", diff)
	}
	if up.bodies[0] != `{"name":"Order service","scopes":["sms:send"]}` {
		t.Errorf("body = %s", up.bodies[0])
	}
}

func TestRevokeAPIKey(t *testing.T) {
	c, up := inProcess(t, answer(http.StatusNoContent, nil))
	if err := c.RevokeAPIKey(context.Background(), token, keyID); err != nil {
		t.Fatal(err)
	}
	if r := up.seen[0]; r.Method != http.MethodDelete || r.URL.Path != "/v1/api-keys/"+keyID {
		t.Errorf("%s %s", r.Method, r.URL.Path)
	}
}

func TestNew(t *testing.T) {
	for _, bad := range []string{
		"", "api.example.af", "ftp://api.example.af", "https://u:p@api.example.af", "https://api.example.af/v1",
		"https://api.example.af?x=1", "https://", "://",
	} {
		if _, err := client.New(client.Options{BaseURL: bad}); err == nil {
			t.Errorf("New(%q) succeeded", bad)
		}
	}
	c, err := client.New(client.Options{BaseURL: "https://api.example.af/"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.JWKSURL(), "https://api.example.af/.well-known/jwks.json"; got != want {
		t.Errorf("JWKSURL = %q, want %q", got, want)
	}
	if got, want := c.Issuer(), "https://api.example.af"; got != want {
		t.Errorf("Issuer = %q, want %q", got, want)
	}
}
