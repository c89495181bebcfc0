package pdf

import "math"

// Series is one row of values of a chart, one for each of its labels. A NaN is a value that is not known.
type Series struct {
	Name   string
	Values []float64
	Color  Color // the zero Color: the next of the house's
	Dashed bool  // of a line: for what is compared with
}

// Chart is values over labels, drawn with lines of their own: no pictures. Its time runs from the start to the end side.
type Chart struct {
	Alt    string // what it shows, in a sentence, for who cannot see it
	Labels []string
	Series []Series
	Format func(float64) string // of the axis and of values; required
	Height float64              // points; 0 is 150
	Low    float64              // where the axis begins
	High   float64              // where it ends; not above Low: at a round number above the greatest value
	Values bool                 // write the value over each bar
}

var chartColors = []Color{Brand, Accent, Success, Danger, Muted}

// plot is a chart while it is drawn. Lengths along the labels are counted from the start side.
type plot struct {
	*Doc
	c               Chart
	p               *page
	low, high, step float64
	start, width    float64
	top, height     float64
}

var (
	axisStyle   = Style{Size: 7.5, Color: Muted}
	legendStyle = Style{Size: 8, Color: Ink}
)

// BarChart draws a group of bars for each label.
func (d *Doc) BarChart(c Chart) {
	d.chart(c, false, func(p *plot) {
		slot := p.width / float64(len(c.Labels))
		bar := min(slot*0.7/float64(len(c.Series)), 34)
		for i := range c.Labels {
			first := p.start + slot*(float64(i)+0.5) - bar*float64(len(c.Series))/2
			for k, s := range c.Series {
				v := value(s, i)
				if math.IsNaN(v) {
					continue
				}
				height := p.top + p.height - p.level(v)
				start := first + bar*float64(k)
				p.p.rect(p.left(start+0.5, bar-1), p.level(v), bar-1, height, s.Color)
				text := c.Format(v)
				if s := axisStyle; c.Values && p.wide(text, s) <= bar*1.6 {
					s.Align, s.Color = Middle, Ink
					p.label(text, s, start-bar*0.4, p.level(v)-s.Size*leading, bar*1.8)
				}
			}
		}
	})
}

// LineChart draws a line for each series.
func (d *Doc) LineChart(c Chart) {
	d.chart(c, true, func(p *plot) {
		for _, s := range c.Series {
			var points [][2]float64
			dash := 0.0
			if s.Dashed {
				dash = 3
			}
			for i := range c.Labels {
				v := value(s, i)
				if math.IsNaN(v) {
					p.p.path(points, 1.6, dash, s.Color)
					points = nil
					continue
				}
				points = append(points, [2]float64{p.left(p.centre(i, true), 0), p.level(v)})
				if !s.Dashed && len(c.Labels) <= 31 {
					p.p.dot(points[len(points)-1][0], p.level(v), 2, s.Color)
				}
			}
			p.p.path(points, 1.6, dash, s.Color)
		}
	})
}

func value(s Series, i int) float64 {
	if i >= len(s.Values) || math.IsInf(s.Values[i], 0) {
		return math.NaN()
	}
	return s.Values[i]
}

// chart draws what the kinds have in common: legend, axis and labels, around what draw draws.
func (d *Doc) chart(c Chart, lines bool, draw func(*plot)) {
	if len(c.Labels) == 0 || len(c.Series) == 0 {
		return
	}
	if c.Height == 0 {
		c.Height = 150
	}
	c.Height = min(c.Height, 600)
	for i := range c.Series {
		c.Series[i].Color = c.Series[i].Color.or(chartColors[i%len(chartColors)])
	}
	const legend, labels = 18, 16
	d.Keep(c.Height + legend + labels + 8)
	n := d.root.add("Figure")
	n.alt = c.Alt
	if n.alt == "" {
		n.alt = c.Series[0].Name
	}
	p := &plot{Doc: d, c: c, p: d.page(), top: d.y + legend + 4, height: c.Height}
	total := c.Height + legend + labels + 4
	n.attr = "<</O/Layout/Placement/Block/BBox[" + num(sideMargin) + " " + num(pageHeight-d.y-total) + " " + num(pageWidth-sideMargin) + " " + num(pageHeight-d.y) + "]>>"
	p.scale()
	p.p.begin(n)
	p.legend()
	p.axis()
	p.names(lines)
	draw(p)
	p.p.end()
	d.y += total
	d.Space(8)
}

