package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// finished runs a run with a log, outputs, an answered key and a secret to its end.
func (p *plant) finished(key string) *workflow.Run {
	p.Helper()
	id := p.start(key, workflow.Start{Params: []workflow.Argument{{Name: "token", Value: "hunter2-hunter2"}}}).ID()
	p.do(id, workflow.Command{Action: workflow.Comment, Remark: "look", Key: "k"})
	return p.await(id)
}

// talkative puts something out, and into its log.
func talkative(_ context.Context, e workflow.Execution) (map[string]string, error) {
	fmt.Fprintln(e.Log, "hello from", e.Job)
	return map[string]string{"WHO": e.Job}, nil
}

func withToken(d *workflow.Definition) *workflow.Definition {
	d.Params = []workflow.Param{{Name: "token", Type: workflow.SecretParam}}
	return d
}

// left returns what a store holds of a run.
func left(t testing.TB, s store.Store, id string) (keys []string) {
	t.Helper()
	for _, kind := range []string{"workflow.run", "workflow.run.start", "workflow.run.secret", "workflow.run.inputs", "workflow.run.outputs",
		"workflow.run.jobs", "workflow.run.key", "workflow.run.remnant", "workflow.log"} {
		for _, r := range everything(t, s, kind) {
			if strings.HasPrefix(r.ID, id) {
				keys = append(keys, kind)
			}
		}
	}
	return slices.Compact(keys)
}

func trailOf(t testing.TB, s store.Store, id string) (names []string) {
	t.Helper()
	events, err := s.Events(t.Context(), store.EventQuery{Subject: store.Key{Kind: "workflow.run", ID: id}, Limit: store.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		names = append(names, e.Name)
	}
	return names
}

// Everything of a run goes but its trail, which ends with who deleted it.
func TestARunIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
		d := withToken(oneByOne("build", "a"))
		var many []workflow.Job // more than one record of jobs
		for i := range 130 {
			many = append(many, shellJob(fmt.Sprint("m", i)))
		}
		d.Stages = append(d.Stages, parallel("many", many...))
		p.define(d)
		defer p.drive(workflow.NewLocal(p.Service, freestyle(talkative)))()
		r := p.finished("build")
		if kinds := left(t, p.store, r.ID()); len(kinds) != 6 { // all but what it was shown to be started with, inputs and remnants
			t.Fatalf("there is %v", kinds)
		}
		before := len(trailOf(t, p.store, r.ID()))
		if err := p.Delete(p.ctx, r.ID(), ann); err != nil {
			t.Fatal(err)
		}
		if kinds := left(t, p.store, r.ID()); len(kinds) > 0 {
			t.Errorf("there is still %v", kinds)
		}
		trail := trailOf(t, p.store, r.ID())
		if len(trail) != before+1 || trail[before] != "run.deleted" {
			t.Errorf("the trail is %v", trail)
		}
		for name, err := range map[string]error{
			"get":    errOf(p.Get(p.ctx, r.ID(), ann)),
			"number": errOf(p.GetByNumber(p.ctx, "build", r.Number(), ann)),
			"delete": p.Delete(p.ctx, r.ID(), ann),
		} {
			if !errors.Is(err, penstock.ErrNotFound) {
				t.Errorf("%s of a run that is gone: %v", name, err)
			}
		}
		if again := p.start("build", workflow.Start{Params: []workflow.Argument{{Name: "token", Value: "x"}}}); again.Number() != r.Number()+1 {
			t.Errorf("the next one has the number %d", again.Number())
		}
		for name, err := range map[string]error{
			"as":  errOf(p.StartAs(p.ctx, r.ID(), "build", workflow.Start{}, ann)),
			"for": errOf(p.StartFor(p.ctx, r.ID(), "build", workflow.Start{}, workflow.Origin{Plan: "p", Task: "t"}, ann)),
		} {
			if !errors.Is(err, penstock.ErrExists) || !strings.Contains(err.Error(), "deleted") {
				t.Errorf("start %s with its id: %v", name, err)
			}
		}
	})
}

func errOf[T any](_ T, err error) error { return err }

