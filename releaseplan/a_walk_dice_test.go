package releaseplan_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// An aDice makes choices: of bytes that a fuzzer gives, then at random.
type aDice struct {
	data []byte
	rand *rand.Rand
}

func aNewDice(seed uint64, data []byte) *aDice {
	return &aDice{data: data, rand: rand.New(rand.NewPCG(seed, 7))}
}

func (d *aDice) intn(n int) int {
	if len(d.data) == 0 {
		return d.rand.IntN(n)
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

// oneIn is true once in n times.
func (d *aDice) oneIn(n int) bool { return d.intn(n) == 0 }

func aPick[T any](d *aDice, of ...T) T { return of[d.intn(len(of))] }

func (d *aDice) after(units ...time.Duration) time.Time {
	return aStart.Add(aPick(d, units...) * time.Duration(1+d.intn(4)))
}

// content returns a plan of any shape.
func (d *aDice) content() releaseplan.Content {
	c := releaseplan.Content{Name: "walk", Owner: penstock.UserParty("ann")}
	for range 1 + d.intn(2) {
		c.Phases = append(c.Phases, d.phase(len(c.Phases)))
	}
	if d.oneIn(3) {
		c.Window = &releaseplan.Window{End: d.after(time.Hour, 5*time.Hour, 100*time.Hour)}
		if d.oneIn(2) {
			c.Window.Start = aStart.Add(30 * time.Minute)
		}
	}
	if d.oneIn(2) {
		c.Approval = aPolicy(1 + d.intn(2))
		c.Approval.TimeoutMinutes = aPick(d, 0, 30, 300)
		c.Approval.Separation.NotExecutor = d.oneIn(3)
	}
	switch d.intn(3) {
	case 0:
		c.Start.Mode = releaseplan.OnApproval
	case 1:
		c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: aStart.Add(40 * time.Minute)}
	}
	for _, on := range []releaseplan.GateKind{releaseplan.GateFinalize, releaseplan.GateExecute, releaseplan.GateComplete} {
		if d.oneIn(4) {
			c.Gates = append(c.Gates, releaseplan.Gate{On: on, Timeout: aMinutes(aPick(d, 0, 10, 120))})
		}
	}
	if d.oneIn(2) {
		d.milestones(&c)
	}
	if d.oneIn(2) {
		c.Variables = []releaseplan.Variable{{Name: "version", Value: "1"}}
	}
	if d.oneIn(3) {
		length := aMinutes(60)
		c.Planned = &releaseplan.PlannedTime{Start: d.after(time.Minute, time.Hour), Duration: &length}
	}
	return c
}

func (d *aDice) phase(i int) releaseplan.Phase {
	p := releaseplan.Phase{Name: fmt.Sprintf("phase %d", i), Kind: aPick(d, releaseplan.Sequential, releaseplan.Parallel, releaseplan.Free)}
	for j := range d.intn(4) {
		t := releaseplan.Task{Name: fmt.Sprintf("t%d.%d", i, j), Kind: aPick(d, releaseplan.Manual, "deploy", "deploy", releaseplan.Wait)}
		if t.Kind == releaseplan.Wait {
			spec := releaseplan.WaitSpec{For: aMinutes(1 + d.intn(60))}
			if d.oneIn(3) {
				spec = releaseplan.WaitSpec{Until: d.after(time.Minute, time.Hour)}
			}
			t.Spec, _ = json.Marshal(spec)
		}
		t.Disabled = d.oneIn(6)
		t.Start = aPick(d, "", "", releaseplan.Automatic, releaseplan.ByHand)
		t.Timeout = aMinutes(aPick(d, 0, 0, 5, 60))
		t.Retry = releaseplan.RetryPolicy{Max: d.intn(3), Delay: aMinutes(aPick(d, 0, 5, 30)), Backoff: d.intn(3)}
		t.Crash = aPick(d, "", releaseplan.FailOnCrash, releaseplan.RepeatOnCrash)
		t.Class = aPick(d, "", "", "rollback")
		if j > 0 && d.oneIn(3) {
			t.Needs = []string{fmt.Sprintf("t%d.%d", i, d.intn(j))}
		}
		p.Tasks = append(p.Tasks, t)
	}
	return p
}

// edited returns a content with one change.
func (d *aDice) edited(c releaseplan.Content) *releaseplan.Content {
	i := d.intn(len(c.Phases))
	p := &c.Phases[i]
	switch d.intn(8) {
	case 0:
		c.Description += "."
	case 6:
		d.editMilestones(&c)
	case 7:
		if n := len(c.Safeguards); n > 0 {
			c.Safeguards = c.Safeguards[:n-1]
		}
	case 1:
		p.Tasks = append(p.Tasks, releaseplan.Task{Name: fmt.Sprintf("new %d.%d", i, len(p.Tasks)), Kind: "deploy"})
	case 2:
		c.Phases = append(c.Phases, d.phase(len(c.Phases)+10))
	case 3:
		if n := len(p.Tasks); n > 0 {
			p.Tasks[d.intn(n)].Description += "."
		}
	case 4:
		if n := len(p.Tasks); n > 0 {
			t := &p.Tasks[d.intn(n)]
			t.Disabled = !t.Disabled
		}
	case 5:
		if n := len(p.Tasks); n > 0 {
			p.Tasks = p.Tasks[:n-1]
		}
	}
	return &c
}

// command returns something to ask of p, and who asks; mostly sensible.
func (d *aDice) command(p *releaseplan.Plan, now time.Time) (releaseplan.Command, penstock.Actor) {
	steps, _ := p.Next(now)
	if len(steps) > 0 && d.oneIn(2) {
		return aStepped(d, steps[d.intn(len(steps))])
	}
	if len(p.Content().Milestones) > 0 && d.oneIn(4) {
		return d.onMilestone(p, now), aPick(d, aAnn, aAnn, aAnn, aRoot, aEve)
	}
	by := aPick(d, aAnn, aAnn, aAnn, aAnn, aRoot, aBob, aEve)
	if d.oneIn(2) {
		return d.onTask(p), aPick(d, aAnn, aRoot, penstock.System(), aEve)
	}
	do := aPick(d, aPlanActions...)
	if !d.oneIn(5) {
		do, by = d.onward(p, now), aAnn
	}
	c := aSane(p, do, "")
	switch do {
	case releaseplan.Vote:
		c.Vote, by = aPick(d, approval.Approve, approval.Approve, approval.Reject), aPick(d, aBob, aBob, aCleo, aCleo, aEve)
	case releaseplan.AnswerGate:
		c.Answer = aPick(d, releaseplan.GatePass, releaseplan.GatePass, releaseplan.GateFail, releaseplan.GateProgress)
		if d.oneIn(5) {
			c.Code = "wrong"
		}
	case releaseplan.Edit:
		c.Content = d.edited(p.Content())
	}
	return c, by
}

// onward returns something that is allowed; what ends a walk is rare.
func (d *aDice) onward(p *releaseplan.Plan, now time.Time) releaseplan.Action {
	var all []releaseplan.Action
	for _, v := range p.Can(aAnn, now) {
		weight := 20
		switch v.Action {
		case releaseplan.Comment, releaseplan.Duplicate, releaseplan.ExportPlan, releaseplan.Delete:
			weight = 0
		case releaseplan.Cancel, releaseplan.Archive, releaseplan.Reopen, releaseplan.Withdraw, releaseplan.OverrideCalendar:
			weight = 1
		case releaseplan.SetVariables, releaseplan.Pause:
			weight = 7
		case releaseplan.Edit:
			if p.State() == releaseplan.Draft {
				weight = 4
			}
		}
		if v.Allowed || v.Action == releaseplan.Vote && p.State() == releaseplan.AwaitingApproval {
			all = append(all, slices.Repeat([]releaseplan.Action{v.Action}, weight)...)
		}
	}
	if len(all) == 0 {
		return releaseplan.Execute
	}
	return all[d.intn(len(all))]
}

// aStepped returns what a Runner does of a step.
func aStepped(d *aDice, s releaseplan.Step) (releaseplan.Command, penstock.Actor) {
	c := releaseplan.Command{Action: releaseplan.Advance, Task: s.Task, Attempt: s.Attempt}
	switch s.Kind {
	case releaseplan.StepStart:
		c.Action, c.Lease = releaseplan.Start, aPick(d, "", "runner-1")
	case releaseplan.StepRun:
		c.Action, c.Lease = releaseplan.Lease, "runner-1"
	case releaseplan.StepMeasure:
		return d.measured(s.Safeguard), penstock.System()
	case releaseplan.StepStop:
		c.Action = aPick(d, releaseplan.Complete, releaseplan.Fail, releaseplan.Interrupt)
	}
	return c, penstock.System()
}

func (d *aDice) onTask(p *releaseplan.Plan) releaseplan.Command {
	tasks := p.Tasks()
	if len(tasks) == 0 {
		return releaseplan.Command{Action: releaseplan.Advance}
	}
	t := tasks[d.intn(len(tasks))]
	if live := slices.DeleteFunc(slices.Clone(tasks), aNotOpen); len(live) > 0 && !d.oneIn(4) {
		t = live[d.intn(len(live))]
	}
	if t.State == releaseplan.TaskFailed && !d.oneIn(3) {
		return aSane(p, aPick(d, releaseplan.Retry, releaseplan.Skip), t.ID)
	}
	if t.State == releaseplan.TaskRunning || d.oneIn(2) {
		c := aSane(p, aPick(d, releaseplan.Complete, releaseplan.Complete, releaseplan.Fail, releaseplan.Fail, releaseplan.Abort, releaseplan.Interrupt), t.ID)
		if n := len(t.Status.Attempts); n > 0 && d.oneIn(3) {
			c.Attempt = t.Status.Attempts[d.intn(n)].ID
		}
		return c
	}
	return aSane(p, aPick(d, aTaskActions...), t.ID)
}

// aNotOpen reports whether there is nothing to do for a task now.
func aNotOpen(t releaseplan.TaskView) bool {
	switch t.State {
	case releaseplan.TaskReady, releaseplan.TaskRunning, releaseplan.TaskCanceling, releaseplan.TaskFailed, releaseplan.TaskPaused:
		return false
	default:
		return true
	}
}
