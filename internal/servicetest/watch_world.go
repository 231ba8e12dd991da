package servicetest

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
)

// measured is how often the Runners of these tests measure: by default.
const measured = 10 * time.Second

// A meter is a metric source that notes what it is asked.
type meter struct {
	began time.Time
	tell  func(ctx context.Context, q releaseplan.MetricQuery) (releaseplan.Sample, error)

	mu      sync.Mutex
	asked   []releaseplan.MetricQuery
	at      []time.Duration
	now     int
	highest int
}

func (m *meter) Measure(ctx context.Context, q releaseplan.MetricQuery) (releaseplan.Sample, error) {
	m.mu.Lock()
	m.asked, m.at = append(m.asked, q), append(m.at, time.Since(m.began))
	m.now++
	m.highest = max(m.highest, m.now)
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.now--
	}()
	return m.tell(ctx, q)
}

// times returns when it was asked about a metric; of any if that is empty.
func (m *meter) times(metric string) (at []time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, q := range m.asked {
		if metric == "" || q.Metric.Name == metric {
			at = append(at, m.at[i])
		}
	}
	return at
}

// between returns how often it was asked from one moment on until before another.
func (m *meter) between(from, to time.Duration) (n int) {
	for _, at := range m.times("") {
		if at >= from && at < to {
			n++
		}
	}
	return n
}

// rate is a metric with a value at any moment since the beginning.
func rate(began time.Time, value func(at time.Duration) float64) func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error) {
	return func(_ context.Context, q releaseplan.MetricQuery) (releaseplan.Sample, error) {
		return releaseplan.Sample{Value: value(q.To.Sub(began)), Count: 100}, nil
	}
}

// highFrom is a rate that is low until a moment, and high from then on.
func highFrom(high time.Duration) func(time.Duration) float64 {
	return func(at time.Duration) float64 {
		if at >= high {
			return 0.5
		}
		return 0.001
	}
}

// watching is a Runner with a metric source, of which the log is kept.
func (w *world) watching(m *meter) (r *releaseplan.Runner, log *bytes.Buffer) {
	log = new(bytes.Buffer)
	m.began = w.began
	r = releaseplan.NewRunner(w.plans, nil)
	r.Metrics, r.Log = m, slog.New(slog.NewTextHandler(log, nil))
	return r, log
}

// watched runs a test beside a Runner that measures with what tells.
func (on suite) watched(t *testing.T, tell func(w *world) func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error), f func(t *testing.T, w *world, m *meter)) {
	t.Helper()
	on.bubble(t, func(t *testing.T, w *world) {
		m := &meter{tell: tell(w)}
		r, _ := w.watching(m)
		w.run(r)
		f(t, w, m)
	})
}

// stagesOf is a plan of milestones without tasks, of an hour each but for the last,
// that a safeguard watches over.
func stagesOf(do releaseplan.SafeguardAction) releaseplan.Content {
	hour := lasting(time.Hour)
	c := releaseplan.Content{Name: "plan", Target: &releaseplan.Target{Feature: "checkout", Environment: "production"}}
	for _, share := range []string{"5", "25", "100"} {
		c.Milestones = append(c.Milestones, releaseplan.Milestone{Name: share + " %", After: &hour,
			Strategies: []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": share}}}})
	}
	c.Milestones[2].After = nil
	c.Safeguards = []releaseplan.Safeguard{safeguardOf("errors", do)}
	return c
}

// safeguardOf trips above 1 % within 5 minutes, and is clear at half of that.
func safeguardOf(metric string, do releaseplan.SafeguardAction) releaseplan.Safeguard {
	bound, low := 0.01, 0.005
	g := releaseplan.Safeguard{Name: metric, Metric: releaseplan.Metric{Name: metric}, Above: &bound, Clear: &low,
		Window: lasting(5 * time.Minute), MinSamples: 10, Action: do}
	if do == releaseplan.SafeguardBack {
		g.Back = "5 %"
	}
	return g
}

// live returns the name of the milestone that is live.
func (w *world) live(id string) string {
	w.t.Helper()
	if r := w.get(id).Status().Rollout; r != nil {
		return r.Name
	}
	return ""
}

// storeCalls counts the calls of a store.
func storeCalls(s store.Store, n *int) store.Store {
	var mu sync.Mutex
	return &meddledStore{Store: s, before: func(context.Context, storeCall) error {
		mu.Lock()
		defer mu.Unlock()
		*n++
		return nil
	}}
}
