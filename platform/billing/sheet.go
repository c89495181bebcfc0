package billing

import (
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
)

// sheet is what an invoice's document says, in one language, apart from where it stands on the page.
type sheet struct {
	Locale  *locales.Locale
	Number  string
	Title   locales.Text
	Sender  locales.Text
	BillTo  labelled
	Facts   []labelled
	Columns []locales.Text // the first is text, the rest figures
	Rows    [][]locales.Text
	Sums    []labelled // below the rows; the last is the total
	Closing locales.Text
	Note    locales.Text
}

type labelled struct{ Label, Value locales.Text }

// newSheet words an invoice. Its dates are days in Kabul: Solar Hijri first where that is the language's calendar, and
// always Gregorian.
func newSheet(l *locales.Locale, v portal.Invoice, tenant string) sheet {
	p := l.Printer(v.IssuedAt, "", "")
	number := locales.Verbatim(v.Number)
	s := sheet{
		Locale: l, Number: v.Number, Title: l.T("billing.pdf.title"), Sender: l.T("billing.pdf.sender"),
		BillTo: labelled{l.T("billing.pdf.bill_to"), locales.Verbatim(tenant)},
		Facts: []labelled{
			{l.T("billing.column.number"), number},
			{l.T("billing.column.period"), period(p, v)},
			{l.T("billing.column.issued"), bothDates(p, v.IssuedAt)},
			{l.T("billing.column.due"), bothDates(p, v.DueAt)},
		},
		Columns: []locales.Text{
			l.T("billing.column.operator"), l.T("billing.column.messages"), l.T("billing.column.refunded"), l.T("billing.column.segments"),
			l.T("billing.column.unit"), l.T("billing.column.amount"),
		},
		Note: l.T("billing.pdf.note"),
	}
	for _, line := range v.Lines {
		s.Rows = append(s.Rows, row(p, v.Currency, line))
	}
	if v.RoundingMicros != 0 {
		s.Sums = append(s.Sums, labelled{l.T("billing.invoice.rounding"), l.UnitAmount(string(v.Currency), v.RoundingMicros)})
	}
	s.Sums = append(s.Sums, labelled{l.T("billing.invoice.total"), l.Amount(string(v.Currency), v.AmountMicros)})
	switch {
	case v.Status == portal.InvoiceVoid:
		s.Closing = l.T("billing.pdf.void")
	case v.PaidAt != nil:
		s.Closing = l.T("billing.pdf.paid", "date", bothDates(p, *v.PaidAt))
	default:
		s.Closing = l.T("billing.pdf.pay", "date", bothDates(p, v.DueAt), "number", number)
	}
	return s
}

func row(p *locales.Printer, currency portal.Currency, line portal.InvoiceLine) []locales.Text {
	name := p.T("operator." + line.Operator)
	if line.Operator == "other" {
		name = p.T("operator.others")
	}
	segments, messages := line.Segments, line.Messages
	if line.Credit {
		days, _ := p.Period(line.SubmittedAfter, line.SubmittedBefore)
		name = p.T("billing.pdf.credit", "operator", name, "days", days)
		segments = -segments
	}
	return []locales.Text{
		name, p.Number(int64(messages)), p.Number(int64(line.Refunded)), p.Number(int64(segments)),
		p.UnitAmount(string(currency), line.UnitMicros), p.UnitAmount(string(currency), line.AmountMicros),
	}
}

// period is the month, in both calendars where the language's own is another.
func period(p *locales.Printer, v portal.Invoice) locales.Text {
	m, _ := parseMonth(v.PeriodStart[:len(monthLayout)])
	label, gregorian := p.Period(m.start, m.end())
	if gregorian == "" {
		return label
	}
	return p.T("billing.pdf.both", "own", label, "gregorian", gregorian)
}

func bothDates(p *locales.Printer, t time.Time) locales.Text {
	if p.Calendar == locales.Gregorian {
		return p.Date(t)
	}
	return p.T("billing.pdf.both", "own", p.Date(t), "gregorian", p.OtherDate(t))
}
