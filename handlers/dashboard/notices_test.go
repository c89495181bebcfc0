package dashboard

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ghasi.io/portal/handlers/web/webtest"
	"ghasi.io/portal/portal"
)

// TestShow_Balance: the tile and the notice say together when credit runs out.
func TestShow_Balance(t *testing.T) {
	const afn = 1_000_000
	for name, tc := range map[string]struct {
		usage        portal.Usage
		tile, notice string // notice "" = none
	}{
		"enough":                {portal.Usage{BalanceMicros: 5_000 * afn, LowBalanceMicros: 1_000 * afn}, "Credit balance AFN 5,000.00 AFN 1,050.00 spent today", ""},
		"exactly the threshold": {portal.Usage{BalanceMicros: 1_000 * afn, LowBalanceMicros: 1_000 * afn}, "Credit balance AFN 1,000.00 AFN 1,050.00 spent today", ""},
		"low": {portal.Usage{BalanceMicros: 999_990_000, LowBalanceMicros: 1_000 * afn}, "Credit balance AFN 999.99 below AFN 1,000.00",
			"Your credit balance is low It is AFN 999.99, below the AFN 1,000.00 at which you asked to be warned. See usage and spend"},
		"owed within the limit": {portal.Usage{BalanceMicros: -500 * afn, CreditLimitMicros: 600 * afn}, "Credit balance -AFN 500.00 AFN 1,050.00 spent today", ""},
		"used up": {portal.Usage{BalanceMicros: -600 * afn, CreditLimitMicros: 600 * afn, LowBalanceMicros: afn}, "Credit balance -AFN 600.00 used up",
			"Your credit is used up New messages are refused until an invoice is paid or credit is added. See usage and spend"},
		"in dollars": {portal.Usage{Currency: portal.USD, BalanceMicros: 12 * afn, LowBalanceMicros: 20 * afn}, "Credit balance USD 12.00 below USD 20.00",
			"Your credit balance is low It is USD 12.00, below the USD 20.00 at which you asked to be warned. See usage and spend"},
	} {
		t.Run(name, func(t *testing.T) {
			api := busy()
			api.usage = tc.usage
			d := newTestSite(t, api).Get("/dashboard").Doc()
			tile := d.All(".tile")[3]
			if got := strings.ReplaceAll(webtest.Text(tile), "\u00a0", " "); got != tc.tile {
				t.Errorf("tile = %q, want %q", got, tc.tile)
			}
			if tc.notice == "" {
				d.None(".alert")
				return
			}
			if got := strings.ReplaceAll(d.Text(".alert"), "\u00a0", " "); got != tc.notice {
				t.Errorf("notice = %q, want %q", got, tc.notice)
			}
			d.One(`.alert a[href="/billing?tab=usage"]`)
		})
	}
}

// TestShow_BalanceDown: without the balance the page is whole, and today's spend has its place.
func TestShow_BalanceDown(t *testing.T) {
	api := busy()
	api.usageErr = portal.Fail(portal.Unavailable, errors.New("dial tcp 10.0.0.1: refused"))
	r := newTestSite(t, api).Get("/dashboard")
	var labels []string
	for _, n := range r.Doc().All(".tile-label") {
		labels = append(labels, webtest.Text(n))
	}
	if want := []string{"Sent today", "Delivered today", "Failed today", "Spent today"}; r.Code != http.StatusOK || !slices.Equal(labels, want) {
		t.Errorf("status %d, tiles %q", r.Code, labels)
	}
	r.Doc().None(".alert")
	api.usageErr = portal.Fail(portal.Unauthenticated, nil)
	if r := newTestSite(t, api).Get("/dashboard"); r.Code != http.StatusSeeOther {
		t.Errorf("the session has ended: status %d", r.Code)
	}
}

// TestShow_Webhooks: who looks at the dashboard alone still learns that nothing is delivered any more.
func TestShow_Webhooks(t *testing.T) {
	hook := func(n byte, change func(*portal.Webhook)) portal.Webhook {
		w := portal.Webhook{WebhookID: "whk_0000000000000000000000000" + string(n), URL: "https://" + string(n) + ".example.com/", Status: portal.WebhookActive}
		change(&w)
		return w
	}
	long, short := webtest.Now.Add(-3*time.Hour), webtest.Now.Add(-5*time.Minute)
	api := busy()
	api.hooks = []portal.Webhook{
		hook('1', func(w *portal.Webhook) { w.Status, w.DisabledAt = portal.WebhookDisabled, &short }),
		hook('2', func(w *portal.Webhook) { w.FailingSince = &long }),
		hook('3', func(w *portal.Webhook) { w.FailingSince = &short }),
		hook('4', func(w *portal.Webhook) { w.Status, w.FailingSince = portal.WebhookPaused, &long }),
		hook('5', func(w *portal.Webhook) { w.Status = portal.WebhookDisabled }),
	}
	d := newTestSite(t, api).Get("/dashboard").Doc()
	if got := d.Text(".alert-error .alert-title"); got != "2 webhooks are disabled" {
		t.Errorf("disabled: %q", got)
	}
	if got := d.Text(".alert-warning .alert-title"); got != "A webhook is failing" {
		t.Errorf("failing: %q", got)
	}
	d.One(`.alert-error a[href="/webhooks/whk_00000000000000000000000001"]`)
	d.One(`.alert-warning a[href="/webhooks/whk_00000000000000000000000002"]`)
	if n := len(d.All(".alert-items a")); n != 3 {
		t.Errorf("%d links", n)
	}
	api.hooks, api.hooksErr = nil, portal.Fail(portal.Unavailable, errors.New("down"))
	r := newTestSite(t, api).Get("/dashboard")
	if r.Code != http.StatusOK {
		t.Errorf("webhooks are down: status %d", r.Code)
	}
	r.Doc().None(".alert")
}
