package locales

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"ghasi.io/portal/locales/icu"
)

// catalogue reads one language's messages, refusing a key that is there twice (which encoding/json would not).
func catalogue(t *testing.T, tag string) map[string]string {
	t.Helper()
	raw, err := catalogues.ReadFile(tag + "/messages.json")
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	texts := map[string]string{}
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		t.Fatalf("%s: not an object", tag)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatalf("%s: %v", tag, err)
		}
		var text string
		if err := dec.Decode(&text); err != nil {
			t.Fatalf("%s: %v: %v", tag, key, err)
		}
		name, _ := key.(string)
		if _, twice := texts[name]; twice {
			t.Errorf("%s: %s is there twice", tag, name)
		}
		texts[name] = text
	}
	return texts
}

// eachMessage calls f with every message of every language, parsed.
func eachMessage(t *testing.T, f func(l *Locale, key, text string, m *icu.Message)) {
	t.Helper()
	b := mustLoad(t)
	for _, tag := range Tags {
		texts := catalogue(t, tag)
		l := b.Locale(tag)
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			m, err := icu.Parse(l.format.Tag, texts[key])
			if err != nil {
				t.Errorf("%s: %s: %v", tag, key, err)
				continue
			}
			f(l, key, texts[key], m)
		}
	}
}

var keyShape = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)

func TestCatalogue_KeysAndTexts(t *testing.T) {
	en := catalogue(t, Tags[0])
	for _, tag := range Tags[1:] {
		other := catalogue(t, tag)
		for key := range en {
			if _, ok := other[key]; !ok {
				t.Errorf("%s: %s is missing", tag, key)
			}
		}
		for key := range other {
			if _, ok := en[key]; !ok {
				t.Errorf("%s: %s is not in English", tag, key)
			}
		}
	}
	eachMessage(t, func(l *Locale, key, text string, m *icu.Message) {
		words := m.Literals()
		switch {
		case !keyShape.MatchString(key):
			t.Errorf("%s: the key %q is not <noun>.<page>.<what>", l.Tag, key)
		case strings.TrimSpace(text) == "":
			t.Errorf("%s: %s is empty", l.Tag, key)
		case strings.TrimSpace(text) != text:
			t.Errorf("%s: %s has space around it", l.Tag, key)
		case strings.ContainsAny(words, "<>\t\n"):
			t.Errorf("%s: %s holds markup or a line break: %q", l.Tag, key, words)
		case strings.ContainsRune(words, '!'):
			t.Errorf("%s: %s shouts: %q", l.Tag, key, words)
		case strings.ContainsFunc(words, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }):
			t.Errorf("%s: %s holds a control character: %q", l.Tag, key, words)
		}
	})
}

// TestCatalogue_Arguments: the same names in every language, as the same kind of value. A language that has no need of
// a plural may write {n} plainly.
func TestCatalogue_Arguments(t *testing.T) {
	want := map[string][]icu.Arg{}
	eachMessage(t, func(l *Locale, key, _ string, m *icu.Message) {
		if l.Tag == Tags[0] {
			want[key] = m.Args()
			return
		}
		same := slices.EqualFunc(want[key], m.Args(), func(a, b icu.Arg) bool {
			return a.Name == b.Name && (a.Kind == b.Kind || a.Kind == icu.Any || b.Kind == icu.Any)
		})
		if !same {
			t.Errorf("%s: %s has arguments %v, English %v", l.Tag, key, m.Args(), want[key])
		}
	})
}

// TestCatalogue_PluralsAreComplete: "other" would be read where the language has a form of its own. Arabic nought may
// take "other", and Dari nouns do not change after a number.
func TestCatalogue_PluralsAreComplete(t *testing.T) {
	needs := map[string][]string{"en": {"one"}, "ps": {"one"}, "ar": {"one", "two", "few", "many"}}
	instead := map[string]string{"one": "=1", "two": "=2"}
	eachMessage(t, func(l *Locale, key, _ string, m *icu.Message) {
		for _, c := range m.Cases() {
			if c.Type != "plural" {
				continue
			}
			for _, form := range needs[l.Tag] {
				if !slices.Contains(c.Selectors, form) && (instead[form] == "" || !slices.Contains(c.Selectors, instead[form])) {
					t.Errorf("%s: %s: the plural of %q has no %q", l.Tag, key, c.Arg, form)
				}
			}
		}
	})
}

