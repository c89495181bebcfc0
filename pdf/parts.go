package pdf

import (
	"slices"
	"strings"
)

// Masthead is the head of a document's first page: who writes, and what this is.
type Masthead struct {
	Brand    string   // beside the mark
	Title    string   // the document's main heading
	Subtitle string   // may be empty
	Details  []string // short lines on the other side
}

// The mark on a field of 32 units: an eight-pointed star, a khatam, with a message in it.
const (
	markStar   = "M 16 .8 L 20.5 5.2 L 26.8 5.2 L 26.8 11.5 L 31.2 16 L 26.8 20.5 L 26.8 26.8 L 20.5 26.8 L 16 31.2 L 11.5 26.8 L 5.2 26.8 L 5.2 20.5 L .8 16 L 5.2 11.5 L 5.2 5.2 L 11.5 5.2 Z"
	markBubble = "M 10.8 9.5 L 21.2 9.5 C 22.3 9.5 23.2 10.4 23.2 11.5 L 23.2 18.3 C 23.2 19.4 22.3 20.3 21.2 20.3 L 16.6 20.3 L 12.7 23.5 C 12.4 23.8 11.9 23.5 11.9 23.1 L 11.9 20.3 L 10.8 20.3 C 9.7 20.3 8.8 19.4 8.8 18.3 L 8.8 11.5 C 8.8 10.4 9.7 9.5 10.8 9.5 Z"
)

// Masthead draws the head. It belongs at the start of a document.
func (d *Doc) Masthead(m Masthead) {
	const mark = 26
	p, top := d.page(), float64(44)
	p.begin(nil)
	x := d.left(sideMargin, mark)
	p.shape(markStar, x, top, mark/32.0, Brand)
	p.shape(markBubble, x, top, mark/32.0, Accent)
	p.end()
	brand := d.root.add("P")
	brand.says(m.Brand)
	p.begin(brand)
	d.label(m.Brand, Style{Size: 12, Bold: true, Color: Brand}, sideMargin+mark+8, top+mark/2-12*leading/2, textWidth/2)
	p.end()
	y := top
	for _, text := range m.Details {
		n := d.root.add("P")
		n.says(text)
		p.begin(n)
		d.label(text, Style{Size: 8.5, Color: Muted, Align: End}, sideMargin+textWidth/2, y, textWidth/2)
		p.end()
		y += 8.5 * leading
	}
	d.y = max(top+mark, y) + 12
	h := d.root.add("H1")
	d.block(h, m.Title, Style{Size: 20, Bold: true, After: -1})
	if m.Subtitle != "" {
		d.block(d.root.add("P"), m.Subtitle, Style{Size: 10.5, Color: Muted, After: -1})
	}
	d.Space(6)
	d.Rule()
	d.Space(4)
}

// Tile is one figure that stands out.
type Tile struct {
	Label, Value string
	Note         string // below the value: what it compares with
	Tone         Color  // of the note; the zero Color is muted
	Trend        int    // above zero an arrow up stands before the note, below zero one down
}

// Tiles draws figures side by side, four in a row.
func (d *Doc) Tiles(tiles ...Tile) {
	const (
		across = 4
		gap    = 10
	)
	for row := range slices.Chunk(tiles, across) {
		width := (textWidth - gap*float64(across-1)) / across
		height := float64(62)
		if slices.ContainsFunc(row, func(t Tile) bool { return t.Note != "" }) {
			height = 80
		}
		d.Keep(height)
		for i, t := range row {
			d.tile(t, sideMargin+float64(i)*(width+gap), width, height)
		}
		d.y += height
		d.Space(gap)
	}
}

