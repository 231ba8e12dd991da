package workflow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// byHandWith is a definition whose second stage ann executes by hand, perhaps with other inputs.
func byHandWith() *workflow.Definition {
	second := manual(parallel("two", job("build", "zadig-build", `{"docker_registry_id":"r",
		"service_and_builds_options":[{"service_name":"web","build_name":"b"},{"service_name":"api","build_name":"c"}]}`),
		job("note", "freestyle", `{"script":"true","envs":[{"key":"TOKEN","value":"x","is_credential":true}]}`),
		job("ask", "approval", `{"type":"native","native_approval":{"needed_approvers":1,"approve_users":[{"type":"group","group_id":"ops"}]}}`)), "ann")
	second.Jobs[2].Skipped = true
	second.Manual.Modify = true
	return stages(serial("one", shellJob("a")), second,
		serial("three", job("deploy", "freestyle", `{"freestyle_type":"service_freestyle","source":"fromjob","job_name":"build","script":"true"}`)))
}

// pauseByHand runs a run up to its second stage.
func (p *plant) pauseByHand() string {
	p.Helper()
	id := p.start("build", workflow.Start{Inputs: []workflow.JobInput{input("build", onlyWeb), input("note", `{"kv":[{"key":"TOKEN","value":"first-secret"}]}`)}}).ID()
	p.pass(id, "a")
	wantState(p, p.get(id), workflow.RunPaused)
	return id
}

// pass lets a job pass as an engine would.
func (p *plant) pass(id, job string) {
	p.Helper()
	j, err := p.get(id).Job(job)
	if err != nil {
		p.Fatal(err)
	}
	for _, c := range []workflow.Command{{Action: workflow.Lease, Lease: "l"}, {Action: workflow.Complete}} {
		c.Job, c.Attempt = job, j.Status.Attempt.ID
		if _, err := p.Step(p.ctx, id, workflow.Input{Command: c}); err != nil {
			p.Fatal(err)
		}
	}
}

