package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
	"github.com/penstock-go/penstock/workflow"
)

// byParam is an executor that does what the parameter of its job says.
var byParam = freestyle(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
	if strings.Contains(string(e.Spec), "fail") {
		return nil, errors.New("it broke")
	}
	return nil, nil
})

// paramJob is a definition of one job, which does what the parameter how says.
func paramJob(key string, controls ...json.RawMessage) *workflow.Definition {
	d := oneByOne(key, "a")
	d.Params = []workflow.Param{{Name: "how", Type: workflow.StringParam}}
	d.Stages[0].Jobs[0].Spec = json.RawMessage(`{"script":"{{.workflow.params.how}}"}`)
	d.Notify = controls
	return d
}

func how(value string) workflow.Start {
	return workflow.Start{Params: []workflow.Argument{{Name: "how", Value: value}}}
}

// Who asks for changes hears of the ends that differ from that of the run before.
func TestChangedIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
		p.define(paramJob("build", notifyMail("bob", workflow.NotifyChanged), notifyMail("cid", workflow.NotifyFailed)))
		p.define(paramJob("other", notifyMail("dan", workflow.NotifyChanged)))
		stop := p.drive(workflow.NewLocal(p.Service, byParam))
		defer stop()
		for _, value := range []string{"pass", "pass", "fail", "fail", "pass"} {
			p.await(p.start("build", how(value)).ID())
		}
		p.await(p.start("other", how("fail")).ID())
		var got []string
		for _, n := range noticesIn(t, everyEvent(t, p.store)) {
			got = append(got, fmt.Sprintf("%s #%d %s: changed %t from %q", n.Facts.Workflow.Key, n.Facts.Run.Number, n, n.Facts.Changed, n.Facts.Previous))
		}
		want := []string{
			`build #1 passed: bob: changed true from ""`,
			`build #3 failed: bob cid: changed true from "passed"`,
			`build #4 failed: cid: changed false from ""`,
			`build #5 passed: bob: changed true from "failed"`,
			`other #1 failed: dan: changed true from ""`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

// The run before is that with the number before, whichever ended last.
func TestTheRunBeforeIsTheOneThatWasMadeBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
		p.define(paramJob("build", notifyMail("bob", workflow.NotifyChanged)))
		first := p.start("build", how("pass"))
		second := p.start("build", how("pass"))
		third := p.start("build", how("pass"))
		for _, r := range []*workflow.Run{third, first} { // as if they had been overtaken
			p.do(r.ID(), workflow.Command{Action: workflow.CancelRun})
		}
		stop := p.drive(workflow.NewLocal(p.Service, byParam))
		defer stop()
		p.await(second.ID())
		var got []string
		for _, n := range noticesIn(t, everyEvent(t, p.store)) {
			got = append(got, fmt.Sprintf("#%d %s after %q", n.Facts.Run.Number, n.Event, n.Facts.Previous))
		}
		want := []string{`#3 cancelled after ""`, `#1 cancelled after ""`, `#2 passed after "canceled"`}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

// A watchedStore looks at every commit, and can fail one.
type watchedStore struct {
	store.Store
	mu    sync.Mutex
	seen  func(ops []store.Op)
	fails error
}

func (s *watchedStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return 0, s.fails
	}
	s.seen(ops)
	return s.Store.Commit(ctx, ops...)
}

// What people are told is committed with the change that it tells of, once.
func TestNoticesAreCommittedWithTheirChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := make(map[string]bool)
		watched := &watchedStore{Store: memory.New(), seen: func(ops []store.Op) {
			changes := make(map[string]bool)
			for _, op := range ops {
				for _, e := range op.Events {
					if e.Subject.Kind != outbox.KindNotice {
						changes[fmt.Sprintf("%s change %d at %s", op.Key, e.Seq, e.At)] = true
						continue
					}
					place := fmt.Sprintf("%s change %d at %s", e.Subject.ID, e.Seq, e.At)
					if !changes[place] {
						t.Errorf("notice %s is not with its change", place)
					}
					if seen[place] {
						t.Errorf("notice %s is there twice", place)
					}
					seen[place] = true
				}
			}
		}}
		p := newPlant(t, workflow.Config{Store: watched})
		d := paramJob("build", notifyMail("bob", notifyTypes...))
		d.Stages[0].Jobs[0].Notify = []json.RawMessage{notifyMail("job", notifyTypes...)}
		p.define(d)
		stop := p.drive(workflow.NewLocal(p.Service, byParam))
		defer stop()
		id := p.start("build", how("fail")).ID()
		p.await(id)
		p.do(id, workflow.Command{Action: workflow.RetryRun})
		p.await(id)
		want := []string{"created: bob", "prepare job a: job", "failed job a: job", "failed: bob", "created: bob", "failed job a: job", "failed: bob"}
		if diff := cmp.Diff(want, noticeLines(noticesIn(t, everyEvent(t, watched)))); diff != "" || len(seen) != len(want) {
			t.Errorf("told %d times (-want +got):\n%s", len(seen), diff)
		}
	})
}

// A command that is refused, or that could not be stored, tells nobody.
func TestWhatDoesNotHappenIsNotTold(t *testing.T) {
	t.Parallel()
	watched := &watchedStore{Store: memory.New(), seen: func([]store.Op) {}}
	p := newPlant(t, workflow.Config{Store: watched})
	p.define(paramJob("build", notifyMail("bob", notifyTypes...)))
	r := p.start("build", how("pass"))
	told := func() []string { return noticeLines(noticesIn(t, everyEvent(t, watched))) }
	before := told()
	if _, err := p.Do(p.ctx, r.ID(), workflow.Command{Action: workflow.RetryRun}, ann); !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("a retry of a run under way: %v", err)
	}
	watched.fails = penstock.ErrInvalid
	if _, err := p.Do(p.ctx, r.ID(), workflow.Command{Action: workflow.CancelRun}, ann); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("a cancel that cannot be stored: %v", err)
	}
	if _, err := p.Start(p.ctx, "build", how("pass"), ann); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("a start that cannot be stored: %v", err)
	}
	watched.fails = nil
	if after := told(); !slices.Equal(before, after) || len(before) != 1 {
		t.Errorf("told %q, then %q", before, after)
	}
}

// A run without listeners pays nothing for those that have some.
func TestNobodyListensAndNothingIsAllocated(t *testing.T) {
	quiet := stages(serial("one", act("a", "", notifies(json.RawMessage(`{"enabled": false, "notify_type": ["failed"]}`)))))
	quiet.Notify = []json.RawMessage{notifyMail("bob")}
	s := story(t, "admit; fail a", quiet.Stages...)
	if workflow.IsHeard(s.r) {
		t.Fatal("somebody listens")
	}
	loud := newStory(t, noticeAll(serial("one", act("a", ""))), workflow.Start{})
	if !workflow.IsHeard(loud.r) {
		t.Fatal("nobody listens")
	}
	p := newPlant(t, workflow.Config{})
	comment := []workflow.Change{{Kind: workflow.RunCommented}}
	if n := testing.AllocsPerRun(100, func() {
		if events, err := workflow.Told(p.Service, s.r, s.trail); err != nil || events != nil {
			t.Error(events, err)
		}
		if events, err := workflow.Told(p.Service, loud.r, comment); err != nil || events != nil {
			t.Error(events, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
