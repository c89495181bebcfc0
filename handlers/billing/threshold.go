package billing

import (
	"strings"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/views"
)

const (
	inputThreshold = "threshold"
	maxTyped       = 32 // bytes of digits in any script
)

// thresholdForm is the balance below which a customer wants to be warned, as it was typed.
type thresholdForm struct {
	typed string
	wrong views.Text
	alert *views.Alert
}

// newThreshold is the form with what holds now; no warning is an empty field.
func newThreshold(p *locales.Printer, micros int64) *thresholdForm {
	if micros == 0 {
		return &thresholdForm{}
	}
	return &thresholdForm{typed: string(p.PlainAmount(micros))}
}

// micros is the amount that was typed, or the key of what is wrong with it. Nothing typed is no warning.
func (f thresholdForm) micros() (amount int64, wrong string) {
	if strings.TrimSpace(f.typed) == "" {
		return 0, ""
	}
	amount, ok := locales.ParseAmount(f.typed)
	if !ok {
		return 0, "billing.threshold.wrong"
	}
	return amount, ""
}

func (f thresholdForm) view(p *locales.Printer, u portal.Usage) *views.ThresholdForm {
	state := p.T("billing.threshold.off")
	if u.LowBalanceMicros > 0 {
		state = p.T("billing.threshold.on", "amount", p.Amount(string(u.Currency), u.LowBalanceMicros))
	}
	return &views.ThresholdForm{
		State: state, Alert: f.alert,
		Amount: views.Field{
			Name: inputThreshold, Label: p.T("billing.threshold.amount", "currency", currencyName(p, u.Currency)), Type: "text", Value: f.typed, Ltr: true,
			Help: p.T("billing.threshold.help"), Error: f.wrong, Autocomplete: "off", MaxLength: maxTyped,
		},
	}
}

// currencyName names the account's currency; an account whose currency is not known is in afghani, as all begin.
func currencyName(p *locales.Printer, c portal.Currency) views.Text {
	if c == portal.USD {
		return p.T("billing.currency.usd")
	}
	return p.T("billing.currency.afn")
}

// cut bounds what is shown again of a hostile value; what was too long is wrong anyway.
func cut(s string) string {
	if len(s) <= 4*maxTyped {
		return s
	}
	return strings.ToValidUTF8(s[:4*maxTyped], "")
}
