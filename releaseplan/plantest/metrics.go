package plantest

import (
	"context"
	"slices"
	"sync"

	"github.com/penstock-go/penstock/releaseplan"
)

// Metrics is a releaseplan.MetricSource that tells what it was told. A metric that it knows nothing of has no
// samples. It is safe for concurrent use.
type Metrics struct {
	mu      sync.Mutex
	samples map[string]releaseplan.Sample // by the metric's name
	queries []releaseplan.MetricQuery
	fails   error
}

// NewMetrics returns a source that knows nothing yet.
func NewMetrics() *Metrics { return &Metrics{samples: make(map[string]releaseplan.Sample)} }

// Set gives a metric a value that stands on so many samples, from now on.
func (m *Metrics) Set(name string, value float64, count int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.samples[name] = releaseplan.Sample{Value: value, Count: count}
}

// Fail makes every question fail with an error from now on; nil ends that.
func (m *Metrics) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fails = err
}

// Measure tells the value of a metric.
func (m *Metrics) Measure(ctx context.Context, q releaseplan.MetricQuery) (releaseplan.Sample, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queries = append(m.queries, q)
	if m.fails != nil {
		return releaseplan.Sample{}, m.fails
	}
	return m.samples[q.Metric.Name], ctx.Err()
}

// Queries returns what was asked, in order.
func (m *Metrics) Queries() []releaseplan.MetricQuery {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.queries)
}
