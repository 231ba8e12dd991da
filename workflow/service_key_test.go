package workflow_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// keyedPlants are two Services over one store, whose clock a test sets.
func keyedPlants(t *testing.T) (p, other *plant, now *time.Time) {
	t.Helper()
	db, clock, unlimited := memory.New(), noon, -1
	cfg := workflow.Config{Store: db, Now: func() time.Time { return clock }, KeepKeys: time.Hour}
	p, other = newPlant(t, cfg), newPlant(t, cfg)
	p.define(&workflow.Definition{Project: "shop", Key: "w", ConcurrencyLimit: &unlimited, Stages: []workflow.Stage{{Name: "one", Jobs: []workflow.Job{{Name: "push", Type: "freestyle", Spec: []byte(`{"script":"true"}`)}}}}})
	return p, other, &clock
}

func (p *plant) runs() int {
	p.Helper()
	all, err := p.List(p.ctx, workflow.RunFilter{}, ann)
	if err != nil {
		p.Fatal(err)
	}
	return all.Total
}

// A start with a key starts one run, also through another process and many at once, until the key expires.
func TestAStartWithAKey(t *testing.T) {
	p, other, now := keyedPlants(t)
	in := workflow.Start{Remark: "go", Key: "k"}
	var ids [8]string
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			r, err := []*plant{p, other}[i%2].Start(p.ctx, "w", in, ann)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = r.ID()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] || p.runs() != 1 {
			t.Fatalf("%d runs: %v", p.runs(), ids)
		}
	}
	first := p.start("w", in)
	if _, err := p.Do(p.ctx, first.ID(), workflow.Command{Action: workflow.CancelRun}, ann); err != nil {
		t.Fatal(err)
	}
	if again := other.start("w", in); again.ID() != first.ID() || again.State() != first.State() {
		t.Errorf("the answer is %s, which is %s", again.ID(), again.State())
	}
	var reused *penstock.KeyReusedError
	if _, err := p.Start(p.ctx, "w", workflow.Start{Remark: "another", Key: "k"}, ann); !errors.As(err, &reused) {
		t.Errorf("the error is %v", err)
	}
	if _, err := p.Start(p.ctx, "w", workflow.Start{Key: " "}, ann); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("the error is %v", err)
	}
	theirs, err := other.Start(p.ctx, "w", in, penstock.Actor{ID: "bob"})
	if err != nil || theirs.ID() == first.ID() {
		t.Errorf("bob is answered %v, %v", theirs, err)
	}
	for range 2 {
		if _, err := p.CloneWith(p.ctx, first.ID(), "c", ann); err != nil {
			t.Fatal(err)
		}
	}
	if p.runs() != 3 {
		t.Errorf("there are %d runs, not 3", p.runs())
	}
	if err := p.Delete(p.ctx, first.ID(), ann); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Start(p.ctx, "w", in, ann); !errors.Is(err, penstock.ErrExists) {
		t.Errorf("once it is deleted: %v", err)
	}
	*now = noon.Add(time.Hour)
	if r := other.start("w", in); r.ID() == first.ID() {
		t.Error("the key has not expired")
	}
	if n, err := p.ForgetKeys(p.ctx); n != 2 || err != nil {
		t.Errorf("%d keys were forgotten, %v", n, err)
	}
}

// A command with a key has its effect once, be it that it deletes the run, or changes nothing.
func TestACommandOnARunWithAKey(t *testing.T) {
	p, other, now := keyedPlants(t)
	r := p.start("w", workflow.Start{})
	do := func(s *plant, c workflow.Command) (*workflow.Run, error) { return s.Do(p.ctx, r.ID(), c, ann) }
	say := workflow.Command{Action: workflow.Comment, Remark: "hi", Key: "k"}
	first, err := do(p, say)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := do(p, workflow.Command{Action: workflow.CancelRun}); err != nil {
		t.Fatal(err)
	}
	if again, err := do(other, say); err != nil || again.Status().Changes != first.Status().Changes {
		t.Errorf("the answer is %v, %v", again, err)
	}
	before, err := p.Before(p.ctx, r.ID(), workflow.Command{Action: workflow.Comment, Remark: "hi", Key: "k"}, ann)
	if err != nil || before.Status().Changes != r.Status().Changes {
		t.Errorf("before it was %v, %v", before, err)
	}
	if _, err := do(p, workflow.Command{Action: workflow.Comment, Remark: "ho", Key: "k"}); !errors.Is(err, penstock.ErrExists) {
		t.Errorf("another command: %v", err)
	}
	*now = noon.Add(time.Hour)
	if again, err := do(other, say); err != nil || again.Status().Changes == first.Status().Changes {
		t.Errorf("once the key has expired the answer is %v, %v", again, err)
	}
	drop := workflow.Command{Action: workflow.DeleteRun, Key: "d"}
	if _, err := do(p, drop); err != nil {
		t.Fatal(err)
	}
	if _, err := do(other, drop); !errors.Is(err, penstock.ErrExists) {
		t.Errorf("to delete it again: %v", err)
	}
	if _, err := do(other, workflow.Command{Action: workflow.DeleteRun, Key: "e"}); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("to delete it again with another key: %v", err)
	}
}
