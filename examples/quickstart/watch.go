package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// A watcher tells people what happens to a plan while it happens.
type watcher struct {
	*screen
	begun time.Time
	phase int // the place of the phase under way; -1 before the first
	plan  *releaseplan.Plan
	seq   int64             // of the entry that was told last
	left  *releaseplan.Plan // as an earlier run left it; nil if this is the first
}

// stamp returns a time as seconds since the beginning.
func (w *watcher) stamp(at time.Time) string {
	return w.paint(dim, fmt.Sprintf("%6.1fs", max(at.Sub(w.begun), 0).Seconds()))
}

func (w *watcher) header(p *releaseplan.Plan, s *session) {
	c := p.Content()
	w.line("%s", w.paint(bold, c.Name))
	if c.Description != "" {
		w.line("%s", strings.TrimSpace(c.Description))
	}
	tasks := len(p.Tasks())
	w.line("%s, %s · owner %s · files in %s", count(len(c.Phases), "phase"), count(tasks, "task"), c.Owner.Label(), s.dir)
	if s.kept != nil {
		w.line("kept in %s", s.kept.db.Name)
	}
	if t := c.Planned; t != nil {
		w.line("planned for %s, to take %s", t.Start.Local().Format("2 Jan 15:04:05"), short(t.Length()))
	}
	for _, v := range c.Variables {
		value := v.Value
		if v.Secret {
			value = "(secret)"
		}
		w.line("  %s = %s", v.Name, clip(value, 60))
	}
	w.line("")
}

// entry tells one change. p is the plan with that change, or later.
func (w *watcher) entry(e releaseplan.Entry, p *releaseplan.Plan) {
	w.plan, w.seq = p, e.Seq
	at := w.stamp(e.At)
	switch e.Kind {
	case releaseplan.PlanMoved:
		if say := w.state(e, p); say != "" {
			w.line("%s  %s", at, say)
		}
	case releaseplan.ApprovalVoted:
		mark, verb := w.paint(green, "✓"), "approves"
		if e.Vote == approval.Reject {
			mark, verb = w.paint(red, "✗"), "rejects"
		}
		w.line("%s  %s %s %s%s", at, mark, e.By.Label(), verb, remark(e.Remark))
	case releaseplan.TaskStarted, releaseplan.TaskEnded, releaseplan.TaskMoved, releaseplan.TaskStopped, releaseplan.TaskLate:
		w.task(e, p, at)
	case releaseplan.PlanMissed, releaseplan.PlanCommented, releaseplan.ApprovalLapsed, releaseplan.GateOpened, releaseplan.GateAnswered:
		w.line("%s  %s", at, e.Change)
	default: // the trail tells the rest
	}
}

// state says in plain words where the plan is now.
func (w *watcher) state(e releaseplan.Entry, p *releaseplan.Plan) string {
	switch to := releaseplan.State(e.To); to {
	case releaseplan.Finalized:
		return "the planning is over"
	case releaseplan.AwaitingApproval:
		if r := e.Request; r != nil {
			x := r.Explain(e.At)
			names := make([]string, len(x.Missing))
			for i, m := range x.Missing {
				names[i] = m.Label()
			}
			return w.paint(amber, fmt.Sprintf("waits for an approval: %d of %s", x.Needed, strings.Join(names, ", ")))
		}
		return w.paint(amber, "waits for an approval")
	case releaseplan.Approved:
		return w.paint(green, "approved")
	case releaseplan.Denied:
		return w.paint(red, "denied")
	case releaseplan.Running:
		return w.paint(bold, "under way"+moved(p))
	case releaseplan.Completed:
		return w.paint(green, "completed in "+short(p.Status().Ended.Sub(p.Status().Started)))
	case releaseplan.Failed:
		return w.paint(red, "failed: nothing more can run")
	case releaseplan.Canceling:
		return w.paint(amber, "is being canceled: what runs is told to stop")
	case releaseplan.FinalizeCheck, releaseplan.ExecuteCheck, releaseplan.CompleteCheck:
		return "" // passed at once, or the gate tells
	default:
		return told(to)
	}
}

// told is a state in plain words.
func told(s releaseplan.State) string { return strings.ReplaceAll(string(s), "_", " ") }

// moved says by how much a plan starts at another time than it was planned for.
func moved(p *releaseplan.Plan) string {
	planned, effective := p.Content().Planned, p.Status().Effective
	if planned == nil || effective == nil || !effective.Start.Before(planned.Start) {
		return ""
	}
	return ", " + short(planned.Start.Sub(effective.Start)) + " before its time: everything moves along"
}

