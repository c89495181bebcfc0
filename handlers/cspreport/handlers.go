// Package cspreport takes what browsers report by themselves: violations of the security policy at POST /csp-report, and
// assets that they refused or could not load at POST /client-errors. Reports are cleaned, counted, kept in groups, logged
// and sent to Sentry, all of it bounded in size, rate and repetition: nobody can fill a disk or forge a log line with them.
package cspreport

import (
	"context"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"ghasi.io/portal/auth"
	"ghasi.io/portal/handlers/web"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/telemetry"
)

const (
	maxBody    = 32 << 10
	maxReports = 20   // of one body
	maxKnown   = 1000 // distinct violations remembered in an hour
)

// recorder keeps groups of violations.
type recorder interface {
	RecordReports(ctx context.Context, reports []portal.PolicyReport) error
}

// counter counts what arrives. Its labels are of closed sets.
type counter interface {
	PolicyReport(directive string)
	ClientError(kind string)
}

// Options are where reports go.
type Options struct {
	Store   recorder
	Metrics counter
	Faults  *telemetry.Faults                // nil = no Sentry
	Session func(r *http.Request) *auth.User // whose session sent a report, without touching it
}

// Handlers takes reports.
type Handlers struct {
	kit *web.Kit
	o   Options

	visitors, people lane // a flood of visitors takes nothing from who has signed in

	mu        sync.Mutex
	known     map[portal.PolicyReport]struct{}
	since     time.Time
	unwritten int // reports that the log had no room for
}

// lane is what one kind of sender may have kept and written.
type lane struct {
	kept, written *rate.Limiter // in reports
}

func newLane() lane { return lane{kept: rate.NewLimiter(10, 50), written: rate.NewLimiter(1, 50)} }

// New returns the handlers. Of visitors they keep at most ten reports a second and log one, of people who have signed in
// as many again, and each violation is logged about once an hour.
func New(kit *web.Kit, o Options) *Handlers {
	return &Handlers{
		kit: kit, o: o, visitors: newLane(), people: newLane(),
		known: map[portal.PolicyReport]struct{}{}, since: kit.Now(),
	}
}

// perCaller is what one address may report: a page with a broken policy can send a dozen at once.
var perCaller = web.Rate{PerSecond: 2, Burst: 100}

// Register adds POST /csp-report and POST /client-errors.
func (h *Handlers) Register(r gin.IRoutes) {
	limit := h.kit.PerIP(perCaller)
	r.POST("/csp-report", limit, h.kit.Handle(h.violation))
	r.POST("/client-errors", limit, h.kit.Handle(h.clientError))
}

// violation handles POST /csp-report.
func (h *Handlers) violation(c *gin.Context) error {
	kind, body, err := read(c)
	if err != nil {
		return err
	}
	found, err := parse(kind, body, c.Request.Host)
	if err != nil {
		return portal.Fail(portal.Invalid, err)
	}
	for _, v := range found {
		h.o.Metrics.PolicyReport(v.Directive)
	}
	return h.take(c, "policy violation", h.kit.Build, found)
}

func read(c *gin.Context) (kind string, body []byte, err error) {
	body, err = io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if err != nil {
		return "", nil, portal.Fail(portal.TooLarge, err)
	}
	kind, _, _ = mime.ParseMediaType(c.ContentType())
	return kind, body, nil
}

// take keeps found and tells of what is new. Whatever is too much is dropped: the answer is the same, since a browser has
// no use for another.
func (h *Handlers) take(c *gin.Context, event, build string, found []portal.PolicyReport) error {
	c.Status(http.StatusNoContent)
	defer c.Writer.WriteHeaderNow()
	if len(found) == 0 {
		return nil
	}
	tenant, allowed := "", h.visitors
	if u := h.o.Session(c.Request); u != nil {
		tenant, allowed = u.TenantID, h.people
	}
	if !allowed.kept.AllowN(h.kit.Now(), len(found)) {
		return nil
	}
	for i := range found {
		found[i].TenantID = tenant
		if missed, ok := h.fresh(found[i], allowed.written); ok {
			if missed > 0 {
				h.kit.Log.LogAttrs(c, slog.LevelWarn, "reports not written", slog.Int("count", missed))
			}
			h.tell(c, event, build, found[i])
		}
	}
	if err := h.o.Store.RecordReports(c.Request.Context(), found); err != nil {
		_ = c.Error(err) // for the request's log line
	}
	return nil
}

// tell writes v to the log and to Sentry.
func (h *Handlers) tell(c *gin.Context, event, build string, v portal.PolicyReport) {
	h.kit.Log.LogAttrs(c, slog.LevelWarn, "reported by a browser", slog.String("event", event), slog.String("build", build),
		slog.String("request_id", web.RequestID(c.Request.Context())), slog.String("directive", v.Directive),
		slog.String("source", v.Source), slog.String("route", v.Route), slog.String("disposition", v.Disposition))
	h.o.Faults.Report(telemetry.Fault{
		Message: event + ": " + v.Directive, Warning: true,
		Tags:    map[string]string{"build": build, "directive": v.Directive, "disposition": v.Disposition},
		Details: map[string]string{"source": v.Source, "route": v.Route},
		Group:   []string{event, v.Directive, v.Source},
	})
}

// fresh reports whether v has not been told of this hour and may be now; missed are the reports since the last one that
// might not. Those are not remembered: what is real comes again, and is told then. A full memory forgets rather than falls
// silent, so that a flood of inventions can't hide a real violation for long.
func (h *Handlers) fresh(v portal.PolicyReport, written *rate.Limiter) (missed int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.kit.Now()
	if now.Sub(h.since) > time.Hour || len(h.known) >= maxKnown {
		clear(h.known)
		h.since = now
	}
	if _, told := h.known[v]; told {
		return 0, false
	}
	if !written.AllowN(now, 1) {
		h.unwritten++
		return 0, false
	}
	h.known[v] = struct{}{}
	missed, h.unwritten = h.unwritten, 0
	return missed, true
}
