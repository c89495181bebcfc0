package pdf

import (
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
)

const (
	em       = 1000   // text is shaped at this size, so lengths are in thousandths of an em at any size
	maxRunes = 10_000 // of one paragraph; the rest is cut off
	maxShort = 1_000  // of a label or a cell
	maxCache = 2_000  // shaped texts that are kept
)

// line is one line of shaped text. Lengths are in thousandths of an em.
type line struct {
	runs  []run // from left to right
	width float64
}

// run is a piece of a line in one font.
type run struct {
	font   *usage
	glyphs []glyph // from left to right
}

type glyph struct {
	char
	advance, dx, dy float64
}

// face is a font as one document uses it. A font.Face is not safe for concurrent use, so each document has its own.
type face struct {
	*font.Face
	use *usage
}

// shaper turns text into lines of glyphs in the order of drawing.
type shaper struct {
	hb    shaping.HarfbuzzShaper
	wrap  shaping.LineWrapper
	faces [2][]face
	lang  language.Language
	base  uint8 // level of the document's direction
	cache map[shapeKey][]line
}

type shapeKey struct {
	text  string
	bold  bool
	width int // in thousandths of an em
}

func newShaper(lang string, rtl bool) *shaper {
	s := &shaper{lang: language.NewLanguage(lang), cache: map[shapeKey][]line{}}
	if rtl {
		s.base = 1
	}
	n := 0
	for w, list := range typefaces() {
		for _, f := range list {
			s.faces[w] = append(s.faces[w], face{font.NewFace(f.font), newUsage(n, f)})
			n++
		}
	}
	return s
}

// usages are the document's fonts, in a fixed order.
func (s *shaper) usages() (list []*usage) {
	for _, faces := range s.faces {
		for _, f := range faces {
			list = append(list, f.use)
		}
	}
	return list
}

// lines shapes text and breaks it into lines that are at most width wide; width 0 means one line a paragraph.
func (s *shaper) lines(text string, bold bool, width float64) []line {
	key := shapeKey{text, bold, int(width)}
	if got, ok := s.cache[key]; ok {
		return got
	}
	var all []line
	for _, p := range clean(text) {
		all = append(all, s.paragraph(p, bold, int(width))...)
	}
	if len(s.cache) >= maxCache {
		clear(s.cache)
	}
	s.cache[key] = all
	return all
}

// short is lines for a label or a cell, which show less.
func (s *shaper) short(text string, bold bool, width float64) []line {
	if len(text) > maxShort {
		n := 0
		for i := range text {
			if n++; n > maxShort {
				text = text[:i]
				break
			}
		}
	}
	return s.lines(text, bold, width)
}

// clean splits text into paragraphs without control characters, which fonts have no glyphs for and readers no use.
func clean(text string) (paragraphs [][]rune) {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\v", "\n", "\f", "\n", "\t", " ").Replace(text)
	for p := range strings.SplitSeq(text, "\n") {
		runes := make([]rune, 0, min(len(p), maxRunes))
		for _, r := range p {
			if unicode.IsControl(r) {
				continue
			}
			if runes = append(runes, r); len(runes) == maxRunes {
				break
			}
		}
		paragraphs = append(paragraphs, runes)
	}
	return paragraphs
}

func (s *shaper) paragraph(text []rune, bold bool, width int) []line {
	if len(text) == 0 {
		return []line{{}}
	}
	levels := bidiLevels(text, s.base)
	var outputs []shaping.Output
	for _, in := range s.items(text, levels, bold) {
		outputs = append(outputs, s.hb.Shape(in))
	}
	config := shaping.WrapConfig{Direction: direct(s.base)}
	if width <= 0 {
		width = 1 << 24 // beyond any line, within 26.6 fixed point
	}
	wrapped, _ := s.wrap.WrapParagraph(config, width, text, shaping.NewSliceIterator(outputs))
	list := make([]line, 0, len(wrapped))
	for _, outs := range wrapped {
		if len(outs) == 0 {
			continue
		}
		slices.SortFunc(outs, func(a, b shaping.Output) int { return a.Runes.Offset - b.Runes.Offset })
		for _, part := range fitting(outs, float64(width)) {
			list = append(list, s.visual(text, levels, outs, part, bold))
		}
	}
	return list
}

func direct(level uint8) di.Direction {
	if level%2 == 1 {
		return di.DirectionRTL
	}
	return di.DirectionLTR
}

// items divides a paragraph into pieces of one level, script and face.
func (s *shaper) items(text []rune, levels []uint8, bold bool) (list []shaping.Input) {
	faces := s.faces[weight(bold)]
	current := shaping.Input{Text: text, Size: fixed.I(em), Language: s.lang}
	for i, r := range text {
		script, f := language.LookupScript(r), current.Face
		if !script.Strong() && i > 0 {
			script = current.Script
		}
		if !joins(r) || f == nil {
			f = resolve(faces, r)
		}
		fresh := i == 0 || levels[i] != levels[i-1] || f != current.Face || script.Strong() && current.Script.Strong() && script != current.Script
		if fresh && i > 0 {
			current.RunEnd = i
			list = append(list, current)
		}
		if fresh {
			current.RunStart, current.Face, current.Direction = i, f, direct(levels[i])
		}
		if fresh || script.Strong() {
			current.Script = script
		}
	}
	current.RunEnd = len(text)
	return append(list, current)
}

func weight(bold bool) int {
	if bold {
		return 1
	}
	return 0
}

// joins reports whether r never starts a piece in another font: it combines with what is before it, or shows nothing.
func joins(r rune) bool { return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) }

func resolve(faces []face, r rune) *font.Face {
	for _, f := range faces {
		if _, ok := f.NominalGlyph(r); ok {
			return f.Face
		}
	}
	return faces[0].Face
}
