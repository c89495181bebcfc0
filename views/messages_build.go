package views

import (
	"net/url"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

// The log and the dashboard show the same rows, and features don't import each other: so what makes rows out of messages
// stands here.

// NewMessageRows words messages for a table. back is the query of the log that the pages of the messages lead back to;
// it may be empty.
func NewMessageRows(p *locales.Printer, items []portal.Message, back string) MessageRows {
	if back != "" {
		back = "?back=" + url.QueryEscape(back)
	}
	rows := MessageRows{
		Heads: MessageHeads{
			Message: p.T("messages.column.message"), To: p.T("messages.column.to"), From: p.T("messages.column.from"),
			Status: p.T("messages.column.status"), Submitted: p.T("messages.column.submitted"),
			Delivered: p.T("messages.column.delivered"), None: p.T("frame.none"),
		},
		Items: make([]MessageRow, len(items)),
	}
	for i := range items {
		m := &items[i]
		rows.Items[i] = MessageRow{
			MessageID: m.MessageID, URL: "/messages/" + url.PathEscape(m.MessageID) + back,
			To: locales.Phone(m.To), From: m.From, Status: NewMessageBadge(p.Locale, m.Status),
			Submitted: NewTime(p, m.SubmittedAt),
		}
		if m.DeliveredAt != nil {
			rows.Items[i].Delivered = NewTime(p, *m.DeliveredAt)
		}
	}
	return rows
}

// NewMessageBadge words a status. One that this portal does not know yet is shown as the platform calls it.
func NewMessageBadge(l *locales.Locale, s portal.MessageStatus) Badge {
	if !s.Valid() {
		return Badge{Kind: "neutral", Label: locales.Verbatim(string(s))}
	}
	return Badge{Kind: string(s), Label: l.T("status." + string(s))}
}

// NewTime words an instant: relative to now, exactly, and by the other calendar.
func NewTime(p *locales.Printer, t time.Time) Time {
	return Time{ISO: t.UTC().Format(time.RFC3339), Text: p.Ago(t), Exact: p.DateTime(t), Other: p.OtherDate(t)}
}

// MessageExample is the call that puts the first message into an empty log. Its number is one that the simulated network
// delivers.
func MessageExample(apiURL string) string {
	return "curl " + apiURL + "/v1/messages \\\n" +
		"  -H \"Authorization: Bearer $GHASI_API_KEY\" \\\n" +
		"  -H \"Content-Type: application/json\" \\\n" +
		`  -d '{"to":"+93700000001","from":"GHASI","body":"Salaam"}'`
}
