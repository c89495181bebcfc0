package pdf

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
)

// A4 in points, and the frame that content keeps to.
const (
	pageWidth  = 595.28
	pageHeight = 841.89
	sideMargin = 48
	topMargin  = 62
	endMargin  = 60 // below the content
	textWidth  = pageWidth - 2*sideMargin
)

// page is one page's content. Its methods take lengths in points from the page's top left corner.
type page struct {
	id      int
	index   int
	content []byte
	owners  []*node // of the marked content, by its id
}

func (p *page) op(operator string, operands ...float64) {
	for _, v := range operands {
		p.content = append(appendNum(p.content, v), ' ')
	}
	p.content = append(append(p.content, operator...), '\n')
}

// begin opens content that belongs to a node of the structure; nil means decoration. end closes it.
func (p *page) begin(n *node) {
	if n == nil {
		p.content = append(p.content, "/Artifact BMC\n"...)
		return
	}
	id := len(p.owners)
	p.owners = append(p.owners, n)
	n.kids = append(n.kids, kid{page: p, mark: id})
	p.content = append(append(p.content, "/"+n.role+"<</MCID "...), strconv.Itoa(id)+">>BDC\n"...)
}

func (p *page) end() { p.content = append(p.content, "EMC\n"...) }

// rect fills a rectangle.
func (p *page) rect(x, y, w, h float64, c Color) {
	p.content = c.operands(p.content, "rg")
	p.op("re", x, pageHeight-y-h, w, h)
	p.op("f")
}

// roundRect fills a rectangle with rounded corners.
func (p *page) roundRect(x, y, w, h, r float64, c Color) {
	const k = 0.5523 // of a quarter circle by a Bézier curve
	r = min(r, w/2, h/2)
	x2, y1, y2, d := x+w, pageHeight-y-h, pageHeight-y, r*(1-k)
	p.content = c.operands(p.content, "rg")
	p.op("m", x+r, y1)
	p.op("l", x2-r, y1)
	p.op("c", x2-d, y1, x2, y1+d, x2, y1+r)
	p.op("l", x2, y2-r)
	p.op("c", x2, y2-d, x2-d, y2, x2-r, y2)
	p.op("l", x+r, y2)
	p.op("c", x+d, y2, x, y2-d, x, y2-r)
	p.op("l", x, y1+r)
	p.op("c", x, y1+d, x+d, y1, x+r, y1)
	p.op("f")
}

// path strokes a line through points; dash 0 draws it whole.
func (p *page) path(points [][2]float64, width, dash float64, c Color) {
	if len(points) == 0 {
		return
	}
	p.content = c.operands(p.content, "RG")
	p.op("w", width)
	if dash > 0 {
		p.content = append(append(append(append(p.content, '['), num(dash)...), ' '), num(dash)+"] 0 d\n"...)
	}
	p.content = append(p.content, "1 j 1 J\n"...)
	for i, at := range points {
		operator := "l"
		if i == 0 {
			operator = "m"
		}
		p.op(operator, at[0], pageHeight-at[1])
	}
	p.op("S")
	if dash > 0 {
		p.content = append(p.content, "[] 0 d\n"...)
	}
}

// dot fills a circle.
func (p *page) dot(x, y, r float64, c Color) { p.roundRect(x-r, y-r, 2*r, 2*r, r, c) }

// shape fills a path given in SVG's commands M, L, C and Z with absolute coordinates, scaled and moved.
func (p *page) shape(path string, x, y, scale float64, c Color) {
	p.content = c.operands(p.content, "rg")
	fields := strings.Fields(path)
	for i := 0; i < len(fields); {
		command := fields[i]
		i++
		var v []float64
		for ; i < len(fields); i++ {
			n, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				break
			}
			if len(v)%2 == 0 {
				n = x + n*scale
			} else {
				n = pageHeight - y - n*scale
			}
			v = append(v, n)
		}
		p.op(map[string]string{"M": "m", "L": "l", "C": "c", "Z": "h"}[command], v...)
	}
	p.op("f")
}

// text draws a line with its left end at x on the baseline y.
func (p *page) text(l line, size, x, y float64, c Color) {
	if len(l.runs) == 0 {
		return
	}
	p.content = c.operands(append(p.content, "BT\n"...), "rg")
	p.op("Tm", 1, 0, 0, 1, x, pageHeight-y)
	w := typesetter{page: p, size: size}
	for _, r := range l.runs {
		p.content = append(append(p.content, "/F"+strconv.Itoa(r.font.index)+" "...), num(size)+" Tf\n"...)
		for _, g := range r.glyphs {
			w.draw(r.font, g)
		}
		w.flush()
	}
	w.rise(0)
	p.content = append(p.content, "ET\n"...)
}

// typesetter writes the glyphs of a line, moving the pen where they do not simply follow each other. Lengths are in
// thousandths of an em.
type typesetter struct {
	page         *page
	size         float64
	pen, at      float64 // where the next glyph should be, and where the reader's pen is
	risen        float64
	parts, codes []byte
}

func (w *typesetter) draw(u *usage, g glyph) {
	if math.Abs(g.dy-w.risen) > 0.5 {
		w.flush()
		w.rise(g.dy)
	}
	if move := w.pen + g.dx - w.at; math.Abs(move) > 0.5 {
		w.closeCodes()
		w.parts = appendNum(w.parts, -math.Round(move))
		w.at += math.Round(move)
	}
	id := u.id(g.char)
	w.codes = binary.BigEndian.AppendUint16(w.codes, id)
	w.at += float64(u.face.width(g.gid))
	w.pen += g.advance
}

func (w *typesetter) closeCodes() {
	if len(w.codes) > 0 {
		w.parts = append(append(append(w.parts, '<'), hex.EncodeToString(w.codes)...), '>')
		w.codes = w.codes[:0]
	}
}

func (w *typesetter) flush() {
	w.closeCodes()
	if len(w.parts) > 0 {
		w.page.content = append(append(append(w.page.content, '['), w.parts...), "]TJ\n"...)
		w.parts = w.parts[:0]
	}
}

func (w *typesetter) rise(dy float64) {
	if w.risen != dy {
		w.risen = dy
		w.page.op("Ts", dy*w.size/em)
	}
}
