package audit

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

// The names of the filters in an address.
const (
	inputLog    = "log"
	inputType   = "type"
	inputFrom   = "from"
	inputUntil  = "until"
	inputCursor = "cursor"
	shownHash   = 12 // hexadecimal digits
	maxCursor   = 20
)

// builder makes the page of a log.
type builder struct {
	p           *locales.Printer
	chains      []chain
	chain       chain
	filter      portal.AuditFilter
	typed       url.Values
	from, until string // days, YYYY-MM-DD
	wrong       []portal.FieldError
}

func newBuilder(p *locales.Printer, all []chain, log chain, q url.Values) builder {
	b := builder{p: p, chains: all, chain: log, typed: q}
	if t := portal.EventType(q.Get(inputType)); t.Valid() {
		b.filter.Type = t
	}
	if day, ok := b.day(inputFrom); ok {
		b.filter.From, b.from = day, day.Format(time.DateOnly)
	}
	if day, ok := b.day(inputUntil); ok {
		b.filter.Until, b.until = day.AddDate(0, 0, 1), day.Format(time.DateOnly)
	}
	if b.filter.Cursor = q.Get(inputCursor); len(b.filter.Cursor) > maxCursor {
		b.wrong = append(b.wrong, portal.FieldError{Field: inputCursor, Key: "field.invalid_cursor"})
	}
	return b
}

// day reads a day of the filter, in either calendar.
func (b *builder) day(name string) (time.Time, bool) {
	typed := strings.TrimSpace(b.typed.Get(name))
	if typed == "" {
		return time.Time{}, false
	}
	day, ok := locales.ParseDay(typed)
	if !ok {
		b.wrong = append(b.wrong, portal.FieldError{Field: name, Key: "messages.filter.error.date"})
	}
	return day, ok
}

// query is the filter as an address has it.
func (b builder) query(cursor string) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(b.chains) > 1 {
		set(inputLog, b.chain.id)
	}
	set(inputType, string(b.filter.Type))
	set(inputFrom, b.from)
	set(inputUntil, b.until)
	set(inputCursor, cursor)
	return q.Encode()
}

func (b builder) url(path, cursor string) string {
	if q := b.query(cursor); q != "" {
		return path + "?" + q
	}
	return path
}

// refused is the form as typed with what is wrong, and no rows.
func (b builder) refused() views.AuditLog {
	v := b.form()
	alert := views.Alert{Tone: "error", Title: b.p.T("messages.filter.error.title"), Focus: true}
	for _, w := range b.wrong {
		alert.Items = append(alert.Items, views.Link{Label: b.p.T(w.Key, w.Args...), URL: "#f-" + w.Field})
	}
	v.Alert = &alert
	return v
}

func (b builder) log(page portal.AuditPage) views.AuditLog {
	v := b.form()
	for _, e := range page.Items {
		v.Rows = append(v.Rows, b.row(e))
	}
	if len(v.Rows) == 0 {
		v.Empty = &views.Empty{Icon: "history", Title: b.p.T("audit.none.title"), Text: b.p.T("audit.none.text")}
	}
	if page.NextCursor != "" {
		v.More = &views.Link{Label: b.p.T("action.load_more"), URL: b.url(home, page.NextCursor)}
	}
	return v
}

