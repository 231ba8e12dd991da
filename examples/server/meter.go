package main

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/penstock-go/penstock/releaseplan/unleash"
)

// A meter counts what Prometheus is told. No label has values that requests make up.
type meter struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	sdks     *prometheus.CounterVec
	reports  *prometheus.CounterVec
}

func newMeter(db *sql.DB) *meter {
	m := &meter{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "penstock_http_requests_total", Help: "Requests by method, route and status."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "penstock_http_request_seconds", Help: "How long requests took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "penstock_http_requests_in_flight", Help: "Requests under way."}),
		sdks:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "penstock_sdk_registrations_total", Help: "SDKs that registered, by environment."}, []string{"environment"}),
		reports:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "penstock_sdk_reports_total", Help: "Reports of SDKs, by environment."}, []string{"environment"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.inFlight, m.sdks, m.reports,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewDBStatsCollector(db, "penstock"))
	return m
}

// observe counts a request. What has no route counts as one: paths are made up by others.
func (m *meter) observe(method, route string, status int, took time.Duration) {
	method = knownMethod(method)
	if route == "" || route == "/" {
		route = "none"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(method, route).Observe(took.Seconds())
}

// knownMethod returns the method, or other: anybody can make one up.
func knownMethod(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return method
	default:
		return "other"
	}
}

// registered counts an SDK.
func (m *meter) registered(_ context.Context, by unleash.Client, _ unleash.Registration) error {
	m.sdks.WithLabelValues(by.Environment).Inc()
	return nil
}

// counted counts a report of an SDK.
func (m *meter) counted(_ context.Context, by unleash.Client, _ unleash.Metrics) error {
	m.reports.WithLabelValues(by.Environment).Inc()
	return nil
}