func (d *Doc) tile(t Tile, start, width, height float64) {
	const pad = 10
	p, inner := d.page(), width-2*pad
	tone := t.Tone.or(Muted)
	p.begin(nil)
	p.roundRect(d.left(start, width), d.y, width, height, 4, Tint)
	indent := 0.0
	if t.Trend != 0 && t.Note != "" {
		x := d.left(start+pad, 6)
		up, down := "M 0 5 L 6 5 L 3 0 Z", "M 0 0 L 6 0 L 3 5 Z"
		p.shape(map[bool]string{true: up, false: down}[t.Trend > 0], x, d.y+59.5, 1, tone)
		indent = 9
	}
	p.end()
	n := d.root.add("P")
	n.says(t.Label + "\n" + t.Value + "\n" + t.Note)
	p.begin(n)
	d.label(t.Label, Style{Size: 8, Color: Muted}, start+pad, d.y+8, inner)
	value := Style{Size: 16, Bold: true}
	for value.Size > 8 && d.wide(t.Value, value) > inner {
		value.Size--
	}
	d.label(t.Value, value, start+pad, d.y+25+(16-value.Size)*leading/2, inner)
	d.label(t.Note, Style{Size: 7.5, Color: tone}, start+pad+indent, d.y+56, inner-indent)
	p.end()
}

// Fact is a label with what it says.
type Fact struct{ Label, Value string }

// Facts writes labels and values in two columns of pairs.
func (d *Doc) Facts(facts ...Fact) {
	const size = 9
	half := float64(textWidth / 2)
	label, value := half*0.43, half*0.53
	for len(facts) > 0 {
		row := facts[:min(2, len(facts))]
		facts = facts[len(row):]
		most := 1
		shaped := make([][2][]line, len(row))
		for i, f := range row {
			shaped[i] = [2][]line{d.shaper.short(f.Label, false, label*em/size), d.shaper.short(f.Value, true, value*em/size)}
			for k, lines := range shaped[i] {
				shaped[i][k] = lines[:min(len(lines), maxCellLines)]
				most = max(most, len(shaped[i][k]))
			}
		}
		height := float64(most)*size*leading + 4
		d.Keep(height)
		for i := range row {
			n := d.root.add("P")
			n.says(row[i].Label + " " + row[i].Value)
			p := d.page()
			p.begin(n)
			start := sideMargin + float64(i)*half
			for k, lines := range shaped[i] {
				s := Style{Size: size, Bold: k == 1, Color: Muted}
				if k == 1 {
					s.Color = Ink
				}
				for j, l := range lines {
					d.set(l, s, start+float64(k)*(label+half*0.03), d.y+float64(j)*size*leading, value)
				}
			}
			p.end()
		}
		d.y += height
	}
	d.Space(8)
}

// Block is a small text under a label, such as an address.
type Block struct {
	Title string
	Lines []string // the first is bold
}

// Blocks writes up to four blocks side by side.
func (d *Doc) Blocks(blocks ...Block) {
	if len(blocks) == 0 {
		return
	}
	const size = 9
	blocks = blocks[:min(len(blocks), 4)]
	width := float64(textWidth) / float64(len(blocks))
	shaped := make([][]line, len(blocks))
	bold := make([]int, len(blocks)) // how many lines the first text takes
	most := 0
	for i, b := range blocks {
		for k, text := range b.Lines {
			shaped[i] = append(shaped[i], d.shaper.short(text, k == 0, (width-12)*em/size)...)
			if k == 0 {
				bold[i] = len(shaped[i])
			}
		}
		shaped[i] = shaped[i][:min(len(shaped[i]), maxCellLines)]
		most = max(most, len(shaped[i]))
	}
	height := float64(most+1)*size*leading + 4
	d.Keep(height)
	for i, b := range blocks {
		n := d.root.add("P")
		n.says(strings.Join(append([]string{b.Title}, b.Lines...), "\n"))
		p, start := d.page(), sideMargin+float64(i)*width
		p.begin(n)
		d.label(b.Title, Style{Size: 8, Color: Muted}, start, d.y, width-12)
		for k, l := range shaped[i] {
			d.set(l, Style{Size: size, Bold: k < bold[i]}, start, d.y+float64(k+1)*size*leading, width-12)
		}
		p.end()
	}
	d.y += height
	d.Space(8)
}
