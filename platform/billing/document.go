package billing

import (
	"bytes"
	"time"

	"ghasi.io/portal/locales"
	"ghasi.io/portal/pdf"
)

// brand is our name, in every language.
const brand = "Ghasi"

// draw sets the sheet on pages. The same sheet gives the same bytes.
func (s *sheet) draw(created time.Time) ([]byte, error) {
	d := pdf.New(pdf.Options{
		Title: string(s.Title) + " " + s.Number, Lang: s.Locale.Tag, RTL: s.Locale.Dir == "rtl", Author: brand, Created: created,
		Footer: func(page, pages int) pdf.Band {
			return pdf.Band{Start: string(s.Sender), Middle: s.Number, End: string(s.Locale.T("billing.pdf.page", "n", page, "total", pages))}
		},
	})
	d.Masthead(pdf.Masthead{Brand: brand, Title: string(s.Title), Subtitle: string(s.Sender), Details: []string{s.Number}})
	d.Blocks(pdf.Block{Title: string(s.BillTo.Label), Lines: []string{string(s.BillTo.Value)}})
	facts := make([]pdf.Fact, len(s.Facts))
	for i, f := range s.Facts {
		facts[i] = pdf.Fact{Label: string(f.Label), Value: string(f.Value)}
	}
	d.Facts(facts...)
	d.Space(14)
	d.Table(s.table())
	d.Space(14)
	d.Callout(string(s.Closing))
	d.Paragraph(string(s.Note), pdf.Style{Size: 8, Color: pdf.Muted})
	var b bytes.Buffer
	err := d.Write(&b)
	return b.Bytes(), err
}

// table is the lines and, below them, what they come to.
func (s *sheet) table() pdf.Table {
	t := pdf.Table{Caption: string(s.Title) + " " + s.Number, Rows: plain(s.Rows)}
	for i, title := range s.Columns {
		c := pdf.Column{Title: string(title), Width: 1.1, Align: pdf.End}
		if i == 0 {
			c.Width, c.Align = 2.6, pdf.Start
		}
		t.Columns = append(t.Columns, c)
	}
	for _, sum := range s.Sums {
		cells := make([]string, len(s.Columns))
		cells[0], cells[len(cells)-1] = string(sum.Label), string(sum.Value)
		t.Totals = append(t.Totals, cells)
	}
	return t
}

func plain(rows [][]locales.Text) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			out[i] = append(out[i], string(cell))
		}
	}
	return out
}
