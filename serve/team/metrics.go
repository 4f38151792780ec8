package team

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"prowtrace/internal/panics"
	"prowtrace/session"
)

// metrics are what Prometheus reads. They have a registry of their own.
type metrics struct {
	registry *prometheus.Registry

	loads     *prometheus.CounterVec
	loadTime  prometheus.Histogram
	loadBytes prometheus.Counter
	loadSpans prometheus.Counter
	refused   prometheus.Counter
	faults    prometheus.Counter
	requests  *prometheus.CounterVec
	took      *prometheus.HistogramVec
}

func newMetrics(runs *session.OpenRuns, version string) *metrics {
	m := &metrics{
		registry:  prometheus.NewRegistry(),
		loads:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prowtrace_loads_total", Help: "Loads of runs that have ended, by their result."}, []string{"result"}),
		loadTime:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "prowtrace_load_duration_seconds", Help: "Duration of loads, without waiting for a slot.", Buckets: []float64{.1, .3, 1, 3, 10, 30, 100, 300}}),
		loadBytes: prometheus.NewCounter(prometheus.CounterOpts{Name: "prowtrace_load_bytes_total", Help: "Bytes that loads read from buckets."}),
		loadSpans: prometheus.NewCounter(prometheus.CounterOpts{Name: "prowtrace_load_spans_total", Help: "Spans that were loaded."}),
		refused:   prometheus.NewCounter(prometheus.CounterOpts{Name: "prowtrace_visitors_refused_total", Help: "Requests that were refused because of the limits of the visitor."}),
		faults:    prometheus.NewCounter(prometheus.CounterOpts{Name: "prowtrace_faults_total", Help: "Requests that failed with an internal fault."}),
		requests:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prowtrace_requests_total", Help: "Requests that were answered."}, []string{"route", "code"}),
		took:      prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "prowtrace_request_duration_seconds", Help: "Duration of answers.", Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10, 30}}, []string{"route"}),
	}
	stat := func(name, help string, value func(session.OpenRunsStats) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(runs.Stats()) })
	}
	built := prometheus.NewGauge(prometheus.GaugeOpts{Name: "prowtrace_build_info", Help: "The version, as a label.", ConstLabels: prometheus.Labels{"version": version}})
	built.Set(1)
	m.registry.MustRegister(m.loads, m.loadTime, m.loadBytes, m.loadSpans, m.refused, m.faults, m.requests, m.took, built,
		stat("prowtrace_runs_loaded", "Runs that are loaded now.", func(s session.OpenRunsStats) float64 { return float64(s.Runs) }),
		stat("prowtrace_runs_bytes", "Memory that loaded runs take, estimated.", func(s session.OpenRunsStats) float64 { return float64(s.Bytes) }),
		stat("prowtrace_loads_under_way", "Loads that run or wait.", func(s session.OpenRunsStats) float64 { return float64(s.Loads) }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// ended counts a load.
func (m *metrics) ended(e session.EndedLoad) {
	m.loads.WithLabelValues(resultOf(e.Err)).Inc()
	m.loadTime.Observe(e.Took.Seconds())
	m.loadBytes.Add(float64(e.Bytes))
	m.loadSpans.Add(float64(e.Spans))
}

// resultOf is the kind of an error, of which there are few.
func resultOf(err error) string {
	var met *panics.Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &met):
		return "fault"
	case errors.Is(err, session.ErrOpenRunsClosed):
		return "stopped"
	}
	switch told(err).status {
	case http.StatusNotFound:
		return "not_found"
	case http.StatusForbidden:
		return "refused"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusGatewayTimeout:
		return "timeout"
	}
	return "failed"
}

func (m *metrics) request(route string, code int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(code)).Inc()
	m.took.WithLabelValues(route).Observe(took.Seconds())
}
