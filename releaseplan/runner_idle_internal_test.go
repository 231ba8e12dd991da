package releaseplan

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// idlePlans fills a store with n plans that have nothing to do: every other one is
// a draft, the rest have a schedule that is far away. Only two of them have more
// than a header: nobody is to look.
func idlePlans(tb testing.TB, s store.Store, n int) *Service {
	tb.Helper()
	plans := New(Config{Store: s})
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	at := time.Now().Add(100 * 24 * time.Hour)
	var headers []store.Record
	for _, start := range []Schedule{{}, {Mode: Scheduled, At: at}} {
		c := Content{Name: "plan", Start: start, Phases: []Phase{{Name: "phase", Tasks: []Task{{Name: "task", Kind: "work"}}}}}
		p, err := plans.Create(ctx, c, ann)
		if err == nil {
			_, err = plans.Do(ctx, p.ID(), Command{Action: Finalize}, ann)
		}
		if err == nil {
			var found []store.Record
			found, err = s.Get(ctx, planKey(p.ID()))
			headers = append(headers, found...)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	for i := 2; i < n; {
		var ops []store.Op
		for ; i < n && len(ops) < store.MaxOps; i++ {
			r := headers[i%2]
			r.ID, r.Version, r.Sort, r.Fields = plans.newID(), 0, int64(i), maps.Clone(r.Fields)
			if r.Fields[fieldWake] != nil {
				r.Fields[fieldWake] = []string{store.Time(at.Add(time.Duration(i) * time.Second))}
			}
			ops = append(ops, store.Op{Record: r})
		}
		if _, err := s.Commit(ctx, ops...); err != nil {
			tb.Fatal(err)
		}
	}
	return plans
}

// idleRunner returns a Runner that can be asked to sweep.
func idleRunner(tb testing.TB, plans *Service) *Runner {
	tb.Helper()
	r := NewRunner(plans, map[string]Handler{"work": HandlerFunc(func(context.Context, Job) error { return nil })})
	if err := r.begin(); err != nil {
		tb.Fatal(err)
	}
	return r
}

// A spyStore counts what is read.
type spyStore struct {
	store.Store
	gets, finds, records int
}

func (s *spyStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	s.gets++
	return s.Store.Get(ctx, keys...)
}

func (s *spyStore) Find(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := s.Store.Find(ctx, q)
	s.finds++
	s.records += len(page.Records)
	return page, err
}

func TestRunnerSweepVisitsNoIdlePlan(t *testing.T) {
	spy := &spyStore{Store: memory.New()}
	r := idleRunner(t, idlePlans(t, spy, 2000))
	r.forgot = time.Now()
	*spy = spyStore{Store: spy.Store}
	const sweeps = 10
	for range sweeps {
		wait, err := r.sweep(t.Context(), t.Context())
		if err != nil || wait != r.Poll {
			t.Fatalf("look again in %v, %v", wait, err)
		}
		if err := r.heartbeat().Look(t.Context(), r.inherit); err != nil {
			t.Fatal(err)
		}
	}
	// A sweep asks what is due, what waits for a worker, and when the next is
	// due, which is the one record; a watch asks who holds leases, and who beats.
	if spy.gets != 0 || spy.finds != 5*sweeps || spy.records != sweeps {
		t.Errorf("%d sweeps over 2,000 idle plans made %d Gets and %d Finds with %d records", sweeps, spy.gets, spy.finds, spy.records)
	}
}

// BenchmarkRunnerIdle is what a Runner does once per Poll, of a second, beside
// 100,000 idle plans: a sweep, and a look at other Runners.
func BenchmarkRunnerIdle(b *testing.B) {
	r := idleRunner(b, idlePlans(b, memory.New(), 100_000))
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.sweep(ctx, ctx); err != nil {
			b.Fatal(err)
		}
		if err := r.heartbeat().Look(ctx, r.inherit); err != nil {
			b.Fatal(err)
		}
	}
	perSweep := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(100*perSweep/r.Poll.Seconds(), "%core")
}
