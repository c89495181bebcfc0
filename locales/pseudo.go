package locales

import (
	"fmt"
	"strings"

	"golang.org/x/text/language"

	"ghasi.io/portal/locales/icu"
)

// The pseudo-languages, for tests: accented and a third longer, to show text that is not in the catalogue and boxes that
// are too tight; and mirrored, to show what does not follow the direction.
const (
	Accented = "en-XA"
	Mirrored = "ar-XB"
)

// PseudoTags lists them.
var PseudoTags = []string{Accented, Mirrored}

var accents = strings.NewReplacer(
	"a", "á", "c", "ç", "e", "é", "g", "ĝ", "i", "í", "l", "ļ", "n", "ñ", "o", "ó", "r", "ŕ", "s", "š", "t", "ţ", "u", "ú", "y", "ý", "z", "ž",
	"A", "Á", "C", "Ç", "D", "Ð", "E", "É", "I", "Í", "L", "Ļ", "N", "Ñ", "O", "Ó", "R", "Ŕ", "S", "Š", "T", "Ţ", "U", "Ú", "Y", "Ý", "Z", "Ž")

// Pseudo turns an English message into one of a pseudo-language; arguments stay as they are. ⟦ ⟧ mark where a message
// begins and ends: words outside them are in no catalogue, and a missing ⟧ is cut off.
func Pseudo(tag, english string) (string, error) {
	m, err := icu.Parse(language.English, english)
	if err != nil {
		return "", err
	}
	switch tag {
	case Accented:
		letters := len([]rune(m.Literals()))
		return "⟦" + m.Rewrite(accents.Replace) + padding((letters*35+99)/100) + "⟧", nil
	case Mirrored:
		// Each word is overridden to run from the right, as if its letters were Arabic.
		return m.Rewrite(func(s string) string {
			words := strings.Split(s, " ")
			for i, w := range words {
				if w != "" {
					words[i] = "\u202e" + w + "\u202c"
				}
			}
			return strings.Join(words, " ")
		}), nil
	}
	return "", fmt.Errorf("no pseudo-language %q", tag)
}

// padding is n tildes, in words that lines can break between.
func padding(n int) string {
	const word = 5
	var b strings.Builder
	for i := range n {
		if i > 0 && i%word == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte('~')
	}
	return b.String()
}

// LoadPseudo is [Load] with the accented language in place of English and the mirrored one in place of Arabic.
func LoadPseudo() (*Bundle, error) {
	sources, err := embedded()
	if err != nil {
		return nil, err
	}
	accented, mirrored := map[string]string{}, map[string]string{}
	for key, text := range sources[Tags[0]] {
		if accented[key], err = Pseudo(Accented, text); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if mirrored[key], err = Pseudo(Mirrored, text); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	sources["en"], sources["ar"] = accented, mirrored
	return load(sources)
}
