package webhooks

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

func TestLifeOfAWebhook(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, nil)
		w := s.call(201, "POST", "/v1/webhooks", "a", portal.NewWebhook{
			URL: " " + rec.URL + " ", Events: []portal.WebhookEvent{portal.EventFailed, portal.EventSent},
		}, nil)
		var saved portal.SavedWebhook
		s.call(200, "GET", "/v1/webhooks/"+w.Header().Get("Location")[len("/v1/webhooks/"):], "a", nil, &saved)
		at := s.clock.now().UTC()
		want := portal.Webhook{
			WebhookID: saved.WebhookID, URL: rec.URL + "/", Events: []portal.WebhookEvent{portal.EventSent, portal.EventFailed},
			Status: portal.WebhookActive, Version: 1, CreatedAt: at, UpdatedAt: at,
		}
		if diff := cmp.Diff(want, saved.Webhook); diff != "" || saved.SigningSecret != "" {
			t.Errorf("shown: %q %s", saved.SigningSecret, diff)
		}
		if !strings.Contains(w.Body.String(), `"signingSecret":"whsec_`) || !strings.Contains(w.Body.String(), `"verdict":"ok"`) {
			t.Errorf("created: %s", w.Body)
		}

		s.clock.add(time.Minute)
		paused := portal.WebhookPaused
		var changed portal.SavedWebhook
		s.call(200, "PATCH", "/v1/webhooks/"+want.WebhookID, "a", portal.WebhookChange{Status: &paused, Version: 1}, &changed)
		want.Status, want.Version, want.UpdatedAt = paused, 2, at.Add(time.Minute)
		if diff := cmp.Diff(want, changed.Webhook); diff != "" || changed.Check != nil {
			t.Errorf("paused: %s", diff)
		}
		s.call(200, "PATCH", "/v1/webhooks/"+want.WebhookID, "a", portal.WebhookChange{
			Events: []portal.WebhookEvent{portal.EventHeld}, Version: 2,
		}, &changed)
		if len(changed.Events) != 1 || changed.Status != paused || changed.URL != want.URL {
			t.Errorf("a change touches more than it names: %+v", changed)
		}
		other := rec.URL + "/other"
		s.call(200, "PATCH", "/v1/webhooks/"+want.WebhookID, "a", portal.WebhookChange{URL: &other, Version: 3}, &changed)
		if changed.URL != other || changed.Check == nil || changed.Check.CertificateExpiresAt == nil || changed.SigningSecret != "" {
			t.Errorf("a new URL: %+v", changed)
		}
		s.call(204, "DELETE", "/v1/webhooks/"+want.WebhookID, "a", nil, nil)
		if got := s.refusal("GET", "/v1/webhooks/"+want.WebhookID, "a", ""); got != "404 not_found" {
			t.Errorf("a deleted one: %s", got)
		}
		s.add(other) // its place is free
	})
}

// TestTwoEdits: the second of two changes that were made on the same version is told, and changes nothing.
func TestTwoEdits(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		hook := s.add(receive(t, nil).URL)
		path, paused := "/v1/webhooks/"+hook.WebhookID, portal.WebhookPaused
		s.call(200, "PATCH", path, "a", portal.WebhookChange{Events: []portal.WebhookEvent{portal.EventSent}, Version: 1}, nil)
		if got := s.refusal("PATCH", path, "a", portal.WebhookChange{Status: &paused, Version: 1}); got != "409 webhook_changed" {
			t.Errorf("the second: %s", got)
		}
		if got := s.hook(hook.WebhookID); got.Status != portal.WebhookActive || got.Version != 2 || len(got.Events) != 1 {
			t.Errorf("after both: %+v", got)
		}
	})
}