// task tells what happens to a task, under the heading of its phase.
func (w *watcher) task(e releaseplan.Entry, p *releaseplan.Plan, at string) {
	t, err := p.Task(e.Task)
	if err != nil || e.Status == nil {
		return
	}
	if t.Phase != w.phase {
		w.phase = t.Phase
		phases := p.Content().Phases
		w.heading(fmt.Sprintf("%d of %d · %s", t.Phase+1, len(phases), phases[t.Phase].Name))
	}
	took := w.paint(dim, short(e.Status.Ended.Sub(e.Status.Started)))
	switch {
	case e.Kind == releaseplan.TaskStarted:
		w.line("%s  %s %s%s", at, w.paint(blue, "▶"), t.Name, w.paint(dim, begins(e, t)))
	case e.Kind == releaseplan.TaskStopped:
		w.line("%s  %s %s is told to stop", at, w.paint(amber, "■"), t.Name)
	case e.Kind == releaseplan.TaskLate:
		w.line("%s  %s %s: an outcome came too late", at, w.paint(dim, "·"), t.Name)
	case e.To == string(releaseplan.TaskDone):
		w.line("%s  %s %s  %s%s", at, w.paint(green, "✓"), t.Name, took, remark(e.Remark))
	case e.To == string(releaseplan.TaskFailed):
		w.line("%s  %s %s  %s%s", at, w.paint(red, "✗"), t.Name, took, remark(firstLine(e.Remark)))
	case e.To == string(releaseplan.TaskSkipped):
		w.line("%s  %s %s is skipped by %s%s", at, w.paint(amber, "↷"), t.Name, e.By.Label(), remark(e.Remark))
	case e.To == string(releaseplan.TaskCanceled):
		w.line("%s  %s %s is canceled", at, w.paint(amber, "■"), t.Name)
	case e.To == string(releaseplan.TaskTodo):
		again := "is tried again"
		if wait := e.Status.NotBefore.Sub(e.At); wait > 0 {
			again += " in " + short(wait)
		}
		w.line("%s  %s %s %s", at, w.paint(amber, "↻"), t.Name, again)
	}
}

// begins says what is to be expected of a task that starts.
func begins(e releaseplan.Entry, t releaseplan.TaskView) string {
	switch {
	case t.Kind == releaseplan.Wait:
		return "  waits " + short(e.Status.Deadline.Sub(e.At))
	case t.Kind == releaseplan.Manual:
		return "  " + e.By.Label() + " is at it"
	case e.Status.Count > 1:
		return fmt.Sprintf("  attempt %d", e.Status.Count)
	}
	return ""
}

// follow tells everything that happens to the plan until it is over or ctx ends,
// and lets people know each time that all was told. What an earlier run did is told
// first, and decides nothing.
func (w *watcher) follow(ctx context.Context, s *session, ready chan<- struct{}) error {
	for e, err := range s.plans.Follow(ctx, s.id, s.operator) {
		if err != nil {
			return err
		}
		p, err := s.plans.Get(ctx, s.id, s.operator)
		if err != nil {
			return err
		}
		w.entry(e, p)
		over := e.Kind == releaseplan.PlanMoved && s.over(releaseplan.State(e.To))
		if w.left != nil {
			if e.Seq < w.left.Status().Changes {
				continue
			}
			over = s.over(w.left.State())
			w.goesOn(s)
		}
		if over {
			return nil
		}
		if p.Status().Changes <= e.Seq {
			select {
			case ready <- struct{}{}:
			default:
			}
		}
	}
	return nil
}

// goesOn tells where this run begins.
func (w *watcher) goesOn(s *session) {
	since := time.Since(w.left.Status().Updated.At)
	w.heading(fmt.Sprintf("going on after %s: %s, %s", short(since), told(w.left.State()), count(w.left.TaskCount().Todo, "task")+" to do"))
	s.orphans(w.left)
	w.left, w.phase = nil, -1
}

// rest tells what happened behind the entry that was told last.
func (w *watcher) rest(ctx context.Context, s *session) error {
	for {
		page, err := s.plans.History(ctx, s.id, w.seq, 0, s.operator)
		if err != nil || len(page) == 0 {
			return err
		}
		p, err := s.plans.Get(ctx, s.id, s.operator)
		if err != nil {
			return err
		}
		for _, e := range page {
			w.entry(e, p)
		}
	}
}
