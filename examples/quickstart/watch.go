package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/releaseplan"
)

// A watcher tells people what happens to a plan while it happens.
type watcher struct {
	*console.Screen
	begun time.Time
	phase int // the place of the phase under way; -1 before the first
	plan  *releaseplan.Plan
	seq   int64             // of the entry that was told last
	left  *releaseplan.Plan // as an earlier run left it; nil if this is the first
}

// stamp returns a time as seconds since the beginning.
func (w *watcher) stamp(at time.Time) string {
	return w.Paint(console.Dim, fmt.Sprintf("%6.1fs", max(at.Sub(w.begun), 0).Seconds()))
}

func (w *watcher) header(p *releaseplan.Plan, s *session) {
	c := p.Content()
	w.Line("%s", w.Paint(console.Bold, c.Name))
	if c.Description != "" {
		w.Line("%s", strings.TrimSpace(c.Description))
	}
	tasks := len(p.Tasks())
	w.Line("%s, %s · owner %s · files in %s", count(len(c.Phases), "phase"), count(tasks, "task"), c.Owner.Label(), s.dir)
	if s.kept != nil {
		w.Line("kept in %s", s.kept.db.Name)
	}
	if t := c.Planned; t != nil {
		w.Line("planned for %s, to take %s", t.Start.Local().Format("2 Jan 15:04:05"), short(t.Length()))
	}
	for _, v := range c.Variables {
		value := v.Value
		if v.Secret {
			value = "(secret)"
		}
		w.Line("  %s = %s", v.Name, clip(value, 60))
	}
	w.Line("")
}

// entry tells one change. p is the plan with that change, or later.
func (w *watcher) entry(e releaseplan.Entry, p *releaseplan.Plan) {
	w.plan, w.seq = p, e.Seq
	at := w.stamp(e.At)
	switch e.Kind {
	case releaseplan.PlanMoved:
		if say := w.state(e, p); say != "" {
			w.Line("%s  %s", at, say)
		}
	case releaseplan.ApprovalVoted:
		mark, verb := w.Paint(console.Green, "✓"), "approves"
		if e.Vote == approval.Reject {
			mark, verb = w.Paint(console.Red, "✗"), "rejects"
		}
		w.Line("%s  %s %s %s%s", at, mark, e.By.Label(), verb, remark(e.Remark))
	case releaseplan.TaskStarted, releaseplan.TaskEnded, releaseplan.TaskMoved, releaseplan.TaskStopped, releaseplan.TaskLate:
		w.task(e, p, at)
	case releaseplan.PlanMissed, releaseplan.PlanCommented, releaseplan.ApprovalLapsed, releaseplan.GateOpened, releaseplan.GateAnswered:
		w.Line("%s  %s", at, e.Change)
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
			return w.Paint(console.Amber, fmt.Sprintf("waits for an approval: %d of %s", x.Needed, strings.Join(names, ", ")))
		}
		return w.Paint(console.Amber, "waits for an approval")
	case releaseplan.Approved:
		return w.Paint(console.Green, "approved")
	case releaseplan.Denied:
		return w.Paint(console.Red, "denied")
	case releaseplan.Running:
		return w.Paint(console.Bold, "under way"+moved(p))
	case releaseplan.Completed:
		return w.Paint(console.Green, "completed in "+short(p.Status().Ended.Sub(p.Status().Started)))
	case releaseplan.Failed:
		return w.Paint(console.Red, "failed: nothing more can run")
	case releaseplan.Canceling:
		return w.Paint(console.Amber, "is being canceled: what runs is told to stop")
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
		w.Heading(fmt.Sprintf("%d of %d · %s", t.Phase+1, len(phases), phases[t.Phase].Name))
	}
	took := w.Paint(console.Dim, short(e.Status.Ended.Sub(e.Status.Started)))
	switch {
	case e.Kind == releaseplan.TaskStarted:
		w.Line("%s  %s %s%s", at, w.Paint(console.Blue, "▶"), t.Name, w.Paint(console.Dim, begins(e, t)))
	case e.Kind == releaseplan.TaskStopped:
		w.Line("%s  %s %s is told to stop", at, w.Paint(console.Amber, "■"), t.Name)
	case e.Kind == releaseplan.TaskLate:
		w.Line("%s  %s %s: an outcome came too late", at, w.Paint(console.Dim, "·"), t.Name)
	case e.To == string(releaseplan.TaskDone):
		w.Line("%s  %s %s  %s%s", at, w.Paint(console.Green, "✓"), t.Name, took, remark(e.Remark))
	case e.To == string(releaseplan.TaskFailed):
		w.Line("%s  %s %s  %s%s", at, w.Paint(console.Red, "✗"), t.Name, took, remark(firstLine(e.Remark)))
	case e.To == string(releaseplan.TaskSkipped):
		w.Line("%s  %s %s is skipped by %s%s", at, w.Paint(console.Amber, "↷"), t.Name, e.By.Label(), remark(e.Remark))
	case e.To == string(releaseplan.TaskCanceled):
		w.Line("%s  %s %s is canceled", at, w.Paint(console.Amber, "■"), t.Name)
	case e.To == string(releaseplan.TaskTodo):
		again := "is tried again"
		if wait := e.Status.NotBefore.Sub(e.At); wait > 0 {
			again += " in " + short(wait)
		}
		w.Line("%s  %s %s %s", at, w.Paint(console.Amber, "↻"), t.Name, again)
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
	w.Heading(fmt.Sprintf("going on after %s: %s, %s", short(since), told(w.left.State()), count(w.left.TaskCount().Todo, "task")+" to do"))
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
