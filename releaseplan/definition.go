package releaseplan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/penstock-go/penstock"
)

// A definition is one version of a plan's content, checked, with all ids given,
// and made ready for quick questions. It is immutable and shared between plans.
type definition struct {
	content Content // not to be handed out without clone
	version int64   // 1 for a new plan, then one more with each effective edit
	hash    string  // what an approval is bound to
	phases  []*phaseDef
	index   map[string]taskRef // by task id
	names   []map[string][]int // places by name, of each phase; while needs are looked up
	raw     []byte             // the content without its phases, as JSON
	exposed []bool             // of each milestone: an enabled Expose task starts it
}

// A phaseDef is the definition of one phase.
type phaseDef struct {
	*Phase
	needs [][]taskRef // of each task
	own   []int       // the places of its Wait and Expose tasks, which start without a Runner
	kinds int         // how many kinds of task it has
	raw   []byte      // the phase as JSON

	listened bool  // it or a task of it has a listener
	awaited  bool  // it has one that hears when somebody is waited for
	awaiting []int // the places of tasks that have such a one
}

// A taskRef is the position of a task.
type taskRef struct{ phase, task int }

func (a taskRef) before(b taskRef) bool {
	return a.phase < b.phase || a.phase == b.phase && a.task < b.task
}

func (d *definition) task(r taskRef) *Task { return &d.content.Phases[r.phase].Tasks[r.task] }

// define checks content and makes a definition of it. Content is taken over:
// the caller gives up its own. Missing ids follow from the plan's id and the
// version, so that deciding the same twice gives the same ones.
func define(c Content, planID string, version int64) (*definition, error) {
	var v validator
	if !v.content(&c) {
		return nil, errors.Join(v.faults...)
	}
	c.normalize(fmt.Sprintf("%s/%d", planID, version))
	d := &definition{content: c, version: version}
	d.findNeeds(&v)
	if err := errors.Join(v.faults...); err != nil {
		return nil, err
	}
	if n := d.content.tasks(); len(d.index) != n { // one was given that was about to be made
		return nil, penstock.Invalid("phases", "%d tasks have %d ids", n, len(d.index))
	}
	for i, x := range d.content.Variables {
		if x.Secret && x.Value != "" {
			return nil, penstock.Invalid(fmt.Sprintf("variables[%d].value", i), "a secret value is no part of the content")
		}
	}
	d.encode(&v)
	if err := errors.Join(v.faults...); err != nil {
		return nil, err
	}
	return d, nil
}

// findNeeds finds what the tasks need, and faults in it.
func (d *definition) findNeeds(v *validator) {
	d.index = make(map[string]taskRef)
	for i := range d.content.Phases {
		for j, t := range d.content.Phases[i].Tasks {
			d.index[t.ID] = taskRef{i, j}
		}
	}
	d.names = make([]map[string][]int, len(d.content.Phases))
	for i := range d.content.Phases {
		d.phases = append(d.phases, d.phase(v, i))
	}
	d.findExposed()
	d.cycles(v)
	d.names = nil
}

// normalize gives ids and defaults and cuts times.
func (c *Content) normalize(scope string) {
	c.Planned.normalize()
	if w := c.Window; w != nil && *w == (Window{}) {
		c.Window = nil
	} else if w != nil {
		w.Start, w.End = instant(w.Start), instant(w.End)
	}
	c.Start.At = instant(c.Start.At)
	for i := range c.Variables {
		if v := &c.Variables[i]; !v.Secret {
			v.Digest = ""
		}
	}
	c.normalizeMilestones(scope)
	for i := range c.Phases {
		p := &c.Phases[i]
		giveID(&p.ID, scope, "phase", i, 0)
		if p.Kind == "" {
			p.Kind = Sequential
		}
		for j := range p.Tasks {
			t := &p.Tasks[j]
			giveID(&t.ID, scope, "task", i, j)
			if t.Kind == "" {
				t.Kind = Manual
			}
			if t.Planned.normalize(); t.Planned != nil && *t.Planned == (PlannedTime{}) {
				t.Planned = nil
			}
		}
	}
}

func giveID(id *string, scope, kind string, i, j int) {
	if *id == "" {
		*id = uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "penstock:%s/%s/%d/%d", scope, kind, i, j)).String()
	}
}

