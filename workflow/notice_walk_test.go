package workflow_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/workflow"
)

// Whatever becomes of a run, what its commits tell people is what the rules say.
func TestNoticesOfWalks(t *testing.T) {
	t.Parallel()
	seen := make(map[string]int)
	for seed := range uint64(200) {
		w := noticeWalk{runWalk: runWalk{runDice: runDice{rand: rand.New(rand.NewPCG(seed, 23))}}, seen: seen}
		if w.walk(t); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, event := range notifyTypes {
		if event != workflow.NotifyChanged && seen[string(event)] < 5 {
			t.Errorf("the walks told only %d times that something is %s", seen[string(event)], event)
		}
	}
}

// A noticeWalk takes a run through any commands, and looks at what is told.
type noticeWalk struct {
	runWalk
	seen map[string]int
	told []noticeTold // since the run was created or retried
	from []workflow.StageView
}

func (w *noticeWalk) walk(t *testing.T) {
	w.runStory = newStory(t, noticeAll(w.definition().Stages...), workflow.Start{})
	w.hear(nil, 0)
	for range 60 {
		w.now = w.later()
		c, by := w.any()
		before, n := w.r, len(w.trail)
		if err := w.do(c, by); err == nil && len(w.trail) > n {
			w.hear(before, n)
		}
		if t.Failed() {
			for _, c := range w.trail {
				t.Log(c.At.Sub(noon), c)
			}
			t.Fatal(runShow(w.r))
		}
	}
}

// hear reads what the changes behind the n-th tell, and holds it against the rules.
func (w *noticeWalk) hear(before *workflow.Run, n int) {
	w.t.Helper()
	events, err := workflow.Announce(before, w.r, w.trail[n:], nil)
	if err != nil {
		w.t.Fatal(err)
	}
	told := noticesIn(w.t, events)
	var want, got []string
	for _, c := range w.trail[n:] {
		if line := toldOfRun(c); line != "" {
			want = append(want, line)
		}
	}
	for _, one := range told {
		w.seen[one.Event]++
		if slices.ContainsFunc(noticeTo(one), func(id string) bool { return id == "run" }) {
			got = append(got, one.Event)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("told of the run (-rules +told):\n%s", diff)
	}
	if again := w.retried(n); before == nil || again > 0 {
		w.told, w.from = nil, w.r.Stages()
		told = slices.DeleteFunc(told, func(one noticeTold) bool { return one.Seq < again })
	}
	if w.told = append(w.told, told...); w.r.State().Ended() && (before == nil || !before.State().Ended()) {
		w.ended()
	}
}

// retried returns the number of the change behind the n-th that is a retry; 0: none is.
func (w *noticeWalk) retried(n int) int64 {
	i := slices.IndexFunc(w.trail[n:], func(c workflow.Change) bool { return c.Action == workflow.RetryRun })
	if i < 0 {
		return 0
	}
	return int64(n + i + 1)
}

// toldOfRun says by the rules what a change tells those who hear of runs.
func toldOfRun(c workflow.Change) string {
	switch {
	case c.Kind == workflow.RunCreated, c.Action == workflow.RetryRun:
		return "created"
	case c.Kind == workflow.StageAsked && c.Action == "open", c.Kind == workflow.JobMoved && c.From == "pending" && c.To == "waiting":
		return "wait_for_approval"
	case c.Kind == workflow.JobMoved && c.From != c.To && c.To == "deciding":
		return "wait_for_manual_error_handling"
	case c.Kind != workflow.RunMoved:
		return ""
	}
	return map[string]string{"paused": "pause", "passed": "passed", "skipped": "skipped", "failed": "failed", "timeout": "timeout",
		"canceled": "cancelled", "rejected": "reject"}[c.To]
}

// ended holds that everybody who hears of a job was told once how it ended, since the run
// was created or retried; and that nobody was told of one that did not begin or ended before.
func (w *noticeWalk) ended() {
	w.t.Helper()
	was := make(map[string]workflow.JobState)
	for _, s := range w.from {
		for _, j := range s.Jobs {
			was[j.Key] = j.State
		}
	}
	want, got := make(map[string]string), make(map[string]string)
	for _, s := range w.r.Stages() {
		for _, j := range s.Jobs {
			if j.State == workflow.JobPending && (w.r.State() != workflow.RunCanceled || want[j.Job] == "" && !w.begun(j.Job)) {
				continue
			}
			if line := toldOfJob(j.State); want[j.Job] == "" || toldRank(line) > toldRank(want[j.Job]) {
				want[j.Job] = line
			}
		}
		for _, j := range s.Jobs {
			if w.wasOver(was, j.Job) {
				delete(want, j.Job)
			}
		}
	}
	for _, one := range w.told {
		if job := one.Facts.Job; job != nil && toldRank(one.Event) > 0 {
			if got[job.Key] != "" {
				w.t.Errorf("told twice of job %s: %s and %s", job.Key, got[job.Key], one.Event)
			}
			got[job.Key] = one.Event
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("told of jobs (-rules +told):\n%s", diff)
	}
}

// begun reports whether anything that a job became has begun.
func (w *noticeWalk) begun(job string) bool {
	for _, s := range w.r.Stages() {
		for _, j := range s.Jobs {
			if j.Job == job && (j.Status.Count > 0 || j.State != workflow.JobPending) {
				return true
			}
		}
	}
	return false
}

// wasOver reports whether all that a job became had ended well already.
func (w *noticeWalk) wasOver(was map[string]workflow.JobState, job string) bool {
	for _, s := range w.r.Stages() {
		for _, j := range s.Jobs {
			if j.Job == job && !settled(was[j.Key]) {
				return false
			}
		}
	}
	return true
}

func toldOfJob(s workflow.JobState) string {
	switch s {
	case workflow.JobCanceled, workflow.JobPending:
		return "cancelled"
	case workflow.JobRejected:
		return "reject"
	default:
		return string(s)
	}
}

// toldRank is the priority of how a job can end; 0: it is no end.
func toldRank(event string) int {
	return slices.Index([]string{"", "skipped", "unstable", "passed", "reject", "failed", "timeout", "cancelled"}, event)
}

func noticeTo(n noticeTold) (to []string) {
	for _, p := range n.Recipients {
		to = append(to, p.ID)
	}
	return to
}
