package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

// tail is what a signature has to know of a document: where its table is, and the objects that it changes, without their
// closing ">>".
type tail struct {
	start, size   int
	ids           string
	catalog, page string
	pageID        int
}

var (
	errForeign    = errors.New("not a document of this package")
	startPattern  = regexp.MustCompile(`startxref\n(\d{1,10})\n%%EOF\n$`)
	tablePattern  = regexp.MustCompile(`^(\d{1,8}) 0 obj\n<</Type/XRef/Size (\d{1,8})/W\[1 4 2\]/Root 1 0 R/Info 3 0 R/ID(\[<[0-9a-f]{32}><[0-9a-f]{32}>\])/Filter/FlateDecode/Length (\d{1,9})>>\nstream\n`)
	firstPage     = regexp.MustCompile(`/Kids\[(\d{1,8}) 0 R`)
	objectPattern = regexp.MustCompile(`(?s)^(\d{1,8}) 0 obj\n(<<[^\n]*)>>\nendobj\n`)
)

// readTail reads the end of a document that [Doc.Write] wrote. Any other is refused.
func readTail(document []byte) (t tail, err error) {
	m := startPattern.FindSubmatch(document[max(0, len(document)-64):])
	if m == nil {
		return t, errForeign
	}
	if t.start, err = strconv.Atoi(string(m[1])); err != nil || t.start >= len(document) {
		return t, errForeign
	}
	m = tablePattern.FindSubmatch(document[t.start:])
	if m == nil {
		if bytes.Contains(document, []byte("/ByteRange[")) {
			return t, errors.New("the document is signed already")
		}
		return t, errForeign
	}
	t.size, _ = strconv.Atoi(string(m[2]))
	t.ids = string(m[3])
	length, _ := strconv.Atoi(string(m[4]))
	from := t.start + len(m[0])
	if t.size > 8_000_000 || from+length > len(document) {
		return t, errForeign
	}
	table, err := inflate(document[from:from+length], 7*t.size)
	if err != nil || len(table) != 7*t.size {
		return t, errForeign
	}
	if t.catalog, err = object(document, table, catalogID); err != nil {
		return t, err
	}
	pages, err := object(document, table, pagesID)
	if err != nil {
		return t, err
	}
	if m = firstPage.FindSubmatch([]byte(pages)); m == nil {
		return t, errForeign
	}
	t.pageID, _ = strconv.Atoi(string(m[1]))
	t.page, err = object(document, table, t.pageID)
	return t, err
}

// object returns a plain object's dictionary without its end.
func object(document, table []byte, id int) (string, error) {
	if 7*id+7 > len(table) || table[7*id] != 1 {
		return "", errForeign
	}
	offset := int(binary.BigEndian.Uint32(table[7*id+1:]))
	if offset >= len(document) {
		return "", errForeign
	}
	m := objectPattern.FindSubmatch(document[offset:])
	if m == nil || string(m[1]) != strconv.Itoa(id) {
		return "", fmt.Errorf("object %d: %w", id, errForeign)
	}
	return string(m[2]), nil
}

func inflate(data []byte, most int) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, int64(most)+1))
}
