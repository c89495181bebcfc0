package locales

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ghasi.io/portal/locales/icu"
)

// Check reads whole catalogues (messages by language and key) and reports what must not ship: malformed messages, keys
// and arguments that differ from English, incomplete plurals, letters of another language's keyboard, words we do not
// use, and terms that the glossary names otherwise. Languages other than [Tags] are not read; one of Tags that is not
// given is skipped, except English.
func Check(catalogues map[string]map[string]string) []error {
	c := &checker{english: map[string]*icu.Message{}, glossary: Glossary()}
	for _, tag := range Tags {
		if texts, ok := catalogues[tag]; ok || tag == Tags[0] {
			c.language(newLocale(tag), texts, catalogues[Tags[0]])
		}
	}
	return c.faults
}

type checker struct {
	english  map[string]*icu.Message
	glossary []Term
	faults   []error
}

func (c *checker) fault(tag, key, format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("%s: %s: %s", tag, key, fmt.Sprintf(format, args...)))
}

func (c *checker) language(l *Locale, texts, english map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(english)) {
		if _, ok := texts[key]; !ok {
			c.fault(l.Tag, key, "is missing")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if _, ok := english[key]; !ok {
			c.fault(l.Tag, key, "is not in English")
			continue
		}
		m, err := icu.Parse(l.format.Tag, texts[key])
		if err != nil {
			c.fault(l.Tag, key, "%v", err)
			continue
		}
		if l.Tag == Tags[0] {
			c.english[key] = m
		}
		c.shape(l, key, texts[key], m)
		c.words(l, key, m.Literals())
		c.plurals(l, key, m)
		if en := c.english[key]; en != nil && l.Tag != Tags[0] {
			c.sameAsEnglish(l, key, m, en)
			for _, fault := range checkTerms(c.glossary, l.Tag, en.Literals(), m.Literals()) {
				c.fault(l.Tag, key, "%s", fault)
			}
		}
	}
}

var keyShape = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)

func (c *checker) shape(l *Locale, key, text string, m *icu.Message) {
	words := m.Literals()
	isControl := func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }
	switch {
	case !keyShape.MatchString(key):
		c.fault(l.Tag, key, "the key is not <noun>.<page>.<what>")
	case strings.TrimSpace(text) == "":
		c.fault(l.Tag, key, "is empty")
	case strings.TrimSpace(text) != text:
		c.fault(l.Tag, key, "has space around it")
	case strings.ContainsAny(words, "<>\t\n"):
		c.fault(l.Tag, key, "holds markup or a line break: %q", words)
	case strings.ContainsRune(words, '!'):
		c.fault(l.Tag, key, "shouts: %q", words)
	case strings.ContainsFunc(words, isControl):
		c.fault(l.Tag, key, "holds a control character: %q", words)
	}
	c.isolates(l, key, text)
}

// isolates: one left open turns around what follows the message.
func (c *checker) isolates(l *Locale, key, text string) {
	open := 0
	for _, r := range text {
		switch {
		case r >= 0x2066 && r <= 0x2068:
			open++
		case r == 0x2069:
			open--
		case r >= 0x202A && r <= 0x202E:
			c.fault(l.Tag, key, "embeds or overrides a direction; use an isolate")
		}
		if open < 0 {
			break
		}
	}
	if open != 0 {
		c.fault(l.Tag, key, "has unbalanced isolates")
	}
}

// sameAsEnglish: the same arguments as the same kind of value, the same cases of a select. A language that has no need
// of a plural may write {n} plainly.
func (c *checker) sameAsEnglish(l *Locale, key string, m, en *icu.Message) {
	same := slices.EqualFunc(en.Args(), m.Args(), func(a, b icu.Arg) bool {
		return a.Name == b.Name && (a.Kind == b.Kind || a.Kind == icu.Any || b.Kind == icu.Any)
	})
	if !same {
		c.fault(l.Tag, key, "has arguments %v, English %v", m.Args(), en.Args())
	}
	if got, want := selects(m), selects(en); !slices.Equal(got, want) {
		c.fault(l.Tag, key, "selects %v, English %v", got, want)
	}
}