func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, nil)
		s.add(rec.URL)
		sent := []portal.WebhookEvent{portal.EventSent}
		for name, tc := range map[string]struct {
			body any
			want string
		}{
			"nothing":       {`{}`, "422 url:required events:no_event"},
			"duplicate":     {portal.NewWebhook{URL: rec.URL + "/", Events: sent}, "409 conflict"},
			"unknown event": {portal.NewWebhook{URL: rec.URL + "/x", Events: []portal.WebhookEvent{"message.read"}}, "422 events:unknown_event"},
			"test event":    {portal.NewWebhook{URL: rec.URL + "/x", Events: []portal.WebhookEvent{portal.EventTest}}, "422 events:unknown_event"},
			"event twice":   {portal.NewWebhook{URL: rec.URL + "/x", Events: []portal.WebhookEvent{"message.sent", "message.sent"}}, "422 events:invalid"},
			"http":          {portal.NewWebhook{URL: "http://example.com", Events: sent}, "422 url:not_https"},
			"private":       {portal.NewWebhook{URL: "https://10.0.0.1/", Events: sent}, "422 url:refused_address"},
			"long":          {portal.NewWebhook{URL: "https://example.com/" + strings.Repeat("a", 2048), Events: sent}, "422 url:too_long"},
			"huge":          {`{"url":"` + strings.Repeat("a", 1<<20) + `"}`, "413 too_large"},
			"unknown field": {`{"url":"https://example.com/","events":["message.sent"],"signingSecret":"whsec_AAAA"}`, "400 invalid"},
		} {
			if got := s.refusal("POST", "/v1/webhooks", "a", tc.body); got != tc.want {
				t.Errorf("%s: %s, want %s", name, got, tc.want)
			}
		}
		hook := s.add(rec.URL + "/second")
		first := rec.URL + "/"
		if got := s.refusal("PATCH", "/v1/webhooks/"+hook.WebhookID, "a", portal.WebhookChange{URL: &first, Version: 1}); got != "409 conflict" {
			t.Errorf("a change to a URL that is taken: %s", got)
		}
		disabled := portal.WebhookDisabled
		got := s.refusal("PATCH", "/v1/webhooks/"+hook.WebhookID, "a", portal.WebhookChange{Status: &disabled})
		if got != "422 status:invalid version:out_of_range" {
			t.Errorf("a change to a status that nobody sets: %s", got)
		}
		for range maxHooks - 2 {
			s.add(rec.URL + "/" + portal.NewID("x", s.clock.now()))
		}
		if got := s.refusal("POST", "/v1/webhooks", "a", portal.NewWebhook{URL: rec.URL + "/more", Events: sent}); got != "409 webhook_limit" {
			t.Errorf("the 21st: %s", got)
		}
	})
}

// TestTenantsAreApart: nothing of one tenant's is there for another, in any call.
func TestTenantsAreApart(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, nil)
		hook := s.add(rec.URL)
		message := s.happen(portal.StatusDelivered, 1)[0]
		s.deliver()
		attempt := s.attempts(hook.WebhookID)[0]
		path := "/v1/webhooks/" + hook.WebhookID
		for _, c := range []struct {
			method, path string
			body         any
		}{
			{"GET", path, ""},
			{"PATCH", path, portal.WebhookChange{Events: []portal.WebhookEvent{portal.EventSent}, Version: 1}},
			{"DELETE", path, ""},
			{"POST", path + "/test", ""},
			{"GET", path + "/attempts", ""},
			{"GET", path + "/attempts/" + attempt.AttemptID, ""},
			{"POST", path + "/deliveries/" + attempt.DeliveryID + "/retry", ""},
			{"POST", path + "/secret/rotate", portal.RotateWebhookSecret{OverlapSeconds: 3600}},
			{"POST", path + "/secret/retire", ""},
			{"GET", "/v1/messages/" + message + "/deliveries", ""},
		} {
			if got := s.refusal(c.method, c.path, "b", c.body); got != "404 not_found" {
				t.Errorf("%s %s as another tenant: %s", c.method, c.path, got)
			}
			if got := s.refusal(c.method, c.path, "ghasi_key", c.body); got != "403 forbidden" {
				t.Errorf("%s %s with an API key: %s", c.method, c.path, got)
			}
		}
		var list struct{ Items []portal.Webhook }
		s.call(200, "GET", "/v1/webhooks", "b", nil, &list)
		if len(list.Items) != 0 || s.hook(hook.WebhookID).Version != 1 {
			t.Errorf("another tenant sees %+v", list.Items)
		}
		var told struct{ Items []portal.WebhookDelivery }
		s.call(200, "GET", "/v1/messages/"+message+"/deliveries", "a", nil, &told)
		if len(told.Items) != 1 || told.Items[0].State != stateDelivered || told.Items[0].URL != hook.URL || told.Items[0].Attempts != 1 {
			t.Errorf("deliveries of the message: %+v", told.Items)
		}
	})
}

func TestURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://Example.COM":                             "https://example.com/",
		"https://example.com:443/a?b=c":                   "https://example.com/a?b=c",
		"https://example.com:8443/":                       "https://example.com:8443/",
		"https://example.com./":                           "https://example.com/",
		"https://خبر.افغانستان.example/گزارش":             "https://xn--ngblk.xn--mgbaal8b0b9b2bd.example/%DA%AF%D8%B2%D8%A7%D8%B1%D8%B4",
		"https://[2606:4700::1111]/":                      "https://[2606:4700::1111]/",
		"https://8.8.8.8/":                                "https://8.8.8.8/",
		"":                                                "field.required",
		" \t":                                             "field.required",
		"http://example.com/":                             "field.not_https",
		"example.com/hook":                                "field.not_https",
		"javascript:alert(1)":                             "field.not_https",
		"file:///etc/passwd":                              "field.not_https",
		"https:example.com":                               "field.invalid_url",
		"https://":                                        "field.invalid_url",
		"https:///path":                                   "field.invalid_url",
		"https://user:pass@example.com/":                  "field.url_credentials",
		"https://user@example.com/":                       "field.url_credentials",
		"https://example.com/#part":                       "field.invalid_url",
		"https://example.com/#":                           "field.invalid_url",
		"https://exa mple.com/":                           "field.invalid_url",
		"https://example.com\\@10.0.0.1/":                 "field.invalid_url",
		"https://example.com/\u202egnp":                   "field.invalid_url",
		"https://example.com/a\nb":                        "field.invalid_url",
		"https://example.com:22/":                         "field.invalid_url",
		"https://example.com:80/":                         "field.invalid_url",
		"https://example.com:0/":                          "field.invalid_url",
		"https://example.com:99999/":                      "field.invalid_url",
		"https://example.com:/":                           "field.invalid_url",
		"https://-example.com/":                           "field.invalid_url",
		"https://127.1/":                                  "field.invalid_url",
		"https://0x7f.0.0.1/":                             "field.invalid_url",
		"https://2130706433/":                             "field.refused_address",
		"https://a.2130706433/":                           "field.invalid_url",
		"https://intranet/":                               "field.refused_address",
		"https://localhost/":                              "field.refused_address",
		"https://a.localhost/":                            "field.refused_address",
		"https://printer.local/":                          "field.refused_address",
		"https://metadata.google.internal/":               "field.refused_address",
		"https://portal.ghasi.svc/":                       "field.refused_address",
		"https://NAS.lan./":                               "field.refused_address",
		"https://git.corp/":                               "field.refused_address",
		"https://router.home/":                            "field.refused_address",
		"https://hr.intranet/":                            "field.refused_address",
		"https://portal./":                                "field.refused_address",
		"https://lan.example.com/":                        "https://lan.example.com/",
		"https://127.0.0.1/":                              "field.refused_address",
		"https://[::1]/":                                  "field.refused_address",
		"https://[::ffff:127.0.0.1]/":                     "field.refused_address",
		"https://169.254.169.254/":                        "field.refused_address",
		"https://[fe80::1%25eth0]/":                       "field.refused_address",
		"https://１２７.０.０.１/":                              "field.invalid_url",
		"https://example.com/" + strings.Repeat("گ", 600): "field.too_long",
	} {
		u, key := guard{}.normalize(raw)
		got := key
		if u != nil {
			got = u.String()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", raw, got, want)
		}
		if key == "" {
			if again, key := (guard{}).normalize(got); key != "" || again.String() != got {
				t.Errorf("%q is not kept as it is: %s", got, key)
			}
		}
	}
}

func TestCheckURL(t *testing.T) {
	s := newSite(t, dbtest.Open(t, nil), trust)
	untrusted := newSite(t, dbtest.Open(t, nil))
	rec := receive(t, nil)
	plain := strings.Replace(plainServer(t), "http://", "https://", 1)
	for name, tc := range map[string]struct {
		s         *site
		url, want string
	}{
		"OK":          {s, rec.URL, verdictOK},
		"unknown CA":  {untrusted, rec.URL, verdictNoTLS},
		"no TLS":      {s, plain, verdictNoTLS},
		"no server":   {s, "https://127.0.0.1:1024/", verdictUnreachable},
		"private":     {s, "https://192.168.1.1/", verdictRefused},
		"unknown":     {s, "https://nothing.invalid/", verdictUnresolved},
		"bad URL":     {s, "http://example.com/", ""},
		"credentials": {s, "https://a:b@example.com/", ""},
	} {
		body := map[string]string{"url": tc.url}
		if tc.want == "" {
			if got := tc.s.refusal("POST", "/v1/webhooks/check", "a", body); !strings.HasPrefix(got, "422 url:") {
				t.Errorf("%s: %s", name, got)
			}
			continue
		}
		var check portal.WebhookCheck
		tc.s.call(200, "POST", "/v1/webhooks/check", "a", body, &check)
		if check.Verdict != tc.want || (check.CertificateExpiresAt != nil) != (tc.want == verdictOK) {
			t.Errorf("%s: %+v", name, check)
		}
	}
}

// plainServer is a server without TLS.
func plainServer(t *testing.T) string {
	t.Helper()
	rec := &http.Server{ReadHeaderTimeout: time.Second}
	l, err := listenLoopback(t)
	must(t, err)
	go func() { _ = rec.Serve(l) }()
	t.Cleanup(func() { _ = rec.Close() })
	return "http://" + l.Addr().String()
}
