package peers

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
)

// plainOn does the work in goroutines, and stores what came of it with seven writes: a
// run is there, and after each job, that it has ended.
func plainOn(open func(testing.TB) wholeStore) func(testing.TB, *work) func(context.Context) error {
	return func(tb testing.TB, w *work) func(context.Context) error {
		tb.Helper()
		s := open(tb)
		var runs atomic.Int64
		return func(ctx context.Context) error {
			r := &plainRun{store: s, key: store.Key{Kind: "plain", ID: strconv.FormatInt(runs.Add(1), 10)}}
			r.write(ctx)
			for i := range w {
				var wg sync.WaitGroup
				for _, job := range w[i] {
					wg.Go(func() {
						job()
						r.write(ctx)
					})
				}
				wg.Wait()
			}
			return r.err
		}
	}
}

type plainRun struct {
	store store.Store
	key   store.Key

	mu      sync.Mutex
	version int64
	seq     int64
	err     error // the first
}

// write stores about as much as a run has in it, and an event.
func (r *plainRun) write(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	version, err := r.store.Commit(ctx, store.Op{
		Record: store.Record{Key: r.key, Version: r.version, Body: make([]byte, 1_000)},
		Events: []store.Event{{Seq: r.seq, Name: "written", At: time.Now(), Body: make([]byte, 300)}},
	})
	if err != nil && r.err == nil {
		r.err = err
	}
	r.version = version
}
