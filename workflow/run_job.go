package workflow

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// MaxAttempts bounds the attempts at one job.
const MaxAttempts = 1_000

// retryPause is how long an error policy waits before it tries again.
const retryPause = 10 * time.Second

// job carries out an action on a job.
func (t *transition) job() error {
	c := t.command
	i, ok := t.r.graph.index[c.Job]
	if !ok {
		return t.r.noJob(c.Job)
	}
	s := *t.r.jobs[i]
	if c.Attempt != "" && c.Attempt != s.Attempt.ID && c.Action != Ignore && c.Action != Uphold {
		return nil // it tells of an attempt that is over
	}
	if (c.Action == Complete || c.Action == Fail || c.Action == Interrupt) && s.Attempt.Ended {
		return nil // the same outcome again
	}
	to, err := jobLife.Next(t.on(i), s.state(), c.Action)
	if err != nil {
		return err
	}
	if err := t.r.mayPutOut(c.Job, c.Outputs); err != nil {
		return err
	}
	var outputs map[string]string
	switch c.Action {
	case Lease:
		t.r.lease(i, &s, c.Lease, t.at)
	case Complete:
		s, outputs = s.ended(t.at), c.Outputs
	case Fail, Interrupt:
		s, outputs = s.ended(t.at), c.Outputs
		s.Error = cut(c.Remark)
	case Ignore, Uphold:
		s.Decided, s.Ended = Stamp{By: partyOf(t.by), At: t.at}, t.at
	default:
		return penstock.Invalid("action", "%q is no action on a job", short(string(c.Action)))
	}
	if err := t.setJob(c.Action, i, to, s, c.Remark, outputs); err != nil {
		return err
	}
	if c.Action != Interrupt {
		return nil
	}
	return t.asSystem(func() error { return t.settleJob(i, true) })
}

// on is what the guards of a job look at.
func (t *transition) on(i int) *jobSituation {
	t.onJob = jobSituation{r: t.r, i: i, s: t.r.jobs[i], at: t.at}
	return &t.onJob
}

// ended returns the status of a job of which the attempt under way, if any, has ended.
func (s JobStatus) ended(at time.Time) JobStatus {
	s.Attempt.Ended, s.Ended, s.Deadline = s.Attempt.ID != "", at, time.Time{}
	return s
}

// cut returns as much of a text as fits into a remark, and is not more than twice that in JSON.
func cut(text string) string {
	if len(text) <= MaxRemark/3 { // which takes no more than 2*MaxRemark, however it is escaped
		return text
	}
	end, size := 0, 0
	for i, c := range text {
		if size += jsonWidth(c); size > 2*MaxRemark || i > MaxRemark {
			return strings.ToValidUTF8(text[:min(end, MaxRemark-len("…"))], "") + "…"
		}
		end = i
	}
	if len(text) <= MaxRemark {
		return text
	}
	return strings.ToValidUTF8(text[:MaxRemark-len("…")], "") + "…"
}

// setJob records that a job is in state to now. It is where the state of a job
// changes, but for what a retry of the run does to all.
func (t *transition) setJob(a Action, i int, to JobState, s JobStatus, remark string, outputs map[string]string) error {
	from := t.r.jobs[i].state()
	s.State = to
	return t.record(Change{Kind: JobMoved, Action: a, Job: t.r.graph.nodes[i].key, From: string(from), To: string(to), Status: &s, Remark: remark, Outputs: outputs})
}

// settleJob applies the moves by rule of one job until none holds; crashed says that
// the process that carried it out is gone.
func (t *transition) settleJob(i int, crashed bool) error {
	for {
		sit := t.on(i)
		sit.crashed = crashed
		do, to, ok := jobLife.Settle(sit, sit.s.state())
		if !ok {
			return nil
		}
		s := *sit.s
		crashed = false
		remark, err := t.byRule(do, i, &s)
		if err != nil {
			return err
		}
		if err := t.setJob(do, i, to, s, remark, nil); err != nil {
			return err
		}
	}
}

