package arp

import (
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// secretMask stands for the value of a secret variable that is set.
const secretMask = "******"

// A view is a plan with all that is needed to show it.
type view struct {
	*releaseplan.Plan
	content releaseplan.Content
	tasks   []releaseplan.TaskView
	spans   struct{ phases, tasks []releaseplan.Span }
	first   []int // the place in tasks of the first one of each phase
	book    book
	can     map[releaseplan.Action]bool
	canTask map[string][]releaseplan.Verdict
}

// newView returns that of a plan, without people and actions.
func newView(p *releaseplan.Plan) *view {
	v := &view{Plan: p, content: p.Content(), tasks: p.Tasks()}
	v.spans.phases, v.spans.tasks = p.Spans()
	n := 0
	for i := range v.content.Phases {
		v.first = append(v.first, n)
		n += len(v.content.Phases[i].Tasks)
	}
	return v
}

// plan shows the whole.
func (v *view) plan() releasePlan {
	return releasePlan{
		ID: v.Number(), Name: v.Name(), Description: v.content.Description, Archived: v.Archived(), Status: wordOf(v.Plan),
		PlannedTime: planned(planTime(v.content.Planned, v.content.Window, v.Status())),
		Folder:      v.book.folder(v.content.Folder), Owner: v.book.party(v.content.Owner), NotifyOwner: v.content.NotifiesOwner(),
		Variables: variables(v.content.Variables), Listeners: v.book.listeners(v.content.Listeners),
		Actions: v.planActions(), Phases: v.phases(),
	}
}

// planTime returns when a plan is meant to happen: its planned time, as execute moved it, or else
// its window.
func planTime(t *releaseplan.PlannedTime, w *releaseplan.Window, s releaseplan.Status) releaseplan.PlannedTime {
	switch {
	case s.Effective != nil:
		return *s.Effective
	case t != nil:
		return *t
	case w != nil:
		return releaseplan.PlannedTime{Start: w.Start, End: w.End}
	default:
		return releaseplan.PlannedTime{}
	}
}

func (v *view) planActions() []action {
	return offered(planOffers, v.can, v.State() == releaseplan.Draft, planPath(v.Number()))
}

func (v *view) phases() []phase {
	all := make([]phase, len(v.content.Phases))
	f := v.frontier()
	for i := range all {
		all[i] = v.phase(i, f)
	}
	return all
}

func (v *view) frontier() frontier {
	return frontierOf(v.Plan, v.tasks, v.can[releaseplan.Edit])
}

// phase shows the phase at a place, with its tasks.
func (v *view) phase(i int, f frontier) phase {
	p := &v.content.Phases[i]
	out := phase{
		ID: p.Number, Name: p.Name, Description: p.Description, Owner: v.book.party(v.ownerOfPhase(i)), PlannedTime: planned(v.spans.phases[i].Planned),
		Status: phaseWords[v.PhaseState(i)], Type: phaseTypes[kindOf(*p)], Tasks: make([]task, len(p.Tasks)), Actions: f.phaseActions(i),
	}
	for j := range out.Tasks {
		out.Tasks[j] = v.task(v.first[i]+j, f)
	}
	return out
}

func (v *view) ownerOfPhase(i int) penstock.Party {
	if owner := v.content.Phases[i].Owner; !owner.IsZero() {
		return owner
	}
	return v.content.Owner
}

// task shows the task at a place among all.
func (v *view) task(at int, f frontier) task {
	t, of := v.tasks[at], &v.content.Phases[v.tasks[at].Phase]
	owner := t.Owner
	if owner.IsZero() {
		owner = v.ownerOfPhase(t.Phase)
	}
	return task{
		ID: t.Number, Plan: entity{v.Number(), v.Name()}, Phase: entity{of.Number, of.Name}, Name: t.Name, Type: taskType(t.Kind),
		Description: t.Description, Owner: v.book.party(owner), Status: taskWord(t, v.State()), PlannedTime: planned(v.spans.tasks[at].Planned),
		Actions:   append(f.taskActions(t), offered(taskOffers, allowed(v.canTask[t.ID]), v.State() == releaseplan.Draft, taskPath(v.Number(), t.Number))...),
		Listeners: v.book.listeners(t.Listeners),
	}
}

// taskInFull shows the task at a place among all with what is not in a plan.
func (v *view) taskInFull(at int) taskDetail {
	t := v.tasks[at]
	numbers := make(map[string]int64, len(v.tasks))
	for i := range v.tasks {
		numbers[v.tasks[i].ID] = v.tasks[i].Number
	}
	needs := make([]int64, 0, len(t.Needs))
	for _, need := range t.Needs {
		needs = append(needs, numbers[need])
	}
	return taskDetail{
		task: v.task(at, v.frontier()), Spec: t.Spec, Needs: needs, Disabled: t.Disabled, Held: t.Status.Held, Remark: t.Status.Remark,
		Assignee: v.book.partyOrNull(t.Status.Assignee), ClaimedBy: v.book.partyOrNull(t.Status.Claim), Attempts: t.Status.Count,
		ActualTime: actualTime{stamp(t.Status.Started), stamp(t.Status.Ended)},
	}
}

func taskType(kind string) string {
	if kind == "" {
		kind = releaseplan.Manual
	}
	if word, ok := taskTypes[kind]; ok {
		return word
	}
	return kind
}

// summary tells how far the plan is.
func (v *view) summary() *planSummary {
	n, s := v.TaskCount(), v.Status()
	var took time.Duration
	for i := range v.tasks {
		if t := &v.tasks[i].Status; !t.Started.IsZero() && t.Ended.After(t.Started) {
			took += t.Ended.Sub(t.Started)
		}
	}
	return &planSummary{
		Tasks: taskCounts{
			Total:   n.Todo + n.Running + n.Canceling + n.Done + n.Failed + n.Skipped + n.Canceled,
			Waiting: n.Todo, Running: n.Running + n.Canceling, Completed: n.Done, Failed: n.Failed, Skipped: n.Skipped, Canceled: n.Canceled,
		},
		CalculatedDuration: penstock.FromTime(took.Truncate(time.Second)).String(),
		ActualTime:         actualTime{stamp(s.Started), stamp(s.Ended)},
	}
}

// planned shows when something is meant to happen. Whatever is known of it, all of it is.
func planned(t releaseplan.PlannedTime) plannedTime {
	end := t.Finish()
	out := plannedTime{Start: stamp(t.Start), End: stamp(end)}
	var length penstock.Duration
	switch {
	case !t.Start.IsZero() && !end.IsZero():
		length = penstock.FromTime(end.Truncate(time.Second).Sub(t.Start.Truncate(time.Second)))
	case t.Duration != nil:
		length = *t.Duration
	default:
		return out
	}
	text := length.String()
	out.Duration = &text
	return out
}

const timeLayout = "2006-01-02T15:04:05Z"

// stamp writes a time as this API does: in UTC, in whole seconds. What is not known is nil, and so
// is what lies behind the last year that can be written.
func stamp(t time.Time) *string {
	if t = t.UTC(); t.IsZero() || t.Year() > 9999 || t.Year() < 0 {
		return nil
	}
	text := t.Format(timeLayout)
	return &text
}

// stampUp is stamp of the first whole second at or after a time: before it, the time has not come.
func stampUp(t time.Time) *string {
	if whole := instantOf(t); whole.Before(t) {
		return stamp(whole.Add(time.Second))
	}
	return stamp(t)
}

func variables(all []releaseplan.Variable) []variable {
	out := make([]variable, len(all))
	for i, x := range all {
		out[i] = variable{x.Name, x.Value}
		if x.Secret {
			out[i].Value = ""
			if x.Digest != "" {
				out[i].Value = secretMask
			}
		}
	}
	return out
}
