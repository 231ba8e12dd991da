package releaseplan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/canonical"
)

// edit makes content the plan's content, or says what is wrong with it. Content
// is the transition's own. One that changes nothing changes nothing.
func (t *transition) edit(content Content) error {
	p := t.p
	secrets := seal(content.Variables, p.key)
	keepDigests(content.Variables, p.def.content.Variables, secrets)
	if content.Owner.IsZero() {
		content.Owner = p.def.content.Owner
	}
	if err := p.foreign(&content); err != nil {
		return err
	}
	if p.rollout().Live != "" && !sameJSON(content.Target, p.def.content.Target) {
		return penstock.Invalid("target", "is being served: stop the rollout first")
	}
	p.keepNumbers(&content)
	next, err := define(content, p.id, p.def.version+1)
	if err != nil {
		return err
	}
	if err := p.jumps(next, t.at); err != nil {
		return err
	}
	if p.st.State != Draft {
		if err := p.underWay(next); err != nil {
			return err
		}
		q := *p
		q.def = next
		if err := q.Lint(); err != nil { // what goes on is not finalized again
			return err
		}
	}
	rev := revise(p.def, next)
	if rev == nil {
		return nil
	}
	if err := t.record(Change{Kind: PlanEdited, Action: t.command.Action, Remark: t.command.Remark, Revision: rev, def: next}); err != nil {
		return err
	}
	t.p.secrets = secrets
	return nil
}

// setVariables gives existing variables new values.
func (t *transition) setVariables() error {
	content := t.p.Content()
	var v validator
	seen := make(map[string]bool, len(t.command.Variables))
	for i, x := range t.command.Variables {
		at := slices.IndexFunc(content.Variables, func(have Variable) bool { return have.Name == x.Name })
		switch {
		case at < 0:
			v.fault(fmt.Sprintf("variables[%d].name", i), "there is no variable %q", short(x.Name))
		case seen[x.Name]:
			v.fault(fmt.Sprintf("variables[%d].name", i), "%q is there already", short(x.Name))
		default:
			content.Variables[at].Value = x.Value
		}
		seen[x.Name] = true
	}
	if err := errors.Join(v.faults...); err != nil {
		return err
	}
	return t.edit(content)
}

// keepDigests gives secret variables that were not set the digests they had:
// nobody but the plan makes one.
func keepDigests(vars, before []Variable, set map[string]string) {
	known := make(map[string]string, len(before))
	for _, v := range before {
		if v.Secret {
			known[v.Name] = v.Digest
		}
	}
	for i := range vars {
		if v := &vars[i]; v.Secret {
			if _, ok := set[v.Name]; !ok {
				v.Digest = known[v.Name]
			}
		}
	}
}

// foreign reports ids that were not in the plan before: new parts have none.
func (p *Plan) foreign(c *Content) error {
	var v validator
	phases := make(map[string]bool, len(p.def.phases))
	for _, phase := range p.def.phases {
		phases[phase.ID] = true
	}
	for i := range c.Phases {
		if id := c.Phases[i].ID; id != "" && !phases[id] {
			v.fault(fmt.Sprintf("phases[%d].id", i), "%q is no phase of the plan; leave the id of a new one empty", short(id))
		}
		for j := range c.Phases[i].Tasks {
			if id := c.Phases[i].Tasks[j].ID; id != "" {
				if _, ok := p.def.index[id]; !ok {
					v.fault(fmt.Sprintf("phases[%d].tasks[%d].id", i, j), "%q is no task of the plan; leave the id of a new one empty", short(id))
				}
			}
		}
	}
	return errors.Join(v.faults...)
}