// phase checks one phase's needs, as ids, and makes its definition.
func (d *definition) phase(v *validator, i int) *phaseDef {
	p := &phaseDef{Phase: &d.content.Phases[i]}
	p.survey()
	for j := range p.Tasks {
		t := &p.Tasks[j]
		for k, need := range t.Needs[:min(len(t.Needs), MaxNeeds)] { // more was refused before
			ref, why := d.find(need, taskRef{i, j})
			if why == "" && ref != (taskRef{i, j}) && (ref.phase > i || p.Kind == Sequential && ref.phase == i && ref.task > j) {
				why = fmt.Sprintf("makes a cycle: %s → %s, which comes later", d.label(taskRef{i, j}), d.label(ref))
			}
			if why != "" {
				v.fault(fmt.Sprintf("phases[%d].tasks[%d].needs[%d]", i, j, k), "%s", why)
				continue
			}
			t.Needs[k] = d.task(ref).ID
			p.needs[j] = append(p.needs[j], ref)
		}
	}
	return p
}

// survey notes what is asked often of a phase's tasks.
func (p *phaseDef) survey() {
	p.needs = make([][]taskRef, len(p.Tasks))
	kinds := make(map[string]bool)
	for j := range p.Tasks {
		kinds[p.Tasks[j].Kind] = true
		if p.Tasks[j].Kind == Wait || p.Tasks[j].Kind == Expose {
			p.own = append(p.own, j)
		}
	}
	p.kinds = len(kinds)
	p.surveyListeners()
}

// surveyListeners notes who listens to what, so that a plan to which nobody
// listens pays nothing.
func (p *phaseDef) surveyListeners() {
	waiting := func(l Listener) bool { return l.Event == EventWaiting }
	p.listened, p.awaited = len(p.Listeners) > 0, slices.ContainsFunc(p.Listeners, waiting)
	for j := range p.Tasks {
		p.listened = p.listened || len(p.Tasks[j].Listeners) > 0
		if slices.ContainsFunc(p.Tasks[j].Listeners, waiting) {
			p.awaiting = append(p.awaiting, j)
		}
	}
}

// find resolves a need: an id, or a name that only one task bears in the same
// phase or, failing that, in an earlier one.
func (d *definition) find(need string, from taskRef) (ref taskRef, why string) {
	if ref, ok := d.index[need]; ok {
		return ref, ""
	}
	for phase := from.phase; phase >= 0; phase-- {
		switch found := d.named(phase)[need]; {
		case len(found) > 1:
			return taskRef{}, fmt.Sprintf("%q is the name of %d tasks; use an id", short(need), len(found))
		case len(found) == 1:
			return taskRef{phase, found[0]}, ""
		}
	}
	return taskRef{}, fmt.Sprintf("%q is no task of this phase or an earlier one", short(need))
}

// named returns the places of a phase's tasks by name.
func (d *definition) named(phase int) map[string][]int {
	if d.names[phase] == nil {
		d.names[phase] = make(map[string][]int)
		for j, t := range d.content.Phases[phase].Tasks {
			d.names[phase][t.Name] = append(d.names[phase][t.Name], j)
		}
	}
	return d.names[phase]
}

// label names a task for people.
func (d *definition) label(r taskRef) string { return fmt.Sprintf("%q", d.task(r).Name) }

// cycles reports each task from which the needs lead back to itself. What leads
// to a later phase was refused before, so a cycle lies within one phase.
func (d *definition) cycles(v *validator) {
	for i, p := range d.phases {
		state := make([]byte, len(p.Tasks)) // 1: on the path, 2: done
		var path []int
		var visit func(int)
		const told = 10 // cycles of a phase: there can be very many
		found := 0
		visit = func(j int) {
			state[j] = 1
			path = append(path, j)
			for _, need := range p.needs[j] {
				switch {
				case found == told || need.phase != i || state[need.task] == 2:
				case state[need.task] == 1:
					var names []string
					for _, k := range append(path[slices.Index(path, need.task):], need.task) {
						names = append(names, d.label(taskRef{i, k}))
					}
					if n := len(names); n > 20 {
						names = slices.Concat(names[:10], []string{"…"}, names[n-9:])
					}
					found++
					v.fault(fmt.Sprintf("phases[%d].tasks[%d].needs", i, j), "makes a cycle: %s", strings.Join(names, " → "))
				default:
					visit(need.task)
				}
			}
			path = path[:len(path)-1]
			state[j] = 2
		}
		for j := range p.Tasks {
			if state[j] == 0 {
				visit(j)
			}
		}
	}
}
