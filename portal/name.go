package portal

import (
	"strings"
	"unicode"
)

// Presentable reports whether a name that somebody chose can be shown in a list: it has something to see, and nothing
// that breaks lines, turns the direction of what follows, or makes two names look alike. The joiners of Persian and
// Pashto are fine.
func Presentable(name string) bool {
	return strings.ContainsFunc(name, isVisible) && !strings.ContainsFunc(name, isHarmful)
}

func isVisible(c rune) bool {
	return unicode.In(c, unicode.L, unicode.N, unicode.P, unicode.S) &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c) && c != '\u2800' // the blank of Braille
}

// isHarmful finds controls, separators of lines, marks of direction, invisible spaces and tags.
func isHarmful(c rune) bool {
	switch c {
	case '\u061c', '\u200b', '\u200e', '\u200f', '\u2028', '\u2029', '\u2060', '\ufeff':
		return true
	}
	return unicode.IsControl(c) || (c >= '\u202a' && c <= '\u202e') || (c >= '\u2066' && c <= '\u2069') ||
		(c >= 0xe0000 && c <= 0xe007f)
}
