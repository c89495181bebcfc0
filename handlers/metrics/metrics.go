// Package metrics counts and times every request by route, method and status class, and serves the figures together with
// the profiler on the private listener.
package metrics

import (
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is the process's registry and the figures of its requests, its calls to the platform, and its sign-ins. It is
// the observer that client and auth are given.
type Metrics struct {
	registry     *prometheus.Registry
	took         *prometheus.HistogramVec
	upstream     *prometheus.HistogramVec
	logins       *prometheus.CounterVec
	loginLatency *prometheus.HistogramVec
	refreshes    *prometheus.CounterVec
	reports      *prometheus.CounterVec
	clientErrors *prometheus.CounterVec
}

// New returns a registry with the runtime's own figures.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "customer_portal_request_duration_seconds", Help: "Time to answer a request, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"route", "method", "status"}),
		upstream: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "customer_portal_upstream_duration_seconds", Help: "Time of a call to the platform, by operation and outcome.",
			Buckets: []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 8},
		}, []string{"operation", "outcome"}),
		logins: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "customer_portal_login_total", Help: "Sign-ins that came to an end, by provider and outcome.",
		}, []string{"provider", "outcome"}),
		loginLatency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "customer_portal_login_latency_seconds", Help: "Time from setting out to being signed in, the person's typing included.",
			Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600},
		}, []string{"provider"}),
		refreshes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "customer_portal_refresh_total", Help: "Calls to refresh a session, by outcome.",
		}, []string{"outcome"}),
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "csp_reports_total", Help: "Policy violations that browsers have reported, by directive.",
		}, []string{"directive"}),
		clientErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "client_errors_total", Help: "Assets that browsers could not use, by kind.",
		}, []string{"kind"}),
	}
	m.registry.MustRegister(m.took, m.upstream, m.logins, m.loginLatency, m.refreshes, m.reports, m.clientErrors, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Observe times the request. Labels are of closed sets: the route's pattern, not its path; no method of the caller's own.
func (m *Metrics) Observe(c *gin.Context) {
	start := time.Now()
	c.Next()
	route := c.FullPath()
	if route == "" {
		route = "other"
	}
	m.took.WithLabelValues(route, method(c.Request.Method), strconv.Itoa(c.Writer.Status()/100)+"xx").
		Observe(time.Since(start).Seconds())
}

func method(s string) string {
	switch s {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return s
	}
	return "other"
}

// Upstream observes a call to the platform; see client.Options.
func (m *Metrics) Upstream(operation, outcome string, took time.Duration) {
	m.upstream.WithLabelValues(operation, outcome).Observe(took.Seconds())
}

// SignIn implements auth.Observer. The latency is that of sign-ins that succeeded.
func (m *Metrics) SignIn(provider, outcome string, took time.Duration) {
	m.logins.WithLabelValues(provider, outcome).Inc()
	if outcome == "success" && took > 0 {
		m.loginLatency.WithLabelValues(provider).Observe(took.Seconds())
	}
}

// Refresh implements auth.Observer.
func (m *Metrics) Refresh(outcome string) { m.refreshes.WithLabelValues(outcome).Inc() }

// PolicyReport counts a violation that a browser has reported. directive is of a closed set.
func (m *Metrics) PolicyReport(directive string) { m.reports.WithLabelValues(directive).Inc() }

// ClientError counts an asset that a browser could not use. kind is of a closed set.
func (m *Metrics) ClientError(kind string) { m.clientErrors.WithLabelValues(kind).Inc() }

// Handler serves /metrics and /debug/pprof, for the private listener alone.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	return byAddress(mux)
}

// byAddress serves only who asks for an IP address or localhost: a page on the operator's own browser that has rebound
// its name to loopback would ask for that name.
func byAddress(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if host != "localhost" && net.ParseIP(strings.Trim(host, "[]")) == nil {
			http.Error(w, "ask for this listener by its address", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}
