package messages

import (
	"net/url"
	"slices"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
	"ghasi.io/portal/views"
)

// listBuilder words the log for one request.
type listBuilder struct {
	p       *locales.Printer
	filter  filter
	typed   url.Values          // what was typed, when it can't be used
	wrong   []portal.FieldError // why
	apiURL  string
	partial bool // the rows are added to those on the page
}

// view is a page of the log.
func (b listBuilder) view(page portal.MessagePage) views.MessageListView {
	v := views.MessageListView{Filter: b.form(), Chips: b.chips(), ClearURL: b.clearURL(), Count: b.count(page)}
	if b.filter.cursor != "" {
		v.NewestURL = b.filter.first().url()
	}
	if len(page.Items) == 0 {
		v.Empty = b.empty(page)
		return v
	}
	v.Export = b.export(page)
	v.Table = &views.MessageTable{Rows: views.NewMessageRows(b.p, page.Items, b.filter.query()), More: b.next(page)}
	return v
}

// export is the link to the whole log under the filter, as a file. One that may be cut says so.
func (b listBuilder) export(page portal.MessagePage) *views.Link {
	link := &views.Link{Label: b.p.T("messages.export.link"), URL: home + ".csv"}
	if q := b.filter.first().query(); q != "" {
		link.URL += "?" + q
	}
	if at := b.after(page); at.capped || at.total == 0 {
		link.Label = b.p.T("messages.export.link_bounded", "n", maxExport)
	}
	return link
}

// more are the next rows under those on the page.
func (b listBuilder) more(page portal.MessagePage) views.MessageMoreView {
	// The address bar still shows the log from its start: that is where the way back leads.
	v := views.MessageMoreView{
		Rows: views.NewMessageRows(b.p, page.Items, b.filter.first().query()), More: b.next(page), Count: b.count(page),
	}
	if len(v.Rows.Items) > 0 {
		v.Rows.Items[0].Focus = true
	}
	return v
}

// stale stands in the place of the next rows when their link no longer works.
func (b listBuilder) stale() views.MessageMoreView {
	return views.MessageMoreView{More: &views.MessageMore{Alert: b.staleAlert()}}
}

func (b listBuilder) staleAlert() *views.Alert {
	return &views.Alert{
		Tone: "error", Title: b.p.T("messages.list.stale.title"), Text: b.p.T("messages.list.stale.text"), Focus: true,
		Items: []views.Link{{Label: b.p.T("messages.list.newest"), URL: b.filter.first().url()}},
	}
}

// refused is the log under a filter that can't be used: the form as typed, what is wrong with it, no rows.
func (b listBuilder) refused() views.MessageListView {
	v := views.MessageListView{Filter: b.form(), ClearURL: home}
	alert := views.Alert{Tone: "error", Title: b.p.T("messages.filter.error.title"), Focus: true}
	for _, w := range b.wrong {
		if w.Field == inputCursor {
			v.Alert = b.staleAlert()
			v.NewestURL = b.filter.first().url()
			return v
		}
		alert.Items = append(alert.Items, views.Link{Label: b.p.T(w.Key, w.Args...), URL: "#f-" + w.Field})
	}
	v.Alert = &alert
	return v
}

// day is the field of a day: the browser's own where its calendar is the person's, figures of theirs otherwise.
func (b listBuilder) day(name string, label locales.Text, value string) views.Field {
	f := views.Field{Name: name, Label: label, Type: "date", Value: value}
	if b.p.Calendar == locales.Gregorian {
		return f
	}
	kabul := b.p.Kabul()
	f.Type, f.Ltr, f.Autocomplete, f.MaxLength = "text", true, "off", len("2026-11-24")
	f.Help = b.p.T("field.day_example", "example", kabul.DayFigures(b.p.Now))
	if day, ok := b.filter.day(value); ok {
		f.Value = string(kabul.DayFigures(day))
	}
	return f
}

// form is the filter as it stands, or as it was typed.
func (b listBuilder) form() views.MessageFilterForm {
	p := b.p
	f := views.MessageFilterForm{
		To:       views.Field{Name: inputTo, Label: p.T("messages.filter.to"), Type: "tel", Value: b.filter.to, Ltr: true, Placeholder: "+93 79", Autocomplete: "off", MaxLength: 32},
		From:     views.Field{Name: inputFrom, Label: p.T("messages.filter.from"), Help: p.T("messages.filter.from_help"), Type: "text", Value: b.filter.from, Ltr: true, Autocomplete: "off", MaxLength: maxSender},
		After:    b.day(inputAfter, p.T("messages.filter.after"), b.filter.after),
		Before:   b.day(inputBefore, p.T("messages.filter.before"), b.filter.before),
		Status:   views.Choices{Name: inputStatus, Label: p.T("messages.filter.status")},
		Operator: b.operators(),
	}
	for _, s := range portal.MessageStatuses {
		f.Status.Items = append(f.Status.Items, views.Choice{
			Value: string(s), Label: p.T("status." + string(s)), Checked: slices.Contains(b.filter.statuses, s),
		})
	}
	if n := len(b.filter.statuses); n > 0 {
		f.StatusCount = p.Number(int64(n))
	}
	for _, field := range []*views.Field{&f.To, &f.From, &f.After, &f.Before} {
		if b.typed.Has(field.Name) {
			field.Value = cut(b.typed.Get(field.Name))
		}
		field.Error = b.errorOf(field.Name)
	}
	f.Status.Error = b.errorOf(inputStatus)
	f.StatusOpen, f.MoreOpen = f.Status.Error != "", f.From.Error != "" || f.Operator.Error != ""
	return f
}

