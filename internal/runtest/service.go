package runtest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// A forgetful store carries a commit out and loses the answer.
type forgetful struct {
	store.Store
	forget *atomic.Bool
}

func (f forgetful) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	version, err := f.Store.Commit(ctx, ops...)
	if f.forget.CompareAndSwap(true, false) {
		return 0, errors.New("the connection was lost")
	}
	return version, err
}

func (on suite) testLostAnswersAreLookedFor(t *testing.T) {
	lose := new(atomic.Bool)
	p := on.plant(t, workflow.Config{Store: forgetful{on.open(t), lose}})
	p.define(oneByOne("build", "a"))
	lose.Store(true)
	r := p.start("build", workflow.Start{})
	lose.Store(true)
	p.do(r.ID(), workflow.Command{Action: workflow.Comment, Remark: "once"})
	if got, want := p.get(r.ID()).Status().Changes, r.Status().Changes+1; got != want {
		t.Errorf("the run has %d changes, not %d", got, want)
	}
}

func (on suite) testStartingWithAnIDIsIdempotent(t *testing.T) {
	p := on.plant(t, workflow.Config{})
	p.define(oneByOne("build", "a"))
	p.define(oneByOne("deploy", "a"))
	for range 2 {
		r, err := p.StartAs(p.ctx, "attempt-7", "build", workflow.Start{}, ann)
		if err != nil {
			t.Fatal(err)
		}
		if r.ID() != "attempt-7" || r.Number() != 1 {
			t.Errorf("it is %s, number %d", r.ID(), r.Number())
		}
	}
	if _, err := p.StartAs(p.ctx, "attempt-7", "deploy", workflow.Start{}, ann); !errors.Is(err, penstock.ErrExists) {
		t.Errorf("of another workflow: %v", err)
	}
	if _, err := p.StartAs(p.ctx, "a/b", "deploy", workflow.Start{}, ann); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("with a bad id: %v", err)
	}
}

func (on suite) testKeysMakeCommandsIdempotent(t *testing.T) {
	p := on.plant(t, workflow.Config{})
	p.define(oneByOne("build", "a"))
	id := p.start("build", workflow.Start{}).ID()
	c := workflow.Command{Action: workflow.Comment, Remark: "look", Key: "k1"}
	first := p.do(id, c)
	p.do(id, workflow.Command{Action: workflow.Comment, Remark: "again"})
	if again := p.do(id, c); again.Status().Changes != first.Status().Changes {
		t.Errorf("the answer is of change %d, not %d", again.Status().Changes, first.Status().Changes)
	}
	if got := p.get(id).Status().Changes; got != first.Status().Changes+1 {
		t.Errorf("the run has %d changes", got)
	}
	c.Remark = "other"
	if _, err := p.Do(p.ctx, id, c, ann); !errors.Is(err, penstock.ErrExists) {
		t.Errorf("another command with the key: %v", err)
	}
}
