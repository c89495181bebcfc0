package pdf

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// writeFonts writes the fonts that the pages use and returns the entries of their resource dictionary.
func (d *Doc) writeFonts(f *file) string {
	var entries strings.Builder
	for _, u := range d.shaper.usages() {
		if len(u.list) > 1 {
			fmt.Fprintf(&entries, "/F%d %s", u.index, ref(u.write(f)))
		}
	}
	return entries.String()
}

// write writes a composite font of the glyphs in use and returns its number.
func (u *usage) write(f *file) int {
	name := "GHASIA+" + u.face.name
	font, descendant, descriptor, program, unicode, toGlyph := f.reserve(), f.reserve(), f.reserve(), f.reserve(), f.reserve(), f.reserve()
	f.pack(font, fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%s]/ToUnicode %s>>",
		name, ref(descendant), ref(unicode)))
	f.pack(descendant, fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"+
		"/FontDescriptor %s/CIDToGIDMap %s/DW %d/W[0[%s]]>>", name, ref(descriptor), ref(toGlyph), u.face.width(0), u.widths()))
	box := make([]string, 4)
	for i := range box {
		box[i] = num(float64(u.face.metric("head", 36+2*i)))
	}
	const nonsymbolicOff = 4 // symbolic: the encoding is our own
	stem := 80
	if strings.HasSuffix(u.face.name, "Bold") {
		stem = 140
	}
	f.pack(descriptor, fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags %d/FontBBox[%s]/ItalicAngle 0/Ascent %d/Descent %d/CapHeight 711/StemV %d/FontFile2 %s>>",
		name, nonsymbolicOff, strings.Join(box, " "), u.face.metric("hhea", 4), u.face.metric("hhea", 6), stem, ref(program)))
	gids := make([]uint16, len(u.list))
	glyphs := make([]byte, 0, 2*len(u.list))
	for id, c := range u.list {
		gids[id] = c.gid
		glyphs = binary.BigEndian.AppendUint16(glyphs, c.gid)
	}
	slices.Sort(gids)
	data := u.face.subset(slices.Compact(gids))
	f.stream(program, fmt.Sprintf("/Length1 %d", len(data)), data)
	f.stream(unicode, "", u.toUnicode())
	f.stream(toGlyph, "", glyphs)
	return font
}

func (u *usage) widths() string {
	var b strings.Builder
	for _, c := range u.list {
		fmt.Fprintf(&b, "%d ", u.face.width(c.gid))
	}
	return b.String()
}

// toUnicode is the CMap from character ids to text.
func (u *usage) toUnicode() []byte {
	const perBlock = 100 // the most that bfchar takes
	var b strings.Builder
	b.WriteString("/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n" +
		"/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n")
	var lines []string
	for id, c := range u.list {
		if c.text != "" {
			lines = append(lines, fmt.Sprintf("<%04X><%s>\n", id, utf16Hex(c.text)))
		}
	}
	for block := range slices.Chunk(lines, perBlock) {
		fmt.Fprintf(&b, "%d beginbfchar\n%sendbfchar\n", len(block), strings.Join(block, ""))
	}
	b.WriteString("endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n")
	return []byte(b.String())
}
