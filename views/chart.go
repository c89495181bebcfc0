package views

import (
	"strconv"
	"strings"
)

// Chart is a bar chart drawn on the server. Template: {{template "chart" .Traffic}}. It is followed by "Show as table".
type Chart struct {
	ID             string
	Title, Summary Text
	Legend         []Legend
	Bars           []Bar
	Ticks          []Tick // of the value axis
	Labels         []Tick // of the time axis
	Width, Height  int    // of the viewBox
	Columns        []Text // heads of the table: day and one per series
}

// Legend names one series. Tone is "primary" or "error".
type Legend struct {
	Label Text
	Tone  string
}

// Bar is one day: X, and the stacked rectangles from the bottom up, in viewBox units.
type Bar struct {
	X, Width int
	Stack    []Rect
	Day      Text
	Values   []Text // one per series, for the table and the tooltip
}

// Rect is one series' share of a [Bar].
type Rect struct {
	Y, Height int
	Tone      string
}

// Tick is a label on an axis, at Pos in viewBox units.
type Tick struct {
	Pos   int
	Label Text
}

// placed is a label of an axis at a share of its length. Labels are text outside the scaled drawing, so that they keep
// their size on a phone.
type placed struct {
	At     string // "42.5%"
	Anchor string // start, middle or end
	Label  Text
}

// ValueLabels are the labels of [Chart.Ticks].
func (c Chart) ValueLabels() []placed { return place(c.Ticks, c.Height) }

// TimeLabels are the labels of [Chart.Labels]; the outermost ones stay inside.
func (c Chart) TimeLabels() []placed { return place(c.Labels, c.Width) }

func place(ticks []Tick, length int) []placed {
	out := make([]placed, len(ticks))
	for i, t := range ticks {
		share := 100 * float64(t.Pos) / float64(max(length, 1))
		out[i] = placed{At: strconv.FormatFloat(share, 'f', 2, 64) + "%", Anchor: "middle", Label: t.Label}
		if share < 4 {
			out[i].Anchor = "start"
		} else if share > 96 {
			out[i].Anchor = "end"
		}
	}
	return out
}

// Tooltip is what a bar says on hover: the day and its values.
func (b Bar) Tooltip() string {
	var s strings.Builder
	s.WriteString(string(b.Day))
	for _, v := range b.Values {
		s.WriteString(" · ")
		s.WriteString(string(v))
	}
	return s.String()
}
