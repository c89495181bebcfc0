package pdf

import "math"

// Bar is one row of a ranking.
type Bar struct {
	Name  string
	Value float64 // its length, in proportion to the greatest
	Text  string  // the value, ready to show
	Color Color   // the zero Color is [Brand]
}

// Bars draws a ranking: names, bars from the start side, values. High is the length of a whole bar; 0: the greatest
// value. It is a table of names and values to who cannot see it.
func (d *Doc) Bars(caption string, high float64, bars ...Bar) {
	const (
		size   = 8.5
		row    = 17
		name   = 120
		figure = 90
		gap    = 8
	)
	for _, b := range bars {
		if high == 0 || b.Value > high {
			high = max(b.Value, high)
		}
	}
	d.Keep(3 * row)
	n := d.root.add("Table")
	if caption != "" {
		n.attr = "<</O/Table/Summary" + textString(caption) + ">>"
	}
	for _, b := range bars {
		d.Keep(row)
		p, tr := d.page(), n.add("TR")
		cell := func(text string, s Style, start, width float64) {
			td := tr.add("TD")
			td.says(text)
			p.begin(td)
			d.label(text, s, start, d.y, width)
			p.end()
		}
		cell(b.Name, Style{Size: size}, sideMargin, name)
		const start, width = sideMargin + name + gap, textWidth - name - figure - 2*gap
		p.begin(nil)
		p.roundRect(d.left(start, width), d.y+3, width, 8, 2, Tint)
		if length := width * b.Value / high; length > 0 && !math.IsInf(length, 0) {
			p.roundRect(d.left(start, length), d.y+3, length, 8, 2, b.Color.or(Brand))
		}
		p.end()
		cell(b.Text, Style{Size: size, Bold: true, Align: End}, pageWidth-sideMargin-figure, figure)
		d.y += row
	}
	d.Space(8)
}
