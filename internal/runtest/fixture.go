package runtest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

var ann = penstock.Actor{ID: "ann", Name: "Ann", Email: "ann@example.com"}

// A plant is a Service with what drives its runs.
type plant struct {
	*workflow.Service
	testing.TB
	store store.Store
	ctx   context.Context //nolint:containedctx // of the test
}

// plant returns one over cfg, with a new store unless cfg has one.
func (on suite) plant(t testing.TB, cfg workflow.Config) *plant {
	t.Helper()
	if cfg.Store == nil {
		cfg.Store = on.open(t)
	}
	s, err := workflow.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &plant{s, t, cfg.Store, context.Background()}
}

// define stores a definition.
func (p *plant) define(d *workflow.Definition) {
	p.Helper()
	if _, err := p.Definitions().Create(p.ctx, *d, ann); err != nil {
		p.Fatal(err)
	}
}

// start starts a run.
func (p *plant) start(key string, in workflow.Start) *workflow.Run {
	p.Helper()
	r, err := p.Start(p.ctx, key, in, ann)
	if err != nil {
		p.Fatal(err)
	}
	return r
}

func (p *plant) get(id string) *workflow.Run {
	p.Helper()
	r, err := p.Get(p.ctx, id, ann)
	if err != nil {
		p.Fatal(err)
	}
	return r
}

func (p *plant) do(id string, c workflow.Command) *workflow.Run {
	p.Helper()
	r, err := p.Do(p.ctx, id, c, ann)
	if err != nil {
		p.Fatal(err)
	}
	return r
}

// await follows a run until it has ended, and returns it.
func (p *plant) await(id string) *workflow.Run {
	p.Helper()
	for _, err := range p.Follow(p.ctx, id, 0, ann) {
		if err != nil {
			p.Fatal(err)
		}
	}
	return p.get(id)
}

// drive runs an engine with an executor of freestyle jobs until stop is called.
func (p *plant) drive(l *workflow.Local) (stop func()) {
	ctx, cancel := context.WithCancel(p.ctx)
	var wg sync.WaitGroup
	l.Log = slog.New(slog.NewTextHandler(p.Output(), nil))
	wg.Go(func() {
		if err := l.Run(ctx); err != nil {
			p.Error(err)
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

// noop executes nothing, and well.
var noop = workflow.ExecutorFunc(func(context.Context, workflow.Execution) (map[string]string, error) { return nil, nil })

func freestyle(e workflow.ExecutorFunc) map[string]workflow.Executor {
	return map[string]workflow.Executor{"freestyle": e}
}

// shellJob is a job that does nothing.
func shellJob(name string) workflow.Job {
	return workflow.Job{Name: name, Type: "freestyle", Spec: json.RawMessage(`{"script":"echo hello"}`)}
}

// threeByTwo is a definition of three parallel stages with two jobs each.
func threeByTwo() *workflow.Definition {
	d := &workflow.Definition{Project: "shop", Key: "build"}
	for i := range 3 {
		s := workflow.Stage{Name: fmt.Sprintf("stage %d", i), Parallel: true}
		for j := range 2 {
			s.Jobs = append(s.Jobs, shellJob(fmt.Sprintf("j%d-%d", i, j)))
		}
		d.Stages = append(d.Stages, s)
	}
	return d
}

// oneByOne is a definition of stages with one job each.
func oneByOne(key string, jobs ...string) *workflow.Definition {
	d := &workflow.Definition{Project: "shop", Key: key}
	for i, name := range jobs {
		d.Stages = append(d.Stages, workflow.Stage{Name: fmt.Sprintf("stage %d", i), Jobs: []workflow.Job{shellJob(name)}})
	}
	return d
}

func wantState(t testing.TB, r *workflow.Run, want workflow.RunState) {
	t.Helper()
	if r.State() != want {
		t.Errorf("run %s is %s, not %s", r, r.State(), want)
		for _, s := range r.Stages() {
			for _, j := range s.Jobs {
				t.Logf("%s: %s %q", j.Key, j.State, j.Status.Error)
			}
		}
	}
}

// everything returns all records of a kind.
func everything(t testing.TB, s store.Store, kind string) []store.Record {
	t.Helper()
	page, err := s.Find(t.Context(), store.Query{Kind: kind, Limit: store.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	return page.Records
}

func everyEvent(t testing.TB, s store.Store) []store.Event {
	t.Helper()
	events, err := s.Events(t.Context(), store.EventQuery{Limit: store.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	return events
}
