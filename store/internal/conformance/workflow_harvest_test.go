package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// drive runs an engine until stop is called, or the test ends.
func drive(t *testing.T, l *workflow.Local) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// A deed is what the journal tells of an attempt: at which of its lines what happened, 0 if
// it did not.
type deed struct {
	run, job, told          string
	times                   int
	begun, ended, otherwise int
}

// A harvest is what became of all runs: what was executed, and what is stored.
type harvest struct {
	service *workflow.Service
	runs    map[string]*workflow.Run
	deeds   map[string]*deed // by attempt
	first   map[string]int   // line of the journal, by run
	last    map[string]int

	repeated, failed int // jobs, because of a crash
}

// read returns what is stored and what the journal tells.
func (o *orders) read(t *testing.T, s *workflow.Service) *harvest {
	t.Helper()
	h := &harvest{service: s, runs: make(map[string]*workflow.Run), deeds: make(map[string]*deed), first: make(map[string]int), last: make(map[string]int)}
	for page := (penstock.Page{Limit: penstock.MaxLimit}); ; page.Offset += page.Limit {
		list, err := s.List(t.Context(), workflow.RunFilter{Page: page}, ann)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range list.Items {
			if h.runs[item.ID], err = s.Get(t.Context(), item.ID, ann); err != nil {
				t.Fatal(err)
			}
		}
		if len(list.Items) < page.Limit {
			break
		}
	}
	text, err := os.ReadFile(o.Journal)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		words := strings.Fields(line)
		if len(words) < 4 {
			t.Fatalf("line %d of the journal is %q", i+1, line)
		}
		run, job, attempt, at := words[1], words[2], words[3], i+1
		d := h.deeds[attempt]
		if d == nil {
			d = &deed{run: run, job: job}
			h.deeds[attempt] = d
		}
		switch words[0] {
		case "begin":
			d.times++
			d.begun, d.told = at, words[4]
		case "end":
			d.ended = at
		default:
			d.otherwise = at
		}
		if h.first[run] == 0 {
			h.first[run] = at
		}
		h.last[run] = at
	}
	return h
}

// started demands that there are the runs that were started, and no others, and that no
// two of a workflow have the same number.
func (h *harvest) started(t *testing.T, said []string) {
	t.Helper()
	for _, id := range said {
		if h.runs[id] == nil {
			t.Errorf("run %s was started, and is gone", id)
		}
	}
	if len(h.runs) != len(said) {
		t.Errorf("%d runs were started, and there are %d", len(said), len(h.runs))
	}
	numbers := make(map[string]bool)
	for id, r := range h.runs {
		if name := fmt.Sprint(r.Workflow(), r.Number()); numbers[name] || r.Number() < 1 {
			t.Errorf("run %s has number %d", id, r.Number())
		} else {
			numbers[name] = true
		}
	}
}

// check demands of every run what must hold, and of all their executions together.
func (h *harvest) check(t *testing.T) {
	t.Helper()
	definitions := make(map[string]*workflow.Definition)
	for _, d := range flows() {
		definitions[d.Key] = &d
	}
	known := make(map[string]bool)
	for id, r := range h.runs {
		h.checkRun(t, r, definitions[r.Workflow()], known)
		if t.Failed() {
			h.tell(t, id)
			return
		}
	}
	for attempt, d := range h.deeds {
		if !known[attempt] || d.times != 1 {
			t.Errorf("attempt %s at %s of run %s was executed %d times, and stored: %t", attempt, d.job, d.run, d.times, known[attempt])
		}
	}
	h.atMost(t, "runs of steady", steadyLimit, func(r *workflow.Run) bool { return r.Workflow() == "steady" })
	t.Logf("%d runs, %d attempts, %d jobs repeated and %d failed by crashes", len(h.runs), len(h.deeds), h.repeated, h.failed)
}

// checkRun demands that a run ended as its policies say, that its trail tells so, and that
// the journal agrees.
func (h *harvest) checkRun(t *testing.T, r *workflow.Run, d *workflow.Definition, known map[string]bool) {
	t.Helper()
	changes := h.trail(t, r, d)
	attempts, passed := make(map[string][]string), make(map[string]string) // by job
	outcome := make(map[string]workflow.Action)                            // by attempt
	for i, c := range changes {
		if c.Kind == workflow.RunMoved && workflow.RunState(c.To).Ended() != (i == len(changes)-1) {
			t.Errorf("run %s: change %d of %d is %s", r, i+1, len(changes), c)
		}
		if c.Kind != workflow.JobMoved || c.Status.Attempt.ID == "" {
			continue
		}
		id := c.Status.Attempt.ID
		if !known[id] {
			known[id] = true
			if passed[c.Job] != "" {
				t.Errorf("run %s: %s had passed, and was begun again", r, c.Job)
			}
			attempts[c.Job] = append(attempts[c.Job], id)
		}
		switch c.Action {
		case workflow.Complete:
			passed[c.Job] = id
			fallthrough
		case workflow.Fail, workflow.Interrupt:
			if outcome[id] != "" {
				t.Errorf("run %s: an attempt at %s ended twice", r, c.Job)
			}
			outcome[id] = c.Action
		default: // no outcome
		}
	}
	want := workflow.RunPassed
	through := 0 // the line of the journal at which everything before had ended
	for _, stage := range r.Stages() {
		ends := through
		for _, j := range stage.Jobs {
			job, _ := d.Job(j.Job)
			if h.checkJob(t, r, job, attempts[j.Key], outcome, through) {
				want = workflow.RunFailed
			}
			if at := h.deeds[passed[j.Key]]; at != nil {
				ends = max(ends, at.ended)
				if at.told != "true" && at.told != passed[map[string]string{"test": "build", "push": "test"}[j.Key]] {
					t.Errorf("run %s: %s was told %s", r, j.Key, at.told)
				}
			}
			if !stage.Parallel {
				through = ends
			}
		}
		through = ends
		if want == workflow.RunFailed {
			break
		}
	}
	if r.State() != want {
		t.Errorf("run %s, not %s", r, want)
	}
}