// TestCatalogue_Selects: a select must tell the same cases apart in every language.
func TestCatalogue_Selects(t *testing.T) {
	selects := func(m *icu.Message) (out []string) {
		for _, c := range m.Cases() {
			if c.Type == "select" {
				out = append(out, c.Arg+":"+strings.Join(slices.Sorted(slices.Values(c.Selectors)), ","))
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	want := map[string][]string{}
	eachMessage(t, func(l *Locale, key, _ string, m *icu.Message) {
		if l.Tag == Tags[0] {
			want[key] = selects(m)
		} else if got := selects(m); !slices.Equal(got, want[key]) {
			t.Errorf("%s: %s selects %v, English %v", l.Tag, key, got, want[key])
		}
	})
}

// alphabets are the letters and digits that a language does not have: what a wrong keyboard gives.
var alphabets = map[string]string{
	"en":    "",
	"fa-AF": "كيىة" + "ټځڅډړږښګڼېۍ" + "٠١٢٣٤٥٦٧٨٩",
	"ps":    "گكىة" + "٠١٢٣٤٥٦٧٨٩",
	"ar":    "کیگچپژ" + "ټځڅډړږښګڼېۍ" + "۰۱۲۳۴۵۶۷۸۹",
}

// foreignNames may be written in their own letters: the languages' own names.
var foreignNames = []string{"دری", "پښتو", "العربية"}

func TestCatalogue_Alphabet(t *testing.T) {
	eachMessage(t, func(l *Locale, key, _ string, m *icu.Message) {
		words := m.Literals()
		for _, name := range foreignNames {
			words = strings.ReplaceAll(words, name, "")
		}
		for _, r := range words {
			if strings.ContainsRune(alphabets[l.Tag], r) {
				t.Errorf("%s: %s holds %q (%U): %q", l.Tag, key, r, r, words)
			}
			if l.Tag == "en" && unicode.Is(unicode.Arabic, r) {
				t.Errorf("en: %s holds %q", key, r)
			}
		}
	})
}

// forbidden are words that are Iranian rather than Afghan, or not our tone; and Persian prefixes and endings that lost
// the non-joiner that ties them to their word.
var forbidden = map[string]*regexp.Regexp{
	"en":    regexp.MustCompile(`(?i)\b(please|oops|sorry)\b`),
	"fa-AF": regexp.MustCompile(`پیامک|اینترنت|فناوری|رایانه|لطفا|(?:^|[\s(«])(?:ن?می|ها|های|هایی)(?:[\s.،؟:)»]|$)`),
	"ps":    regexp.MustCompile(`پیامک|اینترنت|فناوری`),
	"ar":    regexp.MustCompile(`من فضلك|الرجاء|يرجى`),
}

func TestCatalogue_Words(t *testing.T) {
	eachMessage(t, func(l *Locale, key, _ string, m *icu.Message) {
		if bad := forbidden[l.Tag].FindString(m.Literals()); bad != "" {
			t.Errorf("%s: %s holds %q", l.Tag, key, bad)
		}
	})
}

// TestCatalogue_Digits: a number alone among Dari or Pashto words is written in their digits. Latin ones are for names
// such as GSM-7, for phone numbers, and for the codes of protocols on the developers' page.
func TestCatalogue_Digits(t *testing.T) {
	latinNumber := regexp.MustCompile(`^[(«]?[1-9][0-9,.]*[-–٪%.،؛:)»]*$`)
	phone := regexp.MustCompile(`\+[0-9 ]+`)
	eachMessage(t, func(l *Locale, key, _ string, m *icu.Message) {
		if l.Tag != "fa-AF" && l.Tag != "ps" || noun(key) == "developers" {
			return
		}
		for _, word := range strings.Fields(phone.ReplaceAllString(m.Literals(), "")) {
			if latinNumber.MatchString(word) {
				t.Errorf("%s: %s writes %q in Latin digits", l.Tag, key, word)
			}
		}
	})
}

// TestCatalogue_BidiIsBalanced: an isolate left open turns around what follows the message.
func TestCatalogue_BidiIsBalanced(t *testing.T) {
	eachMessage(t, func(l *Locale, key, text string, _ *icu.Message) {
		open := 0
		for _, r := range text {
			switch {
			case r >= 0x2066 && r <= 0x2068:
				open++
			case r == 0x2069:
				open--
			case r >= 0x202A && r <= 0x202E:
				t.Errorf("%s: %s embeds or overrides a direction; use an isolate", l.Tag, key)
			}
			if open < 0 {
				break
			}
		}
		if open != 0 {
			t.Errorf("%s: %s has unbalanced isolates", l.Tag, key)
		}
	})
}
