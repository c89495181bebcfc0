// Package csvfile answers with a CSV file (RFC 4180, UTF-8) that people open in a spreadsheet: the byte order mark makes
// Excel read Arabic script right, and no text that came from outside can become a formula.
package csvfile

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// Cell is one value. The zero value is an empty cell.
type Cell struct{ text string }

// Text is a value that may hold anything. What a spreadsheet would take for a formula gets an apostrophe before it.
func Text[T ~string](s T) Cell {
	text := string(s)
	first, _ := utf8.DecodeRuneInString(text)
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) && text != "" {
		text = "'" + text
	}
	return Cell{text}
}

// Int is a whole number.
func Int(n int) Cell { return Cell{strconv.Itoa(n)} }

// Micros is an amount in millionths, exact, with two decimals at least: "-12.50", "0.325".
func Micros(micros int64) Cell {
	sign, abs := "", uint64(micros) //nolint:gosec // two's complement: the negation below is exact even for the least int64
	if micros < 0 {
		sign, abs = "-", -abs
	}
	digits := strconv.FormatUint(abs%1_000_000+1_000_000, 10)[1:]
	for len(digits) > 2 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	return Cell{sign + strconv.FormatUint(abs/1_000_000, 10) + "." + digits}
}

// File is a download under way.
type File struct {
	w    *csv.Writer
	row  []string
	out  http.ResponseWriter
	last time.Time // by when all of it must have been sent
}

// How long a client may take for what one Flush sends, and for the whole file.
const (
	patience = time.Minute
	longest  = 10 * time.Minute
)

// Start begins a download called name ("invoices.csv", plain ASCII) with its heads. Whatever can fail should have been
// done before: from here on there is no answering with an error.
func Start(c *gin.Context, name string, heads ...Cell) *File {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	c.Status(http.StatusOK)
	c.Writer.WriteHeaderNow()
	_, _ = c.Writer.WriteString("\ufeff") // the browser went away: the rows will tell
	f := &File{w: csv.NewWriter(c.Writer), out: c.Writer, last: time.Now().Add(longest)}
	f.w.UseCRLF = true
	f.Row(heads...)
	return f
}

// Row adds a row.
func (f *File) Row(cells ...Cell) {
	f.row = f.row[:0]
	for _, c := range cells {
		f.row = append(f.row, c.text)
	}
	_ = f.w.Write(f.row) // kept by the writer, for Flush
}

// Flush sends what has been added so far. An error means that nobody is listening any more. A long file may take longer
// than the server gives a page, as long as it moves.
func (f *File) Flush() error {
	control := http.NewResponseController(f.out)
	end := time.Now().Add(patience)
	if end.After(f.last) {
		end = f.last
	}
	_ = control.SetWriteDeadline(end) // a writer that knows no deadline has none to exceed
	f.w.Flush()
	if err := f.w.Error(); err != nil {
		return err
	}
	return control.Flush()
}

// Abort drops the connection, so that the browser shows the download as failed instead of keeping half a file as a whole
// one. It does not return.
func (f *File) Abort() {
	panic(http.ErrAbortHandler)
}
