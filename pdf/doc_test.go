package pdf

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

var languages = []string{"en", "fa-AF", "ps", "ar"}

// pashto has every letter that Pashto has and Persian and Arabic have not.
const pashto = "ټوله ځمکه څوک ډېر ړوند ږیره ژبه ښه ګل ڼ ۍ ې ئ"

// full is a document with everything that there is.
func full(lang string) *Doc {
	rtl := lang != "en"
	d := New(Options{
		Title: "Review (ارزونه)", Lang: lang, RTL: rtl, Author: "Ghasi", Created: created,
		Header: func(page, _ int) Band { return Band{End: fmt.Sprintf("head%d", page)} },
		Footer: func(page, pages int) Band {
			return Band{Start: "startfoot", End: fmt.Sprintf("page%dof%d", page, pages), Below: "belowfoot"}
		},
	})
	d.Masthead(Masthead{Brand: "Ghasi", Title: "Main title", Subtitle: "Subtitle", Details: []string{"detail"}})
	d.Callout("A summary. " + pashto)
	d.Tiles(Tile{Label: "tile", Value: "AFN 84,210,000,000.00", Note: "note", Trend: 1}, Tile{Label: "tile2", Value: "؋ ۱۲٬۵۰۱٫۰۰"})
	d.Facts(Fact{"label", "value"}, Fact{"label2", strings.Repeat("value ", 40)}, Fact{"label3", "value3"})
	d.Blocks(Block{"from", []string{"seller", "street"}}, Block{"to", []string{"buyer"}})
	d.Heading(2, "Section")
	d.Paragraph(strings.Repeat("Words that flow. ", 60))
	format := func(v float64) string { return strconv.Itoa(int(v)) }
	d.BarChart(Chart{
		Alt: "bars", Labels: []string{"firstlabel", "secondlabel", "lastlabel"}, Values: true, Format: format,
		Series: []Series{{Name: "now", Values: []float64{40_000, 20_000, 50_000}}, {Name: "before", Values: []float64{1, math.NaN()}}},
	})
	d.LineChart(Chart{
		Alt: "lines", Labels: strings.Fields("l1 l2 l3 l4 l5"), Low: 90, High: 100, Format: format,
		Series: []Series{{Name: "now", Values: []float64{91, 95, math.NaN(), math.Inf(1), 100}}, {Name: "before", Values: []float64{99, 99}, Dashed: true}},
	})
	d.Heading(3, "Ranking")
	d.Bars("ranking", 0, Bar{Name: "one", Value: 2, Text: "two"}, Bar{Name: "none", Text: "0"})
	d.Table(Table{
		Caption: "lines", Columns: []Column{{Title: "firstcolumn", Width: 2}, {Title: "lastcolumn", Align: End}},
		Rows: [][]string{{"firstcell", "lastcell"}, {"short"}, {"a", "b", "c"}}, Totals: [][]string{{"total", "12"}},
	})
	d.Rule()
	return d
}

// text extracts a document's text; without the tool it reports false.
func text(t *testing.T, data []byte, args ...string) (string, bool) {
	t.Helper()
	out, ran := tool(t, "pdftotext", append(args, written(t, "d.pdf", data), "-")...)
	if strings.Contains(out, "Syntax") || strings.Contains(out, "Error") {
		t.Errorf("the reader complains:\n%s", out)
	}
	return out, ran
}

func TestDoc_TextCanBeExtracted(t *testing.T) {
	for _, lang := range languages {
		t.Run(lang, func(t *testing.T) {
			d := New(Options{Title: "T", Lang: lang, RTL: lang != "en", Created: created})
			words := strings.Fields(pashto + " پیغامونه رسېدلي می‌توانید؟ مكتبة بیلانس الإنفاق نمرهٔ استخدامًا ۱۲٬۵۰۱٫۰۰ ؋ Pamir 97.4% \u2066+93791234567\u2069")
			for _, w := range words {
				d.Paragraph(w)
			}
			d.Paragraph(strings.Join(words, " "), Style{Bold: true})
			out, ran := text(t, bytesOf(t, d))
			if !ran {
				return
			}
			out = strings.Map(func(r rune) rune { // what the reader adds to show directions
				if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
					return -1
				}
				return r
			}, out)
			for _, w := range words {
				w = strings.Trim(w, "\u2066\u2069")
				if n := strings.Count(out, w); n < 2 {
					t.Errorf("%q is found %d times in\n%s", w, n, out)
				}
			}
		})
	}
}