// A run is deleted once it has ended, and nobody has to be told of it any more.
func TestWhichRunsCanBeDeleted(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule, script, want string
		stages             []workflow.Stage
	}{
		{"not one that waits", "", "a run that has ended", []workflow.Stage{serial("one", act("a", ""))}},
		{"not one under way", "admit", "a run that has ended", []workflow.Stage{serial("one", act("a", ""))}},
		{"not one that is paused", "admit", "a run that has ended", []workflow.Stage{manual(serial("one", act("a", "")), "ann")}},
		{"not one that is being canceled", "admit; lease a; cancel", "a run that has ended", []workflow.Stage{serial("one", act("a", ""))}},
		{"passed", "admit; pass a", "", []workflow.Stage{serial("one", act("a", ""))}},
		{"failed", "admit; fail a", "", []workflow.Stage{serial("one", act("a", ""))}},
		{"timeout", "admit; lease a; +1m; advance; fail a", "", []workflow.Stage{serial("one", act("a", `{"timeout":1}`))}},
		{"canceled", "cancel", "", []workflow.Stage{serial("one", act("a", ""))}},
		{"rejected", "admit; vote no a", "", []workflow.Stage{serial("one", askJob("a"))}},
		{"skipped", "admit", "", []workflow.Stage{serial("one", act("a", "", when(workflow.SkipIf, "1", workflow.Equals, "1")))}},
		{"not while a provider still asks", "admit; report a instance=i1; cancel", "the provider of its approval to drop a request first", []workflow.Stage{serial("one", larkJob("a"))}},
		{"once it has dropped it", "admit; report a instance=i1; cancel; retracted instance=i1", "", []workflow.Stage{serial("one", larkJob("a"))}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			s := story(t, row.script, row.stages...)
			state := s.r.State()
			err := s.do(workflow.Command{Action: workflow.DeleteRun}, ann)
			if row.want == "" {
				if err != nil || s.r.State() != state {
					t.Errorf("got %v, and %s", err, s.r)
				}
				return
			}
			var refused *penstock.RefusedError
			if !errors.As(err, &refused) || !slices.Contains(refused.Needs, row.want) {
				t.Errorf("got %v, want a need of %s", err, row.want)
			}
		})
	}
}

func TestDeletingTakesTheRight(t *testing.T) {
	p := newPlant(t, workflow.Config{Authorizer: func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if who.ID == "ann" || right != penstock.Delete {
			return nil
		}
		return &penstock.ForbiddenError{Right: right, On: on}
	}})
	p.define(oneByOne("build", "a"))
	id := p.start("build", workflow.Start{}).ID()
	p.do(id, workflow.Command{Action: workflow.CancelRun})
	bob := penstock.Actor{ID: "bob"}
	if err := p.Delete(p.ctx, id, bob); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("got %v", err)
	}
	done, err := p.Prune(p.ctx, workflow.Retention{Before: time.Now().Add(time.Hour)}, bob)
	if err != nil || done != (workflow.Pruned{Forbidden: 1}) {
		t.Errorf("got %+v, %v", done, err)
	}
	p.get(id)
	if err := p.Delete(p.ctx, id, ann); err != nil {
		t.Error(err)
	}
}

// A deletion that ends too early, or of which the answer is lost, is completed.
func TestADeletionIsCompleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &brokenAfter{Store: memory.New(), good: -1}
		p := newPlant(t, workflow.Config{Store: broken})
		p.define(withToken(oneByOne("build", "a")))
		stop := p.drive(workflow.NewLocal(p.Service, freestyle(talkative)))
		r := p.finished("build")
		stop()
		broken.good = 1 // the run goes, and then nothing does
		if err := p.Delete(p.ctx, r.ID(), ann); err != nil {
			t.Fatal(err)
		}
		if kinds := left(t, p.store, r.ID()); !slices.Equal(kinds, []string{"workflow.run.key", "workflow.run.remnant", "workflow.log"}) {
			t.Fatalf("there is %v", kinds)
		}
		broken.good = -1
		other := newPlant(t, workflow.Config{Store: broken})
		defer other.drive(workflow.NewLocal(other.Service, freestyle(noop)))()
		<-time.After(10 * time.Second)
		if kinds := left(t, p.store, r.ID()); len(kinds) > 0 {
			t.Errorf("there is still %v", kinds)
		}
	})
}

// brokenAfter is a store in which commits fail after some good ones; any number if it is negative.
type brokenAfter struct {
	store.Store
	good int
}

func (b *brokenAfter) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if b.good == 0 {
		return 0, errors.New("the disk is full")
	}
	if b.good > 0 {
		b.good--
	}
	return b.Store.Commit(ctx, ops...)
}

// Who follows a run that is deleted is told so, and that is the end.
func TestFollowEndsWithADeletion(t *testing.T) {
	p := newPlant(t, workflow.Config{})
	p.define(oneByOne("build", "a"))
	id := p.start("build", workflow.Start{}).ID()
	p.do(id, workflow.Command{Action: workflow.CancelRun})
	var last workflow.ChangeKind
	for e, err := range p.Follow(p.ctx, id, 0, ann) {
		if err != nil {
			t.Fatal(err)
		}
		if last = e.Change.Kind; e.Seq == 1 {
			if err := p.Delete(p.ctx, id, ann); err != nil {
				t.Fatal(err)
			}
		}
	}
	if last != workflow.RunDeleted {
		t.Errorf("the last that is told is %s", last)
	}
}
