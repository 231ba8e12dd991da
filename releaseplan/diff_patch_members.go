package releaseplan

import (
	"encoding/json"
	"strings"

	"github.com/penstock-go/penstock/internal/canonical"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// change gives a member of a part another value.
func (p *patcher) change(x Difference) error {
	steps, _ := parsePath(x.Path)
	if x.From != nil || x.To != nil {
		return senseless(x.Path, "is a value and has no place")
	}
	var to []pathStep
	for len(steps) > 0 && steps[0].part() {
		to, steps = append(to, steps[0]), steps[1:]
	}
	of, err := p.find(x.Path, to)
	if err != nil {
		return err
	}
	name := steps[0].name
	inner, nested := steps[0].key, steps[0].key != ""
	switch {
	case len(steps) == 2 && !nested && steps[1].key == "":
		inner, nested = steps[1].name, true
	case len(steps) > 1:
		return senseless(x.Path, "is no path of a difference")
	case name == "id" || partWords[name] != "":
		return senseless(x.Path, "is no member that changes")
	}
	if inner, ok := unquoted(inner); !ok {
		return senseless(x.Path, "is no path of a difference")
	} else if nested {
		return p.changeIn(of, x, to, name, inner)
	}
	p.touch(of, to)
	if of.hides(x, name) {
		delete(of.members, name)
		if x.After == nil {
			return nil
		}
		x.Kind = Added
	}
	return of.members.change(x, name)
}

// changeIn gives a member of a member another value.
func (p *patcher) changeIn(of *part, x Difference, to []pathStep, name, inner string) error {
	p.touch(of, to)
	outer, ok := of.members[name]
	if !isObject(name) {
		return senseless(x.Path, "is no path of a difference")
	}
	if !ok && !isTable(name) {
		return misfit(x.Path, "there is no %s", name)
	}
	object := members(outer)
	if err := object.change(x, inner); err != nil {
		return err
	}
	if isTable(name) && len(object) == 0 {
		delete(of.members, name)
		return nil
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return senseless(x.Path, "is not JSON")
	}
	of.members[name] = raw
	return nil
}

// hides reports whether a difference leaves out the value of a variable that was there before.
func (p *part) hides(x Difference, name string) bool {
	_, ok := p.value.(*Variable)
	return ok && name == "value" && x.Kind == Changed && x.Before == nil
}

// touch reads the members of a part that is to change.
func (p *patcher) touch(of *part, to []pathStep) {
	if of.members != nil {
		return
	}
	said := of.bare()
	if v, ok := of.value.(*Variable); ok {
		said = v // with a value that is secret: it stays
	}
	of.members = members(said)
	path := make([]string, len(to))
	for i, s := range to {
		path[i] = s.name + "[" + s.key + "]"
	}
	p.touched = append(p.touched, touch{of, strings.Join(path, ".")})
}

// change gives one of the members another value.
func (m membersOf) change(x Difference, name string) error {
	old, had := m[name]
	switch x.Kind {
	case Added:
		if x.Before != nil || x.After == nil {
			return senseless(x.Path, "what is added was nothing before, and is something")
		}
	case Removed:
		if x.Before == nil || x.After != nil {
			return senseless(x.Path, "what is removed was something, and is nothing after")
		}
	case Renamed, Retimed, Changed:
		if x.Before == nil || x.After == nil {
			return senseless(x.Path, "what is %s has a value before and after", x.Kind)
		}
	default:
		return senseless(x.Path, "a value cannot be %q", short(string(x.Kind)))
	}
	if had != (x.Before != nil) || had && !sameText(old, x.Before) {
		return misfit(x.Path, "has another value")
	}
	if x.After == nil {
		delete(m, name)
		return nil
	}
	after, err := canonical.Transform(x.After)
	if err != nil {
		return senseless(x.Path, "is no JSON that means the same to every reader")
	}
	m[name] = after
	return nil
}

// built returns the part with what is in its lists now, as a pointer.
func (p *part) built() any {
	switch v := p.value.(type) {
	case *Content:
		v.Phases, v.Milestones = builtList[Phase](p.list("phases")), builtList[Milestone](p.list("milestones"))
		v.Safeguards, v.Variables = builtList[Safeguard](p.list("safeguards")), builtList[Variable](p.list("variables"))
		v.Gates, v.Listeners = builtList[Gate](p.list("gates")), builtList[Listener](p.list("listeners"))
	case *Phase:
		v.Tasks, v.Listeners = builtList[Task](p.list("tasks")), builtList[Listener](p.list("listeners"))
	case *Task:
		v.Listeners = builtList[Listener](p.list("listeners"))
	case *Milestone:
		v.Strategies = builtList[rollout.Strategy](p.list("strategies"))
	default: // it has none
	}
	return p.value
}

func builtList[T any](l *partList) []T {
	if len(l.all()) == 0 {
		return nil
	}
	all := make([]T, 0, len(l.parts))
	for _, p := range l.parts {
		if v, ok := p.built().(*T); ok {
			all = append(all, *v)
		}
	}
	return all
}