func TestDoc_EverythingIsThere(t *testing.T) {
	for _, lang := range languages {
		t.Run(lang, func(t *testing.T) {
			data := bytesOf(t, full(lang))
			out, ran := text(t, data)
			if !ran {
				return
			}
			for _, w := range strings.Fields("head1 startfoot belowfoot page1of2 page2of2 Ghasi Main detail tile note 84,210,000,000.00 label2 value3 seller buyer Section " +
				"firstlabel lastlabel 50000 l5 Ranking two firstcolumn lastcell total") {
				if !strings.Contains(out, w) {
					t.Errorf("%q is missing", w)
				}
			}
			if strings.Contains(out, "head3") {
				t.Error("more pages than expected")
			}
			info, _ := tool(t, "pdfinfo", written(t, "d.pdf", data))
			for _, want := range []string{"Tagged:          yes", "Title:           Review (ارزونه)", "Author:          Ghasi", "A4"} {
				if !strings.Contains(info, want) {
					t.Errorf("pdfinfo does not say %q:\n%s", want, info)
				}
			}
		})
	}
}

// TestDoc_IsTagged: headings, paragraphs, tables and figures are in the structure, in reading order, and right-to-left
// text in the order in which it is read.
func TestDoc_IsTagged(t *testing.T) {
	out, ran := tool(t, "pdfinfo", "-struct-text", written(t, "d.pdf", bytesOf(t, full("ps"))))
	if !ran {
		return
	}
	at := 0
	for _, want := range []string{
		"Document", "H1", "Main title", "A summary", "H2", "Section", "Figure", "Figure", "H3", "Table", "TR", "TD", "Table", "TR", "TH", "firstcolumn", "TD", "lastcell",
	} {
		i := strings.Index(out[at:], want)
		if i < 0 {
			t.Fatalf("%q is not in its place in\n%s", want, out)
		}
		at += i + len(want)
	}
	data := bytesOf(t, full("ps"))
	for _, want := range []string{"/S/P", "/Alt(bars)", "/ActualText<FEFF" + utf16Hex("A summary. "+pashto) + ">", "/O/Table/Scope/Column"} {
		if !strings.Contains(smallObjects(t, data), want) {
			t.Errorf("the structure does not have %s", want)
		}
	}
	for _, want := range []string{"/Lang(ps)", "/Direction/R2L", "/MarkInfo<</Marked true>>", "<rdf:li>ps</rdf:li>"} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("the file does not say %s", want)
		}
	}
	if !bytes.Contains(bytesOf(t, full("en")), []byte("/Direction/L2R")) {
		t.Error("an English document has the wrong direction")
	}
}

var objectStream = regexp.MustCompile(`<</Type/ObjStm[^>]*/Length (\d+)>>\nstream\n`)

// smallObjects are the objects that are kept in compressed streams.
func smallObjects(t *testing.T, data []byte) string {
	t.Helper()
	var all strings.Builder
	for _, m := range objectStream.FindAllSubmatchIndex(data, -1) {
		length, err := strconv.Atoi(string(data[m[2]:m[3]]))
		if err != nil {
			t.Fatal(err)
		}
		objects, err := inflate(data[m[1]:m[1]+length], 1<<24)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(objects)
	}
	return all.String()
}

var wordPattern = regexp.MustCompile(`xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="[\d.]+">([^<]+)<`)

// places returns where words stand: the left edge of the first occurrence of each.
func places(t *testing.T, data []byte) map[string]float64 {
	t.Helper()
	out, ran := text(t, data, "-bbox")
	if !ran {
		return nil
	}
	at := map[string]float64{}
	for _, m := range wordPattern.FindAllStringSubmatch(out, -1) {
		x, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if right, err := strconv.ParseFloat(m[3], 64); err != nil || x < sideMargin-1 || right > pageWidth-sideMargin+1 {
			t.Errorf("%s stands in the margin: %s to %s", m[4], m[1], m[3])
		}
		if _, ok := at[m[4]]; !ok {
			at[m[4]] = x
		}
	}
	return at
}

