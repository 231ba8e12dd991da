package releaseplan

import (
	"context"
	"time"
)

// A MetricSource tells the values of metrics. It is the host's: a query to a
// monitoring system. It is safe for concurrent use.
type MetricSource interface {
	// Measure returns the value of a metric over a stretch of time, and how many
	// samples it stands on: 0 if there is no data, which is no error. From and To of
	// the sample may be left out: they are those of the query then. A sample from
	// before the query's From is not counted if the milestone was not live then.
	Measure(ctx context.Context, q MetricQuery) (Sample, error)
}

// MetricFunc is a function as a MetricSource.
type MetricFunc func(ctx context.Context, q MetricQuery) (Sample, error)

// Measure calls f.
func (f MetricFunc) Measure(ctx context.Context, q MetricQuery) (Sample, error) { return f(ctx, q) }

// A MetricQuery asks for the value of a metric from From, exclusive, to To.
type MetricQuery struct {
	Metric    Metric
	From, To  time.Time
	Plan      string // id
	Target    Target // zero if the plan has none
	Milestone string // name of the one that is live
}
