// Package sms holds the facts of short messages that both sides need: encodings and segments (3GPP TS 23.038), Afghan
// operators by prefix, what a valid number and sender ID look like, and the tariff.
package sms

// The two encodings, as the API names them.
const (
	GSM7 = "GSM-7"
	UCS2 = "UCS-2"
)

// Units that fit one part: alone, or beside the six octets of the header that joins the parts (8-bit reference).
const (
	gsmSingle, gsmPart = 160, 153
	ucsSingle, ucsPart = 70, 67
)

// MaxCulprits bounds [Analysis.Culprits]: a text in an Arabic script has one a letter, and nobody replaces those.
const MaxCulprits = 100

// Analysis is how a text travels: its encoding, its length in that encoding's units, and the parts it needs.
type Analysis struct {
	Encoding   string // "GSM-7" or "UCS-2"
	Characters int    // code points
	Units      int    // septets or UTF-16 code units
	Segments   int    // 0 for an empty text
	Remaining  int    // units left in the last segment; a whole segment's for an empty text
	Culprits   []Culprit
}

// Culprit is a character that forced UCS-2: the character, its position in runes from 0, and a GSM-7 replacement ("" if
// none). An [Analysis] holds the first [MaxCulprits] of them, each occurrence for itself.
type Culprit struct {
	Char        rune
	Position    int
	Replacement string
}

// Analyse packs a text into segments. It packs rather than divides, because neither an escape pair nor a surrogate
// pair may be split between two parts: a text can need one part more than its length says.
func Analyse(body string) Analysis {
	a := Analysis{Encoding: GSM7}
	for _, r := range body {
		if _, ok := septets(r); !ok {
			a.Encoding = UCS2
			if len(a.Culprits) < MaxCulprits {
				a.Culprits = append(a.Culprits, Culprit{Char: r, Position: a.Characters, Replacement: replacements[r]})
			}
		}
		a.Characters++
	}
	single, part, cost := gsmSingle, gsmPart, septetCost
	if a.Encoding == UCS2 {
		single, part, cost = ucsSingle, ucsPart, utf16Cost
	}
	parts, fill := 0, part // the fill of the part under way; the first character opens one
	for _, r := range body {
		c := cost(r)
		a.Units += c
		if fill+c > part {
			parts, fill = parts+1, 0
		}
		fill += c
	}
	switch {
	case a.Units == 0:
		a.Remaining = single
	case a.Units <= single:
		a.Segments, a.Remaining = 1, single-a.Units
	default:
		a.Segments, a.Remaining = parts, part-fill
	}
	return a
}

// Capacity returns how many units fit n segments in the analysis' encoding.
func (a Analysis) Capacity(n int) int {
	single, part := gsmSingle, gsmPart
	if a.Encoding == UCS2 {
		single, part = ucsSingle, ucsPart
	}
	if n <= 1 {
		return n * single
	}
	return n * part
}

func septetCost(r rune) int {
	n, _ := septets(r)
	return n
}

func utf16Cost(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}
