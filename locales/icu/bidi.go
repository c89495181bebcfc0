package icu

import (
	"strings"
	"unicode/utf8"
)

// The isolate keeps a foreign value in one piece: without it a phone number in a Dari sentence is read group by group
// from the wrong end.
const (
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
)

// appendIsolated appends a value of unknown direction to text that runs right to left if rtl. The value's own bidi
// controls are dropped, as an unbalanced one would break out of the isolate and turn the rest of the sentence around.
func appendIsolated(dst []byte, s string, rtl bool) []byte {
	if strings.ContainsFunc(s, isBidiControl) {
		s = strings.Map(func(r rune) rune {
			if isBidiControl(r) {
				return -1
			}
			return r
		}, s)
	}
	if !disturbs(s, rtl) {
		return append(dst, s...)
	}
	dst = append(dst, firstStrongIsolate...)
	dst = append(dst, s...)
	return append(dst, popIsolate...)
}

// disturbs reports whether s holds anything that does not simply run in the direction of the text around it.
func disturbs(s string, rtl bool) bool {
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		if rtl && r != ' ' && !isRTL(r) || !rtl && isRTL(r) {
			return true
		}
		i += n
	}
	return false
}

// isRTL reports whether r belongs to the Hebrew or Arabic blocks.
func isRTL(r rune) bool {
	return r >= 0x0590 && r <= 0x08FF && (r < 0x0660 || r > 0x0669) && (r < 0x06F0 || r > 0x06F9) ||
		r >= 0xFB1D && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFE || r == 0x200C
}

// isBidiControl reports whether r embeds, overrides, isolates or closes.
func isBidiControl(r rune) bool { return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 }
