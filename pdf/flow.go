package pdf

// Align says where a text stands in its box.
type Align uint8

// Where a text can stand.
const (
	Start Align = iota
	Middle
	End
)

// Style is how a paragraph is set. The zero Style is body text.
type Style struct {
	Size  float64 // points; 0 is 9.5
	Bold  bool
	Color Color
	Align Align
	After float64 // space below; 0 is half a line, below zero none
}

const (
	bodySize = 9.5
	leading  = 1.62 // Arabic script needs room above and below
)

// heading is a heading that waits to be drawn with what follows it.
type heading struct {
	level int
	text  string
}

func (h heading) size() float64 { return [...]float64{18, 13, 10.5}[h.level-1] }

func (h heading) height() float64 { return h.size() * (0.7 + leading + 0.3) }

// Heading writes a heading of level 1 to 3. It stands on the page of what follows it.
func (d *Doc) Heading(level int, text string) {
	d.held = append(d.held, heading{min(max(level, 1), 3), text})
}

func (d *Doc) heading(h heading) {
	d.Space(h.size() * 0.7)
	color := Ink
	if h.level == 2 {
		color = Brand
	}
	n := d.root.add([...]string{"H1", "H2", "H3"}[h.level-1])
	d.block(n, h.text, Style{Size: h.size(), Bold: true, Color: color, After: h.size() * 0.3})
}

// Paragraph writes text in lines of the page's width, over as many pages as it takes. A newline begins a new line.
func (d *Doc) Paragraph(text string, style ...Style) {
	var s Style
	if len(style) > 0 {
		s = style[0]
	}
	const atOnce = 3 // lines that are not torn from a heading above
	d.Keep(atOnce * leading * bodySize)
	d.block(d.root.add("P"), text, s)
}

// block writes text as the content of a node.
func (d *Doc) block(n *node, text string, s Style) {
	if s.Size == 0 {
		s.Size = bodySize
	}
	n.says(text)
	height := s.Size * leading
	for _, l := range d.shaper.lines(text, s.Bold, textWidth*em/s.Size) {
		if d.y+height > bottom {
			d.PageBreak()
		}
		p := d.page()
		p.begin(n)
		d.set(l, s, sideMargin, d.y, textWidth)
		p.end()
		d.y += height
	}
	switch {
	case s.After == 0:
		d.Space(height / 2)
	case s.After > 0:
		d.Space(s.After)
	}
}

// set draws a line in a box that begins start points from the start side, at the height y.
func (d *Doc) set(l line, s Style, start, y, width float64) {
	length := l.width * s.Size / em
	switch s.Align {
	case Middle:
		start += (width - length) / 2
	case End:
		start += width - length
	}
	d.page().text(l, s.Size, d.left(start, length), baseline(y, s.Size), s.Color.or(Ink))
}

// baseline is where text stands in a line that begins at y.
func baseline(y, size float64) float64 { return y + size*(leading/2+0.34) }

// label draws a text on one line, cut where the box ends.
func (d *Doc) label(text string, s Style, start, y, width float64) {
	const slack = 1 // a box that was measured for its text is never too small by a rounding
	if lines := d.shaper.short(text, s.Bold, (width+slack)*em/s.Size); len(lines) > 0 {
		d.set(lines[0], s, start, y, width)
	}
}

// wide is the length of a text on one line.
func (d *Doc) wide(text string, s Style) float64 {
	var longest float64
	for _, l := range d.shaper.short(text, s.Bold, 0) {
		longest = max(longest, l.width*s.Size/em)
	}
	return longest
}

// Rule draws a line across the page.
func (d *Doc) Rule() {
	d.Keep(8)
	p := d.page()
	p.begin(nil)
	p.rect(sideMargin, d.y+3.6, textWidth, 0.8, Hair)
	p.end()
	d.y += 8
}

// Callout writes a paragraph on a tinted ground, for what should be read first. One that is longer than a page flows as
// a paragraph.
func (d *Doc) Callout(text string) {
	const pad = 12
	s := Style{Size: 10.5}
	width := textWidth - 2*pad - 4
	lines := d.shaper.lines(text, false, width*em/s.Size)
	height := float64(len(lines))*s.Size*leading + 2*pad - 4
	if height > bottom-topMargin {
		d.Paragraph(text, s)
		return
	}
	d.Keep(height)
	p := d.page()
	p.begin(nil)
	p.roundRect(sideMargin, d.y, textWidth, height, 4, Tint)
	p.rect(d.left(sideMargin, 3), d.y, 3, height, Brand)
	p.end()
	n := d.root.add("P")
	n.says(text)
	p.begin(n)
	for i, l := range lines {
		d.set(l, s, sideMargin+pad+4, d.y+pad-2+float64(i)*s.Size*leading, width)
	}
	p.end()
	d.y += height
	d.Space(10)
}

// bands draws the pages' headers and footers.
func (d *Doc) bands() {
	for i, p := range d.pages {
		p.begin(nil)
		if d.o.Header != nil {
			d.band(p, d.o.Header(i+1, len(d.pages)), 28)
		}
		if d.o.Footer != nil {
			p.rect(sideMargin, pageHeight-46, textWidth, 0.6, Hair)
			d.band(p, d.o.Footer(i+1, len(d.pages)), pageHeight-42)
		}
		p.end()
	}
}

func (d *Doc) band(p *page, b Band, y float64) {
	for _, part := range []struct {
		text     string
		align    Align
		y, share float64 // of the page's width
	}{{b.Start, Start, y, 0.7}, {b.Middle, Middle, y, 0.5}, {b.End, End, y, 0.25}, {b.Below, Start, y + 11, 1}} {
		s := Style{Size: 7.5, Color: Muted}
		lines := d.shaper.short(part.text, false, part.share*textWidth*em/s.Size)
		if len(lines) == 0 {
			continue
		}
		length := lines[0].width * s.Size / em
		start := map[Align]float64{Start: sideMargin, Middle: (pageWidth - length) / 2, End: pageWidth - sideMargin - length}[part.align]
		p.text(lines[0], s.Size, d.left(start, length), baseline(part.y, s.Size), s.Color)
	}
}