// checkJob demands of the attempts at a job what its policies say, and that none began
// before a line of the journal. It reports whether the run fails with the job.
func (h *harvest) checkJob(t *testing.T, r *workflow.Run, job *workflow.Job, attempts []string, outcome map[string]workflow.Action, after int) (fails bool) {
	t.Helper()
	if len(attempts) == 0 {
		t.Errorf("run %s: %s was not begun", r, job.Name)
	}
	for i, id := range attempts {
		d, last := h.deeds[id], i == len(attempts)-1
		if d == nil {
			d = new(deed)
		}
		if d.begun > 0 && d.begun <= after {
			t.Errorf("run %s: %s was begun before what comes before it had ended", r, job.Name)
		}
		again := false
		switch outcome[id] {
		case workflow.Complete:
			if d.ended == 0 {
				t.Errorf("run %s: %s has passed, and was not executed", r, job.Name)
			}
		case workflow.Fail:
			if again = job.Name == "flaky" && i == 0; !again || d.otherwise == 0 {
				t.Errorf("run %s: attempt %d at %s has failed", r, i+1, job.Name)
			}
		case workflow.Interrupt:
			if again = job.Crash == workflow.RepeatOnCrash; again {
				h.repeated++
			} else {
				h.failed++
				fails = job.Error == nil
			}
		default:
			t.Errorf("run %s: attempt %d at %s has no outcome", r, i+1, job.Name)
		}
		if again == last {
			t.Errorf("run %s: of %d attempts at %s, number %d ended with %s", r, len(attempts), job.Name, i+1, outcome[id])
		}
	}
	return fails
}

// trail returns the changes of a run, which must tell how it became what it is.
func (h *harvest) trail(t *testing.T, r *workflow.Run, d *workflow.Definition) []workflow.Change {
	t.Helper()
	entries, err := h.service.History(t.Context(), r.ID(), 0, store.MaxLimit, ann)
	if err != nil {
		t.Fatal(err)
	}
	changes := make([]workflow.Change, len(entries))
	for i, e := range entries {
		if e.Seq != int64(i+1) {
			t.Errorf("run %s: entry %d of the trail has number %d", r, i+1, e.Seq)
		}
		changes[i] = e.Change
	}
	folded, err := workflow.Fold(workflow.RunIdentity{ID: r.ID(), Number: r.Number(), Version: r.Version()}, d, nil, workflow.Start{}, changes)
	if err != nil {
		t.Fatal(err)
	}
	is, err := json.Marshal(r.Status())
	if err != nil {
		t.Fatal(err)
	}
	if tells, err := json.Marshal(folded.Status()); err != nil || !bytes.Equal(is, tells) {
		t.Errorf("run %s is\n%s\nand its trail tells\n%s (%v)", r, is, tells, err)
	}
	for _, stage := range r.Stages() {
		for _, j := range stage.Jobs {
			if j.State == workflow.JobPassed && stage.Name == "ship" {
				h.checkLog(t, r, &j)
			}
		}
	}
	return changes
}

// checkLog demands that the log of a job that has passed is whole.
func (h *harvest) checkLog(t *testing.T, r *workflow.Run, j *workflow.JobView) {
	t.Helper()
	log, err := h.service.ReadLog(t.Context(), r.ID(), j.Key, 0, ann)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(log)
	if want := "attempt " + j.Status.Attempt.ID + "\n"; err != nil || string(text) != want {
		t.Errorf("run %s: the log of %s is %q, not %q (%v)", r, j.Key, text, want, err)
	}
}

// atMost demands that no more runs than a limit were executed at once.
func (h *harvest) atMost(t *testing.T, what string, limit int, of func(*workflow.Run) bool) {
	t.Helper()
	type edge struct{ at, step int }
	var edges []edge
	for id, r := range h.runs {
		if of(r) && h.first[id] > 0 {
			edges = append(edges, edge{h.first[id], 1}, edge{h.last[id] + 1, -1}) // no line is of two runs
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		if a.at == b.at {
			return a.step - b.step
		}
		return a.at - b.at
	})
	now, most := 0, 0
	for _, e := range edges {
		now += e.step
		most = max(most, now)
	}
	if most > limit {
		t.Errorf("%d %s were executed at once", most, what)
	}
	t.Logf("%d %s at once", most, what)
}

// tell shows what is known of a run.
func (h *harvest) tell(t *testing.T, id string) {
	t.Helper()
	entries, _ := h.service.History(t.Context(), id, 0, store.MaxLimit, ann)
	for _, e := range entries {
		attempt := ""
		if e.Change.Status != nil {
			attempt = fmt.Sprintf("%+v", e.Change.Status.Attempt)
		}
		t.Logf("%s %3d %s %s %s", e.Change.At.Format("15:04:05.000000"), e.Seq, e.Change.Action, e.Change, attempt)
	}
	for attempt, d := range h.deeds {
		if d.run == id {
			t.Logf("%s %+v", attempt, *d)
		}
	}
}
