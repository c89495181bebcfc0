package dashboard

import (
	"net/url"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// newPage words the facts, without the frame.
func newPage(p *locales.Printer, f facts, apiURL string) views.DashboardPage {
	page := views.DashboardPage{Notices: notices(p, f)}
	if f.statsErr == nil {
		if !f.stats.Any {
			page.Steps = firstSteps(p, f)
		}
		page.Tiles = tiles(p, f)
		page.Traffic = traffic(p, f.stats.Days)
		page.Failures = failures(p, f.stats)
	}
	switch {
	case f.latestErr != nil:
	case len(f.latest.Items) > 0:
		page.Latest = &views.MessageTable{Rows: views.NewMessageRows(p, f.latest.Items, "")}
	default:
		page.LatestEmpty = &views.Empty{
			Icon: "inbox", Title: p.T("messages.list.empty.title"), Text: p.T("messages.list.empty.text"),
			Action: &views.Link{Label: p.T("dashboard.home.send"), URL: "/send-test"},
			Code:   views.MessageExample(apiURL),
		}
	}
	return page
}

// firstSteps is computed from what there is: nobody ticks anything off.
func firstSteps(p *locales.Printer, f facts) *views.FirstSteps {
	sent := len(f.latest.Items) > 0
	for _, d := range f.stats.Days {
		sent = sent || d.Submitted > 0
	}
	step := func(name, to string, done bool) views.FirstStep {
		return views.FirstStep{
			Label: p.T("dashboard.steps." + name), Text: p.T("dashboard.steps." + name + "_text"), URL: to, Done: done,
		}
	}
	items := []views.FirstStep{
		step("key", "/api-keys", f.hasKey), step("send", "/send-test", sent), step("delivered", "/messages", f.stats.Any),
	}
	done := 0
	for _, s := range items {
		if s.Done {
			done++
		}
	}
	return &views.FirstSteps{Progress: p.T("dashboard.steps.progress", "done", done, "total", len(items)), Items: items}
}

// failures are the commonest causes, each leading to its messages in the log.
func failures(p *locales.Printer, stats portal.MessageStats) *views.FailureBars {
	n := len(stats.Days)
	bars := &views.FailureBars{Period: p.T("dashboard.failures.period", "days", n)}
	if len(stats.Failures) == 0 {
		bars.None = p.T("dashboard.failures.none", "days", n)
		return bars
	}
	most := 1
	for _, f := range stats.Failures {
		most = max(most, f.Count)
	}
	for _, f := range stats.Failures {
		words := "unknown"
		for _, e := range portal.ErrorCodes {
			if e.Code == f.ErrorCode {
				words = e.Code
			}
		}
		q := url.Values{"status": {endOf(f.ErrorCode)}}
		if n > 0 {
			q.Set("after", stats.Days[0].Day)
		}
		bars.Items = append(bars.Items, views.FailureBar{
			Label: p.T("messages.error." + words + ".title"), Count: p.Number(int64(f.Count)),
			Share: max(1, 100*f.Count/most), URL: "/messages?" + q.Encode(),
		})
	}
	return bars
}

// endOf is the state in which a message with this error code ends.
func endOf(errorCode string) string {
	switch errorCode {
	case "validity_expired":
		return string(portal.StatusExpired)
	case "rejected_by_operator", "sender_not_registered":
		return string(portal.StatusRejected)
	default:
		return string(portal.StatusFailed)
	}
}

// dayOf is the instant in a day of the statistics that stands for it.
func dayOf(d portal.MessageDay) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, d.Day, locales.Kabul)
	return t, err == nil
}
