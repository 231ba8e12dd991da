package releaseplan

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/excerpt"
)

// How much of a notice people read.
const (
	maxWhy    = 1_000 // characters of a remark
	titleWhy  = 100   // of a remark in a title
	titleName = 100   // of a name
	textNames = 20    // names of phases or tasks in a text
)

// A verb is what happened, said of one thing or of many.
type verb struct{ one, many string }

var (
	started  = verb{"started", "started"}
	failed   = verb{"failed", "failed"}
	finished = verb{"finished", "finished"}
	canceled = verb{"was canceled", "were canceled"}
	expired  = verb{"expired", "expired"}
)

// why returns the reason of the change, as who made it said it.
func (t *telling) why() string {
	switch c := t.change; {
	case c.Remark != "":
		return c.Remark
	case c.Kind == TaskEnded && c.Status != nil && len(c.Status.Attempts) > 0:
		return c.Status.Attempts[len(c.Status.Attempts)-1].Error
	case c.Kind == PlanMoved && c.Action == fail && t.was.st.State != Running && t.was.st.Gate != nil:
		return t.was.st.Gate.Note
	case c.Kind == PlanMoved && c.Action == lapse:
		return "no decision in time"
	default:
		return ""
	}
}

// title tells a notice in one line.
func (t *telling) title(n *notice, why string) string {
	var b strings.Builder
	plan := quoted(t.now.Name())
	switch {
	case n.on == onPlan:
		fmt.Fprintf(&b, "Plan %s %s", plan, n.what.one)
	case len(n.refs) > 1:
		fmt.Fprintf(&b, "%d %ss of plan %s %s", len(n.refs), n.on, plan, n.what.many)
	case n.on == onPhase:
		fmt.Fprintf(&b, "Phase %s of plan %s %s", quoted(t.name(n.on, n.refs[0])), plan, n.what.one)
	default:
		fmt.Fprintf(&b, "Task %s of plan %s %s", quoted(t.name(n.on, n.refs[0])), plan, n.what.one)
	}
	if n.event == EventFailed && why != "" {
		fmt.Fprintf(&b, ": %s", excerpt.Line(why, titleWhy))
	}
	return b.String()
}

// text tells a notice line by line.
func (t *telling) text(n *notice, why string) string {
	var b strings.Builder
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%s: %s\n", label, fmt.Sprintf(format, args...))
	}
	p := t.now
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf(" (number %d)", n)
	}
	line("Plan", "%s%s is %s", excerpt.Line(p.Name(), titleName), number(p.number), words(string(p.st.State)))
	switch {
	case n.on == onPlan:
	case len(n.refs) > 1:
		var names []string
		for _, r := range n.refs[:min(textNames, len(n.refs))] {
			names = append(names, excerpt.Line(t.name(n.on, r), titleName))
		}
		if more := len(n.refs) - len(names); more > 0 {
			names = append(names, fmt.Sprintf("and %d more", more))
		}
		line(strings.ToUpper(string(n.on[:1]))+string(n.on[1:])+"s", "%s", strings.Join(names, ", "))
	default:
		phase := p.phaseOf(n.on, n.refs[0])
		line("Phase", "%s%s", excerpt.Line(phase.Name, titleName), number(phase.Number))
		if n.on == onTask {
			task := p.def.task(n.refs[0])
			line("Task", "%s%s", excerpt.Line(task.Name, titleName), number(task.Number))
		}
	}
	if n.milestone != nil {
		line("Milestone", "%s", excerpt.Line(n.milestone.Name, titleName))
	}
	if n.safeguard != nil {
		line("Safeguard", "%s", excerpt.Line(n.safeguard.Name, titleName))
	}
	if by := t.change.By; by.ID != penstock.SystemID && !by.IsZero() {
		line("By", "%s", excerpt.Line(by.Label(), titleName))
	}
	line("At", "%s", t.change.At.Format(time.RFC3339))
	if why != "" {
		line("Remark", "%s", why)
	}
	return b.String()
}

// name returns the name of a phase or task.
func (t *telling) name(on scope, r taskRef) string {
	if on == onPhase {
		return t.now.def.phases[r.phase].Name
	}
	return t.now.def.task(r).Name
}

func quoted(name string) string { return `"` + excerpt.Line(name, titleName) + `"` }
