package messages

import (
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/handlers/web/csvfile"
	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

// Bounds of an export: rows of a file, messages asked for at once, and questions, of which a search for something rare
// needs more than its rows do.
const (
	maxExport    = 50_000
	exportPage   = 200
	maxQuestions = 1000
)

// export is the log under a filter as a CSV file, the newest messages first.
func (h *Handlers) export(c *gin.Context) error {
	user, err := web.User(c)
	if err != nil {
		return err
	}
	query, err := web.Query(c)
	if err != nil {
		return err
	}
	f, wrong := parseFilter(query)
	if len(wrong) > 0 {
		return &portal.Error{Code: portal.Invalid, Fields: wrong}
	}
	ask := f.first().api()
	ask.Limit = exportPage
	page, err := h.api.Messages(c.Request.Context(), user.Token, ask)
	if err != nil {
		return err
	}
	p := h.kit.Printer(c)
	file := csvfile.Start(c, "messages.csv",
		csvfile.Text(p.T("messages.column.message")), csvfile.Text(p.T("messages.column.to")), csvfile.Text(p.T("messages.column.from")),
		csvfile.Text(p.T("messages.column.status")), csvfile.Text(p.T("messages.column.submitted")), csvfile.Text(p.T("messages.column.delivered")),
		csvfile.Text(p.T("messages.show.operator")), csvfile.Text(p.T("messages.export.segments")), csvfile.Text(p.T("messages.show.price")),
		csvfile.Text(p.T("messages.export.currency")), csvfile.Text(p.T("messages.show.code")))
	h.writeMessages(c, file, user.Token, ask, page)
	return nil
}

// writeMessages adds page and those that follow it, as far as an export goes.
func (h *Handlers) writeMessages(c *gin.Context, file *csvfile.File, token string, f portal.MessageFilter, page portal.MessagePage) {
	p := h.kit.Printer(c)
	left := maxExport
	for range maxQuestions {
		page.Items = page.Items[:min(left, len(page.Items))]
		for i := range page.Items {
			messageCells(p, file, &page.Items[i])
		}
		left -= len(page.Items)
		if file.Flush() != nil || page.NextCursor == "" || left == 0 {
			return
		}
		f.Cursor = page.NextCursor
		var err error
		if page, err = h.api.Messages(c.Request.Context(), token, f); err != nil {
			h.kit.Log.WarnContext(c, "export broken off", "request_id", web.RequestID(c.Request.Context()), "err", err)
			file.Abort()
		}
	}
	file.Abort() // the search did not come to its end
}

func messageCells(p *locales.Printer, file *csvfile.File, m *portal.Message) {
	status, delivered := locales.Verbatim(string(m.Status)), csvfile.Cell{}
	if m.Status.Valid() {
		status = p.T("status." + string(m.Status))
	}
	if m.DeliveredAt != nil {
		delivered = instantCell(p, *m.DeliveredAt)
	}
	operator := locales.Verbatim(m.Operator)
	if p.Has("operator." + m.Operator) {
		operator = operatorName(p, m.Operator)
	}
	currency := m.Currency
	if currency == "" {
		currency = portal.AFN
	}
	file.Row(csvfile.Text(m.MessageID), csvfile.Text(m.To), csvfile.Text(m.From), csvfile.Text(status), instantCell(p, m.SubmittedAt), delivered,
		csvfile.Text(operator), csvfile.Int(m.Segments), csvfile.Micros(m.PriceMicros), csvfile.Text(currency), csvfile.Text(m.ErrorCode))
}

// instantCell is an instant in the person's own zone, with its offset.
func instantCell(p *locales.Printer, t time.Time) csvfile.Cell {
	return csvfile.Text(t.In(p.Zone).Format(time.RFC3339))
}
