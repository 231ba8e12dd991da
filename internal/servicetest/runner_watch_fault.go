package servicetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// Whatever a source does instead of telling a value trips nothing, and is
// logged without secrets; afterwards it is believed again.
func (on suite) testRunnerSurvivesBadMetricSources(t *testing.T) {
	value := func(s releaseplan.Sample) releaseplan.MetricFunc {
		return func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error) { return s, nil }
	}
	fails := func(err error) releaseplan.MetricFunc {
		return func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error) {
			return releaseplan.Sample{Value: 1, Count: 100}, err
		}
	}
	late := func(heeds bool, d time.Duration) releaseplan.MetricFunc {
		return func(ctx context.Context, _ releaseplan.MetricQuery) (releaseplan.Sample, error) {
			if !heeds {
				ctx = context.WithoutCancel(ctx)
			}
			select {
			case <-ctx.Done():
				return releaseplan.Sample{}, ctx.Err()
			case <-time.After(d):
				return releaseplan.Sample{Value: 1, Count: 100}, nil
			}
		}
	}
	request := &url.Error{Op: "Get", URL: "https://metrics.example.com/query?token=s3cr3t", Err: errors.New("connection refused")}
	for _, tt := range []struct {
		name string
		tell releaseplan.MetricFunc
		log  string // what it says; empty: nothing
	}{
		{"fails", fails(errors.New("no such series")), "no such series"},
		{"fails with a URL", fails(fmt.Errorf("query %s: %w", request.URL, request)), "connection refused"},
		{"fails with an error of the library's", fails(fmt.Errorf("the metric: %w", penstock.ErrNotFound)), "the metric: not found"},
		{"its error panics", fails((*nastyError)(nil)), "a safeguard could not be measured"},
		{"panics", func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error) { panic("boom") }, "a metric source panicked"},
		{"tells no number", value(releaseplan.Sample{Value: math.NaN(), Count: 100}), "sample.value"},
		{"tells infinity", value(releaseplan.Sample{Value: math.Inf(1), Count: 100}), "sample.value"},
		{"counts less than nothing", value(releaseplan.Sample{Value: 1, Count: -1}), "sample.count"},
		{"has no data", value(releaseplan.Sample{Value: 1}), ""},
		{"has few data", value(releaseplan.Sample{Value: 1, Count: 9}), ""},
		{"tells of a time before", value(releaseplan.Sample{Value: 1, Count: 100, From: time.Unix(0, 0)}), ""},
		{"hangs", late(true, time.Hour), "deadline exceeded"},
		{"hangs, whatever its context says", late(false, time.Hour), "deadline exceeded"},
		{"tells too late", late(false, 11*time.Second), "deadline exceeded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				const mended = 90 * time.Minute
				m := &meter{}
				m.tell = func(ctx context.Context, q releaseplan.MetricQuery) (releaseplan.Sample, error) {
					if w.now() < mended {
						return tt.tell(ctx, q)
					}
					return releaseplan.Sample{Value: 0.5, Count: 10}, nil
				}
				r, log := w.watching(m)
				stop := w.run(r)
				p := w.start(stagesOf(releaseplan.SafeguardStop))
				at := w.until(p.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.SafeguardTripped })
				if at < mended || at > mended+time.Hour {
					t.Errorf("tripped after %v", at)
				}
				if err := stop(); err != nil {
					t.Errorf("Run returned %v", err)
				}
				text := log.String()
				if strings.Contains(text, "s3cr3t") || !strings.Contains(text, tt.log) || tt.log == "" && text != "" {
					t.Errorf("want %q and no secret in the log:\n%.2000s", tt.log, text)
				}
			})
		})
	}
}

