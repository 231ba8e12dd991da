package workflow_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// FuzzRunWalk takes runs of any definition through any commands at any times, and
// holds the invariants against each step.
func FuzzRunWalk(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, []byte{byte(seed), 1, 2, 3})
	}
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		(&runWalk{runDice: runDice{data: data, rand: rand.New(rand.NewPCG(seed, 11))}}).walk(t, 60)
	})
}

func TestRunWalk(t *testing.T) {
	t.Parallel()
	runs, jobs := make(map[workflow.RunState]int), make(map[workflow.JobState]int)
	for seed := range uint64(200) {
		w := runWalk{runDice: runDice{rand: rand.New(rand.NewPCG(seed, 11))}, runs: runs, jobs: jobs}
		if w.walk(t, 80); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	runStates, jobStates := workflow.RunMachineStates()
	for _, s := range runStates {
		if runs[s] < 5 {
			t.Errorf("the walk was in %s only %d times", s, runs[s])
		}
	}
	for _, s := range jobStates {
		if jobs[s] < 5 {
			t.Errorf("a job was %s only %d times", s, jobs[s])
		}
	}
}

// A runWalk is a story by dice, told twice: eager wakes whenever it is to, and the
// story itself never does.
type runWalk struct {
	runDice
	*runStory
	eager *workflow.Run
	ids   map[string]bool // of attempts
	runs  map[workflow.RunState]int
	jobs  map[workflow.JobState]int
}

func (w *runWalk) walk(t *testing.T, steps int) {
	w.runStory = newStory(t, w.definition(), w.origin())
	for _, s := range w.r.Stages() {
		for _, j := range s.Jobs {
			if w.oneIn(3) {
				workflow.RepeatJob(w.r, j.Key)
			}
		}
	}
	w.eager, w.ids = w.r, make(map[string]bool)
	for range steps {
		w.now = w.later()
		c, by := w.any()
		before, n := w.r, len(w.trail)
		err := w.do(c, by)
		kinds := []error{penstock.ErrRefused, penstock.ErrForbidden, penstock.ErrNotFound}
		if err != nil && !slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) }) {
			t.Errorf("%s: an error of no kind: %v", c, err)
		}
		w.follow(before, w.trail[n:])
		w.sound()
		w.wake(c, by, err)
		if w.oneIn(10) {
			w.check("walk")
			w.ends()
		}
		if t.Failed() {
			t.Logf("after %s %q by %s at %s", c, c.Attempt, by.ID, w.now.Sub(noon))
			for _, c := range w.trail {
				t.Log(c.At.Sub(noon), c)
			}
			t.Fatal(runShow(w.r))
		}
	}
	w.check("walk")
}

// later lets time pass: not at all, a little, or to the instant at which something is due.
func (w *runWalk) later() time.Time {
	_, wake := w.r.Next(w.now)
	switch n := w.intn(12); {
	case n < 6 || wake.IsZero() && n < 10:
		return w.now
	case n < 8 || wake.IsZero():
		return w.now.Add(time.Duration(w.intn(100)) * time.Second)
	default:
		if at := wake.Add(pickOne(&w.runDice, -time.Microsecond, 0, 0, time.Microsecond)); at.After(w.now) {
			return at
		}
		return w.now
	}
}

// follow holds what is so of every change, as it comes.
func (w *runWalk) follow(before *workflow.Run, changes []workflow.Change) {
	w.t.Helper()
	run := before.State()
	jobs := make(map[string]workflow.JobStatus)
	place := make(map[string][2]int)
	all := before.Stages()
	for i, s := range all {
		for j, job := range s.Jobs {
			jobs[job.Key], place[job.Key] = withState(job), [2]int{i, j}
		}
	}
	last := before.Status().Updated
	for _, c := range changes {
		if c.At.Before(last) {
			w.t.Errorf("%s goes back in time", c)
		}
		last = c.At
		switch c.Kind {
		case workflow.RunMoved:
			if c.From != string(run) || run == workflow.RunPassed || run == workflow.RunSkipped || run.Ended() && c.Action != workflow.RetryRun {
				w.t.Errorf("the run is %s: %s", run, c)
			}
			run = workflow.RunState(c.To)
			if w.runs != nil {
				w.runs[run]++
			}
			if c.Action == workflow.RetryRun {
				for key, j := range jobs {
					if !settled(j.State) {
						jobs[key] = workflow.JobStatus{State: workflow.JobPending, Count: j.Count, Attempt: workflow.Attempt{Ended: true}}
					}
				}
			}
		case workflow.JobMoved:
			was := jobs[c.Job]
			if c.From != string(was.State) || c.To != string(c.Status.State) || settled(was.State) {
				w.t.Errorf("%s is %s: %s", c.Job, was.State, c)
			}
			if c.From == string(workflow.JobPending) && c.To != c.From {
				w.begins(c, was, all, jobs, place[c.Job])
			}
			if run.Ended() {
				w.t.Errorf("the run is %s: %s", run, c)
			}
			jobs[c.Job] = *c.Status
			if w.jobs != nil {
				w.jobs[c.Status.State]++
			}
		}
	}
}

// withState is the status of a job with its state written out.
func withState(j workflow.JobView) workflow.JobStatus {
	s := j.Status
	s.State = j.State
	return s
}

