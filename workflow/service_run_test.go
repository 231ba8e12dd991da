package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

func limited(key string, n int) *workflow.Definition {
	d := oneByOne(key, "a")
	d.ConcurrencyLimit = new(n)
	return d
}

func TestLimitOfAWorkflow(t *testing.T) {
	p := newPlant(t, workflow.Config{})
	p.define(limited("one", 2))
	p.define(limited("other", 1))
	var ids []string
	for range 4 {
		ids = append(ids, p.start("one", workflow.Start{}).ID())
	}
	states := func() string {
		s := ""
		for _, id := range ids {
			s += string(p.get(id).State()[0])
		}
		return s
	}
	if got := states(); got != "rrqq" {
		t.Errorf("the runs are %s", got)
	}
	wantState(t, p.start("other", workflow.Start{}), workflow.RunRunning) // a workflow that is full holds up no other
	p.do(ids[0], workflow.Command{Action: workflow.CancelRun})
	if got := states(); got != "crrq" {
		t.Errorf("after a cancel the runs are %s", got)
	}
	wantState(t, p.do(ids[0], workflow.Command{Action: workflow.RetryRun}), workflow.RunQueued) // behind the others
	p.do(ids[1], workflow.Command{Action: workflow.CancelRun})
	if got := states(); got != "qcrr" {
		t.Errorf("after another cancel the runs are %s", got)
	}
}

func TestLimitOfAll(t *testing.T) {
	p := newPlant(t, workflow.Config{Limit: 2})
	p.define(oneByOne("free", "a"))
	p.define(limited("one", 1))
	one := p.start("one", workflow.Start{})
	blocked := p.start("one", workflow.Start{})
	free := p.start("free", workflow.Start{})
	late := p.start("free", workflow.Start{})
	for i, c := range []struct {
		r    *workflow.Run
		want workflow.RunState
	}{{one, workflow.RunRunning}, {blocked, workflow.RunQueued}, {free, workflow.RunRunning}, {late, workflow.RunQueued}} {
		if got := p.get(c.r.ID()).State(); got != c.want {
			t.Errorf("run %d is %s, not %s", i, got, c.want)
		}
	}
	p.do(one.ID(), workflow.Command{Action: workflow.CancelRun})
	wantState(t, p.get(blocked.ID()), workflow.RunRunning) // it waits longer
	wantState(t, p.get(late.ID()), workflow.RunQueued)
}

func TestPausedRunsHoldNoPlace(t *testing.T) {
	p := newPlant(t, workflow.Config{})
	d := limited("one", 1)
	d.Stages[0].Manual = &workflow.ManualExec{Enabled: true, Users: workflow.People{{Type: penstock.User, ID: "ann"}}}
	p.define(d)
	first, second := p.start("one", workflow.Start{}), p.start("one", workflow.Start{})
	wantState(t, p.get(first.ID()), workflow.RunPaused)
	wantState(t, p.get(second.ID()), workflow.RunPaused)
	p.do(first.ID(), workflow.Command{Action: workflow.ExecuteStage})
	p.do(second.ID(), workflow.Command{Action: workflow.ExecuteStage})
	wantState(t, p.get(first.ID()), workflow.RunRunning)
	wantState(t, p.get(second.ID()), workflow.RunQueued)
}

// A hesitant store lets others act between what was read and what is written.
type hesitant struct{ store.Store }

func (h hesitant) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	<-time.After(time.Millisecond)
	return h.Store.Commit(ctx, ops...)
}

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

func TestLostAnswersAreLookedFor(t *testing.T) {
	lose := new(atomic.Bool)
	p := newPlant(t, workflow.Config{Store: forgetful{memory.New(), lose}})
	p.define(oneByOne("build", "a"))
	lose.Store(true)
	r := p.start("build", workflow.Start{})
	lose.Store(true)
	p.do(r.ID(), workflow.Command{Action: workflow.Comment, Remark: "once"})
	if got, want := p.get(r.ID()).Status().Changes, r.Status().Changes+1; got != want {
		t.Errorf("the run has %d changes, not %d", got, want)
	}
}

