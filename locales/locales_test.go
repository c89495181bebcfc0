package locales

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func mustLoad(t testing.TB) *Bundle {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sample is a small bundle, so that these tests do not depend on the product's words.
func sample(t testing.TB) *Bundle {
	t.Helper()
	sources := map[string]map[string]string{}
	for _, tag := range Tags {
		sources[tag] = map[string]string{
			"a.plain": "It''s plain",
			"a.count": "{n, plural, other {# keys for {who}}}",
		}
	}
	b, err := load(sources)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestT(t *testing.T) {
	b := sample(t)
	en, fa := b.Locale("en"), b.Locale("fa-AF")
	if got := en.T("a.plain"); got != "It's plain" {
		t.Errorf("plain: %q", got)
	}
	if got := en.T("a.count", "n", 1234, "who", "Zala"); got != "1,234 keys for Zala" {
		t.Errorf("count: %q", got)
	}
	if got := fa.T("a.count", "n", 12, "who", "Zala"); got != "۱۲ keys for \u2068Zala\u2069" {
		t.Errorf("a foreign name in Dari: %q", got)
	}
	if got := fa.T("a.count", "n", 12, "who", Text("Zala")); got != "۱۲ keys for Zala" {
		t.Errorf("a text in Dari: %q", got)
	}
	if !en.Has("a.plain") || en.Has("a.other") {
		t.Error("Has is wrong")
	}
	if n := testing.AllocsPerRun(100, func() { en.T("a.plain") }); n != 0 {
		t.Errorf("a plain message costs %v allocations", n)
	}
}

func TestT_MistakesPanicInTests(t *testing.T) {
	en := sample(t).Locale("en")
	for name, call := range map[string]func(){
		"unknown key":      func() { en.T("a.other") },
		"odd arguments":    func() { en.T("a.count", "n") },
		"odd, plain":       func() { en.T("a.plain", "n") },
		"missing argument": func() { en.T("a.count", "n", 1) },
		"wrong type":       func() { en.T("a.count", "n", "1", "who", "x") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func TestT_MistakesAreLoggedOnceInProduction(t *testing.T) {
	en := sample(t).Locale("en")
	en.strict = false
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	for range 3 {
		if got := en.T("a.other"); got != "a.other" {
			t.Errorf("an unknown key shows %q", got)
		}
		if got := en.T("a.count", "n", 1); got != "a.count" {
			t.Errorf("a message short of an argument shows %q", got)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 2 {
		t.Errorf("%d lines logged, want one for each key:\n%s", n, &log)
	}
}

func TestLoad_ReportsEveryFault(t *testing.T) {
	_, err := load(map[string]map[string]string{
		"en": {"a.one": "x", "a.two": "{n, plural, few {x} other {y}}"}, "fa-AF": {"a.one": "{"}, "ps": {"a.one": "x", "a.two": "x"},
		"ar": {"a.one": "x", "a.two": "x", "a.three": "x"},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`en: a.two: 1:13: language en has no plural category "few"`, "fa-AF: a.one: 1:2: ", "fa-AF: a.two: no such message",
		"en: a.three: no such message",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}

func TestLocale(t *testing.T) {
	b := mustLoad(t)
	for _, tag := range Tags {
		l := b.Locale(tag)
		wantDir := "rtl"
		if tag == "en" {
			wantDir = "ltr"
		}
		if l.Tag != tag || l.Dir != wantDir || l.Name == "" {
			t.Errorf("%s: %s %s %q", tag, l.Tag, l.Dir, l.Name)
		}
	}
	if b.Locale("xx").Tag != "en" || b.Locale("").Tag != "en" {
		t.Error("an unknown language is not English")
	}
}

func TestNegotiate(t *testing.T) {
	b := mustLoad(t)
	for _, tt := range []struct {
		header  string
		choices []string
		want    string
	}{
		{"", nil, "en"},
		{"", []string{"ps"}, "ps"},
		{"ps", []string{"", "ar"}, "ar"},
		{"ps", []string{"xx", "fa-AF", "ar"}, "fa-AF"},
		{"ps", []string{"xx", strings.Repeat("a", 5000), "\x00"}, "ps"},
		{"", []string{"PRS"}, "fa-AF"},
		{"", []string{"en_US"}, "en"},
		{"fa-AF", nil, "fa-AF"},
		{"fa", nil, "fa-AF"},
		{"fa-IR,en;q=0.8", nil, "fa-AF"},
		{"prs-AF,en;q=0.8", nil, "fa-AF"},
		{"ps-PK", nil, "ps"},
		{"pbu", nil, "ps"},
		{"ar-EG,en;q=0.8", nil, "ar"},
		{"en-GB,ps;q=0.9", nil, "en"},
		{"en;q=0.4,ps;q=0.9", nil, "ps"},
		{"de,fr;q=0.9,ps;q=0.1", nil, "ps"},
		{"ur,fa;q=0.5", nil, "fa-AF"}, // the matcher takes Urdu readers for English ones
		{"uz-Arab,ar;q=0.5", nil, "ar"},
		{"*", nil, "en"},
		{"en;q=0,ps;q=0.5", nil, "ps"},
		{"ps;q=0", nil, "en"},
		{"x;;;q=2,,ps", nil, "en"},
		{strings.Repeat("de,", 80) + "en,ps", nil, "en"},
		{strings.Repeat("de,", 90) + "ps", nil, "en"}, // beyond what is read
		{strings.Repeat("a", 4000), nil, "en"},
	} {
		for range 2 { // the second answer comes from the cache
			if got := b.Negotiate(tt.header, tt.choices...).Tag; got != tt.want {
				t.Errorf("Negotiate(%.40q, %.40q) = %s, want %s", tt.header, tt.choices, got, tt.want)
			}
		}
	}
}

func TestNegotiate_CacheIsBounded(t *testing.T) {
	b := sample(t)
	for i := range 3 * maxCached {
		b.Negotiate("en;q=0." + time.Duration(i).String())
	}
	if n := len(b.negotiator.headers); n > maxCached {
		t.Errorf("%d headers are remembered", n)
	}
}

func TestNumbers(t *testing.T) {
	b := mustLoad(t)
	for _, tt := range []struct {
		tag                                                     string
		number, decimal, percent, money, negative, unit, nought string
	}{
		{"en", "1,234,567", "1,234.50", "97.4%", "AFN\u00a084,210.00", "-AFN\u00a01.50", "AFN\u00a00.325", "AFN\u00a00.00"},
		{"fa-AF", "۱٬۲۳۴٬۵۶۷", "۱٬۲۳۴٫۵۰", "۹۷٫۴٪", "؋\u00a0۸۴٬۲۱۰٫۰۰", "\u200e\u2212؋\u00a0۱٫۵۰", "؋\u00a0۰٫۳۲۵", "؋\u00a0۰٫۰۰"},
		{"ps", "۱٬۲۳۴٬۵۶۷", "۱٬۲۳۴٫۵۰", "۹۷٫۴٪", "؋\u00a0۸۴٬۲۱۰٫۰۰", "\u200e-\u200e؋\u00a0۱٫۵۰", "؋\u00a0۰٫۳۲۵", "؋\u00a0۰٫۰۰"},
		{"ar", "1,234,567", "1,234.50", "97.4\u200e%\u200e", "\u200f84,210.00\u00a0AFN", "\u200f\u200e-1.50\u00a0AFN", "\u200f0.325\u00a0AFN", "\u200f0.00\u00a0AFN"},
	} {
		l := b.Locale(tt.tag)
		for _, c := range []struct {
			what      string
			got, want string
		}{
			{"Number", string(l.Number(1234567)), tt.number},
			{"Decimal", string(l.Decimal(1234.5, 2)), tt.decimal},
			{"Percent", string(l.Percent(0.974)), tt.percent},
			{"Money", string(l.Money(84_210_000_000)), tt.money},
			{"Money below nought", string(l.Money(-1_500_000)), tt.negative},
			{"UnitPrice", string(l.UnitPrice(325_000)), tt.unit},
			{"Money that rounds to nought", string(l.Money(-1)), tt.nought},
		} {
			if c.got != c.want {
				t.Errorf("%s %s: %q, want %q", tt.tag, c.what, c.got, c.want)
			}
		}
	}
}

func TestAmount(t *testing.T) {
	b := mustLoad(t)
	for tag, want := range map[string][4]string{
		"en":    {"USD\u00a012.50", "USD\u00a00.0043", "AFN\u00a012.50", "EUR\u00a012.50"},
		"fa-AF": {"۱۲٫۵۰\u00a0دالر", "۰٫۰۰۴۳\u00a0دالر", "؋\u00a0۱۲٫۵۰", "EUR\u00a0۱۲٫۵۰"},
		"ps":    {"۱۲٫۵۰\u00a0ډالر", "۰٫۰۰۴۳\u00a0ډالر", "؋\u00a0۱۲٫۵۰", "EUR\u00a0۱۲٫۵۰"},
		"ar":    {"\u200f12.50\u00a0USD", "\u200f0.0043\u00a0USD", "\u200f12.50\u00a0AFN", "\u200fEUR\u00a012.50"},
	} {
		l := b.Locale(tag)
		got := [4]string{
			string(l.Amount(USD, 12_500_000)), string(l.UnitAmount(USD, 4_300)), string(l.Amount("", 12_500_000)),
			string(l.Amount("EUR", 12_500_000)),
		}
		if got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

func TestPhone(t *testing.T) {
	for in, want := range map[string]string{
		"+93791234567":       "+93 79 123 4567",
		"+9379123456":        "+93 7912 3456",
		"+12025550123":       "+1 202 555 0123",
		"+4915112345678":     "+49 151 1234 5678",
		"+971501234567":      "+971 501 234 567",
		"+9370":              "+9370",
		"+93 79":             "+93 79",
		"Pamir":              "Pamir",
		"":                   "",
		"+93791234567890123": "+93791234567890123",
	} {
		if got := Phone(in); got != want {
			t.Errorf("Phone(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestASCIIDigits(t *testing.T) {
	if got := ASCIIDigits("\u200e\u2066+۹۳ ٧٩ 1\u2069 پ"); got != "+93 79 1 پ" {
		t.Errorf("got %q", got)
	}
}

// FuzzPhone: grouping changes nothing but spaces.
func FuzzPhone(f *testing.F) {
	f.Add("+93791234567")
	f.Add("+1")
	f.Add("+123456789012345")
	f.Fuzz(func(t *testing.T, s string) {
		if got := Phone(s); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(s, " ", "") {
			t.Fatalf("Phone(%q) = %q", s, got)
		}
	})
}

func BenchmarkT(b *testing.B) {
	l := sample(b).Locale("fa-AF")
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			l.T("a.plain")
		}
	})
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			l.T("a.count", "n", 1234, "who", Text("Zala"))
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		mustLoad(b)
	}
}
