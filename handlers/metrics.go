package handlers

import (
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gatehouse/store/identity"
)

// metricsPath is the only path that Metrics answers.
const metricsPath = "/metrics"

// Metrics counts requests and shows the figures of a site in the text format of Prometheus. It
// does not authenticate anybody, so it must listen on an address that only operators reach.
type Metrics struct {
	requests *prometheus.HistogramVec
	scrape   http.Handler
}

// NewMetrics makes the metrics of a site whose version is set. Its other fields may be set until the
// first scrape.
func NewMetrics(s *Site) *Metrics {
	m := &Metrics{requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    metricName("http_request_duration_seconds"),
		Help:    "How long answers took, by pattern of the route, method and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "method", "status"})}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: metricName("build_info"),
		Help: "Always 1; the labels say which version runs.",
	}, []string{"version", "go"})
	build.WithLabelValues(s.Version, runtime.Version()).Set(1)
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.requests, build, newGauges(s),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.scrape = promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelError),
		// One wrong figure must not hide the others.
		ErrorHandling: promhttp.ContinueOnError,
	})
	return m
}

func metricName(name string) string { return identity.Metrics + name }

// ServeHTTP answers GET /metrics. Everything else does not exist.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.URL.Path != metricsPath {
		http.NotFound(w, r)
		return
	}
	m.scrape.ServeHTTP(w, r)
}

// observe records a request whose answer was sent or broke off. Without metrics it does
// nothing. Clients must not choose label values: each value is a time series that stays in
// memory, and a path may contain a token.
func (m *Metrics) observe(r *http.Request, w middleware.WrapResponseWriter, finished bool, took time.Duration) {
	if m == nil {
		return
	}
	route := chi.RouteContext(r.Context()).RoutePattern()
	if route == "" {
		route = "none"
	}
	method := r.Method
	if method != get && method != post && method != http.MethodHead {
		method = "other"
	}
	status := w.Status()
	switch {
	case !finished:
		status = http.StatusInternalServerError
	case status == 0: // nothing was written, of which net/http makes an empty answer
		status = http.StatusOK
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}