func selects(m *icu.Message) (out []string) {
	for _, c := range m.Cases() {
		if c.Type == "select" {
			out = append(out, c.Arg+":"+strings.Join(slices.Sorted(slices.Values(c.Selectors)), ","))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pluralForms are what a plural must tell apart: "other" would be read where the language has a form of its own. Arabic
// nought may take "other", and Dari nouns do not change after a number.
var pluralForms = map[string][]string{"en": {"one"}, "ps": {"one"}, "ar": {"one", "two", "few", "many"}}

func (c *checker) plurals(l *Locale, key string, m *icu.Message) {
	exact := map[string]string{"one": "=1", "two": "=2"}
	for _, choice := range m.Cases() {
		if choice.Type != "plural" {
			continue
		}
		for _, form := range pluralForms[l.Tag] {
			if !slices.Contains(choice.Selectors, form) && (exact[form] == "" || !slices.Contains(choice.Selectors, exact[form])) {
				c.fault(l.Tag, key, "the plural of %q has no %q", choice.Arg, form)
			}
		}
	}
}

// foreignLetters are the letters and digits that a language does not have: what a wrong keyboard gives.
var foreignLetters = map[string]string{
	"fa-AF": "كيىة" + "ټځڅډړږښګڼېۍ" + "٠١٢٣٤٥٦٧٨٩",
	"ps":    "گكىة" + "٠١٢٣٤٥٦٧٨٩",
	"ar":    "کیگچپژ" + "ټځڅډړږښګڼېۍ" + "۰۱۲۳۴۵۶۷۸۹",
}

// ownNames may be written in their own letters in every language.
var ownNames = []string{"دری", "پښتو", "العربية"}

// avoided are words that are Iranian rather than Afghan, or not our tone; and Persian prefixes and endings that lost the
// non-joiner that ties them to their word.
var avoided = map[string]*regexp.Regexp{
	"en":    regexp.MustCompile(`(?i)\b(please|oops|sorry)\b`),
	"fa-AF": regexp.MustCompile(`پیامک|اینترنت|فناوری|رایانه|لطفا|(?:^|[\s(«])(?:ن?می|ها|های|هایی)(?:[\s.،؟:)»]|$)`),
	"ps":    regexp.MustCompile(`پیامک|اینترنت|فناوری`),
	"ar":    regexp.MustCompile(`من فضلك|الرجاء|يرجى`),
}

var (
	latinNumber = regexp.MustCompile(`^[(«]?[1-9][0-9,.]*[-–٪%.،؛:)»]*$`)
	phoneNumber = regexp.MustCompile(`\+[0-9 ]+`)
)

func (c *checker) words(l *Locale, key, words string) {
	if bad := avoided[l.Tag].FindString(words); bad != "" {
		c.fault(l.Tag, key, "holds %q", bad)
	}
	// A number alone among Dari or Pashto words is written in their digits. Latin ones are for names such as GSM-7, for
	// phone numbers, and for the codes of protocols on the developers' page.
	if l.shamsi && noun(key) != "developers" {
		for _, word := range strings.Fields(phoneNumber.ReplaceAllString(words, "")) {
			if latinNumber.MatchString(word) {
				c.fault(l.Tag, key, "writes %q in Latin digits", word)
			}
		}
	}
	for _, name := range ownNames {
		words = strings.ReplaceAll(words, name, "")
	}
	for _, r := range words {
		if strings.ContainsRune(foreignLetters[l.Tag], r) || l.Tag == Tags[0] && unicode.Is(unicode.Arabic, r) {
			c.fault(l.Tag, key, "holds %q (%U), a letter of another language: %q", r, r, words)
			break
		}
	}
}

// noun is a key's first segment.
func noun(key string) string {
	n, _, _ := strings.Cut(key, ".")
	return n
}
