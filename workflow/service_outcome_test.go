package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// outputsOf are n outputs that are the same text.
func outputsOf(n int, text string) map[string]string {
	out := make(map[string]string)
	for i := range n {
		out[fmt.Sprintf("O%d", i)] = text
	}
	return out
}

// The outputs of a run are bounded: a job with which they would be too large has failed, once.
func TestOutputsOfARunAreBounded(t *testing.T) {
	for _, row := range []struct {
		rule     string
		outputs  map[string]string
		fails    error
		state    workflow.RunState
		lastly   string // how the last job ended
		executed int
	}{
		{"they fit", outputsOf(2, strings.Repeat("x", 60<<10)), nil, workflow.RunPassed, "", 8},
		{"all together are too large", outputsOf(15, strings.Repeat("x", 60<<10)), nil, workflow.RunFailed, "outputs: the outputs of the run are too large", 5},
		{"what is escaped counts as it is stored", outputsOf(17, strings.Repeat("<", 60<<10)), nil, workflow.RunFailed, "outputs: the outputs of the run are too large", 1},
		{"those of a failure are left out", outputsOf(17, strings.Repeat("<", 60<<10)), errors.New("it is broken"), workflow.RunFailed, "it is broken", 1},
	} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlant(t, workflow.Config{})
				p.define(oneByOne("build", "a", "b", "c", "d", "e", "f", "g", "h"))
				var mu sync.Mutex
				executed := make(map[string]int)
				defer p.drive(workflow.NewLocal(p.Service, freestyle(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
					mu.Lock()
					defer mu.Unlock()
					executed[e.Attempt]++
					return row.outputs, row.fails
				})))()
				id := p.start("build", workflow.Start{}).ID()
				<-time.After(10 * time.Minute)
				r := p.get(id)
				wantState(t, r, row.state)
				if len(executed) != row.executed {
					t.Errorf("%d attempts were executed", len(executed))
				}
				for attempt, n := range executed {
					if n != 1 {
						t.Errorf("attempt %s was executed %d times", attempt, n)
					}
				}
				last := r.Stages()[row.executed-1].Jobs[0]
				if !strings.HasPrefix(last.Status.Error, row.lastly) || row.lastly != "" && len(r.Outputs(last.Key)) > 0 {
					t.Errorf("%s says %.100q, with %d outputs", last.Key, last.Status.Error, len(r.Outputs(last.Key)))
				}
			})
		})
	}
}

// A retry counts what the attempt before put out as gone.
func TestOutputsOfAJobTakeThePlaceOfThoseBefore(t *testing.T) {
	big := outputsOf(16, strings.Repeat("x", 60<<10))
	r := story(t, "admit", parallel("one", act("a", ""), act("b", ""), act("c", ""), act("d", ""), act("e", ""))).r
	do := func(c workflow.Command) error {
		next, _, err := r.Do(c, penstock.System(), noon)
		r = next
		return err
	}
	for _, c := range []struct {
		command workflow.Command
		kind    error
	}{
		{workflow.Command{Action: workflow.Complete, Job: "a", Outputs: big}, nil},
		{workflow.Command{Action: workflow.Complete, Job: "b", Outputs: big}, nil},
		{workflow.Command{Action: workflow.Complete, Job: "c", Outputs: big}, nil},
		{workflow.Command{Action: workflow.Fail, Job: "d", Outputs: big}, nil},
		{workflow.Command{Action: workflow.Complete, Job: "e", Outputs: big}, penstock.ErrInvalid},
		{workflow.Command{Action: workflow.Complete, Job: "e"}, nil},
		{workflow.Command{Action: workflow.RetryRun}, nil},
		{workflow.Command{Action: workflow.Admit}, nil},
		{workflow.Command{Action: workflow.Complete, Job: "d", Outputs: big}, nil},
	} {
		if err := do(c.command); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", c.command, err)
		}
	}
}

// A fullStore takes no commit that bears an outcome with some outputs.
type fullStore struct {
	store.Store
	refuses func(op store.Op) bool
}

func (s fullStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if slices.ContainsFunc(ops, s.refuses) {
		return 0, penstock.Invalid("ops", "are too large")
	}
	return s.Store.Commit(ctx, ops...)
}

// What the store refuses for good is a failure that says so, and nothing is executed again for it.
func TestAnOutcomeThatIsRefusedIsAFailure(t *testing.T) {
	for rule, row := range map[string]struct {
		refuses string // bodies of events with this
		want    string
		fails   error
	}{
		"outputs":    {`"outputs"`, "ops: are too large", nil},
		"its reason": {`"error":"x`, "its outcome could not be stored", errors.New("xxx")},
		"everything": {`"ended":true`, "", nil},
	} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				full := fullStore{memory.New(), func(op store.Op) bool {
					for _, e := range op.Events {
						if strings.Contains(string(e.Body), row.refuses) {
							return true
						}
					}
					return false
				}}
				p := newPlant(t, workflow.Config{Store: full})
				p.define(oneByOne("build", "a"))
				executed := 0
				defer p.drive(workflow.NewLocal(p.Service, freestyle(func(context.Context, workflow.Execution) (map[string]string, error) {
					executed++
					return map[string]string{"X": "y"}, row.fails
				})))()
				id := p.start("build", workflow.Start{}).ID()
				<-time.After(10 * time.Minute)
				r := p.get(id)
				j, _ := r.Job("a")
				if executed != 1 || (row.want != "") != (r.State() == workflow.RunFailed) || j.Status.Error != row.want {
					t.Errorf("executed %d times, run %s, %q", executed, r, j.Status.Error)
				}
			})
		})
	}
}

// What is recorded of an error is bounded as it is stored.
func TestErrorsAreBoundedAsTheyAreStored(t *testing.T) {
	const n = workflow.MaxRemark
	for _, row := range []struct {
		rule, text string
		want       int // bytes; 0: all of it
	}{
		{"plain", strings.Repeat("x", n), 0},
		{"a line each", strings.Repeat("x\n", n/2), 0},
		{"controls", strings.Repeat("\x01", n), 2*n/6 - 1 + len("…")},
		{"few controls", strings.Repeat("\x01", n/6), 0},
		{"marks", strings.Repeat("<", n), 2*n/6 - 1 + len("…")},
		{"letters of two bytes", strings.Repeat("é", n/2), 0},
		{"Chinese", strings.Repeat("日", n/3), 0},
	} {
		s := story(t, "admit", serial("one", act("a", "")))
		r, _, err := s.r.Do(workflow.Command{Action: workflow.Fail, Job: "a", Remark: row.text}, penstock.System(), s.now)
		if err != nil {
			t.Fatalf("%s: %v", row.rule, err)
		}
		if row.want == 0 {
			row.want = len(row.text)
		}
		if j, _ := r.Job("a"); len(j.Status.Error) != row.want {
			t.Errorf("%s: %d bytes, not %d", row.rule, len(j.Status.Error), row.want)
		}
	}
}