// TestLimitUnderSeveralProcesses lets four Services over one store start and finish runs,
// and counts how many are executed at once.
func TestLimitUnderSeveralProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := hesitant{memory.New()}
		var mu sync.Mutex
		now, most := map[string]int{}, map[string]int{}
		execute := func(_ context.Context, e workflow.Execution) (map[string]string, error) {
			mu.Lock()
			for _, k := range []string{e.Workflow, "all"} {
				now[k]++
				most[k] = max(most[k], now[k])
			}
			mu.Unlock()
			<-time.After(time.Second)
			mu.Lock()
			now[e.Workflow]--
			now["all"]--
			mu.Unlock()
			return nil, nil
		}
		var plants []*plant
		for range 4 {
			p := newPlant(t, workflow.Config{Store: shared, Limit: 5})
			t.Cleanup(p.drive(workflow.NewLocal(p.Service, freestyle(execute))))
			plants = append(plants, p)
		}
		plants[0].define(limited("three", 3))
		plants[0].define(oneByOne("free", "a"))
		var wg sync.WaitGroup
		var ids sync.Map
		for i, p := range plants {
			for j := range 10 {
				wg.Go(func() {
					key := []string{"three", "free"}[(i+j)%2]
					r, err := p.Start(p.ctx, key, workflow.Start{}, ann)
					if err != nil {
						t.Error(err)
						return
					}
					ids.Store(r.ID(), true)
				})
			}
		}
		wg.Wait()
		began := time.Now()
		ids.Range(func(id, _ any) bool {
			wantState(t, plants[0].await(fmt.Sprint(id)), workflow.RunPassed)
			return true
		})
		if most["three"] != 3 || most["all"] != 5 {
			t.Errorf("at most %v were executed at once", most)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("40 runs of a second, five at once, took %s", took)
		}
		seen := map[int64]bool{}
		list, err := plants[1].List(t.Context(), workflow.RunFilter{Workflow: "three", Page: penstock.Page{Limit: 100}}, ann)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list.Items {
			if seen[r.Number] || r.Number < 1 || r.Number > 20 {
				t.Errorf("a run has number %d", r.Number)
			}
			seen[r.Number] = true
		}
	})
}

