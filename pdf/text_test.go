package pdf

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// hostile are texts that have broken renderers.
var hostile = map[string]string{
	"nothing": "", "control characters": "a\x00b\x01\x1b[31m\x7f\u0085c\ufeff", "not UTF-8": "a\xff\xfe\xc3(\xed\xa0\x80b", "only newlines": "\n\r\n\r\u2028\u2029\v\f",
	"a long word": strings.Repeat("W", 50_000), "a long Arabic word": strings.Repeat("پ", 50_000), "spaces": strings.Repeat(" ", 30_000) + "x",
	"marks": "a" + strings.Repeat("\u0301", 5000) + "ب" + strings.Repeat("\u064b", 5000), "open embeddings": strings.Repeat("\u202e\u2067", 300) + "abc ابج",
	"closings": strings.Repeat("\u202c\u2069", 300) + "abc", "brackets": strings.Repeat("(", 500) + "ا" + strings.Repeat(")", 500), "joiners": strings.Repeat("\u200c\u200d", 2000),
	"other scripts": "日本語 👨‍👩‍👧‍👦 ไทย हिन्दी", "tags": "\U000e0001\U000e0041", "a replacement": "\ufffd", "syntax": `(\)>>] endstream endobj <</Type/Sig`,
	"mixed digits": "١٢٣ 123 ۱۲۳", "soft hyphens": strings.Repeat("a\u00ad", 3000), "alternating": strings.Repeat("aب", 3000),
}

func TestDoc_HostileTexts(t *testing.T) {
	for name, s := range hostile {
		for _, lang := range []string{"ps", "en"} {
			if lang == "en" && len(s) > 1000 {
				continue // long ones are as long in the one as in the other
			}
			data := everywhere(s, lang)
			var b bytes.Buffer
			if err := data.Write(&b); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if len(s) < 1000 {
				text(t, b.Bytes()) // complains of what the reader complains of
			}
		}
	}
}

// everywhere is a document that has s in all its places.
func everywhere(s, lang string) *Doc {
	d := New(Options{Title: "T" + s, Lang: lang, RTL: lang != "en", Author: s, Created: created, Footer: func(int, int) Band { return Band{s, s, s, s} }})
	d.Masthead(Masthead{s, s, s, []string{s}})
	d.Heading(2, s)
	d.Paragraph(s)
	d.Callout(s)
	d.Tiles(Tile{Label: s, Value: s, Note: s})
	d.Facts(Fact{s, s})
	d.Blocks(Block{s, []string{s, s}})
	d.Bars(s, 0, Bar{Name: s, Text: s, Value: 1})
	d.Table(Table{Caption: s, Columns: []Column{{Title: s}, {Title: s, Align: End}}, Rows: [][]string{{s, s}}})
	chart := Chart{Alt: s, Labels: []string{s, s}, Series: []Series{{Name: s, Values: []float64{1, 2}}}, Format: func(float64) string { return s }}
	d.BarChart(chart)
	d.LineChart(chart)
	return d
}

func FuzzText(f *testing.F) {
	for _, s := range hostile {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Add(pashto)
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return
		}
		for _, rtl := range []bool{false, true} {
			shaper := newShaper("ps", rtl)
			const width = 4000
			for _, l := range shaper.lines(s, false, width) {
				letters := 0
				for _, r := range l.runs {
					for _, g := range r.glyphs {
						if g.advance > 0 {
							letters++
						}
					}
				}
				if l.width > width && letters > 1 {
					t.Errorf("a line of %d letters is %.0f wide", letters, l.width)
				}
			}
		}
	})
}

// TestShape_LosesNothing: every visible character of a text is in its glyphs' texts, once.
func TestShape_LosesNothing(t *testing.T) {
	for _, s := range []string{pashto, "Pamir Logistics 97.4%", "؋ ۱۲٬۵۰۱٫۰۰", "لا إله", "office", "بَّ a\u0301 می‌شود", "(abc) \u2067ابج\u2069 123"} {
		for _, rtl := range []bool{false, true} {
			var got []rune
			for _, l := range newShaper("ps", rtl).lines(s, false, 0) {
				for _, r := range l.runs {
					for _, g := range r.glyphs {
						got = append(got, []rune(g.text)...)
					}
				}
			}
			want := slices.DeleteFunc([]rune(s), func(r rune) bool { return unicode.Is(unicode.Cf, r) && r != nonJoiner })
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%q became %q", s, string(got))
			}
		}
	}
}

// TestShape_JoinsLetters: a letter has another glyph in the middle of a word than by itself.
func TestShape_JoinsLetters(t *testing.T) {
	s := newShaper("ps", true)
	glyphsOf := func(text string) (gids []uint16) {
		for _, g := range s.lines(text, false, 0)[0].runs[0].glyphs {
			gids = append(gids, g.gid)
		}
		return gids
	}
	for _, letter := range strings.Split("ټ ځ څ ښ ګ ڼ ئ پ چ ژ ک ی", " ") {
		alone, joined := glyphsOf(letter), glyphsOf("ب"+letter)
		if len(alone) != 1 || alone[0] == 0 {
			t.Errorf("%s has no glyph of its own", letter)
		} else if joined[0] == alone[0] {
			t.Errorf("%s does not join", letter)
		}
	}
}

// TestSubset_KeepsOutlines: a subset can be read, and has the outlines of its glyphs and of their parts.
func TestSubset_KeepsOutlines(t *testing.T) {
	for _, faces := range typefaces() {
		for _, f := range faces {
			var used []uint16
			for gid := range uint16(f.glyphs) {
				if gid%7 == 1 || len(components(f.outline(gid))) > 0 && gid%3 == 0 {
					used = append(used, gid)
				}
			}
			data := f.subset(used)
			checkSums(t, f.name, data)
			sub := &typeface{tables: tablesOf(data), glyphs: f.glyphs}
			for _, gid := range used {
				for _, part := range append(components(f.outline(gid)), gid) {
					if !bytes.HasPrefix(sub.outline(part), f.outline(part)) {
						t.Errorf("%s: glyph %d differs", f.name, part)
					}
				}
			}
			if one := f.subset([]uint16{1}); len(one) >= len(data) && f.glyphs > 100 {
				t.Errorf("%s: a subset of one glyph has %d bytes", f.name, len(one))
			}
		}
	}
}

func tablesOf(data []byte) map[string][]byte {
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		entry := data[12+16*i:]
		offset, length := binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
		tables[string(entry[:4])] = data[offset : offset+length]
	}
	return tables
}

func checkSums(t *testing.T, name string, data []byte) {
	t.Helper()
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		entry := data[12+16*i:]
		if tag := string(entry[:4]); checksum(tablesOf(data)[tag]) != binary.BigEndian.Uint32(entry[4:]) {
			t.Errorf("%s: checksum of %s", name, tag)
		}
	}
}

// TestComponents_HostileOutline: an outline that ends too early, or points at itself, ends the search.
func TestComponents_HostileOutline(t *testing.T) {
	whole := []byte{0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, moreComponents, 0, 1, 0, 0, 0, moreComponents, 0, 2}
	for i := range whole {
		components(whole[:i])
	}
	if got := components(whole); !slices.Equal(got, []uint16{1, 2}) {
		t.Errorf("components %v", got)
	}
}

// TestFonts_HaveTheirLicences beside them.
func TestFonts_HaveTheirLicences(t *testing.T) {
	for _, name := range []string{"OFL-Vazirmatn.txt", "OFL-NotoSansArabic.txt"} {
		b, err := os.ReadFile("fonts/" + name)
		if err != nil || !bytes.Contains(b, []byte("SIL OPEN FONT LICENSE")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
