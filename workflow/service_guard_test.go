package workflow_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

type panicking struct{ calls *atomic.Int32 }

// Resolve panics, but for the look at the start.
func (c panicking) Resolve(_ context.Context, ref workflow.Reference) (string, error) {
	if ref.Kind == workflow.RefProject {
		return "", nil
	}
	if c.calls.Add(1) > 0 {
		panic("no " + ref.Name)
	}
	return "", nil
}

// What the host wrote panics, and a secret is odd: the job fails, and nothing else.
func TestAPanicOnTheWayToAnExecutorFailsTheJob(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule    string
		catalog workflow.Catalog
		params  []workflow.Param
		job     workflow.Job
		state   workflow.RunState
		why     string
	}{
		{"a catalog", panicking{new(atomic.Int32)}, []workflow.Param{{Name: "db", Type: workflow.SecretParam, Value: "hush-db"}},
			workflow.Job{Name: "a", Type: "sql", Spec: json.RawMessage(`{"database_name":"{{.workflow.params.db}}","sql":"select 1"}`)}, workflow.RunFailed, "it panicked: no ***"},
		{"a secret of blanks", nil, []workflow.Param{{Name: "token", Type: workflow.SecretParam, Value: "    "}}, said("a", "it"), workflow.RunFailed, "said it"},
		{"a secret of blanks and lines", nil, nil,
			workflow.Job{Name: "a", Type: "freestyle", Spec: json.RawMessage(`{"script":"x","envs":[{"key":"K","value":" \n\t \n ","is_credential":true}]}`)}, workflow.RunPassed, ""},
	} {
		p := newPlant(t, workflow.Config{Catalog: row.catalog})
		d := oneByOne("k", "a")
		d.Params, d.Stages[0].Jobs[0] = row.params, row.job
		p.define(d)
		stop := p.drive(workflow.NewLocal(p.Service, map[string]workflow.Executor{"freestyle": says, "sql": noop}))
		r := p.await(p.start("k", workflow.Start{}).ID())
		stop()
		wantState(t, r, row.state)
		if j, err := r.Job("a"); err != nil || j.Status.Error != row.why {
			t.Errorf("%s: %q, %v", row.rule, j.Status.Error, err)
		}
		if _, err := p.Outputs(p.ctx, r.ID(), ann); err != nil {
			t.Errorf("%s: %v", row.rule, err)
		}
	}
}

// brittleSpec panics when it is read while broken is set.
type brittleSpec struct{ workflow.Rest }

var broken atomic.Bool

func (*brittleSpec) Check(*workflow.Checker) {}
func (*brittleSpec) Expand(workflow.Upstream) ([]workflow.Piece, error) {
	if broken.Load() {
		panic("hush-hush")
	}
	return []workflow.Piece{{Spec: json.RawMessage(`{}`)}}, nil
}

// A type of jobs that panics when a run of it is read keeps that run back, and no other.
func TestATypeThatPanicsKeepsItsRunsBack(t *testing.T) {
	types, err := workflow.NewTypes(workflow.JobType{Name: "brittle", New: func() workflow.Spec { return new(brittleSpec) }})
	if err != nil {
		t.Fatal(err)
	}
	shared := memory.New()
	p := newPlant(t, workflow.Config{Store: shared, Types: types})
	d := oneByOne("k", "a")
	d.Stages[0].Jobs[0] = workflow.Job{Name: "a", Type: "brittle"}
	p.define(d)
	p.define(oneByOne("other", "a"))
	r := p.start("k", workflow.Start{})
	broken.Store(true)
	defer broken.Store(false)

	q := newPlant(t, workflow.Config{Store: shared, Types: types, CacheBytes: -1})
	stop := q.drive(workflow.NewLocal(q.Service, map[string]workflow.Executor{"freestyle": noop, "brittle": noop}))
	defer stop()
	wantState(t, q.await(q.start("other", workflow.Start{}).ID()), workflow.RunPassed)
	if _, err := q.Get(q.ctx, r.ID(), ann); err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "its type panicked") {
		t.Errorf("got %v", err)
	}
	if _, err := q.Start(q.ctx, "k", workflow.Start{}, ann); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
	broken.Store(false)
	wantState(t, q.await(r.ID()), workflow.RunPassed)
}