func TestInputsByHandAreStoredApart(t *testing.T) {
	shared := memory.New()
	p, other := newPlant(t, workflow.Config{Store: shared}), newPlant(t, workflow.Config{Store: shared, CacheBytes: -1})
	p.define(byHandWith())
	id := p.pauseByHand()
	look := workflow.Command{Action: workflow.Comment, Remark: "look", Key: "k"}
	p.do(id, look)
	const secret = "second-secret"
	given := giving(input("build", onlyAPI), input("note", `{"kv":[{"key":"TOKEN","value":"`+secret+`"}]}`))
	given.Key = "again"
	for range 2 { // the second time it is answered as the first
		r := p.do(id, given)
		if _, err := r.Job("deploy.api"); err != nil {
			t.Error(err)
		}
		p.do(id, workflow.Command{Action: workflow.Comment, Remark: "later"})
	}
	for name, q := range map[string]*plant{"the process that did it": p, "another one": other} {
		r := q.get(id)
		e, err := workflow.WholeExecution(r, "note")
		if err != nil || !strings.Contains(string(e.Spec), secret) {
			t.Errorf("%s: note gets %s, %v", name, e.Spec, err)
		}
		if _, err := r.Job("deploy.api"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if then := q.do(id, look); then.State() != workflow.RunPaused {
			t.Errorf("%s: an earlier answer is %s", name, then)
		} else if _, err := then.Job("deploy.web"); err != nil {
			t.Errorf("%s: an earlier answer: %v", name, err)
		}
	}
	for _, kind := range []string{"workflow.run", "workflow.run.start"} {
		for _, record := range everything(t, shared, kind) {
			if bytes.Contains(record.Body, []byte("-secret")) {
				t.Errorf("%s holds a secret", record.Key)
			}
		}
	}
	for _, e := range everyEvent(t, shared) {
		if bytes.Contains(e.Body, []byte("-secret")) || bytes.Contains(e.Body, []byte("service_list")) {
			t.Errorf("event %d holds inputs: %s", e.Position, e.Body)
		}
	}
	clone, err := other.Clone(p.ctx, id, ann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clone.Job("deploy.api"); err != nil {
		t.Errorf("a clone: %v", err)
	}
}

// A run of many jobs, which are stored in records of their own, can have few by other inputs,
// and many again.
func TestInputsByHandChangeHowManyJobsThereAre(t *testing.T) {
	var options, choice []string
	for i := range 100 {
		options = append(options, fmt.Sprintf(`{"service_name":"s%d","build_name":"b"}`, i))
		choice = append(choice, fmt.Sprintf(`{"service_name":"s%d"}`, i))
	}
	many, few := `{"service_list":[`+strings.Join(choice, ",")+`]}`, `{"service_list":[`+strings.Join(choice[:3], ",")+`]}`
	for _, row := range []struct {
		from, to string
		want     int
	}{{many, few, 4}, {few, many, 101}} {
		shared := memory.New()
		p, other := newPlant(t, workflow.Config{Store: shared}), newPlant(t, workflow.Config{Store: shared, CacheBytes: -1})
		second := manual(parallel("two", job("build", "zadig-build", `{"docker_registry_id":"r","service_and_builds_options":[`+strings.Join(options, ",")+`]}`)), "ann")
		second.Manual.Modify = true
		p.define(stages(serial("one", shellJob("a")), second))
		id := p.start("build", workflow.Start{Inputs: []workflow.JobInput{input("build", row.from)}}).ID()
		p.pass(id, "a")
		p.do(id, giving(input("build", row.to)))
		got := other.get(id)
		if n := len(got.Status().Jobs); n != row.want {
			t.Errorf("there are %d jobs, not %d", n, row.want)
		}
		if diff := cmp.Diff(runSeen(p.get(id)), runSeen(got), runCompare); diff != "" {
			t.Errorf("as it is stored (-run +stored):\n%s", diff)
		}
		other.pass(id, "build.s2")
		if j, err := p.get(id).Job("build.s2"); err != nil || j.State != workflow.JobPassed {
			t.Errorf("the job is %s, %v", j.State, err)
		}
	}
}

// knows is a Catalog of some names.
type knows []string

func (k knows) Resolve(_ context.Context, ref workflow.Reference) (string, error) {
	if ref.Kind == workflow.RefProject || slices.Contains(k, ref.Name) {
		return "", nil
	}
	return "", &workflow.UnknownNameError{Reference: ref}
}

func TestInputsByHandAreCheckedLikeAStart(t *testing.T) {
	directory := groups{"ops": {{Type: penstock.User, ID: "dan"}}}
	for _, row := range []struct {
		rule    string
		catalog workflow.Catalog
		types   []string
		inputs  []workflow.JobInput
		want    error
	}{
		{"known names", knows{"r", "b", "c"}, nil, []workflow.JobInput{input("build", onlyAPI)}, nil},
		{"an unknown build", knows{"r", "b"}, nil, []workflow.JobInput{input("build", onlyAPI)}, penstock.ErrNotFound},
		{"only what the inputs name", knows{"r", "b"}, nil, []workflow.JobInput{input("build", onlyWeb)}, nil},
		{"an approval that was left out", nil, nil, []workflow.JobInput{input("ask", "", false)}, nil},
		{"executors", nil, []string{"freestyle", "zadig-build"}, []workflow.JobInput{input("build", onlyAPI)}, nil},
	} {
		t.Run(row.rule, func(t *testing.T) {
			p := newPlant(t, workflow.Config{Catalog: row.catalog, Directory: directory})
			p.define(byHandWith())
			id := p.pauseByHand()
			if row.types != nil {
				p.Attach(silent{}, row.types...)
			}
			before := p.get(id).Status().Changes
			_, err := p.Do(p.ctx, id, giving(row.inputs...), ann)
			if !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
			if changed := p.get(id).Status().Changes > before; changed != (row.want == nil) {
				t.Errorf("something changed: %t", changed)
			}
		})
	}
	t.Run("no executor", func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
		d := byHandWith()
		d.Stages[1].Jobs = append(d.Stages[1].Jobs, act("call", `{"url":"http://x/"}`, ofType("http"), skippedJob))
		p.define(d)
		id := p.pauseByHand()
		p.Attach(silent{}, "freestyle", "zadig-build")
		_, err := p.Do(p.ctx, id, giving(input("call", "", false)), ann)
		if want := "cannot execute stage: needs an executor for jobs of type http"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if _, err := p.Do(p.ctx, id, giving(input("call", "", false)), penstock.Actor{ID: "eve"}); !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("a stranger is told %v", err)
		}
	})
}

// A silent engine does nothing.
type silent struct{}

func (silent) Wake(context.Context, string) error { return nil }

// groups is a Directory with users of groups.
type groups map[string][]penstock.Party

func (g groups) Party(_ context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	return penstock.PartyInfo{Party: p, Active: true, Members: g[p.ID]}, nil
}

func (groups) Folder(ctx context.Context, f penstock.Folder) (penstock.FolderInfo, error) {
	return penstock.Trust{}.Folder(ctx, f)
}
