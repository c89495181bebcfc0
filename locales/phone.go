package locales

import "strings"

// Phone formats an E.164 number for reading, digits always Latin: "+93 79 123 4567". Whatever is none, or too short to
// group, is returned as it is.
func Phone(e164 string) string {
	if len(e164) < 8 || len(e164) > 16 || e164[0] != '+' {
		return e164
	}
	digits := e164[1:]
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return e164
		}
	}
	code := callingCode(digits)
	national := digits[len(code):]
	if code == "93" && len(national) == 9 {
		return "+93 " + national[:2] + " " + national[2:5] + " " + national[5:]
	}
	return "+" + code + " " + inGroups(national)
}

// inGroups splits digits into groups of three, the last ones of four if they do not come out even.
func inGroups(digits string) string {
	groups, over := len(digits)/3, len(digits)%3
	if groups < 2 || over > groups {
		return digits
	}
	var b strings.Builder
	for i, at := 0, 0; i < groups; i++ {
		size := 3
		if i >= groups-over {
			size = 4
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(digits[at : at+size])
		at += size
	}
	return b.String()
}

// twoDigitCodes are the ITU calling codes of two digits. +1 and +7 have one, all others three.
const twoDigitCodes = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 " +
	"81 82 84 86 90 91 92 93 94 95 98 "

func callingCode(digits string) string {
	switch {
	case digits[0] == '1' || digits[0] == '7':
		return digits[:1]
	case strings.Contains(twoDigitCodes, " "+digits[:2]+" "):
		return digits[:2]
	}
	return digits[:3]
}

// ASCIIDigits replaces Eastern Arabic and Persian digits by ASCII ones and drops bidi marks, for what people type.
func ASCIIDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		case r == 0x061C, r == 0x200E, r == 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}
