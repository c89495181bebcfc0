package locales

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// negotiator chooses among Tags. Its answers for Accept-Language headers are cached, as matching costs 10 µs and
// browsers send few different headers.
type negotiator struct {
	supported []language.Tag // as Tags
	matcher   language.Matcher
	mu        sync.Mutex
	headers   map[string]string
}

const (
	maxHeader = 256 // bytes of an Accept-Language header that are read
	maxCached = 512 // headers remembered
	maxTag    = 35  // bytes of the longest tag that BCP 47 wants supported
)

// aliases are languages that CLDR does not know to be one of ours.
var aliases = map[string]string{"prs": "fa-AF", "pbu": "ps", "pbt": "ps", "pst": "ps"}

func (n *negotiator) init() {
	for _, tag := range Tags {
		n.supported = append(n.supported, language.Make(tag))
	}
	n.matcher = language.NewMatcher(n.supported)
	n.headers = map[string]string{}
}

// Negotiate picks a language: the first known one of the explicit choices (profile, cookie, …; empty ones are passed
// over), else the best of an Accept-Language header, else English.
func (b *Bundle) Negotiate(acceptLanguage string, choices ...string) *Locale {
	for _, c := range choices {
		if l, ok := b.locales[c]; ok {
			return l
		}
		if tag := b.negotiator.choice(c); tag != "" {
			return b.locales[tag]
		}
	}
	return b.Locale(b.negotiator.header(acceptLanguage))
}

// choice reads one tag: "fa", "PS-af", "prs". "" if it is none of ours.
func (n *negotiator) choice(s string) string {
	if s == "" || len(s) > maxTag {
		return ""
	}
	tag, err := language.Parse(s)
	if err != nil {
		return ""
	}
	return n.match(tag)
}

// header returns the best language of an Accept-Language header, "" if there is none.
func (n *negotiator) header(s string) string {
	if len(s) > maxHeader {
		s = s[:maxHeader]
		s = s[:max(strings.LastIndexByte(s, ','), 0)] // half a tag could be another language
	}
	if s == "" {
		return ""
	}
	n.mu.Lock()
	best, ok := n.headers[s]
	n.mu.Unlock()
	if ok {
		return best
	}
	// A malformed header is no wish; ParseAcceptLanguage sorts by quality.
	tags, _, err := language.ParseAcceptLanguage(s)
	if err == nil {
		for _, tag := range tags {
			if best = n.match(tag); best != "" {
				break
			}
		}
	}
	n.mu.Lock()
	if len(n.headers) >= maxCached {
		clear(n.headers)
	}
	n.headers[strings.Clone(s)] = best // the header may be a slice of a larger buffer
	n.mu.Unlock()
	return best
}

// match returns which of Tags tag is a wish for, "" for none. The matcher's index counts, not its tag, which carries
// extensions; and only high confidence within one language does, as it has a guess for every language and takes Urdu
// readers to wish for English.
func (n *negotiator) match(tag language.Tag) string {
	base, _ := tag.Base()
	if alias, ok := aliases[base.String()]; ok {
		return alias
	}
	_, i, c := n.matcher.Match(tag)
	if own, _ := n.supported[i].Base(); c >= language.High && own == base {
		return Tags[i]
	}
	return ""
}
