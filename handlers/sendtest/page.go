package sendtest

import (
	"unicode"
	"unicode/utf8"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
	"ghasi.io/portal/views"
)

// oneSMS is the count of characters above which the form warns, whatever the encoding.
const oneSMS = 160

// How many kinds of characters the preview lists: those to replace, and those that are the language itself.
const (
	maxReplaceable = 5
	maxLetters     = 1
)

// typedNumber lets through what sms.Normalise may understand, E.164 first; the server decides. Browsers compile it with
// the v flag, under which parentheses in a class need their backslash.
const typedNumber = `\s*(\+|00|0|93)?[\s\(\).\-0-9۰-۹٠-٩]{7,24}\s*`

// panelView is the form with what was typed and what is wrong with it, and the preview of that.
func panelView(p *locales.Printer, f form, wrong []portal.FieldError, apiURL string, prices portal.Prices) views.SendTestPanel {
	count := utf8.RuneCountInString(f.body)
	view := views.SendTestPanel{
		Attempt: f.attempt,
		To: views.Field{
			Name: inputTo, Type: "tel", Value: f.to, Label: p.T("sendtest.form.to"), Help: p.T("sendtest.form.to.help"),
			Pattern: typedNumber, Placeholder: "+93700000001", Autocomplete: "off", Required: true, Ltr: true,
			PatternError: p.T("field.not_e164"),
		},
		From: views.Field{
			Name: inputFrom, Type: "text", Value: f.from, Label: p.T("sendtest.form.from"), Help: p.T("sendtest.form.from.help"),
			Pattern: `[A-Za-z0-9 ._\-]{3,11}|\+[1-9][0-9]{6,14}`, Autocomplete: "off", MaxLength: 16, Required: true, Ltr: true,
			PatternError: p.T("field.invalid_sender"),
		},
		Body: views.Field{
			Name: inputBody, Type: "textarea", Value: f.body, Label: p.T("sendtest.form.body"), Rows: 5, Required: true,
		},
		Counter: views.SendTestCounter{Count: p.Number(int64(count)), Over: count > oneSMS},
		Preview: previewView(p, f.message(), apiURL, prices),
	}
	fields := map[string]*views.Field{inputTo: &view.To, inputFrom: &view.From, inputBody: &view.Body}
	var summary []views.Link
	for _, w := range wrong {
		field, known := fields[w.Field]
		if !known {
			continue // a header, say: the alert tells what the platform said
		}
		field.Error = p.T(w.Key, w.Args...)
		summary = append(summary, views.Link{Label: field.Label, URL: "#" + field.ID()})
	}
	switch len(summary) {
	case 0:
	case 1:
		for _, field := range fields {
			field.Autofocus = field.Error != ""
		}
	default:
		view.Alert = &views.Alert{Tone: "error", Title: p.T("error.invalid.title"), Items: summary, Focus: true}
	}
	return view
}

// resultView is a message just accepted. A message without a status is one whose status could not be read.
func resultView(p *locales.Printer, m portal.Message) *views.SendTestResult {
	path := "/messages/" + m.MessageID
	view := &views.SendTestResult{MessageID: m.MessageID, URL: path}
	if m.Status.Valid() {
		badge := views.NewMessageBadge(p.Locale, m.Status)
		view.Status = &badge
	}
	if !m.Status.Final() {
		view.StatusURL = path + "/status"
	}
	return view
}

// previewView says how m would travel and what it would cost, and is the same call for a program.
func previewView(p *locales.Printer, m portal.NewMessage, apiURL string, prices portal.Prices) views.SendTestPreview {
	a := sms.Analyse(m.Body)
	view := views.SendTestPreview{
		From: m.From, Body: m.Body,
		Encoding: locales.Verbatim(a.Encoding), Characters: p.Number(int64(a.Characters)), Units: p.Number(int64(a.Units)),
		Segments: p.Number(int64(a.Segments)),
		Operator: p.T("sendtest.preview.no_number"), Cost: p.T("sendtest.preview.no_number"),
		Call: views.SendTestCall{
			Code: views.Code{ID: "send-test-curl", Label: p.T("sendtest.preview.curl"), Lang: "sh", Text: curl(apiURL, m)},
		},
	}
	if sms.ValidNumber(m.To) {
		op := sms.Operator(m.To)
		view.Operator, view.Cost = p.T("operator."+op), p.T("sendtest.preview.cost.unknown")
		if price, ok := prices.Of(op); ok {
			currency := string(prices.Currency)
			view.Cost = p.T("sendtest.preview.cost.value", "total", p.UnitAmount(currency, price*int64(a.Segments)), "unit", p.UnitAmount(currency, price))
		}
	}
	if a.Segments > 1 {
		view.Parts = p.T("sendtest.preview.parts", "n", a.Segments)
	}
	if a.Encoding == sms.UCS2 {
		explain(p, &view, m.Body, a)
	}
	return view
}

// explain says which characters forced UCS-2. Replacing is offered only where it brings the text back to GSM-7: in a
// text in Dari it would change the quotes and save nothing.
func explain(p *locales.Printer, view *views.SendTestPreview, body string, a sms.Analysis) {
	helps := sms.Analyse(sms.Simplify(body)).Encoding == sms.GSM7
	listed := maxLetters
	view.Unicode = p.T("sendtest.preview.unicode.letters")
	if helps {
		view.Unicode, listed = p.T("sendtest.preview.unicode.replaceable"), maxReplaceable
	}
	kinds := make(map[rune]bool)
	for _, c := range a.Culprits {
		if kinds[c.Char] || !helps && c.Replacement != "" {
			continue
		}
		kinds[c.Char] = true
		if len(view.Culprits) == listed {
			continue
		}
		item := views.SendTestCulprit{
			Char: visible(c.Char), CodePoint: codePoint(c.Char), Where: p.T("sendtest.preview.at", "n", c.Position+1),
		}
		if helps {
			item.Replace = item.CodePoint
			item.With = p.T("sendtest.preview.replace", "with", shown(p, c.Replacement))
		}
		view.Culprits = append(view.Culprits, item)
	}
	if more := len(kinds) - len(view.Culprits); more > 0 {
		view.More = p.T("sendtest.preview.more", "n", more)
	}
	view.ReplaceAll = helps && len(kinds) > 1
}

// visible is r when there is anything to see of it.
func visible(r rune) string {
	if !unicode.IsGraphic(r) || unicode.IsSpace(r) {
		return ""
	}
	return string(r)
}

// shown is a replacement in words when it can't be seen.
func shown(p *locales.Printer, s string) string {
	switch s {
	case " ":
		return string(p.T("sendtest.preview.space"))
	case "\n":
		return string(p.T("sendtest.preview.newline"))
	}
	return s
}
