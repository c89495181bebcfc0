package pdf

// Column is one column of a table.
type Column struct {
	Title string
	Width float64 // its share of the page's width, in proportion to the other columns'; 0 counts as 1
	Align Align   // End for figures
}

// Table is rows under a header that is repeated on every page.
type Table struct {
	Caption string // what the table shows, for who cannot see it; may be empty
	Columns []Column
	Rows    [][]string // a row may have fewer cells than there are columns; more are not shown
	Totals  [][]string // rows below a line, bold
	Size    float64    // points; 0 is 8.5
}

const (
	cellPad      = 4
	rowPad       = 3
	maxCellLines = 40 // a row always fits on a page
)

// tableWriter is a table while it is written.
type tableWriter struct {
	*Doc
	t             Table
	node          *node
	starts, width []float64
}

// Table writes a table over as many pages as it takes.
func (d *Doc) Table(t Table) {
	if len(t.Columns) == 0 {
		return
	}
	if t.Size == 0 {
		t.Size = 8.5
	}
	d.Keep(4 * (t.Size*leading + 2*rowPad))
	w := &tableWriter{Doc: d, t: t, node: d.root.add("Table")}
	if t.Caption != "" {
		w.node.attr = "<</O/Table/Summary" + textString(t.Caption) + ">>"
	}
	w.measure()
	w.header(w.node)
	var totals float64
	for _, row := range t.Totals {
		_, height := w.cells(row, true)
		totals += height
	}
	for i, row := range t.Rows {
		with := 0.0 // what must stand on the same page: a sum is not torn from what it sums up
		if i == len(t.Rows)-1 && totals < (bottom-topMargin)/4 {
			with = totals
		}
		w.row(row, with, i%2 == 1, false)
	}
	for _, row := range t.Totals {
		w.row(row, 0, false, true)
	}
	d.Space(t.Size)
}

func (w *tableWriter) measure() {
	var sum float64
	for _, c := range w.t.Columns {
		sum += share(c)
	}
	start := float64(sideMargin)
	for _, c := range w.t.Columns {
		width := share(c) / sum * textWidth
		w.starts, w.width = append(w.starts, start), append(w.width, width)
		start += width
	}
}

func share(c Column) float64 {
	if c.Width > 0 {
		return c.Width
	}
	return 1
}

// header draws the columns' titles; they belong to the structure only where they stand first.
func (w *tableWriter) header(table *node) {
	titles := make([]string, len(w.t.Columns))
	for i, c := range w.t.Columns {
		titles[i] = c.Title
	}
	cells, height := w.cells(titles, true)
	p := w.page()
	p.begin(nil)
	p.rect(sideMargin, w.y, textWidth, height, Tint)
	p.rect(sideMargin, w.y+height-0.8, textWidth, 0.8, Brand)
	p.end()
	var row *node
	if table != nil {
		row = table.add("TR")
	}
	w.draw(row, "TH", titles, cells, Style{Size: w.t.Size, Bold: true, Color: Muted})
	w.y += height
}

// cells shapes a row's cells and returns the row's height.
func (w *tableWriter) cells(texts []string, bold bool) (cells [][]line, height float64) {
	most := 1
	for i := range w.t.Columns {
		var lines []line
		if i < len(texts) {
			lines = w.shaper.short(texts[i], bold, (w.width[i]-2*cellPad)*em/w.t.Size)
		}
		lines = lines[:min(len(lines), maxCellLines)]
		cells, most = append(cells, lines), max(most, len(lines))
	}
	return cells, float64(most)*w.t.Size*leading + 2*rowPad
}

func (w *tableWriter) row(texts []string, with float64, striped, total bool) {
	cells, height := w.cells(texts, total)
	if w.y+height+with > bottom {
		w.PageBreak()
		w.header(nil)
	}
	p := w.page()
	p.begin(nil)
	switch {
	case total:
		p.rect(sideMargin, w.y, textWidth, 0.8, Ink)
	case striped:
		p.rect(sideMargin, w.y, textWidth, height, Color(0xfafbfd))
	}
	p.rect(sideMargin, w.y+height-0.4, textWidth, 0.4, Hair)
	p.end()
	w.draw(w.node.add("TR"), "TD", texts, cells, Style{Size: w.t.Size, Bold: total})
	w.y += height
}

// draw sets a row's cells; without a row they are decoration.
func (w *tableWriter) draw(row *node, role string, texts []string, cells [][]line, s Style) {
	p := w.page()
	for i, lines := range cells {
		var n *node
		if row != nil {
			n = row.add(role)
			if role == "TH" {
				n.attr = "<</O/Table/Scope/Column>>"
			}
			if i < len(texts) {
				n.says(texts[i])
			}
		}
		if len(lines) == 0 {
			continue
		}
		s.Align = w.t.Columns[i].Align
		p.begin(n)
		for k, l := range lines {
			w.set(l, s, w.starts[i]+cellPad, w.y+rowPad+float64(k)*s.Size*leading, w.width[i]-2*cellPad)
		}
		p.end()
	}
}