func (b builder) form() views.AuditLog {
	v := views.AuditLog{
		Type: views.Choices{Name: inputType, Label: b.p.T("audit.column.what"), Single: true, Items: []views.Choice{
			{Label: b.p.T("audit.filter.any"), Checked: b.filter.Type == ""},
		}},
		From:      b.field(inputFrom, b.p.T("messages.filter.after"), b.filter.From, b.from),
		Until:     b.field(inputUntil, b.p.T("messages.filter.before"), b.filter.Until.AddDate(0, 0, -1), b.until),
		VerifyURL: home + "/verify", Chain: b.chain.id,
		CSV: b.url(home+"/export.csv", ""), JSON: b.url(home+"/export.json", ""),
	}
	for _, t := range portal.EventTypes {
		if t.StaffOnly() && b.chain.id != portal.StaffChain {
			continue
		}
		v.Type.Items = append(v.Type.Items, views.Choice{Value: string(t), Label: b.what(t), Checked: b.filter.Type == t})
	}
	if b.filter.Type != "" || b.from != "" || b.until != "" {
		v.Clear = home
	}
	if len(b.chains) > 1 {
		v.Chains = &views.Choices{Name: inputLog, Label: b.p.T("audit.filter.log"), Single: true}
		for _, c := range b.chains {
			label := locales.Verbatim(c.name)
			if c.id == portal.StaffChain {
				label = b.p.T("audit.filter.staff")
			}
			v.Chains.Items = append(v.Chains.Items, views.Choice{Value: c.id, Label: label, Checked: c.id == b.chain.id})
		}
	}
	return v
}

// field is a day of the filter, in the person's calendar.
func (b builder) field(name string, label locales.Text, day time.Time, iso string) views.Field {
	f := views.Field{Name: name, Label: label, Type: "date", Value: iso}
	if b.p.Calendar != locales.Gregorian {
		kabul := b.p.Kabul()
		f.Type, f.Ltr, f.Autocomplete, f.MaxLength = "text", true, "off", len("2026-11-24")
		f.Help = b.p.T("field.day_example", "example", kabul.DayFigures(b.p.Now))
		if iso != "" {
			f.Value = string(kabul.DayFigures(day))
		}
	}
	for _, w := range b.wrong {
		if w.Field == name {
			f.Error = b.p.T(w.Key, w.Args...)
			if f.Type == "text" { // a browser's own field takes nothing but a day
				f.Value = strings.ToValidUTF8(b.typed.Get(name)[:min(len(b.typed.Get(name)), 32)], "")
			}
		}
	}
	return f
}

// what names an event: "customer-portal.apikey.created.v1" is audit.event.apikey_created.
func (b builder) what(t portal.EventType) locales.Text {
	name := strings.TrimSuffix(strings.TrimPrefix(string(t), "customer-portal."), ".v1")
	return b.p.T("audit.event." + strings.ReplaceAll(name, ".", "_"))
}

// detail names what an event says besides; a name that the catalogue does not know stays as it was recorded.
func (b builder) detail(name string) locales.Text {
	if key := "audit.detail." + strings.Replace(name, "lowBalanceMicros", "low_balance", 1); b.p.Has(key) {
		return b.p.T(key)
	}
	return locales.Verbatim(name)
}

func (b builder) row(e portal.AuditEvent) views.AuditRow {
	r := views.AuditRow{
		Seq: b.p.T("audit.number", "n", e.Seq), What: b.what(e.Type), Who: e.Actor.Name, Subject: e.Subject, Full: e.Hash, Hash: e.Hash[:min(len(e.Hash), shownHash)],
		At: views.NewTime(b.p, e.At),
	}
	switch e.Actor.Role {
	case "tam", "platform_admin":
		r.Role = b.p.T("audit.role.staff")
	case "customer":
		r.Role = b.p.T("audit.role.customer")
	}
	for _, name := range slices.Sorted(maps.Keys(e.Data)) {
		r.Detail = append(r.Detail, views.AuditDetail{Name: b.detail(name), Value: e.Data[name]})
	}
	return r
}

// verdict says what the check of a log found.
func verdict(p *locales.Printer, check portal.AuditCheck) views.Alert {
	if check.BrokenSeq > 0 {
		return views.Alert{Tone: "error", Title: p.T("audit.verify.broken"), Text: p.T("audit.verify.broken_text", "n", check.BrokenSeq), Focus: true}
	}
	if check.Events == 0 {
		return views.Alert{Tone: "info", Title: p.T("audit.verify.empty"), Focus: true}
	}
	return views.Alert{Tone: "success", Title: p.T("audit.verify.ok"), Text: p.T("audit.verify.ok_text", "n", check.Events), Detail: check.Head, Focus: true}
}
