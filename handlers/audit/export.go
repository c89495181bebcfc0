package audit

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/handlers/web/csvfile"
	"ghasi.io/portal/portal"
)

// maxExport bounds a download; a longer log is fetched by period.
const maxExport = 100_000

// wanted reads which events a download is of.
func (h *Handlers) wanted(c *gin.Context) (builder, error) {
	q, err := web.Query(c)
	if err != nil {
		return builder{}, err
	}
	all, log, err := h.chosen(c, q.Get(inputLog))
	if err != nil {
		return builder{}, err
	}
	b := newBuilder(h.kit.Printer(c), all, log, q)
	if len(b.wrong) > 0 {
		return builder{}, &portal.Error{Code: portal.Invalid, Fields: b.wrong}
	}
	return b, nil
}

func (h *Handlers) exportCSV(c *gin.Context) error {
	b, err := h.wanted(c)
	if err != nil {
		return err
	}
	heads := []csvfile.Cell{csvfile.Text("seq"), csvfile.Text("time"), csvfile.Text("type"), csvfile.Text("actor"), csvfile.Text("role"),
		csvfile.Text("subject"), csvfile.Text("data"), csvfile.Text("hash")}
	f := csvfile.Start(c, "audit.csv", heads...)
	n := 0
	for e, err := range h.records.ExportAudit(c.Request.Context(), b.chain.id, b.filter) {
		if err != nil {
			f.Abort() // a cut file must not pass for a whole one
			return err
		}
		f.Row(csvfile.Int(int(e.Seq)), csvfile.Text(e.At.UTC().Format(time.RFC3339Nano)), csvfile.Text(string(e.Type)), csvfile.Text(e.Actor.Name),
			csvfile.Text(e.Actor.Role), csvfile.Text(e.Subject), csvfile.Text(flat(e.Data)), csvfile.Text(e.Hash))
		if n++; n == maxExport {
			break
		}
	}
	return f.Flush()
}

// flat writes what there is to know about an event in one cell.
func flat(data map[string]string) string {
	parts := make([]string, 0, len(data))
	for _, name := range slices.Sorted(maps.Keys(data)) {
		parts = append(parts, name+"="+data[name])
	}
	return strings.Join(parts, "; ")
}

// exportJSON writes one event a line (NDJSON).
func (h *Handlers) exportJSON(c *gin.Context) error {
	b, err := h.wanted(c)
	if err != nil {
		return err
	}
	head := c.Writer.Header()
	head.Set("Content-Type", "application/x-ndjson")
	head.Set("Content-Disposition", `attachment; filename="audit.ndjson"`)
	head.Set("Cache-Control", "no-store")
	c.Status(http.StatusOK)
	out := json.NewEncoder(c.Writer)
	n := 0
	for e, err := range h.records.ExportAudit(c.Request.Context(), b.chain.id, b.filter) {
		if err != nil {
			_ = c.Error(err)
			panic(http.ErrAbortHandler) // a cut file must not pass for a whole one
		}
		if err := out.Encode(e); err != nil {
			return nil // the browser went away
		}
		if n++; n == maxExport {
			break
		}
	}
	return nil
}
