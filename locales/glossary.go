package locales

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed glossary.json
var glossarySource []byte

// Term is one entry of the glossary (glossary.json): what an English term is called in each language. Translations are
// matched as parts of words, so that endings may follow.
type Term struct {
	Term     string              `json:"term"`
	Forms    []string            `json:"forms,omitempty"`  // other forms of it in English: "revoked"
	Note     string              `json:"note,omitempty"`   // for translators
	Except   []string            `json:"except,omitempty"` // English phrases in which the word means something else
	Approved bool                `json:"approved"`         // by a native reader of the trade
	Use      map[string][]string `json:"use"`              // language → any of these
	Avoid    map[string][]string `json:"avoid,omitempty"`  // language → none of these

	english *regexp.Regexp
}

// Glossary returns the terms, in the order of the file.
var Glossary = sync.OnceValue(func() []Term {
	var terms []Term
	if err := json.Unmarshal(glossarySource, &terms); err != nil {
		panic("locales/glossary.json: " + err.Error()) // a build with a broken glossary does not pass its tests
	}
	for i := range terms {
		words := make([]string, 0, 1+len(terms[i].Forms))
		for _, w := range append([]string{terms[i].Term}, terms[i].Forms...) {
			words = append(words, regexp.QuoteMeta(w))
		}
		terms[i].english = regexp.MustCompile(`(?i)\b(?:` + strings.Join(words, "|") + `)s?\b`)
	}
	return terms
})

// checkTerms reports the terms of an English text that its translation does not call by their names.
func checkTerms(glossary []Term, tag, english, translation string) (faults []string) {
	folded := fold(translation)
	holds := func(word string) bool { return strings.Contains(folded, fold(word)) }
	for i := range glossary {
		t := &glossary[i]
		text := english
		for _, phrase := range t.Except {
			text = strings.ReplaceAll(text, phrase, "")
		}
		if !t.english.MatchString(text) {
			continue
		}
		if use := t.Use[tag]; len(use) > 0 && !slices.ContainsFunc(use, holds) {
			faults = append(faults, fmt.Sprintf("does not call %q %s: %q", t.Term, strings.Join(use, " or "), translation))
		}
		for _, word := range t.Avoid[tag] {
			if holds(word) {
				faults = append(faults, fmt.Sprintf("calls %q %s: %q", t.Term, word, translation))
			}
		}
	}
	return faults
}

var folding = strings.NewReplacer(
	"ي", "ی", "ى", "ی", "ئ", "ی", "ك", "ک", "ګ", "گ", "ة", "ه", "ۀ", "ه", "آ", "ا", "أ", "ا", "إ", "ا",
	"\u200c", "", "\u0640", "", "\u200e", "", "\u200f", "", "\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "")

// fold makes spellings of one word equal: letters that keyboards mix up, vowel marks, joiners and bidi marks.
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFC.String(s))
	return folding.Replace(s)
}
