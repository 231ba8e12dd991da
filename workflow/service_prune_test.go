package workflow_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// numbers returns the runs that there are, as workflow and number, the oldest first.
func (p *plant) numbers() []string {
	p.Helper()
	list, err := p.List(p.ctx, workflow.RunFilter{Page: penstock.Page{Limit: 1000}}, ann)
	if err != nil {
		p.Fatal(err)
	}
	var all []string
	for _, r := range list.Items {
		all = append(all, fmt.Sprint(r.Workflow, r.Number))
	}
	slices.Reverse(all)
	return all
}

func TestWhichRunsAreKept(t *testing.T) {
	for _, row := range []struct {
		rule string
		keep func(began time.Time) workflow.Retention
		want []string // that stay
		done workflow.Pruned
	}{
		{"by time", func(b time.Time) workflow.Retention { return workflow.Retention{Before: b.Add(150 * time.Second)} },
			[]string{"a2", "a4", "b4", "a5"}, workflow.Pruned{Runs: 5}},
		{"by number", func(time.Time) workflow.Retention { return workflow.Retention{Keep: 2} },
			[]string{"a2", "b3", "a4", "b4", "a5"}, workflow.Pruned{Runs: 4}},
		{"by both", func(b time.Time) workflow.Retention {
			return workflow.Retention{Before: b.Add(100 * time.Second), Keep: 3}
		},
			[]string{"a2", "b2", "a3", "b3", "a4", "b4", "a5"}, workflow.Pruned{Runs: 2}},
		{"of one workflow", func(time.Time) workflow.Retention { return workflow.Retention{Workflow: "b", Keep: 1} },
			[]string{"a1", "a2", "a3", "a4", "b4", "a5"}, workflow.Pruned{Runs: 3}},
		{"some at a time", func(b time.Time) workflow.Retention { return workflow.Retention{Before: b.Add(time.Hour), Limit: 2} },
			[]string{"a2", "b2", "a3", "b3", "a4", "b4", "a5"}, workflow.Pruned{Runs: 2, More: true}},
		{"never one that has not ended", func(b time.Time) workflow.Retention { return workflow.Retention{Before: b.Add(time.Hour)} },
			[]string{"a2", "a5"}, workflow.Pruned{Runs: 7}},
		{"all are young", func(b time.Time) workflow.Retention { return workflow.Retention{Before: b} },
			[]string{"a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4", "a5"}, workflow.Pruned{}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				p := newPlant(t, workflow.Config{})
				p.define(oneByOne("a", "x"))
				p.define(oneByOne("b", "x"))
				for i := range 5 { // the runs of minute i; a2 and a5 have not ended
					for _, key := range []string{"a", "b"}[:min(2, 6-i)] {
						if i == 4 && key == "b" {
							continue
						}
						id := p.start(key, workflow.Start{}).ID()
						if key == "b" || i != 1 && i != 4 {
							p.do(id, workflow.Command{Action: workflow.CancelRun})
						}
					}
					<-time.After(time.Minute)
				}
				done, err := p.Prune(p.ctx, row.keep(began), ann)
				if err != nil || done != row.done {
					t.Errorf("got %+v, %v, want %+v", done, err, row.done)
				}
				if got := p.numbers(); !slices.Equal(got, row.want) {
					t.Errorf("%v are kept, want %v", got, row.want)
				}
			})
		})
	}
}

func TestPruneRefuses(t *testing.T) {
	p := newPlant(t, workflow.Config{})
	for path, keep := range map[string]workflow.Retention{"before": {}, "keep": {Keep: -1}, "limit": {Keep: 1, Limit: -1}} {
		if _, err := p.Prune(p.ctx, keep, ann); !blames(err, path) {
			t.Errorf("got %v, want a fault of %s", err, path)
		}
	}
	if _, err := p.Prune(p.ctx, workflow.Retention{Keep: 1}, penstock.System()); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("the library itself: %v", err)
	}
}

// What is pruned leaves the last entry of its trail, and what a reader of the log has still to
// deliver stays until it has.
func TestPruneForgetsTrails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		p := newPlant(t, workflow.Config{Store: shared})
		p.define(withToken(oneByOne("build", "a")))
		defer p.drive(workflow.NewLocal(p.Service, freestyle(talkative)))()
		first := p.finished("build")
		reader := store.Record{Key: store.Key{Kind: store.KindReader, ID: "r"}, Sort: everyEvent(t, shared)[3].Position}
		var err error
		if reader.Version, err = shared.Commit(p.ctx, store.Op{Record: reader}); err != nil {
			t.Fatal(err)
		}
		prune := func() {
			t.Helper()
			if _, err := p.Prune(p.ctx, workflow.Retention{Before: time.Now().Add(time.Hour)}, ann); err != nil {
				t.Fatal(err)
			}
		}
		prune()
		if trail := trailOf(t, shared, first.ID()); len(trail) < 3 {
			t.Errorf("what a reader has still to deliver is gone: %v", trail)
		}
		if _, err := shared.Commit(p.ctx, store.Op{Kind: store.Delete, Record: reader}); err != nil {
			t.Fatal(err)
		}
		prune()
		if trail := trailOf(t, shared, first.ID()); !slices.Equal(trail, []string{"run.deleted"}) {
			t.Errorf("the trail is %v", trail)
		}
		if kinds := left(t, shared, first.ID()); len(kinds) > 0 {
			t.Errorf("there is still %v", kinds)
		}
		if _, err := p.StartAs(p.ctx, first.ID(), "build", workflow.Start{}, ann); !errors.Is(err, penstock.ErrExists) {
			t.Errorf("with its id: %v", err)
		}
	})
}