func TestDoc_IsMirrored(t *testing.T) {
	pairs := [][2]string{{"firstcolumn", "lastcolumn"}, {"firstcell", "lastcell"}, {"firstlabel", "lastlabel"}, {"l1", "l5"}, {"Ghasi", "detail"},
		{"tile", "tile2"}, {"label", "value"}, {"seller", "buyer"}, {"one", "two"}, {"startfoot", "page1of2"}}
	for _, lang := range []string{"en", "ps"} {
		at := places(t, bytesOf(t, full(lang)))
		for _, p := range pairs {
			first, ok1 := at[p[0]]
			last, ok2 := at[p[1]]
			if at != nil && (!ok1 || !ok2 || first < last != (lang == "en")) {
				t.Errorf("%s: %s at %.0f, %s at %.0f", lang, p[0], first, p[1], last)
			}
		}
	}
}

func TestDoc_SameInputSameBytes(t *testing.T) {
	want := bytesOf(t, full("ps"))
	var wg sync.WaitGroup
	for range 8 { // and at once: documents share no state
		wg.Go(func() {
			var b bytes.Buffer
			if err := full("ps").Write(&b); err != nil || !bytes.Equal(b.Bytes(), want) {
				t.Errorf("another file of %d bytes, %v", b.Len(), err)
			}
		})
	}
	wg.Wait()
}

func TestTable_HeadOnEveryPage(t *testing.T) {
	d := New(Options{Title: "T", Lang: "fa-AF", RTL: true, Created: created})
	var rows [][]string
	for i := range 10_000 {
		rows = append(rows, []string{fmt.Sprintf("row%d", i), "؋ ۱۲٬۵۰۱٫۰۰", "متن یک خانه در جدول"})
	}
	d.Table(Table{Columns: []Column{{Title: "headword"}, {Title: "b"}, {Title: "c"}}, Rows: rows, Totals: [][]string{{"sumword"}}})
	data := bytesOf(t, d)
	out, ran := text(t, data, "-layout")
	if !ran {
		return
	}
	pages := strings.Split(strings.TrimSuffix(out, "\f"), "\f")
	for i, p := range pages {
		if !strings.Contains(p, "headword") || !strings.Contains(p, "row") {
			t.Fatalf("page %d of %d has no head, or no row", i+1, len(pages))
		}
	}
	if d.Pages() != len(pages) || !strings.Contains(pages[len(pages)-1], "sumword") || !strings.Contains(out, "row9999") {
		t.Errorf("%d pages of %d, or the end is missing", len(pages), d.Pages())
	}
}

func TestHeading_StaysWithWhatFollows(t *testing.T) {
	d := New(Options{Title: "T", Lang: "en", Created: created})
	for d.y < bottom-60 {
		d.Paragraph("x")
	}
	d.Heading(2, "stranded")
	d.BarChart(Chart{Labels: []string{"a"}, Series: []Series{{Values: []float64{1}}}, Format: func(float64) string { return "1" }})
	d.Heading(2, "last")
	data := bytesOf(t, d)
	if out, ran := text(t, data); ran {
		pages := strings.Split(out, "\f")
		if strings.Contains(pages[0], "stranded") || !strings.Contains(pages[1], "stranded") || !strings.Contains(pages[1], "last") {
			t.Errorf("the heading is not with its chart:\n%s", out)
		}
	}
}

func TestDoc_Refuses(t *testing.T) {
	if err := New(Options{Lang: "en"}).Write(&bytes.Buffer{}); err == nil {
		t.Error("a document without a title was written")
	}
	d := New(Options{Title: "T", Lang: "en"})
	for range MaxPages + 1 {
		d.PageBreak()
	}
	if err := d.Write(&bytes.Buffer{}); err == nil {
		t.Error("a document of too many pages was written")
	}
}

// BenchmarkInvoice is a page with a table of twenty rows.
func BenchmarkInvoice(b *testing.B) {
	for b.Loop() {
		d := New(Options{Title: "Invoice", Lang: "ps", RTL: true, Created: created})
		d.Masthead(Masthead{Brand: "Ghasi", Title: "بل", Details: []string{"GH-2026-000123"}})
		var rows [][]string
		for i := range 20 {
			rows = append(rows, []string{"افغان بېسیم", strconv.Itoa(i * 1000), "؋ ۱۲٬۵۰۱٫۰۰"})
		}
		d.Table(Table{Columns: []Column{{Title: "مخابراتي شرکت"}, {Title: "پیغامونه", Align: End}, {Title: "قیمت", Align: End}}, Rows: rows})
		if err := d.Write(&bytes.Buffer{}); err != nil {
			b.Fatal(err)
		}
	}
}