func TestStartingWithAnIDIsIdempotent(t *testing.T) {
	p := newPlant(t, workflow.Config{})
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

func TestKeysMakeCommandsIdempotent(t *testing.T) {
	p := newPlant(t, workflow.Config{})
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

func TestRunsAreShownToWhoMayReadThem(t *testing.T) {
	p := newPlant(t, workflow.Config{Authorizer: func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if who.ID == "ann" || on.Project == "open" && right == penstock.Read {
			return nil
		}
		return &penstock.ForbiddenError{Right: right, On: on}
	}})
	p.define(oneByOne("build", "a"))
	open := oneByOne("open", "a")
	open.Project = "open"
	p.define(open)
	id := p.start("build", workflow.Start{}).ID()
	shown := p.start("open", workflow.Start{}).ID()
	bob := penstock.Actor{ID: "bob"}
	calls := map[string]func(id string) error{
		"get":     func(id string) error { _, err := p.Get(p.ctx, id, bob); return err },
		"can":     func(id string) error { _, err := p.Can(p.ctx, id, bob); return err },
		"outputs": func(id string) error { _, err := p.Outputs(p.ctx, id, bob); return err },
		"history": func(id string) error { _, err := p.History(p.ctx, id, 0, 0, bob); return err },
		"log":     func(id string) error { _, err := p.ReadLog(p.ctx, id, "a", 0, bob); return err },
		"comment": func(id string) error {
			_, err := p.Do(p.ctx, id, workflow.Command{Action: workflow.Comment, Remark: "x"}, bob)
			return err
		},
	}
	for name, call := range calls {
		if err := call(id); !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
		if err := call(shown); err != nil {
			t.Errorf("%s of what may be read: %v", name, err)
		}
	}
	for name, call := range map[string]func() error{
		"start":    func() error { _, err := p.Start(p.ctx, "open", workflow.Start{}, bob); return err },
		"start as": func() error { _, err := p.StartAs(p.ctx, id, "build", workflow.Start{}, bob); return err },
		"clone":    func() error { _, err := p.Clone(p.ctx, shown, bob); return err },
		"cancel": func() error {
			_, err := p.Do(p.ctx, shown, workflow.Command{Action: workflow.CancelRun}, bob)
			return err
		},
		"follow": func() error {
			for _, err := range p.Follow(p.ctx, id, 0, bob) {
				return err
			}
			return nil
		},
	} {
		if err := call(); !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	list, err := p.List(p.ctx, workflow.RunFilter{}, bob)
	if err != nil {
		t.Fatal(err)
	}
	if list.Total != 1 || len(list.Items) != 1 || list.Items[0].ID != shown {
		t.Errorf("bob is shown %+v", list)
	}
	if _, err := p.Do(p.ctx, id, workflow.Command{Action: workflow.Admit}, penstock.System()); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("the library's own actor: %v", err)
	}
}

func TestListSelects(t *testing.T) {
	p := newPlant(t, workflow.Config{})
	p.define(oneByOne("build", "a"))
	p.define(oneByOne("deploy", "a"))
	first := p.start("build", workflow.Start{}).ID()
	second := p.start("deploy", workflow.Start{}).ID()
	third := p.start("build", workflow.Start{}).ID()
	p.do(first, workflow.Command{Action: workflow.CancelRun})
	for name, c := range map[string]struct {
		f    workflow.RunFilter
		want []string
	}{
		"all":         {workflow.RunFilter{}, []string{third, second, first}},
		"of one":      {workflow.RunFilter{Workflow: "build"}, []string{third, first}},
		"by state":    {workflow.RunFilter{States: []workflow.RunState{workflow.RunCanceled}}, []string{first}},
		"by creator":  {workflow.RunFilter{Creator: "bob"}, nil},
		"of project":  {workflow.RunFilter{Project: "shop", Page: penstock.Page{Offset: 1, Limit: 1}}, []string{second}},
		"of no place": {workflow.RunFilter{Project: "none"}, nil},
	} {
		list, err := p.List(p.ctx, c.f, ann)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range list.Items {
			got = append(got, r.ID)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, not %v", name, got, c.want)
		}
	}
	if _, err := p.List(p.ctx, workflow.RunFilter{States: []workflow.RunState{"odd"}, Page: penstock.Page{Limit: -1}}, ann); len(penstock.Faults(err)) != 2 {
		t.Errorf("a bad filter: %v", err)
	}
	r, err := p.GetByNumber(p.ctx, "build", 2, ann)
	if err != nil || r.ID() != third {
		t.Errorf("number 2 is %v, %v", r, err)
	}
	if _, err := p.GetByNumber(p.ctx, "build", 3, ann); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("number 3: %v", err)
	}
}

func TestRunsAreReadAsTheyWere(t *testing.T) {
	shared := memory.New()
	p := newPlant(t, workflow.Config{Store: shared})
	d := threeByTwo()
	d.Params = []workflow.Param{{Name: "env", Type: workflow.StringParam, Default: "test"}}
	p.define(d)
	id := p.start("build", workflow.Start{Remark: "why", Params: []workflow.Argument{{Name: "env", Value: "prod"}},
		Inputs: []workflow.JobInput{{Job: "j0-1", Skip: new(true)}}}).ID()
	var changes []workflow.Change
	entries, err := p.History(p.ctx, id, 0, 0, ann)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range entries {
		if e.Seq != int64(i+1) {
			t.Errorf("entry %d has number %d", i, e.Seq)
		}
		changes = append(changes, e.Change)
	}
	fresh := newPlant(t, workflow.Config{Store: shared})
	was, is := p.get(id), fresh.get(id)
	if a, b := fmt.Sprintf("%+v", was.Status()), fmt.Sprintf("%+v", is.Status()); a != b {
		t.Errorf("it was\n%s\nand is\n%s", a, b)
	}
	if len(is.Stages()[0].Jobs) != 1 {
		t.Error("the inputs were forgotten")
	}
	if int64(len(changes)) != is.Status().Changes {
		t.Errorf("%d changes of %d are in the trail", len(changes), is.Status().Changes)
	}
}
