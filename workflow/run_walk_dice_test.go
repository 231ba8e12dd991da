package workflow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

// A runDice makes choices: of bytes that a fuzzer gives, then at random.
type runDice struct {
	data []byte
	rand *rand.Rand
}

func (d *runDice) intn(n int) int {
	if len(d.data) == 0 {
		return d.rand.IntN(n)
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

func (d *runDice) oneIn(n int) bool { return d.intn(n) == 0 }

func pickOne[T any](d *runDice, of ...T) T { return of[d.intn(len(of))] }

// definition returns one of any shape.
func (d *runDice) definition() *workflow.Definition {
	if d.oneIn(15) {
		return stages(serial("s0", act("j0-0", "", when(workflow.SkipIf, "1", workflow.Equals, "1"))))
	}
	all := make([]workflow.Stage, 1+d.intn(3))
	for i := range all {
		jobs := make([]workflow.Job, 1+d.intn(3))
		for j := range jobs {
			jobs[j] = d.job(i, j)
		}
		s := workflow.Stage{Name: fmt.Sprintf("s%d", i), Parallel: d.oneIn(2), Jobs: jobs}
		switch d.intn(8) {
		case 0:
			s = approved(s)
		case 1:
			s = larkStage(s)
		}
		if d.oneIn(6) {
			s = manual(s, "ann")
		}
		all[i] = s
	}
	return stages(all...)
}

func (d *runDice) job(i, j int) workflow.Job {
	name := fmt.Sprintf("j%d-%d", i, j)
	var more []func(*workflow.Job)
	switch d.intn(7) {
	case 0, 1:
		more = append(more, onError(workflow.Retry, 1+d.intn(2)))
	case 2:
		more = append(more, onError(workflow.IgnoreError, 0))
	case 3:
		more = append(more, onError(workflow.ManualCheck, 0, "cleo"))
	}
	switch d.intn(12) {
	case 0:
		more = append(more, when(workflow.SkipIf, "1", workflow.Equals, "1"))
	case 1:
		more = append(more, when(workflow.ExecuteIf, "{{.job.j0-0.output.X}}", workflow.NotEquals, "2"))
	case 2:
		more = append(more, withPolicy(workflow.SkipManual))
	}
	switch d.intn(9) {
	case 0:
		return waitFor(name, pickOne(d, `{"for":"PT3M"}`, `{"for":"PT10S"}`, `{"until":"2026-05-04T12:05:00Z"}`), more...)
	case 1:
		return askJob(name, more...)
	case 2:
		return larkJob(name, more...)
	case 3:
		return act(name, `{"pieces":["x","y"]}`, more...)
	case 4:
		return act(name, `{"timeout":5}`, more...)
	case 5:
		return act(name, `{"timeout":1}`, more...)
	case 6:
		return act(name, `{"text":"{{.job.j0-0.output.X}}"}`, more...)
	default:
		return act(name, "", more...)
	}
}

// any returns something to ask of the run; mostly what there is to do.
func (w *runWalk) any() (workflow.Command, penstock.Actor) {
	r := w.r.At(w.now)
	steps, _ := r.Next(w.now)
	if len(steps) > 0 && !w.oneIn(3) {
		return w.stepped(steps[w.intn(len(steps))]), penstock.System()
	}
	var open []workflow.JobView
	for _, s := range r.Stages() {
		for _, j := range s.Jobs {
			switch j.State {
			case workflow.JobRunning, workflow.JobWaiting, workflow.JobCanceling, workflow.JobDeciding:
				open = append(open, j)
			default:
				if w.oneIn(12) {
					open = append(open, j)
				}
			}
		}
	}
	if len(open) > 0 && !w.oneIn(3) {
		return w.onJob(open[w.intn(len(open))])
	}
	who := runActor(pickOne(&w.runDice, "ann", "ann", "bob", "eve", "root"))
	switch n := w.intn(16); {
	case n == 0:
		return workflow.Command{Action: workflow.CancelRun}, who
	case n < 5:
		return workflow.Command{Action: workflow.RetryRun}, who
	case n < 8:
		return workflow.Command{Action: workflow.ExecuteStage}, who
	case n < 12:
		return workflow.Command{Action: workflow.Vote, Vote: pickOne(&w.runDice, approval.Approve, approval.Approve, approval.Reject)}, runActor(pickOne(&w.runDice, "bob", "dan", "eve"))
	case n == 12:
		return workflow.Command{Action: workflow.Comment, Remark: "so"}, who
	case n == 13:
		return workflow.Command{Action: workflow.Admit}, penstock.System()
	default:
		return workflow.Command{Action: workflow.Advance}, penstock.System()
	}
}

func (w *runWalk) stepped(s workflow.Step) workflow.Command {
	c := workflow.Command{Job: s.Job, Stage: s.Stage, Attempt: s.Attempt, Request: s.Request, Instance: s.Instance}
	switch s.Kind {
	case workflow.StepAdmit:
		c.Action = workflow.Admit
	case workflow.StepExecute:
		c.Action, c.Lease = workflow.Lease, "p1"
	case workflow.StepStop:
		c.Action = pickOne(&w.runDice, workflow.Complete, workflow.Fail, workflow.Interrupt)
	case workflow.StepRequest:
		c.Action, c.Instance = workflow.Report, "i-"+s.Request
	case workflow.StepPoll:
		c.Action = workflow.Report
		c.Answer = &approval.Answer{Outcome: pickOne(&w.runDice, approval.Pending, approval.Approved, approval.Approved, approval.Rejected, approval.Canceled)}
	case workflow.StepRetract:
		c.Action = workflow.Retracted
	default:
		c.Action = workflow.Advance
	}
	return c
}

func (w *runWalk) onJob(j workflow.JobView) (workflow.Command, penstock.Actor) {
	c := workflow.Command{Job: j.Key, Attempt: j.Status.Attempt.ID}
	switch j.State {
	case workflow.JobWaiting:
		c.Action, c.Vote = workflow.Vote, pickOne(&w.runDice, approval.Approve, approval.Approve, approval.Reject)
		return c, runActor(pickOne(&w.runDice, "bob", "dan", "eve"))
	case workflow.JobDeciding:
		c.Action = pickOne(&w.runDice, workflow.Ignore, workflow.Uphold)
		return c, runActor(pickOne(&w.runDice, "cleo", "root", "eve"))
	}
	c.Action = pickOne(&w.runDice, workflow.Complete, workflow.Complete, workflow.Complete, workflow.Fail, workflow.Fail, workflow.Interrupt, workflow.Lease, workflow.Ignore)
	switch {
	case c.Action == workflow.Lease:
		c.Lease = "p2"
	case c.Action == workflow.Complete && w.oneIn(2):
		c.Outputs = map[string]string{"X": pickOne(&w.runDice, "1", "2", "{{.project}}")}
	}
	if len(w.ids) > 0 && w.oneIn(6) { // a late one
		ids := make([]string, 0, len(w.ids))
		for id := range w.ids {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		c.Attempt = ids[w.intn(len(ids))]
	}
	return c, penstock.System()
}
