package zadig

import (
	"errors"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// jobCall is a command about a job.
type jobCall struct {
	jobCommand
	plan *releaseplan.Plan
	task releaseplan.TaskView
}

func (a *api) jobCall(c *rest.Call) (j jobCall, err error) {
	if err := c.Read(&j.jobCommand, true, false); err != nil {
		return j, err
	}
	if j.plan, err = a.plan(c); err != nil {
		return j, err
	}
	if j.task, err = j.plan.Task(j.ID); err != nil {
		return j, err
	}
	if kind := a.kindWord(j.task.Kind); j.Type != "" && j.Type != kind {
		return j, penstock.Invalid("type", "is %s, not %s", kind, clipped(j.Type))
	}
	return j, nil
}

func (a *api) executePlanJob(c *rest.Call) error {
	j, err := a.jobCall(c)
	if err != nil {
		return err
	}
	do := releaseplan.Command{Action: releaseplan.Start, Task: j.task.ID}
	if a.kindWord(j.task.Kind) == jobText {
		do = releaseplan.Command{Action: releaseplan.Complete, Task: j.task.ID, Remark: j.Spec.Remark}
	}
	all := []releaseplan.Command{do}
	if j.task.Status.State == releaseplan.TaskFailed {
		all = []releaseplan.Command{{Action: releaseplan.Retry, Task: j.task.ID}, do}
	}
	if j.plan.State() == releaseplan.Approved { // it executes already, as this dialect sees it
		all = append([]releaseplan.Command{{Action: releaseplan.Execute}}, all...)
	}
	first := all[0]
	first.Then = all[1:]
	_, err = a.keyed(c).Do(j.plan.ID(), first)
	return succeed(c, unless(err, j.plan, planExecuting, "execute"))
}

func (a *api) retryPlanJob(c *rest.Call) error {
	j, err := a.jobCall(c)
	switch {
	case err != nil:
		return err
	case a.kindWord(j.task.Kind) == jobText:
		return refused("retry", j.plan, "text release job does not support retry")
	case j.task.Status.State != releaseplan.TaskFailed:
		return refused("retry", j.plan, "job %s status %s can't retry", j.task.Name, jobWord(j.task.State))
	}
	_, err = a.keyed(c).Do(j.plan.ID(), releaseplan.Command{Action: releaseplan.Retry, Task: j.task.ID,
		Then: []releaseplan.Command{{Action: releaseplan.Start, Task: j.task.ID}}})
	return succeed(c, err)
}

func (a *api) skipPlanJob(c *rest.Call) error {
	j, err := a.jobCall(c)
	if err != nil {
		return err
	}
	remark := j.Spec.Remark
	if remark == "" { // the domain wants a reason, this dialect does not
		remark = "skipped"
	}
	_, err = a.keyed(c).Do(j.plan.ID(), releaseplan.Command{Action: releaseplan.Skip, Task: j.task.ID, Remark: remark})
	return succeed(c, unless(err, j.plan, planExecuting, "skip"))
}

// unless tells of a refusal in the words of this dialect, if it is that the plan has another status
// than the one that is needed.
func unless(err error, p *releaseplan.Plan, needed, what string) error {
	if now := planWord(p.State()); errors.Is(err, penstock.ErrRefused) && now != needed {
		return refused(what, p, "plan status is %s, can not %s", now, what)
	}
	return err
}
