// Package cspreport takes the browsers' reports of policy violations at POST /csp-report and writes them to the log,
// bounded in size, rate and repetition: nobody can fill a disk or forge a log line with it.
package cspreport

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"sync"
	"time"
	"unicode"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
)

const (
	maxBody  = 32 << 10
	maxField = 300  // runes kept of any one field
	maxKnown = 1000 // distinct violations remembered in an hour
)

// Handlers takes reports.
type Handlers struct {
	kit   *web.Kit
	limit *rate.Limiter

	mu    sync.Mutex
	known map[violation]struct{}
	since time.Time
}

// violation is what makes two reports the same one.
type violation struct {
	Directive, Blocked, Document, Disposition string
}

// New returns the handlers. They log at most ten new violations a second, each once an hour.
func New(kit *web.Kit) *Handlers {
	return &Handlers{kit: kit, limit: rate.NewLimiter(10, 50), known: map[violation]struct{}{}, since: kit.Now()}
}

// Register adds POST /csp-report.
func (h *Handlers) Register(r gin.IRoutes) { r.POST("/csp-report", h.kit.Handle(h.create)) }

func (h *Handlers) create(c *gin.Context) error {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if err != nil {
		return portal.Fail(portal.TooLarge, err)
	}
	kind, _, _ := mime.ParseMediaType(c.ContentType())
	found, err := parse(kind, body)
	if err != nil {
		return portal.Fail(portal.Invalid, err)
	}
	for _, v := range found {
		if h.fresh(v) {
			h.kit.Log.LogAttrs(c, slog.LevelWarn, "policy violation", slog.String("build", h.kit.Build),
				slog.String("directive", v.Directive), slog.String("blocked", v.Blocked),
				slog.String("document", v.Document), slog.String("disposition", v.Disposition))
		}
	}
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

// fresh reports whether v is to be logged: not seen this hour, and within the rate. Only what is logged is remembered,
// and a full memory forgets rather than falls silent, so that a flood of inventions can't hide a real violation for long.
func (h *Handlers) fresh(v violation) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.kit.Now()
	if now.Sub(h.since) > time.Hour || len(h.known) >= maxKnown {
		clear(h.known)
		h.since = now
	}
	if _, ok := h.known[v]; ok || !h.limit.AllowN(now, 1) {
		return false
	}
	h.known[v] = struct{}{}
	return true
}

// parse reads both wire formats: report-uri's single object and the Reporting API's array.
func parse(contentType string, body []byte) ([]violation, error) {
	switch contentType {
	case "application/csp-report":
		var r struct {
			Report struct {
				Directive   string `json:"effective-directive"`
				Violated    string `json:"violated-directive"`
				Blocked     string `json:"blocked-uri"`
				Document    string `json:"document-uri"`
				Disposition string `json:"disposition"`
			} `json:"csp-report"`
		}
		if err := json.Unmarshal(body, &r); err != nil {
			return nil, err
		}
		directive := r.Report.Directive
		if directive == "" {
			directive = r.Report.Violated
		}
		return []violation{clean(directive, r.Report.Blocked, r.Report.Document, r.Report.Disposition)}, nil
	case "application/reports+json":
		var reports []struct {
			Type string `json:"type"`
			Body struct {
				Directive   string `json:"effectiveDirective"`
				Destination string `json:"destination"` // of an integrity violation
				Blocked     string `json:"blockedURL"`
				Document    string `json:"documentURL"`
				Disposition string `json:"disposition"`
			} `json:"body"`
		}
		if err := json.Unmarshal(body, &reports); err != nil {
			return nil, err
		}
		found := make([]violation, 0, len(reports))
		for _, r := range reports {
			directive := r.Body.Directive
			if directive == "" {
				directive = r.Type + " " + r.Body.Destination
			}
			found = append(found, clean(directive, r.Body.Blocked, r.Body.Document, r.Body.Disposition))
		}
		return found, nil
	default:
		return nil, errors.New("not a report")
	}
}

func clean(directive, blocked, document, disposition string) violation {
	return violation{printable(directive), withoutQuery(blocked), withoutQuery(document), printable(disposition)}
}

// withoutQuery drops what may hold a token.
func withoutQuery(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "unreadable"
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	return printable(u.String())
}

// printable keeps the first characters of s that can't disturb a log.
func printable(s string) string {
	out := make([]rune, 0, min(len(s), maxField))
	for _, r := range s {
		if len(out) == maxField {
			break
		}
		if unicode.IsPrint(r) {
			out = append(out, r)
		}
	}
	return string(out)
}
