package pdf

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// The flags of a composite glyph's parts.
const (
	argsAreWords   = 1 << 0
	haveScale      = 1 << 3
	moreComponents = 1 << 5
	haveXYScale    = 1 << 6
	haveTwoByTwo   = 1 << 7
)

// subset returns a TrueType file that has only the outlines of used (and of what those are composed of), at their old
// glyph ids.
func (f *typeface) subset(used []uint16) []byte {
	keep := make([]bool, f.glyphs)
	queue := append([]uint16{0}, used...)
	for len(queue) > 0 {
		gid := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if int(gid) >= f.glyphs || keep[gid] {
			continue
		}
		keep[gid] = true
		queue = append(queue, components(f.outline(gid))...)
	}
	var glyf []byte
	loca := make([]byte, 0, 4*(f.glyphs+1))
	for gid, kept := range keep {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf))) //nolint:gosec // part of a font of 123 KB
		if kept {
			glyf = append(glyf, f.outline(uint16(gid))...)
			for len(glyf)%4 != 0 {
				glyf = append(glyf, 0)
			}
		}
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf))) //nolint:gosec // as above
	if len(glyf) == 0 {
		glyf = []byte{0}
	}
	head := slices.Clone(f.tables["head"])
	binary.BigEndian.PutUint16(head[50:], 1) // long offsets in loca
	return sfnt(map[string][]byte{
		"head": head, "hhea": f.tables["hhea"], "maxp": f.tables["maxp"], "hmtx": f.tables["hmtx"], "loca": loca, "glyf": glyf,
		"cvt ": f.tables["cvt "], "fpgm": f.tables["fpgm"], "prep": f.tables["prep"],
	})
}

// outline returns a glyph's own bytes of glyf, nil when it has no outline.
func (f *typeface) outline(gid uint16) []byte {
	loca, glyf := f.tables["loca"], f.tables["glyf"]
	var from, to int
	if binary.BigEndian.Uint16(f.tables["head"][50:]) == 0 {
		if 2*int(gid)+4 > len(loca) {
			return nil
		}
		from, to = 2*int(binary.BigEndian.Uint16(loca[2*int(gid):])), 2*int(binary.BigEndian.Uint16(loca[2*int(gid)+2:]))
	} else {
		if 4*int(gid)+8 > len(loca) {
			return nil
		}
		from, to = int(binary.BigEndian.Uint32(loca[4*int(gid):])), int(binary.BigEndian.Uint32(loca[4*int(gid)+4:]))
	}
	if from >= to || to > len(glyf) {
		return nil
	}
	return glyf[from:to]
}

// components lists the glyphs that an outline is composed of.
func components(outline []byte) (list []uint16) {
	const header = 10
	if len(outline) < header || int16(binary.BigEndian.Uint16(outline)) >= 0 { //nolint:gosec // the field is signed
		return nil
	}
	for at := header; at+4 <= len(outline); {
		flags := binary.BigEndian.Uint16(outline[at:])
		list = append(list, binary.BigEndian.Uint16(outline[at+2:]))
		if flags&moreComponents == 0 {
			break
		}
		at += 6
		if flags&argsAreWords != 0 {
			at += 2
		}
		switch {
		case flags&haveScale != 0:
			at += 2
		case flags&haveXYScale != 0:
			at += 4
		case flags&haveTwoByTwo != 0:
			at += 8
		}
	}
	return list
}

// sfnt puts tables together into a font file; empty ones are left out.
func sfnt(tables map[string][]byte) []byte {
	var tags []string
	for tag, data := range tables {
		if len(data) > 0 {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	n := len(tags)
	power := bits.Len(uint(n)) - 1
	out := binary.BigEndian.AppendUint32(nil, 0x00010000)
	for _, v := range []int{n, 16 << power, power, 16*n - 16<<power} {
		out = binary.BigEndian.AppendUint16(out, uint16(v)) //nolint:gosec // at most nine tables
	}
	offset := 12 + 16*n
	for _, tag := range tags {
		data := tables[tag]
		out = append(out, tag...)
		out = binary.BigEndian.AppendUint32(out, checksum(data))
		out = binary.BigEndian.AppendUint32(out, uint32(offset))    //nolint:gosec // a small file
		out = binary.BigEndian.AppendUint32(out, uint32(len(data))) //nolint:gosec // a small file
		offset += (len(data) + 3) &^ 3
	}
	for _, tag := range tags {
		out = append(out, tables[tag]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}

func checksum(data []byte) (sum uint32) {
	for len(data) >= 4 {
		sum += binary.BigEndian.Uint32(data)
		data = data[4:]
	}
	var rest [4]byte
	copy(rest[:], data)
	return sum + binary.BigEndian.Uint32(rest[:])
}
