package sms

import "strings"

// maxTyped bounds what [Normalise] looks at: no number with all its decoration is longer.
const maxTyped = 100

// Normalise reads a number as people type it and returns E.164: "+93…", "0093…", "93…" and the national "07…" (ten
// digits), in Latin, Persian (۰-۹) or Arabic (٠-٩) digits, with spaces, dashes, dots, parentheses and the bidi marks that
// copying brings along. ok is false when it is none. A number of an Afghan mobile has exactly nine national digits.
func Normalise(s string) (e164 string, ok bool) {
	if len(s) > maxTyped {
		return "", false
	}
	plus, digits, ok := readDigits(s)
	if !ok {
		return "", false
	}
	switch {
	case plus:
	case strings.HasPrefix(digits, "00"):
		digits = digits[2:]
	case len(digits) == 10 && strings.HasPrefix(digits, "07"):
		digits = "93" + digits[1:]
	case len(digits) == 11 && strings.HasPrefix(digits, "937"):
	default:
		return "", false
	}
	if strings.HasPrefix(digits, "9307") { // +93 (0) 70 …: the trunk digit left in
		digits = "93" + digits[3:]
	}
	if e164 = "+" + digits; !ValidNumber(e164) {
		return "", false
	}
	return e164, true
}

// NormalisePrefix reads the beginning of a number as people type it, and returns the beginning of its E.164 form: "0799"
// and "93799" give "+93799". ok is false when there is nothing in it, or something that no number has.
func NormalisePrefix(s string) (prefix string, ok bool) {
	if len(s) > maxTyped {
		return "", false
	}
	plus, digits, ok := readDigits(s)
	if !ok || !plus && digits == "" {
		return "", false
	}
	switch {
	case plus:
	case strings.HasPrefix(digits, "00"):
		digits = digits[2:]
	case strings.HasPrefix(digits, "0"):
		digits = "93" + digits[1:]
	}
	if len(digits) > 15 {
		return "", false
	}
	return "+" + digits, true
}

// readDigits takes the decoration off: whether a plus came first, and the Latin digits. ok is false when anything else
// is in it.
func readDigits(s string) (plus bool, digits string, ok bool) {
	b := make([]byte, 0, 20)
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b = append(b, byte(r))
		case r >= '۰' && r <= '۹':
			b = append(b, byte('0'+r-'۰'))
		case r >= '٠' && r <= '٩':
			b = append(b, byte('0'+r-'٠'))
		case (r == '+' || r == '＋') && !plus && len(b) == 0:
			plus = true
		case !decoration(r):
			return false, "", false
		}
	}
	return plus, string(b), true
}

// decoration reports whether r stands in numbers for the eye alone.
func decoration(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '-', '.', '(', ')', '\u00A0', '\u202F', '−', '\u061C', '\uFEFF':
		return true
	}
	return r >= '\u2000' && r <= '\u2015' || // spaces, ZWNJ, ZWJ, LRM, RLM, hyphens and dashes
		r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

// ValidNumber reports whether s is E.164 as the API takes it: a plus, no leading zero, 7 to 15 digits, and for an
// Afghan mobile exactly "+937" and eight digits.
func ValidNumber(s string) bool {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return !strings.HasPrefix(s, "+937") || len(s) == 12
}

// ValidSender reports whether s can be a sender ID: 3–11 of A–Z a–z 0–9 space . - _ with at least one letter and no
// space at either end, or E.164.
func ValidSender(s string) bool {
	if strings.HasPrefix(s, "+") {
		return ValidNumber(s)
	}
	if len(s) < 3 || len(s) > 11 || s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	letter := false
	for _, c := range []byte(s) {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			letter = true
		case c >= '0' && c <= '9', c == ' ', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return letter
}
