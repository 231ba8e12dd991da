package servicetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// A forger is a store that shows the events of one subject as somebody who can
// write to its tables left them.
type forger struct {
	store.Store
	subject store.Key
	mu      sync.Mutex
	rows    []store.Event
}

// forge returns a store in which the trail of a plan can be damaged. Its rows are copies.
func forge(t testing.TB, st store.Store, id string) *forger {
	t.Helper()
	f := &forger{Store: st, subject: prunePlan(id)}
	for {
		var after int64
		if n := len(f.rows); n > 0 {
			after = f.rows[n-1].Seq
		}
		events, err := st.Events(t.Context(), store.EventQuery{Subject: f.subject, After: after, Limit: store.MaxLimit})
		f.rows = append(f.rows, must(t, events, err)...)
		if len(events) < store.MaxLimit {
			return f
		}
	}
}

// hash is that of a row.
func (f *forger) hash(i int) string {
	sum := sha256.Sum256(f.rows[i].Body)
	return hex.EncodeToString(sum[:])
}

func (f *forger) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if q.Subject != f.subject {
		return f.Store.Events(ctx, q)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	rows := slices.Clone(f.rows)
	slices.SortStableFunc(rows, func(a, b store.Event) int { return int(a.Seq - b.Seq) })
	var found []store.Event
	for _, e := range rows {
		if e.Seq > q.After && len(found) < q.Limit {
			e.Body = slices.Clone(e.Body)
			found = append(found, e)
		}
	}
	return found, nil
}

// A trailWorld is a plan with a trail of some length, over a store with a clock that the test sets.
type trailWorld struct {
	*pruneWorld
	id   string
	seal func([]byte) []byte
}

// trailWorld files a plan and lets it do something: a trail of n entries. Of these the first
// cut are pruned; all are an hour old.
func (on suite) trailWorld(t *testing.T, n, cut int, seal func([]byte) []byte) *trailWorld {
	t.Helper()
	w := &trailWorld{pruneWorld: on.pruneWorld(t, releaseplan.Config{Seal: seal}), seal: seal}
	if seal != nil {
		on.sealed(seal)
	}
	w.id = w.create("plan")
	say := func(n int) {
		for range n {
			w.do(w.id, releaseplan.Command{Action: releaseplan.Comment, Remark: "hello"})
		}
	}
	if cut == 0 {
		say(n - 1)
		w.pass(time.Hour)
		return w
	}
	say(cut - 2)
	w.do(w.id, releaseplan.Command{Action: releaseplan.Archive})
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{Plans: 1, Events: int64(cut)})
	say(n - cut)
	w.pass(time.Hour)
	return w
}

// over is a Service over another store, or what another store shows.
func (w *trailWorld) over(st store.Store) *releaseplan.Service {
	return releaseplan.New(releaseplan.Config{Store: st, Seal: w.seal, Now: func() time.Time { return w.now }})
}

// faulted fails unless err is a fault of an entry.
func faulted(t *testing.T, err error, kind releaseplan.TrailFault, seq int64) {
	t.Helper()
	fault, ok := errors.AsType[*releaseplan.TrailError](err)
	if !ok || !errors.Is(err, releaseplan.ErrTampered) {
		t.Errorf("want %s %d, the error is %v", kind, seq, err)
		return
	}
	if fault.Kind != kind || fault.Seq != seq {
		t.Errorf("want %s %d: %v", kind, seq, err)
	}
}