func settled(s workflow.JobState) bool {
	return s == workflow.JobPassed || s == workflow.JobUnstable || s == workflow.JobSkipped
}

// begins: what is before it is through, and no attempt is under way.
func (w *runWalk) begins(c workflow.Change, was workflow.JobStatus, all []workflow.StageView, jobs map[string]workflow.JobStatus, at [2]int) {
	w.t.Helper()
	byHand := c.To == string(workflow.JobSkipped) && c.Action == "skip"
	for i := range at[0] + 1 {
		for j, other := range all[i].Jobs {
			if i == at[0] && (all[i].Parallel || j >= at[1] || byHand) {
				break
			}
			if !settled(jobs[other.Key].State) {
				w.t.Errorf("%s: %s is %s", c, other.Key, jobs[other.Key].State)
			}
		}
	}
	if was.Attempt.ID != "" && !was.Attempt.Ended {
		w.t.Errorf("%s: the attempt before is under way", c)
	}
	if id := c.Status.Attempt.ID; id != "" && id != was.Attempt.ID {
		if w.ids[id] {
			w.t.Errorf("%s: an attempt of the same id was there", c)
		}
		w.ids[id] = true
	}
}

// sound holds what is so at any time.
func (w *runWalk) sound() {
	w.t.Helper()
	r := w.r.At(w.now)
	steps, wake := r.Next(w.now)
	if !wake.IsZero() && !wake.After(w.now) {
		w.t.Errorf("it is %v and wakes at %v", w.now, wake)
	}
	st := r.Status()
	if st.State.Ended() == st.Ended.IsZero() {
		w.t.Errorf("it is %s and ended at %v", st.State, st.Ended)
	}
	idle := st.State != workflow.RunRunning && st.State != workflow.RunCanceling
	if idle && !wake.IsZero() {
		w.t.Errorf("it is %s and wakes at %v", st.State, wake)
	}
	stuck := true
	for i, s := range r.Stages() {
		for _, j := range s.Jobs {
			switch j.State {
			case workflow.JobRunning, workflow.JobCanceling, workflow.JobWaiting, workflow.JobDeciding:
				stuck = false
				if idle {
					w.t.Errorf("the run is %s, %s is %s", st.State, j.Key, j.State)
				}
			case workflow.JobPending:
				stuck = stuck && j.Status.NotBefore.IsZero()
			}
			if j.Status.Count < j.Status.Failures {
				w.t.Errorf("%s failed more often than it was tried", j.Key)
			}
		}
		w.unasked(s)
		stuck = stuck && s.State != workflow.StageWaiting
		if kept, _ := workflow.CurrentStage(r); kept == i && st.State.Ended() && string(s.State) != string(st.State) {
			w.t.Errorf("the run is %s, its stage %s", st.State, s.State)
		}
	}
	if stuck && !idle {
		w.t.Errorf("the run is %s, and nothing is to come", st.State)
	}
	for _, s := range steps {
		if s.Kind == workflow.StepPoll || s.Kind == workflow.StepStop {
			continue
		}
		next, _, err := r.Do((&runWalk{runDice: w.runDice}).stepped(s), penstock.System(), w.now)
		if err != nil || next == r {
			w.t.Errorf("%s is to be done and cannot be: %v", s.Kind, err)
		}
	}
}

// wake takes the eager run along: it sees every instant at which something is due.
func (w *runWalk) wake(c workflow.Command, by penstock.Actor, want error) {
	w.t.Helper()
	for {
		_, at := w.eager.Next(w.eager.Status().Updated)
		if at.IsZero() || !at.Before(w.now) {
			break
		}
		next, changes, err := w.eager.Do(workflow.Command{Action: workflow.Advance}, penstock.System(), at)
		if err != nil || len(changes) == 0 {
			w.t.Fatalf("woke at %v for nothing: %v", at.Sub(noon), err)
		}
		w.eager = next
	}
	next, _, err := w.eager.Do(c, by, w.now)
	if (err == nil) != (want == nil) {
		w.t.Errorf("late: %v, on time: %v", want, err)
	}
	w.eager = next
	late, onTime := runSeen(w.r.At(w.now)), runSeen(w.eager.At(w.now))
	if !reflect.DeepEqual(late, onTime) {
		w.t.Errorf("who wakes late has another run (-late +on time):\n%s", cmp.Diff(late, onTime, runCompare))
	}
}

// ends: from everywhere a cancel leads to an end.
func (w *runWalk) ends() {
	w.t.Helper()
	r := w.r.At(w.now)
	if r.State().Ended() {
		return
	}
	if r.State() != workflow.RunCanceling {
		next, _, err := r.Do(workflow.Command{Action: workflow.CancelRun}, ann, w.now)
		if err != nil {
			w.t.Errorf("it is %s and cannot be canceled: %v", r.State(), err)
			return
		}
		r = next
	}
	for _, s := range r.Stages() {
		for _, j := range s.Jobs {
			if j.State != workflow.JobCanceling {
				continue
			}
			next, _, err := r.Do(workflow.Command{Action: workflow.Interrupt, Job: j.Key}, penstock.System(), w.now)
			if err != nil {
				w.t.Error(err)
			}
			r = next
		}
	}
	if r.State() != workflow.RunCanceled {
		w.t.Errorf("it is %s for ever: %s", r.State(), runShow(r))
	}
}
