package webhooks

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"ghasi.io/portal/database/dbtest"
	"ghasi.io/portal/portal"
)

// verifying is a receiver that takes only what one secret has signed, as a real one does.
func verifying(t *testing.T, secret string) func(http.ResponseWriter, *http.Request, []byte) {
	t.Helper()
	library, err := standardwebhooks.NewWebhook(secret)
	must(t, err)
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		if library.VerifyIgnoringTimestamp(body, r.Header) != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
}

// TestRotation follows a change of secret: both sign, it is told who still needs the old one, and when nobody does.
func TestRotation(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, nil)
		hook := s.add(rec.URL)
		rec.takes(verifying(t, hook.SigningSecret))
		path := "/v1/webhooks/" + hook.WebhookID + "/secret"
		var rotated portal.RotatedWebhookSecret
		s.call(200, "POST", path+"/rotate", "a", portal.RotateWebhookSecret{OverlapSeconds: 3600}, &rotated)
		begin := s.clock.now().UTC()
		if !rotated.OldEndsAt.Equal(begin.Add(time.Hour)) || rotated.SigningSecret == hook.SigningSecret {
			t.Errorf("rotated: %+v", rotated)
		}
		if got := s.hook(hook.WebhookID).Rotation; got == nil || got.CheckedAt != nil || got.OldVerified != 0 || !got.StartedAt.Equal(begin) {
			t.Errorf("before the first delivery: %+v", got)
		}
		if got := s.refusal("POST", path+"/rotate", "a", portal.RotateWebhookSecret{OverlapSeconds: 3600}); got != "409 webhook_rotating" {
			t.Errorf("a rotation in a rotation: %s", got)
		}

		s.happen(portal.StatusSent, 1) // the first is sent by the new secret alone, refused, and sent again with both
		s.deliver()
		seen := rec.all()
		if len(seen) != 2 || seen[0].header.Get("Webhook-Id") != seen[1].header.Get("Webhook-Id") ||
			strings.Contains(seen[0].header.Get("Webhook-Signature"), " ") || strings.Count(seen[1].header.Get("Webhook-Signature"), "v1,") != 2 {
			t.Fatalf("%d requests", len(seen))
		}
		s.happen(portal.StatusSent, 4) // within the minute, no check
		s.deliver()
		got := s.hook(hook.WebhookID)
		if len(rec.all()) != 6 || got.Rotation.OldVerified != 5 || got.Rotation.NewAccepted || got.Rotation.CheckedAt == nil || got.FailingSince != nil {
			t.Errorf("%d requests, %+v", len(rec.all()), got.Rotation)
		}

		rec.takes(verifying(t, rotated.SigningSecret)) // the receiver has changed over
		s.clock.add(checkEvery)
		s.happen(portal.StatusSent, 3)
		s.deliver()
		got = s.hook(hook.WebhookID)
		if len(rec.all()) != 9 || got.Rotation.OldVerified > 7 || !got.Rotation.NewAccepted || !got.Rotation.CheckedAt.Equal(s.clock.now()) {
			t.Errorf("%d requests, %+v", len(rec.all()), got.Rotation)
		}
		before := got.Rotation.OldVerified
		s.happen(portal.StatusSent, 5)
		s.deliver()
		if got := s.hook(hook.WebhookID); got.Rotation.OldVerified != before {
			t.Errorf("%d count as needing the old secret", got.Rotation.OldVerified-before)
		}

		s.call(204, "POST", path+"/retire", "a", nil, nil)
		s.happen(portal.StatusSent, 1)
		s.deliver()
		last := rec.all()[len(rec.all())-1].header.Get("Webhook-Signature")
		if got := s.hook(hook.WebhookID); got.Rotation != nil || strings.Contains(last, " ") {
			t.Errorf("retired: %+v, %q", got.Rotation, last)
		}
		if got := s.refusal("POST", path+"/retire", "a", ""); got != "409 webhook_not_rotating" {
			t.Errorf("retired again: %s", got)
		}
	})
}

