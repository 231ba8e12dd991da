package workflow_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// A keeper is an executor that keeps something of runs.
type keeper struct {
	workflow.ExecutorFunc
	mu        sync.Mutex
	forgotten []string
	broken    func() error // of Forget
}

func (k *keeper) Forget(_ context.Context, run string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.broken != nil {
		return k.broken()
	}
	k.forgotten = append(k.forgotten, run)
	return nil
}

func (k *keeper) mend() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.broken = nil
}

func (k *keeper) list() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.forgotten)
}

func sharing(d *workflow.Definition) *workflow.Definition {
	d.Storages = []workflow.ShareStorage{{Name: "cache", Path: "/cache"}}
	return d
}

// What jobs share is forgotten when their run is over for good.
func TestWhatJobsShareIsForgotten(t *testing.T) {
	fails := func(context.Context, workflow.Execution) (map[string]string, error) { return nil, errors.New("no") }
	for _, row := range []struct {
		rule    string
		d       *workflow.Definition
		execute workflow.ExecutorFunc
		delete  bool
		want    int
	}{
		{"of a run that has passed", sharing(oneByOne("build", "a")), noop, false, 1},
		{"once, if it is deleted then", sharing(oneByOne("build", "a")), noop, true, 1},
		{"not of one that may be retried", sharing(oneByOne("build", "a")), fails, false, 0},
		{"until it is deleted", sharing(oneByOne("build", "a")), fails, true, 1},
		{"not if nothing is shared", oneByOne("build", "a"), noop, true, 0},
	} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlant(t, workflow.Config{})
				p.define(row.d)
				k := &keeper{ExecutorFunc: row.execute}
				defer p.drive(workflow.NewLocal(p.Service, map[string]workflow.Executor{"freestyle": k}))()
				r := p.await(p.start("build", workflow.Start{}).ID())
				<-time.After(time.Minute)
				if row.delete {
					if err := p.Delete(p.ctx, r.ID(), ann); err != nil {
						t.Fatal(err)
					}
				}
				<-time.After(time.Minute)
				if got := k.list(); len(got) != row.want || row.want > 0 && got[0] != r.ID() {
					t.Errorf("%v were forgotten, want %d", got, row.want)
				}
				if kinds := left(t, p.store, r.ID()); row.delete && len(kinds) > 0 {
					t.Errorf("there is still %v", kinds)
				}
			})
		})
	}
}

// A process that ends, an executor that fails or panics, one that keeps nothing: what is to be
// forgotten is not lost.
func TestForgettingIsNotLost(t *testing.T) {
	for name, broken := range map[string]func() error{
		"error": func() error { return errors.New("the disk is busy") },
		"panic": func() error { panic("no such disk") },
	} {
		for _, gone := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					shared := memory.New()
					p, other := newPlant(t, workflow.Config{Store: shared}), newPlant(t, workflow.Config{Store: shared})
					p.define(sharing(oneByOne("build", "a")))
					k := &keeper{ExecutorFunc: noop, broken: broken}
					stop := p.drive(workflow.NewLocal(p.Service, map[string]workflow.Executor{"freestyle": k}))
					id := p.await(p.start("build", workflow.Start{}).ID()).ID()
					if gone {
						if err := p.Delete(p.ctx, id, ann); err != nil {
							t.Fatal(err)
						}
					}
					<-time.After(time.Minute)
					stop()
					stopOther := other.drive(workflow.NewLocal(other.Service, freestyle(noop))) // keeps nothing
					<-time.After(time.Minute)
					stopOther()
					k.mend()
					again := newPlant(t, workflow.Config{Store: shared})
					defer again.drive(workflow.NewLocal(again.Service, map[string]workflow.Executor{"freestyle": k}))()
					<-time.After(time.Minute)
					if got := k.list(); !slices.Equal(got, []string{id}) {
						t.Errorf("%v were forgotten", got)
					}
				})
			})
		}
	}
}
