package pdf

import (
	"slices"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
)

// fitting returns the range of runes of a line; several when the line is too wide after all: the wrapper never breaks
// between some characters, such as a space and a joiner.
func fitting(outs shaping.Line, width float64) []span {
	type cluster struct {
		at      int
		advance float64
	}
	var clusters []cluster // as they are read
	var total float64
	for _, o := range outs {
		first := len(clusters)
		for _, g := range o.Glyphs {
			if n := len(clusters); n > first && clusters[n-1].at == g.TextIndex() {
				clusters[n-1].advance += toFloat(g.Advance)
			} else {
				clusters = append(clusters, cluster{g.TextIndex(), toFloat(g.Advance)})
			}
			total += toFloat(g.Advance)
		}
		if o.Direction == di.DirectionRTL {
			slices.Reverse(clusters[first:])
		}
	}
	last := outs[len(outs)-1].Runes
	part := span{outs[0].Runes.Offset, last.Offset + last.Count}
	if total <= width {
		return []span{part}
	}
	var parts []span
	var sum float64
	for _, c := range clusters {
		if c.at > part.from && sum+c.advance > width {
			parts = append(parts, span{part.from, c.at})
			part.from, sum = c.at, 0
		}
		sum += c.advance
	}
	return append(parts, part)
}

// visual puts the pieces of a line's part in the order of drawing, without the white space at its end (UAX #9, L1 and
// L2).
func (s *shaper) visual(text []rune, levels []uint8, outs shaping.Line, part span, bold bool) line {
	end := part.to
	for end > part.from && (unicode.IsSpace(text[end-1]) || unicode.Is(unicode.Cf, text[end-1])) {
		end--
	}
	var l line
	var kept []shaping.Output
	var at []uint8
	for _, o := range outs {
		if o.Runes.Offset < end && o.Runes.Offset+o.Runes.Count > part.from {
			kept, at = append(kept, o), append(at, levels[o.Runes.Offset])
		}
	}
	for _, i := range visualOrder(at) {
		r := s.run(text, kept[i], span{part.from, end}, bold)
		for _, g := range r.glyphs {
			l.width += g.advance
		}
		if len(r.glyphs) > 0 {
			l.runs = append(l.runs, r)
		}
	}
	return l
}

// run converts what lies in part of a shaped piece. The text of a cluster goes to its widest glyph.
func (s *shaper) run(text []rune, o shaping.Output, part span, bold bool) run {
	r := run{}
	for _, f := range s.faces[weight(bold)] {
		if f.Face == o.Face {
			r.font = f.use
		}
	}
	for i := 0; i < len(o.Glyphs); {
		first := o.Glyphs[i]
		from, count := first.TextIndex(), first.RunesCount()
		j, widest := i, i
		for j < len(o.Glyphs) && o.Glyphs[j].TextIndex() == from {
			if o.Glyphs[j].Advance > o.Glyphs[widest].Advance {
				widest = j
			}
			j++
		}
		if part.from <= from && from < part.to {
			r.glyphs = append(r.glyphs, clusterGlyphs(r.font.face, o, o.Glyphs[i:j], widest-i, text[from:min(from+max(count, 1), part.to)])...)
		}
		i = j
	}
	return r
}

// maxCluster bounds the text of one glyph: enough for any letter with its marks.
const maxCluster = 16

func clusterGlyphs(f *typeface, o shaping.Output, in []shaping.Glyph, widest int, text []rune) (out []glyph) {
	visible := slices.DeleteFunc(slices.Clone(text), invisible)
	visible = visible[:min(len(visible), maxCluster)]
	silent := func(r rune) glyph { return glyph{char: char{gid: f.nonJoiner, text: string(r)}} }
	switch {
	case len(visible) == 0 && f.nonJoiner != 0 && slices.Contains(text, nonJoiner): // part of how the word is spelled
		return []glyph{silent(nonJoiner)}
	case len(visible) == 0:
		return nil
	case o.Direction == di.DirectionRTL && f.nonJoiner != 0:
		// Readers turn right-to-left text around glyph by glyph, and so would spell a ligature backwards, or a letter with
		// its marks. All but the first letter stand before it by themselves, without a width.
		for k := len(visible) - 1; k > 0; k-- {
			out = append(out, silent(visible[k]))
		}
		visible = visible[:1]
	}
	for k, g := range in {
		c := glyph{
			char:    char{gid: uint16(g.GlyphID)}, //nolint:gosec // a TrueType font has at most 65,535
			advance: toFloat(g.Advance), dx: toFloat(g.XOffset), dy: toFloat(g.YOffset),
		}
		if k == widest {
			c.text = string(visible)
		}
		out = append(out, c)
	}
	return out
}

// nonJoiner is the zero-width non-joiner, which Persian words are spelled with.
const nonJoiner = '\u200c'

// invisible reports whether r only steers how other characters are set.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

func toFloat(v fixed.Int26_6) float64 { return float64(v) / 64 }
