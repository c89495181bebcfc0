package icu

import (
	"errors"
	"math"
	"strings"
	"testing"

	"golang.org/x/text/language"
)

var (
	latin  = Numerals{Zero: '0', Group: ",", Decimal: ".", Percent: "%", Minus: "-"}
	arabic = Numerals{Zero: '۰', Group: "٬", Decimal: "٫", Percent: "٪", Minus: "−"}

	english = &Format{Tag: language.English, Numerals: latin}
	persian = &Format{Tag: language.Persian, Numerals: arabic, RTL: true}
	pashto  = &Format{Tag: language.Make("ps"), Numerals: arabic, RTL: true}
	arab    = &Format{Tag: language.Arabic, Numerals: latin, RTL: true}
)

func format(t *testing.T, f *Format, src string, pairs ...any) string {
	t.Helper()
	m, err := Parse(f.Tag, src)
	if err != nil {
		t.Fatalf("Parse(%q): %v", src, err)
	}
	out, err := m.Append(nil, f, pairs)
	if err != nil {
		t.Fatalf("%q with %v: %v", src, pairs, err)
	}
	return string(out)
}

type status string

func TestFormat(t *testing.T) {
	const invited = `{n, plural, offset:1 =0 {nobody} =1 {{who}} one {{who} and # other} other {{who} and # others}}`
	const nested = `{g, select, f {{n, plural, one {her # key} other {her # keys}}} other {their {n, number} keys}}`
	for _, tt := range []struct {
		name string
		f    *Format
		src  string
		args []any
		want string
	}{
		{"plain", english, "Messages", nil, "Messages"},
		{"empty", english, "", nil, ""},
		{"argument", english, "Hello {name}", []any{"name", "Zala"}, "Hello Zala"},
		{"spaces", english, "{ name }{\tn , number , plain }", []any{"name", "a", "n", 1405}, "a1405"},
		{"number in a plain argument", persian, "{n}", []any{"n", 1234}, "۱٬۲۳۴"},
		{"number", persian, "{n, number}", []any{"n", 1234.5678}, "۱٬۲۳۴٫۵۶۸"},
		{"integer", english, "{n, number, integer}", []any{"n", 1234.56}, "1,235"},
		{"percent", persian, "{n, number, percent}", []any{"n", 0.985}, "۹۸٫۵٪"},
		{"whole percent", english, "{n, number, percent}", []any{"n", 1}, "100%"},
		{"plain year", persian, "{y, number, plain}", []any{"y", 1405}, "۱۴۰۵"},
		{"offset, exact", english, invited, []any{"n", 1, "who", "you"}, "you"},
		{"offset, one", english, invited, []any{"n", 2, "who", "you"}, "you and 1 other"},
		{"offset, other", english, invited, []any{"n", 3, "who", "you"}, "you and 2 others"},
		{"nested plural", english, nested, []any{"g", "f", "n", 1}, "her 1 key"},
		{"nested other", english, nested, []any{"g", "x", "n", 2}, "their 2 keys"},
		{"select by named type", english, "{s, select, sent {on its way} other {?}}", []any{"s", status("sent")}, "on its way"},
		{"select by bool", english, "{on, select, true {on} other {off}}", []any{"on", true}, "on"},
		{"ordinal", english, "{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}", []any{"n", 22}, "22nd"},
		{"ordinal 11", english, "{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}", []any{"n", 11}, "11th"},
		{"hash outside a plural", english, "#{n, plural, other {#}}#", []any{"n", 7}, "#7#"},
		{"hash in a select in a plural", english, "{n, plural, other {{g, select, other {#}}}}", []any{"n", 7, "g", ""}, "#"},
		{"float with a category", english, "{n, plural, one {# day} other {# days}}", []any{"n", 1.5}, "1.5 days"},
		{"whole float", english, "{n, plural, one {# day} other {# days}}", []any{"n", 1.0}, "1 day"},
		{"unsigned", english, "{n, plural, one {# day} other {# days}}", []any{"n", uint8(2)}, "2 days"},
		{"huge unsigned", english, "{n}", []any{"n", uint64(math.MaxUint64)}, "18,446,744,073,709,551,616"},
		{"least integer", english, "{n, plural, one {?} other {#}}", []any{"n", int64(math.MinInt64)}, "-9,223,372,036,854,775,808"},
		{"not a number", english, "{n, plural, one {?} other {#}}", []any{"n", math.NaN()}, "–"},
		{"surplus argument", english, "{a}", []any{"b", 1, "a", "x"}, "x"},
		{"apostrophe", english, "You don't", nil, "You don't"},
		{"two apostrophes", english, "don''t {n}", []any{"n", "x"}, "don't x"},
		{"quoted braces", english, "use '{name}' or '{'", nil, "use {name} or {"},
		{"apostrophe in a quote", english, "'{it''s}'", nil, "{it's}"},
		{"quoted hash", english, "{n, plural, other {'#'# #}}", []any{"n", 2}, "#2 2"},
		{"hash needs no quote elsewhere", english, "'#'", nil, "'#'"},
		{"apostrophe at the end", english, "the customers'", nil, "the customers'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := format(t, tt.f, tt.src, tt.args...); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestPluralCategories holds the choice of a category against CLDR's rules, number by number.
func TestPluralCategories(t *testing.T) {
	all := map[*Format]string{
		english: "{n, plural, one {one} other {other}}",
		persian: "{n, plural, one {one} other {other}}",
		pashto:  "{n, plural, one {one} other {other}}",
		arab:    "{n, plural, zero {zero} one {one} two {two} few {few} many {many} other {other}}",
	}
	for _, tt := range []struct {
		f    *Format
		want string
		n    []any
	}{
		{english, "one", []any{1, -1}},
		{english, "other", []any{0, 2, 0.5, 1.5, 11, 101, 1000001}},
		{persian, "one", []any{0, 1, 0.5, 0.999}},
		{persian, "other", []any{2, 1.5, 10, 100, 10000000, 10000001}},
		{pashto, "one", []any{1}},
		{pashto, "other", []any{0, 2, 0.5, 1.1, 21}},
		{arab, "zero", []any{0}},
		{arab, "one", []any{1}},
		{arab, "two", []any{2}},
		{arab, "few", []any{3, 10, 103, 110, 1003, 10000003}},
		{arab, "many", []any{11, 26, 99, 111, 1011, 10000099}},
		{arab, "other", []any{100, 101, 102, 200, 1000, 10000000, 10000001, 1.5}},
	} {
		for _, n := range tt.n {
			if got := format(t, tt.f, all[tt.f], "n", n); got != tt.want {
				t.Errorf("%s %v is %q, want %q", tt.f.Tag, n, got, tt.want)
			}
		}
	}
}

func TestParse_Errors(t *testing.T) {
	for src, want := range map[string]string{
		"a }":                                    "1:3: unexpected '}'",
		"{":                                      "1:2: unexpected end, argument name expected",
		"{}":                                     "1:2: unexpected '}', argument name expected",
		"{0}":                                    "1:2: unexpected '0', argument name expected",
		"سلام {n":                                "1:8: unexpected end, ',' or '}' expected",
		"a\nb {n; }":                             "2:5: unexpected ';', ',' or '}' expected",
		"{n, date}":                              `1:5: unknown type "date" of argument "n"`,
		"{n, number, wat}":                       `1:13: unknown number style "wat"`,
		"{n, number, percent":                    "1:20: unexpected end, '}' expected",
		"{n, plural}":                            "1:11: unexpected '}', ',' expected",
		"{n, plural, one {a}}":                   `1:1: argument "n" has no "other" case`,
		"{n, plural, few {a} other {b}}":         `1:13: language en has no plural category "few"`,
		"{n, selectordinal, zero {a} other {b}}": `1:20: language en has no plural category "zero"`,
		"{n, plural, one {a} one {b} other {c}}": `1:21: case "one" is there twice`,
		"{n, plural, =1 {a} =01 {b} other {c}}":  `1:20: case "=1" is there twice`,
		"{n, plural, =x {a} other {c}}":          "1:14: unexpected 'x', whole number expected",
		"{n, plural, offset: other {c}}":         "1:21: unexpected 'o', whole number expected",
		"{n, plural, other b}":                   `1:19: unexpected 'b', '{' after case "other" expected`,
		"{n, plural, other {b":                   "1:21: unexpected end, '}' is missing",
		"{n, plural, other {b}":                  "1:22: unexpected end, case expected",
		"{g, select, f {a}}":                     `1:1: argument "g" has no "other" case`,
		"{g, select, =1 {a} other {b}}":          "1:13: unexpected '=', case expected",
		"{n, number} {n, select, other {b}}":     `1:13: argument "n" is both a number and a choice`,
		"it is '{open":                           "1:7: quote is never closed",
		"\xff":                                   "1:1: not UTF-8",
		strings.Repeat("{g, select, other {", 20): "1:324: nested more than 16 deep",
	} {
		_, err := Parse(language.English, src)
		var e *Error
		if !errors.As(err, &e) || e.Error() != want {
			t.Errorf("Parse(%q) = %v, want %s", src, err, want)
		}
	}
	if _, err := Parse(language.German, "x"); err == nil {
		t.Error("a language without known categories is accepted")
	}
	if _, err := Parse(language.Persian, "{n, plural, two {a} other {b}}"); err == nil {
		t.Error("Persian is said to have a dual")
	}
}

func TestAppend_Errors(t *testing.T) {
	for _, tt := range []struct {
		src  string
		args []any
		want string
	}{
		{"{a}", nil, `argument "a" is missing`},
		{"{a}", []any{"a"}, "arguments are not name, value pairs: 1 values"},
		{"{a}", []any{"a", struct{}{}}, `argument "a" is a struct {}, neither text nor a number`},
		{"{a}", []any{"a", nil}, `argument "a" is a <nil>, neither text nor a number`},
		{"{n, number}", []any{"n", "7"}, `argument "n" is a string, not a number`},
		{"{n, plural, other {{x}}}", []any{"n", 1}, `argument "x" is missing`},
		{"{g, select, other {a}}", []any{"g", 1.5}, `argument "g" is a float64, not text`},
	} {
		m, err := Parse(language.English, tt.src)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = m.Append(nil, english, tt.args); err == nil || err.Error() != tt.want {
			t.Errorf("%q with %v: %v, want %s", tt.src, tt.args, err, tt.want)
		}
	}
}

func TestIsolation(t *testing.T) {
	ready := *persian
	ready.Ready = func(v any) (string, bool) { s, ok := v.(status); return string(s), ok }
	for _, tt := range []struct {
		name  string
		f     *Format
		value any
		want  string
	}{
		{"phone in Dari", persian, "+93 79 123 4567", "\u2068+93 79 123 4567\u2069"},
		{"Latin in Dari", persian, "Billing", "\u2068Billing\u2069"},
		{"Dari in Dari", persian, "پیام‌های من", "پیام‌های من"},
		{"Latin in English", english, "Billing (2)", "Billing (2)"},
		{"Dari in English", english, "پیام", "\u2068پیام\u2069"},
		{"controls are dropped", english, "a\u202e\u2069b", "ab"},
		{"closing an isolate early", persian, "x\u2069", "\u2068x\u2069"},
		{"text of the language", &ready, status("+93"), "+93"},
		{"empty", persian, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := format(t, tt.f, "{v}", "v", tt.value); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMessage_Inspection(t *testing.T) {
	m, err := Parse(language.English, "{who} has {n, plural, =0 {no keys} other {# keys}} {who}")
	if err != nil {
		t.Fatal(err)
	}
	if args := m.Args(); len(args) != 2 || args[0] != (Arg{"n", Number}) || args[1] != (Arg{"who", Any}) {
		t.Errorf("Args() = %v", args)
	}
	if c := m.Cases(); len(c) != 1 || strings.Join(c[0].Selectors, " ") != "=0 other" {
		t.Errorf("Cases() = %v", c)
	}
	if s := m.Literals(); !strings.Contains(s, "no keys") || strings.Contains(s, "who") {
		t.Errorf("Literals() = %q", s)
	}
	if _, ok := m.Static(); ok {
		t.Error("a message with arguments is called static")
	}
}

func TestAppend_DoesNotAllocate(t *testing.T) {
	m, err := Parse(language.Arabic, "{n, plural, zero {a} one {b} two {c} few {# d} many {# e} other {# f}}")
	if err != nil {
		t.Fatal(err)
	}
	pairs := []any{"n", 103}
	buf := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { buf, _ = m.Append(buf[:0], arab, pairs) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	m, err := Parse(language.Arabic, "{n, plural, zero {a} one {b} two {c} few {# d} many {# e} other {# f}}")
	if err != nil {
		b.Fatal(err)
	}
	pairs, buf := []any{"n", 103}, make([]byte, 0, 64)
	for b.Loop() {
		buf, _ = m.Append(buf[:0], arab, pairs)
	}
}

// FuzzParse: no source may crash the parser, and what parses can be filled in.
func FuzzParse(f *testing.F) {
	for _, src := range []string{
		"", "a", "{a}", "{n, number, percent}", "'{'", "it''s '{a}' {b}", "{n, plural, offset:1 =0 {x} one {#} other {{g, select, a {b} other {c}}}}",
		"{n, selectordinal, one {#st} other {#th}}", "{n, plural, other {'#'}}", "{\n", "}", "{n, plural, other {",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		m, err := Parse(language.English, src)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Col < 1 || e.Msg == "" {
				t.Fatalf("error without a place: %v", err)
			}
			return
		}
		var pairs []any
		for _, a := range m.Args() {
			v := any("other")
			if a.Kind != Choice {
				v = 3
			}
			pairs = append(pairs, a.Name, v)
		}
		out, err := m.Append(nil, english, pairs)
		if err != nil {
			t.Fatalf("%q parses but does not format: %v", src, err)
		}
		if text, ok := m.Static(); ok && text != string(out) {
			t.Fatalf("static %q formats as %q", text, out)
		}
	})
}