// Safeguards whose sources hang, more of them than are asked at once, keep no other
// from being measured, and are not asked again before their source has returned.
func (on suite) testRunnerHangingMetricHoldsUpOnlyItself(t *testing.T) {
	for _, heeds := range []bool{true, false} {
		t.Run(fmt.Sprint("heeds its context: ", heeds), func(t *testing.T) {
			const hanging = 12
			tell := func(w *world) func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error) {
				return func(ctx context.Context, q releaseplan.MetricQuery) (releaseplan.Sample, error) {
					if q.Metric.Name == "errors" {
						return releaseplan.Sample{Value: highFrom(time.Hour)(w.now()), Count: 100}, nil
					}
					if !heeds {
						ctx = context.WithoutCancel(ctx)
					}
					select {
					case <-ctx.Done():
					case <-time.After(3 * time.Hour):
					}
					return releaseplan.Sample{}, ctx.Err()
				}
			}
			on.watched(t, tell, func(t *testing.T, w *world, m *meter) {
				c := stagesOf(releaseplan.SafeguardStop)
				c.Safeguards = nil
				for i := range hanging {
					c.Safeguards = append(c.Safeguards, safeguardOf(fmt.Sprint("hangs ", i), releaseplan.SafeguardPause))
				}
				c.Safeguards = append(c.Safeguards, safeguardOf("errors", releaseplan.SafeguardStop))
				p := w.start(c)
				at := w.until(p.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.SafeguardTripped })
				most := measured // those that return are asked again, in turns
				if heeds {
					most = 4 * measured
				}
				if at < time.Hour || at > time.Hour+most {
					t.Errorf("tripped after %v", at)
				}
				n := len(m.times("hangs 0"))
				if !heeds && n != 1 {
					t.Errorf("a source that hangs was asked %d times at once", n)
				}
				if heeds && n < 100 {
					t.Errorf("a source that heeds its context was asked %d times in an hour", n)
				}
			})
		})
	}
}

// No more values are asked for at once than there are workers, and never more than a few.
func (on suite) testRunnerMeasuresAFewAtATime(t *testing.T) {
	for workers, want := range map[int]int{3: 3, 100: 8} {
		t.Run(fmt.Sprint(workers, " workers"), func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				m := &meter{tell: func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error) {
					<-time.After(time.Second)
					return releaseplan.Sample{Count: 100}, nil
				}}
				r, _ := w.watching(m)
				r.Workers = workers
				w.run(r)
				for i := range 20 {
					c := stagesOf(releaseplan.SafeguardPause)
					c.Target.Feature = fmt.Sprint("feature ", i)
					w.start(c)
				}
				w.pass(5 * time.Minute)
				if m.highest != want {
					t.Errorf("%d at once, want %d", m.highest, want)
				}
				if n := len(m.times("")); n < 20*25 {
					t.Errorf("asked %d times in all", n)
				}
			})
		})
	}
}

// Run ends at once while a source hangs that heeds its context, and waits for one that does not.
func (on suite) testRunnerEndsWhileAMetricSourceHangs(t *testing.T) {
	for _, heeds := range []bool{true, false} {
		t.Run(fmt.Sprint("heeds its context: ", heeds), func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				returned := time.Duration(0)
				m := &meter{tell: func(ctx context.Context, _ releaseplan.MetricQuery) (releaseplan.Sample, error) {
					if !heeds {
						ctx = context.WithoutCancel(ctx)
					}
					select {
					case <-ctx.Done():
					case <-time.After(time.Hour):
					}
					returned = w.now()
					return releaseplan.Sample{Value: 1, Count: 100}, ctx.Err()
				}}
				r, log := w.watching(m)
				stop := w.run(r)
				p := w.start(stagesOf(releaseplan.SafeguardStop))
				w.pass(15 * time.Second)
				if err := stop(); err != nil {
					t.Errorf("Run returned %v", err)
				}
				want := 15 * time.Second
				if !heeds {
					want = time.Hour + measured
				}
				if w.now() != want || returned != want {
					t.Errorf("Run returned after %v, its source after %v, want %v", w.now(), returned, want)
				}
				if heeds && log.Len() != 0 {
					t.Errorf("it logged: %s", log)
				}
				if n := len(w.trail(p.ID(), releaseplan.SafeguardTripped)); n != 0 {
					t.Error("a value that came after the end tripped a safeguard")
				}
			})
		})
	}
}