// TestRotationEnds by itself, and at once without an overlap.
func TestRotationEnds(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		rec := receive(t, nil)
		hook := s.add(rec.URL)
		path := "/v1/webhooks/" + hook.WebhookID + "/secret"
		for _, overlap := range []int{0, 3600} {
			var rotated portal.RotatedWebhookSecret
			s.call(200, "POST", path+"/rotate", "a", portal.RotateWebhookSecret{OverlapSeconds: overlap}, &rotated)
			s.clock.add(time.Duration(overlap) * time.Second)
			rec.takes(verifying(t, rotated.SigningSecret))
			s.happen(portal.StatusSent, 1)
			s.deliver()
			a := s.attempts(hook.WebhookID)[0]
			last := rec.all()[len(rec.all())-1].header.Get("Webhook-Signature")
			if got := s.refusal("POST", path+"/retire", "a", ""); got != "409 webhook_not_rotating" {
				t.Errorf("retired after its end: %s", got)
			}
			if a.StatusCode != 200 || strings.Contains(last, " ") || s.hook(hook.WebhookID).Rotation != nil {
				t.Errorf("overlap %d: %d by %q", overlap, a.StatusCode, last)
			}
		}
		if got := s.refusal("POST", path+"/rotate", "a", portal.RotateWebhookSecret{OverlapSeconds: 60}); got != "422 overlapSeconds:out_of_range" {
			t.Errorf("an overlap that is not offered: %s", got)
		}
		_, err := s.svc.clean(t.Context())
		must(t, err)
		var left int
		must(t, s.db.Read.DB.QueryRow("SELECT count(*) FROM webhooks WHERE old_secret IS NOT NULL").Scan(&left))
		if left != 0 {
			t.Error("an old secret is kept after its end")
		}
	})
}

// TestSecretsStayInside: a secret is in the two answers that show it, and in no other answer, row or line of the log.
func TestSecretsStayInside(t *testing.T) {
	var log strings.Builder
	s := newSite(t, dbtest.Open(t, nil), trust, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	rec := receive(t, status(410))
	hook := s.add(rec.URL)
	secret, err := s.svc.vault.open("whk_other", nil)
	if err == nil {
		t.Errorf("nothing opens as %q", secret)
	}
	s.happen(portal.StatusSent, 1)
	s.deliver()
	var everywhere strings.Builder
	everywhere.WriteString(log.String())
	for _, path := range []string{"", "/" + hook.WebhookID, "/" + hook.WebhookID + "/attempts", "/" + hook.WebhookID + "/attempts/" + s.attempts(hook.WebhookID)[0].AttemptID} {
		everywhere.WriteString(s.call(200, "GET", "/v1/webhooks"+path, "a", nil, nil).Body.String())
	}
	var row string
	must(t, s.db.Read.DB.QueryRow("SELECT hex(secret) || url || events FROM webhooks").Scan(&row))
	raw, err := s.svc.vault.open(hook.WebhookID, sealedSecret(t, s))
	must(t, err)
	if showSecret(raw) != hook.SigningSecret {
		t.Error("the kept secret is another")
	}
	if _, err := s.svc.vault.open("whk_another", sealedSecret(t, s)); err == nil {
		t.Error("it opens for another webhook")
	}
	for _, part := range []string{hook.SigningSecret, strings.TrimPrefix(hook.SigningSecret, "whsec_"), strings.ToUpper(hexOf(raw))} {
		if strings.Contains(everywhere.String()+row, part) {
			t.Errorf("%s… is to be found", part[:6])
		}
	}
	if !strings.Contains(log.String(), "webhook disabled") {
		t.Error("nothing was logged: this test looks in the wrong place")
	}
}

func sealedSecret(t *testing.T, s *site) []byte {
	t.Helper()
	var sealed []byte
	must(t, s.db.Read.DB.QueryRow("SELECT secret FROM webhooks").Scan(&sealed))
	return sealed
}
