package sms

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

func TestAnalyse_Vectors(t *testing.T) {
	rep := strings.Repeat
	for _, tt := range []struct {
		name, body string
		encoding   string
		units      int
		segments   int
		remaining  int
	}{
		{"empty", "", GSM7, 0, 0, 160},
		{"160 a", rep("a", 160), GSM7, 160, 1, 0},
		{"161 a", rep("a", 161), GSM7, 161, 2, 145},
		{"306 a", rep("a", 306), GSM7, 306, 2, 0},
		{"307 a", rep("a", 307), GSM7, 307, 3, 152},
		{"80 ]", rep("]", 80), GSM7, 160, 1, 0},
		{"158 a + ]", rep("a", 158) + "]", GSM7, 160, 1, 0},
		{"159 a + ]", rep("a", 159) + "]", GSM7, 161, 2, 145},
		{"escape pair at the edge", rep("a", 152) + "]" + rep("a", 152), GSM7, 306, 3, 152},
		{"extension in UCS-2 costs one", rep("|", 24) + "{" + rep("|", 28) + "∞" + rep("|", 10) + "^" + rep("|", 5), UCS2, 70, 1, 0},
		{"brackets and emoji", "this is a " + rep("]", 74) + "😘", UCS2, 86, 2, 48},
		{"66 Cyrillic", rep("ж", 66), UCS2, 66, 1, 4},
		{"70 Cyrillic", rep("ж", 70), UCS2, 70, 1, 0},
		{"71 Cyrillic", rep("ж", 71), UCS2, 71, 2, 63},
		{"70 emoji, 33 a part", rep("😎", 70), UCS2, 140, 3, 59},
		{"surrogate pair at the edge", rep("س", 66) + "😀" + rep("س", 66), UCS2, 134, 3, 66},
		{"curly apostrophe", "It’s", UCS2, 4, 1, 66},
		{"ZWNJ costs one", "می\u200cشود", UCS2, 6, 1, 64},
		{"Persian digits cost the same", "کد ۱۲۳", UCS2, 6, 1, 64},
		{"Latin digits in Dari", "کد 123", UCS2, 6, 1, 64},
		{"capital cedilla", "Ça", GSM7, 2, 1, 158},
		{"small cedilla", "ça", UCS2, 2, 1, 68},
		{"euro and form feed", "€\f", GSM7, 4, 1, 156},
		{"line ends", "a\r\nb", GSM7, 4, 1, 156},
		{"escape itself", "\x1b", UCS2, 1, 1, 69},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := Analyse(tt.body)
			got := []any{a.Encoding, a.Units, a.Segments, a.Remaining, a.Characters}
			want := []any{tt.encoding, tt.units, tt.segments, tt.remaining, len([]rune(tt.body))}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("encoding, units, segments, remaining, characters (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnalyse_Alphabet(t *testing.T) {
	if n := len([]rune(basic)); n != 127 {
		t.Errorf("the default alphabet has %d characters beside ESC, want 127", n)
	}
	for _, r := range basic {
		if a := Analyse(string(r)); a.Encoding != GSM7 || a.Units != 1 {
			t.Errorf("%q: %s, %d units", r, a.Encoding, a.Units)
		}
	}
	for _, r := range extension {
		if a := Analyse(string(r)); a.Encoding != GSM7 || a.Units != 2 {
			t.Errorf("%q: %s, %d units", r, a.Encoding, a.Units)
		}
	}
}

func TestAnalyse_Culprits(t *testing.T) {
	got := Analyse("It’s “new” — 5… سلام").Culprits
	want := []Culprit{
		{'’', 2, "'"}, {'“', 5, `"`}, {'”', 9, `"`}, {'—', 11, "-"}, {'…', 14, "..."},
		{'س', 16, ""}, {'ل', 17, ""}, {'ا', 18, ""}, {'م', 19, ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("culprits (-want +got):\n%s", diff)
	}
	if n := len(Analyse(strings.Repeat("س", 5000)).Culprits); n != MaxCulprits {
		t.Errorf("%d culprits, want at most %d", n, MaxCulprits)
	}
}

func TestCapacity(t *testing.T) {
	for _, tt := range []struct {
		body    string
		n, want int
	}{{"a", 0, 0}, {"a", 1, 160}, {"a", 10, 1530}, {"س", 1, 70}, {"س", 10, 670}} {
		if got := Analyse(tt.body).Capacity(tt.n); got != tt.want {
			t.Errorf("%q: %d segments hold %d units, want %d", tt.body, tt.n, got, tt.want)
		}
	}
}

func TestSimplify(t *testing.T) {
	if got, want := Simplify("It’s\u00a0“new” — 5…"), `It's "new" - 5...`; got != want {
		t.Errorf("Simplify = %q, want %q", got, want)
	}
	for r, s := range replacements {
		if _, ok := septets(r); ok {
			t.Errorf("%q is GSM-7 already and has a replacement", r)
		}
		if s == "" || Analyse(s).Encoding != GSM7 {
			t.Errorf("%q: the replacement %q is not GSM-7", r, s)
		}
	}
}

// slowPack is the reference: it lays out units one by one and never begins a character that does not fit.
func slowPack(body string) (encoding string, units, segments int) {
	encoding = GSM7
	for _, r := range body {
		if !strings.ContainsRune(basic, r) && !strings.ContainsRune(extension, r) {
			encoding = UCS2
		}
	}
	var chars [][]uint16 // each character as its units
	for _, r := range body {
		switch {
		case encoding == UCS2:
			chars = append(chars, utf16.Encode([]rune{r}))
		case strings.ContainsRune(extension, r):
			chars = append(chars, []uint16{0x1B, 0})
		default:
			chars = append(chars, []uint16{0})
		}
	}
	single, part := 160, 153
	if encoding == UCS2 {
		single, part = 70, 67
	}
	var parts [][]uint16
	for _, c := range chars {
		units += len(c)
		if len(parts) == 0 || len(parts[len(parts)-1])+len(c) > part {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], c...)
	}
	if units > 0 && units <= single {
		return encoding, units, 1
	}
	return encoding, units, len(parts)
}

func FuzzAnalyse(f *testing.F) {
	for _, s := range []string{"", "hello", "It’s", "سلام\u200c", "😀😀", strings.Repeat("]", 90), strings.Repeat("a", 152) + "]" + strings.Repeat("a", 152), "\xff\xfe\x00", "ç"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		a := Analyse(body)
		encoding, units, segments := slowPack(body)
		if a.Encoding != encoding || a.Units != units || a.Segments != segments {
			t.Errorf("Analyse = %s, %d units, %d segments; the reference says %s, %d, %d",
				a.Encoding, a.Units, a.Segments, encoding, units, segments)
		}
		part := gsmPart
		if a.Encoding == UCS2 {
			part = ucsPart
		}
		if a.Segments > 1 && a.Segments < (a.Units+part-1)/part {
			t.Errorf("%d units in %d segments of %d", a.Units, a.Segments, part)
		}
		if a.Remaining < 0 || (a.Segments > 1 && a.Remaining >= part) {
			t.Errorf("remaining %d", a.Remaining)
		}
		if (len(a.Culprits) > 0) != (a.Encoding == UCS2) {
			t.Errorf("%s with %d culprits", a.Encoding, len(a.Culprits))
		}
		runes := []rune(body)
		for _, c := range a.Culprits {
			if runes[c.Position] != c.Char {
				t.Errorf("culprit %q at %d, where %q is", c.Char, c.Position, runes[c.Position])
			}
		}
		if s := Simplify(body); Analyse(s).Encoding == UCS2 && a.Encoding == GSM7 {
			t.Errorf("simplifying %q made it worse: %q", body, s)
		}
	})
}

func BenchmarkAnalyse(b *testing.B) {
	body := strings.Repeat("مشتری گرامی، بستهٔ شما رسید. ", 8)
	b.ReportAllocs()
	for b.Loop() {
		Analyse(body)
	}
}
