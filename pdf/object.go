package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Objects that stand by themselves at fixed numbers, so that a signature can be added later.
const (
	catalogID = 1 + iota
	pagesID
	infoID
	firstFreeID
)

// perStream is how many small objects share one compressed stream.
const perStream = 200

// file collects the objects of a PDF 1.7 file. The same objects give the same bytes.
type file struct {
	buf    bytes.Buffer
	places []place // by object number
	packed []packedObject
}

// place is where an object is: at an offset (stream 0), or the index-th in an object stream.
type place struct{ offset, stream, index int }

type packedObject struct {
	id   int
	body string
}

func newFile() *file {
	f := &file{places: make([]place, firstFreeID)}
	f.buf.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return f
}

// reserve returns a new object's number.
func (f *file) reserve() int {
	f.places = append(f.places, place{})
	return len(f.places) - 1
}

// put writes an object.
func (f *file) put(id int, body string) {
	f.places[id] = place{offset: f.buf.Len()}
	fmt.Fprintf(&f.buf, "%d 0 obj\n%s\nendobj\n", id, body)
}

// pack writes a small object into a compressed stream.
func (f *file) pack(id int, body string) { f.packed = append(f.packed, packedObject{id, body}) }

// stream writes a compressed stream; dict are further entries of its dictionary.
func (f *file) stream(id int, dict string, data []byte) {
	f.rawStream(id, dict+"/Filter/FlateDecode", deflate(data))
}

func (f *file) rawStream(id int, dict string, data []byte) {
	f.places[id] = place{offset: f.buf.Len()}
	fmt.Fprintf(&f.buf, "%d 0 obj\n<<%s/Length %d>>\nstream\n", id, dict, len(data))
	f.buf.Write(data)
	f.buf.WriteString("\nendstream\nendobj\n")
}

func deflate(data []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, _ = z.Write(data) // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// finish writes the object streams and the table of contents.
func (f *file) finish() []byte {
	for chunk := range slices.Chunk(f.packed, perStream) {
		id := f.reserve()
		var head, body strings.Builder
		for i, o := range chunk {
			fmt.Fprintf(&head, "%d %d ", o.id, body.Len())
			body.WriteString(o.body + "\n")
			f.places[o.id] = place{stream: id, index: i}
		}
		f.stream(id, fmt.Sprintf("/Type/ObjStm/N %d/First %d", len(chunk), head.Len()), []byte(head.String()+body.String()))
	}
	id := f.reserve()
	start := f.buf.Len()
	f.places[id] = place{offset: start}
	sum := sha256.Sum256(f.buf.Bytes())
	mark := hex.EncodeToString(sum[:16])
	var table []byte
	for n, p := range f.places {
		table = appendEntry(table, n, p)
	}
	f.stream(id, fmt.Sprintf("/Type/XRef/Size %d/W[1 4 2]/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]", len(f.places), catalogID, infoID, mark, mark), table)
	fmt.Fprintf(&f.buf, "startxref\n%d\n%%%%EOF\n", start)
	return f.buf.Bytes()
}

// appendEntry writes one entry of a cross-reference stream with the field widths 1, 4 and 2.
func appendEntry(table []byte, n int, p place) []byte {
	kind, a, b := byte(1), p.offset, 0
	switch {
	case n == 0:
		kind, a, b = 0, 0, 65535
	case p.stream > 0:
		kind, a, b = 2, p.stream, p.index
	}
	return append(table, kind, byte(a>>24), byte(a>>16), byte(a>>8), byte(a), byte(b>>8), byte(b)) //nolint:gosec // a is below 2^32, b below 2^16
}

// textString encodes a text as a PDF string.
func textString(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '(' || r == ')' || r == '\\' }) {
		return "(" + s + ")"
	}
	return "<FEFF" + utf16Hex(s) + ">"
}

func utf16Hex(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.BigEndian.AppendUint16(b, u)
	}
	return strings.ToUpper(hex.EncodeToString(b))
}

// num writes a number with at most three decimals.
func num(v float64) string { return string(appendNum(nil, v)) }

func appendNum(dst []byte, v float64) []byte {
	if v != v || v > 1e7 || v < -1e7 { // nothing on a page is out there
		v = 0
	}
	at := len(dst)
	dst = strconv.AppendFloat(dst, v, 'f', 3, 64)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	if dst[len(dst)-1] == '.' {
		dst = dst[:len(dst)-1]
	}
	if string(dst[at:]) == "-0" {
		dst = append(dst[:at], '0')
	}
	return dst
}

func ref(id int) string { return strconv.Itoa(id) + " 0 R" }

func utf16Text(b []byte) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[0])<<8|uint16(b[1]))
	}
	return string(utf16.Decode(units))
}