// scale chooses the axis: about four steps of a round size.
func (p *plot) scale() {
	p.low, p.high = p.c.Low, p.c.High
	if p.high <= p.low {
		p.high = p.low
		for _, s := range p.c.Series {
			for i := range p.c.Labels {
				if v := value(s, i); v > p.high {
					p.high = v
				}
			}
		}
		if p.high <= p.low {
			p.high = p.low + 1
		}
	}
	p.step = step(p.high-p.low, p.c.High > p.c.Low)
	if p.c.High <= p.c.Low {
		p.high = p.low + math.Ceil((p.high-p.low)/p.step-1e-9)*p.step
	}
}

// step is a round number that goes about four times into length. Where the axis's end is given it should go into it a
// whole number of times.
func step(length float64, whole bool) float64 {
	power := math.Pow(10, math.Floor(math.Log10(length))-1)
	for _, m := range []float64{1, 2, 5, 10, 20, 50} {
		times := length / (power * m)
		if times <= 5+1e-9 && (!whole || math.Abs(times-math.Round(times)) < 1e-9) {
			return power * m
		}
	}
	return length
}

// level is the height of a value on the page.
func (p *plot) level(v float64) float64 {
	share := (min(max(v, p.low), p.high) - p.low) / (p.high - p.low)
	return p.top + p.height*(1-share)
}

// centre is where the i-th label stands: points of a line reach from edge to edge, bars stand in slots.
func (p *plot) centre(i int, lines bool) float64 {
	n := float64(len(p.c.Labels))
	if lines && n > 1 {
		return p.start + 10 + (p.width-20)*float64(i)/(n-1)
	}
	return p.start + p.width*(float64(i)+0.5)/n
}

func (p *plot) legend() {
	start := float64(sideMargin)
	for _, s := range p.c.Series {
		if s.Name == "" {
			continue
		}
		width := p.wide(s.Name, legendStyle)
		if start+width+30 > pageWidth-sideMargin {
			break
		}
		y := p.y + legendStyle.Size*leading/2
		if s.Dashed {
			p.p.path([][2]float64{{p.left(start, 0), y}, {p.left(start+10, 0), y}}, 1.6, 3, s.Color)
		} else {
			p.p.roundRect(p.left(start, 10), y-4, 10, 8, 1.5, s.Color)
		}
		p.label(s.Name, legendStyle, start+14, p.y, width+2)
		start += width + 30
	}
}

// axis draws the lines across and their values.
func (p *plot) axis() {
	const most = 20
	var marks []float64
	var widest float64
	for i := 0; i < most; i++ {
		v := p.low + float64(i)*p.step
		if v > p.high+p.step/1e6 {
			break
		}
		marks, widest = append(marks, v), max(widest, p.wide(p.c.Format(v), axisStyle))
	}
	p.start = sideMargin + min(widest, 90) + 8
	p.width = pageWidth - sideMargin - p.start
	for _, v := range marks {
		p.p.rect(p.left(p.start, p.width), p.level(v)-0.25, p.width, 0.5, Hair)
		s := axisStyle
		s.Align = End
		p.label(p.c.Format(v), s, sideMargin, p.level(v)-s.Size*leading/2, p.start-sideMargin-6)
	}
}

// names writes the labels, every second or third when they would touch.
func (p *plot) names(lines bool) {
	var widest float64
	for _, l := range p.c.Labels {
		widest = max(widest, p.wide(l, axisStyle))
	}
	slot := p.width / float64(len(p.c.Labels))
	every := max(1, int(math.Ceil((widest+6)/slot)))
	for i, l := range p.c.Labels {
		if i%every != 0 {
			continue
		}
		s := axisStyle
		s.Align = Middle
		width := widest + 2
		start := min(max(p.centre(i, lines)-width/2, sideMargin), pageWidth-sideMargin-width)
		p.label(l, s, start, p.top+p.height+3, width)
	}
}
