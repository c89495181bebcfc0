// Package pdf writes documents of A4 pages in our four languages: text that flows, tables, tiles and charts, and an
// embedded signature. It knows no feature, and no words: every text comes from its caller, ready to show.
//
// A document is written from the top down; pages break by themselves:
//
//	d := pdf.New(pdf.Options{Title: "Invoice", Lang: "ps", RTL: true, Created: now, Footer: footer})
//	d.Masthead(pdf.Masthead{Brand: "Ghasi", Title: "Invoice", Details: []string{"GH-2026-000123"}})
//	d.Table(pdf.Table{Columns: columns, Rows: rows})
//	err := d.Write(w)
//
// Text is shaped by HarfBuzz and ordered by the Unicode Bidirectional Algorithm, isolates included. With RTL everything
// is mirrored: tables have their first column on the right, charts their first month. "Start" and "end" are meant in
// that sense. The text can be searched and copied, and is tagged (headings, paragraphs, tables, figures with a text in
// their place). The same input gives the same bytes.
//
// Nothing here fails on a text, however odd: control characters are left out, long words are broken, a paragraph ends
// after 10,000 characters, a label or a cell after 1,000. [Sign] adds a signature that [Verify] and any PDF reader check.
package pdf

import (
	"errors"
	"fmt"
	"html"
	"io"
	"strings"
	"time"
)

// Options are what a document has as a whole.
type Options struct {
	Title   string
	Lang    string // BCP 47
	RTL     bool
	Author  string
	Created time.Time
	// Header and Footer are asked for the words on top and at the bottom of each page, once all pages are there; page
	// counts from 1. Either may be nil.
	Header, Footer func(page, pages int) Band
}

// Band is a line at the edge of a page: what stands at its start, in its middle, at its end, and on a second line below.
// Texts that are too long are cut.
type Band struct{ Start, Middle, End, Below string }

// Doc is a document being written. It is not safe for concurrent use; any number of them may be written at once.
type Doc struct {
	o      Options
	shaper *shaper
	pages  []*page
	y      float64   // where the next block begins, on the last page
	held   []heading // waiting for what they stand above
	root   *node
	err    error
}

// MaxPages bounds a document.
const MaxPages = 5000

// New begins a document with its first page.
func New(o Options) *Doc {
	d := &Doc{o: o, shaper: newShaper(o.Lang, o.RTL), root: &node{role: "Document"}}
	d.PageBreak()
	return d
}

// PageBreak begins a new page.
func (d *Doc) PageBreak() {
	if len(d.pages) >= MaxPages {
		d.err = fmt.Errorf("pdf: more than %d pages", MaxPages)
		d.y = topMargin
		return
	}
	d.pages = append(d.pages, &page{index: len(d.pages)})
	d.y = topMargin
}

// Pages returns how many pages there are so far.
func (d *Doc) Pages() int { return len(d.pages) }

func (d *Doc) page() *page { return d.pages[len(d.pages)-1] }

// bottom is where content ends.
const bottom = pageHeight - endMargin

// Keep begins a new page unless height points are left on this one: what follows is not torn apart.
func (d *Doc) Keep(height float64) {
	held := d.held
	d.held = nil
	for _, h := range held {
		height += h.height()
	}
	if d.y > topMargin && d.y+min(height, bottom-topMargin) > bottom {
		d.PageBreak()
	}
	for _, h := range held {
		d.heading(h)
	}
}

// Space leaves height points free, though not at the top of a page.
func (d *Doc) Space(height float64) {
	if d.y > topMargin {
		d.y = min(d.y+height, bottom)
	}
}

// left is the left edge of something width wide, start points from the start side.
func (d *Doc) left(start, width float64) float64 {
	if d.o.RTL {
		return pageWidth - start - width
	}
	return start
}

// Write finishes the document. It can be called once. Errors: of w, and a document of too many pages.
func (d *Doc) Write(w io.Writer) error {
	if d.err != nil {
		return d.err
	}
	if d.o.Title == "" || d.o.Lang == "" {
		return errors.New("pdf: a document needs a title and a language")
	}
	d.Keep(0)
	d.bands()
	f := newFile()
	for _, p := range d.pages {
		p.id = f.reserve()
	}
	resources := f.reserve()
	kids := make([]string, len(d.pages))
	for i, p := range d.pages {
		kids[i] = ref(p.id)
		content := f.reserve()
		f.stream(content, "", p.content)
		f.put(p.id, fmt.Sprintf("<</Type/Page/Parent %s/MediaBox[0 0 %s %s]/Resources %s/Contents %s/StructParents %d/Tabs/S>>",
			ref(pagesID), num(pageWidth), num(pageHeight), ref(resources), ref(content), p.index))
	}
	f.put(resources, "<</Font<<"+d.writeFonts(f)+">>>>")
	f.put(pagesID, fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(d.pages), strings.Join(kids, " ")))
	d.writeInfo(f)
	_, err := w.Write(f.finish())
	return err
}

// writeInfo writes the catalog and what the document says about itself.
func (d *Doc) writeInfo(f *file) {
	direction := "L2R"
	if d.o.RTL {
		direction = "R2L"
	}
	metadata := f.reserve()
	f.rawStream(metadata, "/Type/Metadata/Subtype/XML", []byte(d.xmp()))
	f.put(catalogID, fmt.Sprintf("<</Type/Catalog/Pages %s/Lang%s/MarkInfo<</Marked true>>/StructTreeRoot %s/Metadata %s"+
		"/ViewerPreferences<</DisplayDocTitle true/Direction/%s>>>>",
		ref(pagesID), textString(d.o.Lang), ref(d.writeStructure(f)), ref(metadata), direction))
	f.put(infoID, fmt.Sprintf("<</Title%s/Author%s/Producer(Ghasi)/CreationDate(%s)>>",
		textString(d.o.Title), textString(d.o.Author), pdfDate(d.o.Created)))
}

func pdfDate(t time.Time) string { return t.UTC().Format("D:20060102150405Z") }

// xmp is the metadata in the form that archives read.
func (d *Doc) xmp() string {
	e := html.EscapeString
	return `<?xpacket begin="` + "\ufeff" + `" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">` +
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ` +
		`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">` +
		`<dc:format>application/pdf</dc:format><dc:title><rdf:Alt><rdf:li xml:lang="x-default">` + e(xmlText(d.o.Title)) + `</rdf:li></rdf:Alt></dc:title>` +
		`<dc:creator><rdf:Seq><rdf:li>` + e(xmlText(d.o.Author)) + `</rdf:li></rdf:Seq></dc:creator>` +
		`<dc:language><rdf:Bag><rdf:li>` + e(xmlText(d.o.Lang)) + `</rdf:li></rdf:Bag></dc:language>` +
		`<xmp:CreateDate>` + d.o.Created.UTC().Format(time.RFC3339) + `</xmp:CreateDate><pdf:Producer>Ghasi</pdf:Producer>` +
		`</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`
}

// xmlText leaves out what XML cannot hold.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == '\ufffe' || r == '\uffff' {
			return -1
		}
		return r
	}, s)
}
