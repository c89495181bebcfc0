// Package locales holds the catalogues (<locale>/messages.json, ICU MessageFormat) and everything that depends on a
// language: words, plurals, digits, dates, calendars, money. Nothing outside it knows any of that.
package locales

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"

	"ghasi.io/portal/locales/icu"
)

//go:embed */messages.json
var catalogues embed.FS

// Text is text in a user's language, ready to show. Only this package makes it, so a view field of type Text cannot
// be filled with a raw string by accident.
type Text string

// Verbatim makes a Text of what is the same in every language: a name, an address, a code.
func Verbatim(s string) Text { return Text(s) }

// Tags lists the languages in the order a switcher shows them: English, Dari, Pashto, Arabic.
var Tags = []string{"en", "fa-AF", "ps", "ar"}

// Locale is one language: its catalogue and its conventions. Safe for concurrent use.
type Locale struct {
	Tag  string // BCP 47, one of Tags
	Dir  string // "ltr" or "rtl"
	Name string // in the language itself

	conventions
	format   icu.Format
	messages map[string]message
	strict   bool     // a wrong call of T panics
	faults   sync.Map // keys whose fault has been logged
}

// message is a parsed message; text is all of it when parsed is nil.
type message struct {
	text   Text
	parsed *icu.Message
}

// Bundle is every Locale. Safe for concurrent use.
type Bundle struct {
	locales    map[string]*Locale
	negotiator negotiator
}

// Load parses the embedded catalogues. Any malformed message, or key that one language lacks, is an error; all of them
// are reported at once.
func Load() (*Bundle, error) {
	sources, err := embedded()
	if err != nil {
		return nil, err
	}
	return load(sources)
}

// embedded reads the catalogues of the binary: messages by tag and key.
func embedded() (map[string]map[string]string, error) {
	sources := map[string]map[string]string{}
	for _, tag := range Tags {
		raw, err := catalogues.ReadFile(tag + "/messages.json")
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", tag, err)
		}
		sources[tag] = texts
	}
	return sources, nil
}

// load builds a Bundle from messages by tag and key.
func load(sources map[string]map[string]string) (*Bundle, error) {
	b := &Bundle{locales: map[string]*Locale{}}
	var faults []error
	for _, tag := range Tags {
		l := newLocale(tag)
		l.strict = testing.Testing()
		b.locales[tag] = l
		for _, key := range slices.Sorted(maps.Keys(sources[tag])) {
			m, err := icu.Parse(l.format.Tag, sources[tag][key])
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %s: %w", tag, key, err))
				continue
			}
			if text, ok := m.Static(); ok {
				l.messages[key] = message{text: Text(text)}
			} else {
				l.messages[key] = message{parsed: m}
			}
		}
	}
	faults = append(faults, missingKeys(sources)...)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	b.negotiator.init()
	return b, nil
}

// missingKeys reports the keys that some language has and another lacks.
func missingKeys(sources map[string]map[string]string) (faults []error) {
	all := map[string]bool{}
	for _, texts := range sources {
		for key := range texts {
			all[key] = true
		}
	}
	for _, tag := range Tags {
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if _, ok := sources[tag][key]; !ok {
				faults = append(faults, fmt.Errorf("%s: %s: no such message", tag, key))
			}
		}
	}
	return faults
}

// Locale returns the language of tag, English for an unknown one.
func (b *Bundle) Locale(tag string) *Locale {
	if l, ok := b.locales[tag]; ok {
		return l
	}
	return b.locales[Tags[0]]
}

// T formats the message of key with name, value pairs: T("messages.count", "n", 3). Numbers are written in the
// language's digits; a string whose direction would disturb the sentence is isolated, a [Text] goes in as it is. An
// unknown key, or arguments that do not fit the message, panic in tests and yield the key in production.
func (l *Locale) T(key string, args ...any) Text {
	m, ok := l.messages[key]
	switch {
	case !ok:
		return l.fault(key, errors.New("no such message"))
	case len(args)%2 != 0:
		return l.fault(key, fmt.Errorf("arguments are not name, value pairs: %d values", len(args)))
	case m.parsed == nil:
		return m.text
	}
	buf := make([]byte, 0, 128)
	buf, err := m.parsed.Append(buf, &l.format, args)
	if err != nil {
		return l.fault(key, err)
	}
	return Text(buf)
}

// Has reports whether the catalogue knows key.
func (l *Locale) Has(key string) bool {
	_, ok := l.messages[key]
	return ok
}

// fault answers a wrong call of T: loudly where a developer sees it, quietly and once where a customer would.
func (l *Locale) fault(key string, err error) Text {
	if l.strict {
		panic(fmt.Sprintf("locales: %s: %s: %v", l.Tag, key, err))
	}
	if _, logged := l.faults.LoadOrStore(key, true); !logged {
		slog.Error("message cannot be shown", "locale", l.Tag, "key", key, "error", err) //nolint:sloglint // a formatter has no logger of its own, and says it once a key
	}
	return Text(key)
}

// ready tells package icu which values need no isolating.
func ready(v any) (string, bool) {
	t, ok := v.(Text)
	return string(t), ok
}