// keepNumbers gives parts that were in the plan before the numbers they had.
func (p *Plan) keepNumbers(c *Content) {
	numbers := make(map[string]int64, len(p.def.index))
	for i := range p.def.content.Phases {
		phase := &p.def.content.Phases[i]
		numbers[phase.ID] = phase.Number
		for j := range phase.Tasks {
			numbers[phase.Tasks[j].ID] = phase.Tasks[j].Number
		}
	}
	for i := range c.Phases {
		phase := &c.Phases[i]
		if n, ok := numbers[phase.ID]; ok {
			phase.Number = n
		}
		for j := range phase.Tasks {
			if n, ok := numbers[phase.Tasks[j].ID]; ok {
				phase.Tasks[j].Number = n
			}
		}
	}
}

// underWay reports what an edit may not touch in a plan that is paused or failed:
// everything but name, description, owner, folder, labels, listeners, variables,
// safeguards, milestones behind the one that is live, and tasks and phases behind
// the last one that is settled or under way. Before
// that one, a task that is still to be done may change, but not its place.
func (p *Plan) underWay(next *definition) error {
	var v validator
	a, b := &p.def.content, &next.content
	for _, part := range []struct {
		field string
		same  bool
	}{
		{"window", sameJSON(a.Window, b.Window)}, {"start", sameJSON(a.Start, b.Start)},
		{"approval", sameJSON(a.Approval, b.Approval)}, {"gates", sameJSON(a.Gates, b.Gates)},
		{"target", sameJSON(a.Target, b.Target)}, {"planned_time", sameJSON(a.Planned, b.Planned)},
	} {
		if !part.same {
			v.fault(part.field, "can be edited only in a draft: reopen the plan first")
		}
	}
	for i := 0; i <= p.livePlace(); i++ {
		if i >= len(b.Milestones) || !sameJSON(a.Milestones[i], b.Milestones[i]) {
			v.fault(fmt.Sprintf("milestones[%d]", i), "is live, or comes before the one that is: it stays as it is")
		}
	}
	last := taskRef{-1, -1}
	for i, s := range p.phases {
		for j := range p.def.phases[i].Tasks {
			if state := s.task(j).State; state.settled() || state.active() {
				last = taskRef{i, j}
			}
		}
	}
	for i := 0; i <= last.phase; i++ {
		v.keepsPlace(p, next, i, last)
	}
	return errors.Join(v.faults...)
}

// keepsPlace checks one phase that has begun.
func (v *validator) keepsPlace(p *Plan, next *definition, i int, last taskRef) {
	path := fmt.Sprintf("phases[%d]", i)
	before := p.def.phases[i]
	if i >= len(next.phases) || next.phases[i].ID != before.ID || next.phases[i].Kind != before.Kind {
		v.fault(path, "has begun: it keeps its place and kind")
		return
	}
	after := next.phases[i]
	for j := range before.Tasks {
		r := taskRef{i, j}
		if last.before(r) {
			return
		}
		where := fmt.Sprintf("%s.tasks[%d]", path, j)
		switch state := p.task(r).State; {
		case j >= len(after.Tasks) || after.Tasks[j].ID != before.Tasks[j].ID:
			v.fault(where, "stands before a task that is settled or under way: it keeps its place")
			return
		case (state.settled() || state.active()) && !sameTask(p.def, r, next, r):
			v.fault(where, "is %s: its content stays", state)
		}
	}
	if i < last.phase && len(after.Tasks) > len(before.Tasks) {
		v.fault(fmt.Sprintf("%s.tasks[%d]", path, len(before.Tasks)), "stands before a task that is settled or under way: what is new comes behind it")
	}
}

// sameTask reports whether a task says the same in two definitions, wherever it
// and what it needs stand in them.
func sameTask(a *definition, x taskRef, b *definition, y taskRef) bool {
	s, t := a.hashedTask(x), b.hashedTask(y)
	s.Needs, t.Needs = a.task(x).Needs, b.task(y).Needs
	return sameJSON(s, t)
}

// sameJSON reports whether two parts of content say the same.
func sameJSON(a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && sameText(x, y)
}

// sameText reports whether two JSON texts mean the same.
func sameText(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, err := canonical.Transform(a)
	if err != nil {
		return false
	}
	y, err := canonical.Transform(b)
	return err == nil && bytes.Equal(x, y)
}
