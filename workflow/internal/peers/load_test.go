package peers

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// underWay is how many runs there are at a time.
const underWay = 32

// A load keeps so many runs under way.
type load struct {
	places chan struct{} // one for each run to make
	wg     sync.WaitGroup

	mu   sync.Mutex
	took []time.Duration // each run, from before its start until its passing is stored
	err  error
}

func newLoad(ctx context.Context, run func(context.Context) error) *load {
	l := &load{places: make(chan struct{})}
	for range underWay {
		l.wg.Go(func() {
			for range l.places {
				began := time.Now()
				err := run(ctx)
				took := time.Since(began)
				l.mu.Lock()
				l.took = append(l.took, took)
				if err != nil && l.err == nil {
					l.err = err
				}
				l.mu.Unlock()
			}
		})
	}
	return l
}

// more makes another run, as soon as there is a place.
func (l *load) more() { l.places <- struct{}{} }

// end waits for the last runs and returns how long all took, the shortest first.
func (l *load) end() ([]time.Duration, error) {
	close(l.places)
	l.wg.Wait()
	slices.Sort(l.took)
	return l.took, l.err
}

// measure makes runs until the benchmark is over, and reports what they took.
func measure(b *testing.B, run func(context.Context) error) {
	b.Helper()
	warm := newLoad(b.Context(), run)
	for range underWay {
		warm.more()
	}
	if _, err := warm.end(); err != nil {
		b.Fatal(err)
	}
	l := newLoad(b.Context(), run)
	runtime.GC() // what was there before is not its affair
	b.ReportAllocs()
	began, spent := time.Now(), processorTime(b)
	for b.Loop() {
		l.more()
	}
	took, err := l.end()
	if err != nil {
		b.Fatal(err)
	}
	n := float64(len(took))
	b.ReportMetric(n/time.Since(began).Seconds(), "runs/s")
	b.ReportMetric(micros(processorTime(b)-spent)/n, "cpu-µs/run")
	b.ReportMetric(micros(took[len(took)/2])/1_000, "p50-ms")
	b.ReportMetric(micros(took[len(took)*99/100])/1_000, "p99-ms")
	b.ReportMetric(0, "ns/op") // it would leave out the end of the last runs
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// processorTime is what this process has had of all processors, for itself and in the kernel.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