// operators is the choice of one operator, or of all.
func (b listBuilder) operators() views.Choices {
	c := views.Choices{
		Name: inputOperator, Label: b.p.T("messages.show.operator"), Single: true, Error: b.errorOf(inputOperator),
		Items: []views.Choice{{Label: b.p.T("messages.filter.any_operator"), Checked: b.filter.operator == ""}},
	}
	for _, code := range operators {
		c.Items = append(c.Items, views.Choice{Value: code, Label: operatorName(b.p, code), Checked: b.filter.operator == code})
	}
	return c
}

// operatorName names an operator of the filter.
func operatorName(p *locales.Printer, code string) views.Text {
	if code == sms.OtherOperator {
		return p.T("operator.others")
	}
	return p.T("operator." + code)
}

// cut bounds what is shown again of a hostile value.
func cut(s string) string {
	if len(s) <= maxTyped {
		return s
	}
	for i := range s {
		if i > maxTyped {
			return s[:i]
		}
	}
	return s
}

func (b listBuilder) errorOf(field string) views.Text {
	for _, w := range b.wrong {
		if w.Field == field {
			return b.p.T(w.Key, w.Args...)
		}
	}
	return ""
}

// chips are the active filters, each with the address of the log without it.
func (b listBuilder) chips() []views.Chip {
	p, all := b.p, b.filter.first()
	var chips []views.Chip
	add := func(label views.Text, without filter) {
		chips = append(chips, views.Chip{Label: label, RemoveURL: without.url()})
	}
	for i, s := range all.statuses {
		without := all
		without.statuses = slices.Delete(slices.Clone(all.statuses), i, i+1)
		add(p.T("messages.filter.chip_status", "status", p.T("status."+string(s))), without)
	}
	if all.to != "" {
		without := all
		without.to = ""
		add(p.T("messages.filter.chip_to", "to", locales.Phone(all.to)), without)
	}
	if all.from != "" {
		without := all
		without.from = ""
		add(p.T("messages.filter.chip_from", "sender", all.from), without)
	}
	if day, ok := all.day(all.after); ok {
		without := all
		without.after = ""
		add(p.T("messages.filter.chip_after", "date", p.Kabul().Date(day)), without)
	}
	if day, ok := all.day(all.before); ok {
		without := all
		without.before = ""
		add(p.T("messages.filter.chip_before", "date", p.Kabul().Date(day)), without)
	}
	if all.operator != "" {
		without := all
		without.operator = ""
		add(p.T("messages.filter.chip_operator", "operator", operatorName(p, all.operator)), without)
	}
	return chips
}

func (b listBuilder) clearURL() string {
	if b.filter.narrowed() {
		return home
	}
	return ""
}

// next is the link to the rows after page, nil when there are none.
func (b listBuilder) next(page portal.MessagePage) *views.MessageMore {
	if page.NextCursor == "" {
		return nil
	}
	following := b.filter
	following.place = b.after(page)
	more := &views.MessageMore{URL: following.url(), Label: b.p.T("action.load_more")}
	if page.SearchedTo != nil {
		more.Label = b.p.T("messages.list.continue")
		more.Note = b.p.T("messages.list.searched", "date", b.p.Date(*page.SearchedTo))
	}
	return more
}

// after is the place behind page.
func (b listBuilder) after(page portal.MessagePage) place {
	at := place{cursor: page.NextCursor, shown: b.filter.shown + len(page.Items), total: b.filter.total, capped: b.filter.capped}
	if page.Total != nil {
		at.total, at.capped = *page.Total, page.TotalCapped
	}
	if page.NextCursor == "" && (at.total == 0 || at.capped) {
		at.total, at.capped = at.shown, false // the end of the log is its count
	}
	return at
}

// count says which rows of how many are on the page.
func (b listBuilder) count(page portal.MessagePage) views.Text {
	at := b.after(page)
	first := b.filter.shown + 1
	if b.partial && b.filter.cursor != "" {
		first = 1
	}
	switch {
	case at.shown < first:
		return ""
	case at.total < at.shown:
		return b.p.T("messages.list.count_shown", "n", at.shown-first+1)
	case at.capped:
		return b.p.T("messages.list.count_capped", "first", first, "last", at.shown, "total", at.total)
	default:
		return b.p.T("messages.list.count", "first", first, "last", at.shown, "total", at.total)
	}
}

// empty says why there are no rows, and the one next step.
func (b listBuilder) empty(page portal.MessagePage) *views.Empty {
	p := b.p
	switch more := b.next(page); {
	case more != nil:
		return &views.Empty{
			Icon: "search", Title: p.T("messages.list.nothing_yet.title"), Text: more.Note,
			Action: &views.Link{Label: more.Label, URL: more.URL},
		}
	case b.filter.narrowed():
		return &views.Empty{
			Icon: "search", Title: p.T("messages.list.nothing.title"), Text: p.T("messages.list.nothing.text"),
			Action: &views.Link{Label: p.T("action.clear"), URL: home},
		}
	case b.filter.cursor != "": // the rows that the link promised are gone
		return &views.Empty{
			Icon: "inbox", Title: p.T("messages.list.stale.title"), Text: p.T("messages.list.stale.text"),
			Action: &views.Link{Label: p.T("messages.list.newest"), URL: home},
		}
	}
	return &views.Empty{
		Icon: "inbox", Title: p.T("messages.list.empty.title"), Text: p.T("messages.list.empty.text"),
		Action: &views.Link{Label: p.T("messages.list.send"), URL: "/send-test"}, Code: views.MessageExample(b.apiURL),
	}
}
