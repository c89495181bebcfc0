package locales

import (
	"strings"
	"unicode"
)

// maxAmountDigits bounds the whole units of an amount that is typed: far more than anybody owes, far less than int64
// micros hold.
const maxAmountDigits = 9

// PlainAmount formats an amount in millionths without its currency and without decimals that say nothing ("5,000",
// "5,000.50"): what stands in a field. [ParseAmount] reads it back.
func (l *Locale) PlainAmount(micros int64) Text {
	if micros%1_000_000 == 0 {
		return l.Number(micros / 1_000_000)
	}
	return Text(l.numerals.AppendScaled(nil, micros, microDigits, leastDecimals, leastDecimals))
}

// ParseAmount reads an amount as people type it, in any of our digits: "5000", "5,000.50", "۵٬۰۰۰٫۵". The comma always
// groups thousands, as it does in all our languages, so "12,50" is refused rather than taken for another amount. At most
// two decimals, never below nought.
func ParseAmount(typed string) (micros int64, ok bool) {
	s := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		case r == '٬' || r == '،' || r == '’' || r == '\'':
			return ','
		case r == '٫':
			return '.'
		}
		return r
	}, ASCIIDigits(typed))
	whole, cents, _ := strings.Cut(s, ".")
	whole, ok = ungrouped(whole)
	if !ok || len(cents) > 2 || strings.Trim(cents, "0123456789") != "" {
		return 0, false
	}
	for _, d := range whole + cents + "00"[len(cents):] {
		micros = micros*10 + int64(d-'0')
	}
	return micros * 10_000, true
}

// ungrouped takes the commas out of whole units, if they are where they belong.
func ungrouped(s string) (string, bool) {
	groups := strings.Split(s, ",")
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && len(groups) > 1 && (g == "" || len(g) > 3) {
			return "", false
		}
	}
	digits := strings.Join(groups, "")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		digits = "0"
	}
	return digits, len(digits) <= maxAmountDigits
}
