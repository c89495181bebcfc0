package sms

import "strings"

// basic is the GSM 7-bit default alphabet without ESC. Position 0x09 is capital Ç (3GPP TS 23.038, and most
// gateways); a lower-case ç is outside it.
const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
	"ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

// extension needs ESC and a second septet.
const extension = "\f^{}\\[~]|€"

// cheap answers for the characters below U+0400, where the whole alphabet but the euro sign lives: 0 is none.
var cheap = func() (t [0x400]uint8) {
	for _, r := range basic {
		t[r] = 1
	}
	for _, r := range extension {
		if r < 0x400 {
			t[r] = 2
		}
	}
	return t
}()

// septets returns how many septets r takes, and whether the alphabet has it at all.
func septets(r rune) (n int, ok bool) {
	if r == '€' {
		return 2, true
	}
	if r < 0 || r >= 0x400 || cheap[r] == 0 {
		return 0, false
	}
	return int(cheap[r]), true
}

// replacements are characters of the alphabet that say the same: what word processors and keyboards put in by
// themselves, mostly. Every replacement is GSM-7 (a test holds that).
var replacements = map[rune]string{
	'‘': "'", '’': "'", '‚': ",", '‛': "'", '′': "'", '´': "'", '`': "'", 'ʼ': "'", '‹': "<", '›': ">",
	'“': "\"", '”': "\"", '„': "\"", '‟': "\"", '″': "\"", '«': "\"", '»': "\"",
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '\u00AD': "-",
	'…': "...", '•': "*", '·': ".", '\t': " ", '×': "x", '÷': "/", '©': "(c)", '®': "(R)", '™': "(TM)", '№': "No",
	'\u00A0': " ", '\u2002': " ", '\u2003': " ", '\u2007': " ", '\u2008': " ", '\u2009': " ", '\u200A': " ", '\u202F': " ", '\u3000': " ",
	'\u2028': "\n", '\u2029': "\n", '\u0085': "\n",
	'ç': "Ç", 'á': "à", 'â': "a", 'ã': "a", 'Á': "A", 'À': "A", 'Â': "A", 'Ã': "A", 'ê': "e", 'ë': "e", 'È': "E", 'Ê': "E", 'Ë': "E",
	'í': "ì", 'î': "i", 'ï': "i", 'Í': "I", 'Ì': "I", 'Î': "I", 'Ï': "I", 'ó': "ò", 'ô': "o", 'õ': "o", 'Ó': "O", 'Ò': "O", 'Ô': "O", 'Õ': "O",
	'ú': "ù", 'û': "u", 'Ú': "U", 'Ù': "U", 'Û': "U", 'ÿ': "y", 'ý': "y", 'Ý': "Y", 'ş': "s", 'Ş': "S", 'ğ': "g", 'Ğ': "G", 'ı': "i", 'İ': "I",
	'œ': "oe", 'Œ': "OE", 'š': "s", 'Š': "S", 'ž': "z", 'Ž': "Z", 'č': "c", 'Č': "C", 'ć': "c", 'Ć': "C",
}

// Simplify replaces every character of body that has a GSM-7 replacement, and leaves the others.
func Simplify(body string) string {
	var b strings.Builder
	b.Grow(len(body))
	for _, r := range body {
		if s, ok := replacements[r]; ok {
			b.WriteString(s)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