// byRule adds to a move by rule what goes with it.
func (t *transition) byRule(do Action, i int, s *JobStatus) (remark string, err error) {
	n := &t.r.graph.nodes[i]
	switch do {
	case skip:
		s.Started, s.Ended, remark = t.at, t.at, t.r.unwanted(i)
	case grant:
		s.Started, s.Ended, remark = t.at, t.at, t.r.grantRemark()
	case begin:
		t.beginAttempt(n, s)
	case fail:
		t.beginAttempt(n, s)
		*s = s.ended(t.at)
		s.Error = cut(t.r.masker().maskCut(t.r.unready(i, t.at).Error()))
	case open:
		s.Count++
		s.Started, s.NotBefore, s.Error = t.at, time.Time{}, ""
		s.Request, err = t.r.jobRequest(i, t.at)
	case stop:
		s.Stopping = StopCancel
	case expire:
		switch s.state() {
		case JobRunning:
			s.Stopping, remark = StopTimeout, "ran out of time"
		default:
			*s = s.ended(t.at)
			s.Error = "ran out of time"
		}
	case drop, pass, reject:
		*s = s.ended(t.at)
		if s.Request != nil && s.Request.State() == approval.Pending {
			s.Request, err = s.Request.Cancel(t.at)
		}
	case repeat:
		s.Ended, s.Stopping, remark = time.Time{}, "", "its process is gone; it is repeated"
	case again:
		s.Ended, s.Stopping = time.Time{}, ""
		s.Failures++
		s.NotBefore = instant(t.at.Add(retryPause))
		remark = fmt.Sprintf("attempt %d of %d failed", s.Failures, n.job.Error.MaxRetries+1)
	case ask:
		s.Result = s.state()
	case excuse:
	default:
		return "", fmt.Errorf("job %s: no rule for %q", n.key, do)
	}
	return remark, err
}

// lease notes that the attempt at a job is carried out under a lease from now on, which is when its
// time begins to run.
func (r *Run) lease(i int, s *JobStatus, lease string, at time.Time) {
	s.Attempt.Lease = lease
	if timeout := r.graph.nodes[i].timeout; timeout > 0 {
		s.Deadline = instant(at.Add(timeout))
	}
}

// beginAttempt begins the next attempt at a job.
func (t *transition) beginAttempt(n *node, s *JobStatus) {
	s.Count++
	s.Attempt = Attempt{ID: t.r.derivedID("attempt/"+n.key, int64(s.Count))}
	s.Started, s.Ended, s.NotBefore, s.Deadline, s.Error, s.Stopping, s.Result = t.at, time.Time{}, time.Time{}, time.Time{}, "", "", ""
	if n.wait != nil {
		s.Deadline = later(instant(n.wait.until(t.at)), t.at)
	}
}

// jobDue lets happen what is due of one job.
func (t *transition) jobDue(i int) error {
	s := *t.r.jobs[i]
	if s.state() != JobWaiting {
		return t.settleJob(i, false)
	}
	lapsed, err := s.Request.Lapse(t.at)
	if err != nil {
		return err
	}
	s.Request = lapsed
	return t.setJob(expire, i, JobWaiting, s, "", nil)
}

// answer carries out a vote, or what the provider of an approval says.
func (t *transition) answer() error {
	c := t.command
	if c.Job != "" {
		i, ok := t.r.graph.index[c.Job]
		if !ok {
			return t.r.noJob(c.Job)
		}
		s := *t.r.jobs[i]
		if s.state() != JobWaiting {
			return t.refuse("a job that waits for an approval")
		}
		next, err := t.answered(s.Request)
		if err != nil || next == s.Request {
			return err
		}
		s.Request = next
		return t.record(Change{Kind: JobMoved, Action: c.Action, Job: c.Job, From: string(JobWaiting), To: string(JobWaiting), Status: &s, Vote: c.Vote, Remark: c.Remark})
	}
	i := t.r.current()
	if c.Stage != "" && t.r.graph.stage(c.Stage) < 0 {
		return fmt.Errorf("stage %q of run %s: %w", short(c.Stage), t.r.id, penstock.ErrNotFound)
	}
	if i == len(t.r.graph.stages) || t.r.st.Stages[i].Request == nil || t.r.st.State != RunRunning || c.Stage != "" && t.r.graph.stages[i].Name != c.Stage {
		return t.refuse("a stage that waits for its approval")
	}
	next, err := t.answered(t.r.st.Stages[i].Request)
	if err != nil || next == t.r.st.Stages[i].Request {
		return err
	}
	return t.record(Change{Kind: StageAsked, Action: c.Action, Stage: t.r.graph.stages[i].Name, Request: next, Vote: c.Vote, Remark: c.Remark})
}

func (t *transition) refuse(needs string) error {
	return &penstock.RefusedError{Action: string(t.command.Action), State: string(t.r.st.State), Needs: []string{needs}}
}

// answered returns a request after a vote or a report.
func (t *transition) answered(request *approval.Request) (*approval.Request, error) {
	c := t.command
	if c.Action == Vote {
		return request.Vote(approval.Vote{Decision: c.Vote, Comment: c.Remark}, t.by, t.at)
	}
	if c.Request != "" && c.Request != request.ID() {
		return request, nil // it tells of a request that is closed
	}
	var err error
	next := request
	if c.Instance != "" && next.Instance() == "" {
		if next, err = next.WithInstance(c.Instance); err != nil {
			return nil, err
		}
	}
	if c.Answer != nil {
		next, err = next.Answer(*c.Answer, t.at)
	}
	return next, err
}
