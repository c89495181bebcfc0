package pdf

import (
	"bytes"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
)

//go:embed fonts/*.ttf
var fontFiles embed.FS

// typeface is one embedded font file. Safe for concurrent use.
type typeface struct {
	name   string // PostScript name
	font   *font.Font
	tables map[string][]byte
	upem   int
	glyphs int

	nonJoiner uint16 // a glyph that draws nothing and has no width, that of U+200C
}

// weights are the faces of each weight: the text face, then what stands in where it has no glyph.
var weights = [2][]string{
	{"Vazirmatn-Regular", "Afghani-Regular"},
	{"Vazirmatn-Bold", "Afghani-Bold"},
}

// typefaces parses the embedded fonts once.
var typefaces = sync.OnceValue(func() [2][]*typeface {
	var all [2][]*typeface
	for w, names := range weights {
		for _, name := range names {
			data, err := fontFiles.ReadFile("fonts/" + name + ".ttf")
			if err == nil {
				var f *typeface
				if f, err = parseTypeface(name, data); err == nil {
					all[w] = append(all[w], f)
				}
			}
			if err != nil {
				panic("pdf: " + name + ": " + err.Error()) // the font is part of the binary: a test would have met it
			}
		}
	}
	return all
})

func parseTypeface(name string, data []byte) (*typeface, error) {
	loader, err := opentype.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	parsed, err := font.NewFont(loader)
	if err != nil {
		return nil, err
	}
	f := &typeface{name: name, font: parsed, tables: map[string][]byte{}, upem: int(parsed.Upem())}
	for _, tag := range []string{"head", "hhea", "maxp", "hmtx", "loca", "glyf", "cvt ", "fpgm", "prep"} {
		raw, err := loader.RawTable(opentype.MustNewTag(tag))
		if err == nil {
			f.tables[tag] = raw
		}
	}
	for tag, least := range map[string]int{"head": 54, "hhea": 36, "maxp": 6, "hmtx": 4, "loca": 4, "glyf": 1} {
		if len(f.tables[tag]) < least {
			return nil, fmt.Errorf("no table %s: outlines must be TrueType", tag)
		}
	}
	if g, ok := parsed.NominalGlyph(nonJoiner); ok {
		f.nonJoiner = uint16(g) //nolint:gosec // a TrueType font has at most 65,535
	}
	f.glyphs = int(binary.BigEndian.Uint16(f.tables["maxp"][4:]))
	if last := f.longMetrics(); last == 0 || len(f.tables["hmtx"]) < 4*last {
		return nil, errors.New("the table hmtx is too short")
	}
	return f, nil
}

func (f *typeface) longMetrics() int { return int(binary.BigEndian.Uint16(f.tables["hhea"][34:])) }

// width is a glyph's advance in thousandths of an em.
func (f *typeface) width(gid uint16) int {
	i := min(int(gid), f.longMetrics()-1)
	units := int(binary.BigEndian.Uint16(f.tables["hmtx"][4*i:]))
	return (units*1000 + f.upem/2) / f.upem
}

// metric reads a signed 16-bit field of a table in thousandths of an em.
func (f *typeface) metric(table string, offset int) int {
	v := int(int16(binary.BigEndian.Uint16(f.tables[table][offset:]))) //nolint:gosec // the field is signed
	return v * 1000 / f.upem
}

// usage is what a document uses of a typeface. A character id stands for a glyph together with the text it was shaped
// from: contextual forms have no code point of their own, and this way every one of them can be searched and copied.
type usage struct {
	index int // its name in a page is F and this
	face  *typeface
	ids   map[char]uint16
	list  []char // by id; 0 is .notdef
}

type char struct {
	gid  uint16
	text string
}

// maxChars bounds the ids of one font: hostile text could make a new one with each combining mark.
const maxChars = 60_000

func newUsage(index int, f *typeface) *usage {
	return &usage{index: index, face: f, ids: map[char]uint16{}, list: []char{{}}}
}

func (u *usage) id(c char) uint16 {
	if id, ok := u.ids[c]; ok {
		return id
	}
	if len(u.list) >= maxChars {
		return 0
	}
	id := uint16(len(u.list)) //nolint:gosec // below maxChars
	u.ids[c], u.list = id, append(u.list, c)
	return id
}
