package messages

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
	"ghasi.io/portal/views"
)

// seen is what a page shows of a message, as the address of its status says.
type seen struct {
	status portal.MessageStatus // "" when it shows nothing yet
	pace   int                  // seconds between questions
	here   bool                 // it is the message's own page
}

func parseSeen(q url.Values) seen {
	s := seen{status: portal.MessageStatus(q.Get("seen")), here: q.Get("here") == "1"}
	if !s.status.Valid() {
		s.status = ""
	}
	s.pace, _ = strconv.Atoi(q.Get("pace")) // anything else is no pace of ours: the answer brings the right one
	return s
}

// url asks for the status of a message by a page that shows s.
func (s seen) url(messageID string) string {
	u := home + "/" + url.PathEscape(messageID) + "/status?seen=" + url.QueryEscape(string(s.status)) + "&pace=" + strconv.Itoa(s.pace)
	if s.here {
		u += "&here=1"
	}
	return u
}

// still reports whether a page that shows s needs nothing new.
func (s seen) still(m portal.Message, now time.Time) bool {
	return s.status == m.Status && !m.Status.Final() && s.pace == pace(m, now)
}

// pace is how many seconds to wait before asking again: often while a message usually moves, seldom when it has got stuck.
func pace(m portal.Message, now time.Time) int {
	switch age := now.Sub(m.SubmittedAt); {
	case age < 2*time.Minute:
		return 1
	case age < 15*time.Minute:
		return 5
	default:
		return 30
	}
}

// statusView is a message on its way, for a page that shows s of it.
func statusView(p *locales.Printer, m portal.Message, s seen) views.MessageStatusView {
	v := views.MessageStatusView{
		MessageID: m.MessageID, Badge: views.NewMessageBadge(p.Locale, m.Status), Steps: steps(p, m), Error: errorView(p, m),
	}
	if m.Status.Valid() {
		v.Sentence = p.T("messages.state." + string(m.Status))
	}
	if !s.here {
		v.URL = home + "/" + url.PathEscape(m.MessageID)
	}
	if s.status != "" && s.status != m.Status {
		v.Announce = p.T("messages.show.announce", "status", v.Badge.Label)
	}
	if !m.Status.Final() {
		next := seen{status: m.Status, pace: pace(m, p.Now), here: s.here}
		v.PollURL, v.Every = next.url(m.MessageID), strconv.Itoa(next.pace)+"s"
	}
	return v
}

// steps is the timeline, oldest first.
func steps(p *locales.Printer, m portal.Message) []views.MessageStep {
	events := m.Events
	if len(events) == 0 { // a platform that keeps no history still knows when it took the message
		events = []portal.MessageEvent{{Status: portal.StatusQueued, At: m.SubmittedAt, By: "platform"}}
	}
	out := make([]views.MessageStep, len(events))
	for i, e := range events {
		out[i] = views.MessageStep{
			Badge: views.NewMessageBadge(p.Locale, e.Status), State: state(e.Status, i == len(events)-1), At: views.NewTime(p, e.At),
		}
		out[i].Title = out[i].Badge.Label
		if e.Status.Valid() {
			out[i].Title = p.T("messages.event." + string(e.Status))
		}
		if slices.Contains([]string{"platform", "operator", "handset"}, e.By) {
			out[i].By = p.T("messages.by." + e.By)
		}
		if i > 0 && e.At.Sub(events[i-1].At) >= time.Second {
			out[i].Since = p.T("messages.show.later", "duration", p.Duration(e.At.Sub(events[i-1].At)))
		}
	}
	return out
}

// state is how a step is drawn: behind us, still going on, or a bad end.
func state(s portal.MessageStatus, last bool) string {
	switch {
	case s.Final() && s != portal.StatusDelivered:
		return "bad"
	case last && !s.Final():
		return "now"
	default:
		return "done"
	}
}

// errorView explains why a message was not delivered; nil when nothing is known to have gone wrong.
func errorView(p *locales.Printer, m portal.Message) *views.MessageErrorView {
	if m.ErrorCode == "" {
		return nil
	}
	words, known := "unknown", portal.ErrorCode{Code: m.ErrorCode}
	for _, e := range portal.ErrorCodes {
		if e.Code == m.ErrorCode {
			words, known = e.Code, e
		}
	}
	v := &views.MessageErrorView{
		Title: p.T("messages.error." + words + ".title"), Cause: p.T("messages.error." + words + ".cause"),
		Fix: p.T("messages.error." + words + ".fix"), Code: known.Code, Raw: known.Raw,
	}
	if known.FixedBy != "" {
		v.FixedBy = p.T("messages.fixed_by." + known.FixedBy)
	}
	return v
}

// showPage is one message whole; back is the log as it was left.
func showPage(base views.Base, p *locales.Printer, m portal.Message, back filter) views.MessagePage {
	d := views.MessageDetails{
		MessageID: m.MessageID, To: locales.Phone(m.To), From: m.From, Encoding: m.Encoding,
		Segments: p.T("messages.show.segments", "n", m.Segments), Price: p.UnitAmount(string(m.Currency), m.PriceMicros),
		Submitted: p.DateTime(m.SubmittedAt), SourceKind: p.T("messages.show.source_unknown"),
	}
	d.Operator, d.Probable = operatorText(p, m.Operator)
	if m.Source != nil {
		d.SourceName = m.Source.Name
		switch m.Source.Kind {
		case "api_key":
			d.SourceKind = p.T("messages.show.source_key")
		case "portal":
			d.SourceKind = p.T("messages.show.source_portal")
		}
	}
	base.Title = p.T("messages.show.heading", "to", strings.ReplaceAll(d.To, " ", "\u00a0"))
	base.Breadcrumb = []views.Link{{Label: p.T("messages.list.title"), URL: back.url()}}
	return views.MessagePage{
		Base: base, Back: back.url(), Status: statusView(p, m, seen{here: true}), Body: m.Body, Details: d,
	}
}

// operatorText names the operator; known reports whether there is a guess to qualify.
func operatorText(p *locales.Printer, code string) (text views.Text, known bool) {
	key := "operator." + code
	if code == "" || code == sms.OtherOperator || !p.Has(key) {
		return p.T("operator.other"), false
	}
	return p.T("messages.show.probably", "operator", p.T(key)), true
}
