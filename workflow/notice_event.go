package workflow

import (
	"slices"

	"github.com/penstock-go/penstock/store/outbox"
)

// A telling finds out what people are told of the changes of one commit.
type telling struct {
	run     *Run // after the change
	change  *Change
	before  *RunState       // how the run before ended; nil: nobody asks
	passing map[string]bool // jobs whose failure a later change takes back
	masker  *Masker         // of the run after the change; nil: not asked for yet
	notices []outbox.Notice
	err     error
}

// A notice is something that the same people are told of.
type notice struct {
	event   NotifyType
	what    string // it did, for a title
	job     *NoticeJob
	stage   string
	changed bool // it ended otherwise than the run before
	to      []*listener
}

// hear tells of the change; rest are those that follow it.
func (t *telling) hear(l *listening, rest []Change) {
	switch c := t.change; c.Kind {
	case RunCreated:
		t.tell(&notice{event: NotifyCreated, what: "started"}, l.run)
	case StageAsked:
		t.tell(&notice{event: NotifyWaiting, what: "waits for an approval", stage: c.Stage}, l.run)
	case RunMoved:
		t.moved(l)
	case JobMoved:
		t.job(l, rest)
	default: // nothing that can be listened to
	}
}

func (t *telling) moved(l *listening) {
	to := RunState(t.change.To)
	switch {
	case t.change.Action == RetryRun:
		t.tell(&notice{event: NotifyCreated, what: "started again"}, l.run)
	case to == RunPaused:
		t.tell(&notice{event: NotifyPaused, what: "waits for a stage to be executed by hand", stage: t.run.graph.stages[t.run.cur].Name}, l.run)
	case to.Ended():
		t.leftOver(l)
		event, what := endOf(JobState(to))
		n := &notice{event: event, what: what, changed: t.before != nil && *t.before != to}
		if n.changed {
			t.tell(n, l.run, NotifyChanged)
		} else {
			t.tell(n, l.run)
		}
	}
}

// endOf returns what it is for a job, or a run, to end in a state.
func endOf(s JobState) (event NotifyType, what string) {
	switch s {
	case JobPassed:
		return NotifyPassed, "passed"
	case JobUnstable:
		return NotifyUnstable, "failed, which is ignored"
	case JobSkipped:
		return NotifySkipped, "was skipped"
	case JobFailed:
		return NotifyFailed, "failed"
	case JobTimedOut:
		return NotifyTimedOut, "ran out of time"
	case JobCanceled:
		return NotifyCanceled, "was canceled"
	case JobRejected:
		return NotifyRejected, "was rejected"
	default:
		return "", ""
	}
}

// job tells of the job that the change is about.
func (t *telling) job(l *listening, rest []Change) {
	c := t.change
	place := t.run.graph.index[c.Job]
	j := l.jobs[t.run.graph.nodes[place].job]
	if what := asksPeople(c); what != "" {
		n := &notice{event: what, what: "waits for an approval", job: t.noticeJob(place)}
		if what == NotifyManualErrors {
			n.what = "failed, and waits for somebody to decide what that means"
		}
		to := l.run
		if j != nil {
			to = slices.Concat(to, j.listeners)
		}
		t.tell(n, to)
	}
	delete(t.passing, c.Job)
	switch state := JobState(c.To); {
	case j == nil:
	case c.Action == begin:
		if t.isFirst(j, place) {
			t.tell(&notice{event: NotifyPrepare, what: "started", job: t.noticeGroup(j, JobRunning)}, j.listeners)
		}
	case !state.settled() && !state.bad():
	case isTakenBack(c, rest):
		t.passing[c.Job] = true
	case t.isOver(j):
		t.ended(j)
	}
}

// isFirst reports whether the attempt that the change begins is the first of all
// at what a job of the definition became.
func (t *telling) isFirst(j *jobListening, place int) bool {
	for i := j.first; i < j.end; i++ {
		if n := t.run.jobs[i].Count; n > 1 || n == 1 && i != place {
			return false
		}
	}
	return true
}

// isTakenBack reports whether an end of a job is one that its error or crash policy, or
// a decision about it, makes something else of at once.
func isTakenBack(c *Change, rest []Change) bool {
	if c.To != string(JobFailed) && c.To != string(JobTimedOut) {
		return false
	}
	return slices.ContainsFunc(rest, func(x Change) bool { return x.Kind == JobMoved && x.Job == c.Job && x.From == c.To })
}

// isOver reports whether all that a job of the definition became has ended.
func (t *telling) isOver(j *jobListening) bool {
	for i := j.first; i < j.end; i++ {
		if s := t.run.jobs[i].state(); !s.settled() && !s.bad() || t.passing[t.run.graph.nodes[i].key] {
			return false
		}
	}
	return true
}

// ended tells that a job of the definition has ended, in the worst way that one of what it
// became did. What has not begun when a run is canceled is canceled with it.
func (t *telling) ended(j *jobListening) {
	worst, rank := JobSkipped, -1
	for i := j.first; i < j.end; i++ {
		s := t.run.jobs[i].state()
		if s == JobPending && t.run.st.State == RunCanceled {
			s = JobCanceled
		}
		if n := rankOf(s); n > rank && (s.settled() || s.bad()) {
			worst, rank = s, n
		}
	}
	event, what := endOf(worst)
	t.tell(&notice{event: event, what: what, job: t.noticeGroup(j, worst)}, j.listeners)
}

// leftOver tells of jobs of which something began, and something never will, since the run has ended.
func (t *telling) leftOver(l *listening) {
	if len(l.jobs) == 0 {
		return
	}
	for i := range t.run.graph.nodes {
		j := l.jobs[t.run.graph.nodes[i].job]
		if j == nil || j.first != i || t.isOver(j) {
			continue
		}
		if slices.ContainsFunc(t.run.jobs[j.first:j.end], func(s *JobStatus) bool { return s.Count > 0 || s.state() != JobPending }) {
			t.ended(j)
		}
	}
}
