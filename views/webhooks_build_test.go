package views

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

// Each sample of the guide is there, names the secret as the page does, and answers what does not verify with 401.
func TestWebhookSamples(t *testing.T) {
	bundle, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := bundle.Locale("en").Printer(time.Unix(0, 0), "", "")
	seen := map[string]bool{}
	for _, l := range webhookLanguages {
		guide := NewWebhookGuide(p, l.id)
		text := guide.Sample.Text
		for _, want := range []string{"GHASI_WEBHOOK_SECRET", "webhook-id", "erify(", "not from Ghasi"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", l.id, want)
			}
		}
		if !strings.Contains(text, "401") && !strings.Contains(text, "StatusUnauthorized") {
			t.Errorf("%s answers a forgery as if it were true", l.id)
		}
		seen[text] = true
		current := 0
		for _, tab := range guide.Tabs {
			if tab.Current {
				current++
			}
		}
		if current != 1 || len(guide.Tabs) != 4 || guide.Install.Text == "" {
			t.Errorf("%s: %d current tabs of %d", l.id, current, len(guide.Tabs))
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d samples", len(seen))
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "sample.go", NewWebhookGuide(p, "go").Sample.Text, 0); err != nil {
		t.Errorf("the Go sample: %v", err)
	}
}

func TestWebhookPayload(t *testing.T) {
	var payload struct {
		Type portal.WebhookEvent
		Data struct{ MessageID, Status string }
	}
	if err := json.Unmarshal([]byte(WebhookPayload()), &payload); err != nil {
		t.Fatal(err)
	}
	if !payload.Type.Valid() || !portal.ValidID("msg", payload.Data.MessageID) || string(payload.Type) != "message."+payload.Data.Status {
		t.Errorf("payload %+v", payload)
	}
}
