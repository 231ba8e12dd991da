package template

import (
	"fmt"
	"strings"

	"github.com/penstock-go/penstock/internal/fault"
	"github.com/penstock-go/penstock/releaseplan"
)

// uses are where the content holds what.
type uses struct {
	known      map[string]*Parameter
	of         map[string][]fmt.Stringer // where parameters are, but for secret variables: the first of each
	secret     map[string]bool           // parameters that secret variables take
	touched    map[string]bool           // paths that placeholders are in, and those that are bound
	around     map[string]bool           // paths of what is judged as a whole, if a part of it is touched
	timely     bool                      // a time of the plan as a whole is bound
	milestones bool                      // a milestone has its name from a choice
	tasks      bool                      // a task has
}

// uses looks for placeholders, and for faults in them.
func (t *Template) uses(v *validator, c *releaseplan.Content) *uses {
	u := &uses{known: make(map[string]*Parameter, len(t.Parameters)), of: make(map[string][]fmt.Stringer), secret: make(map[string]bool),
		touched: make(map[string]bool), around: make(map[string]bool)}
	for i := range t.Parameters {
		u.known[t.Parameters[i].Name] = &t.Parameters[i]
	}
	text := func(at *place, s string) string {
		for _, name := range names(s) {
			u.touch(at, name)
			switch {
			case u.known[name] != nil || name == FeatureName && at.isGroup() || v.full():
			case name == FeatureName:
				v.fault(fault.Under("content", at.String()), "{{%s}} is filled in only in the %s of strategies; write {{!%s}} for the braces themselves", name, groupID, name)
			default:
				v.fault(fault.Under("content", at.String()), "{{%s}} is no parameter; write {{!%s}} for the braces themselves", clip(name), clip(name))
			}
		}
		return s
	}
	(&visitor{
		text:  text,
		exact: func(at *place, s string) any { return text(at, s) },
		key: func(at *place, key string) {
			for _, name := range names(key) {
				if u.known[name] != nil && !v.full() {
					v.fault(fault.Under("content", at.String()), "{{%s}} cannot be filled in in a key", name)
				}
			}
		},
		variable: func(at *place, x *releaseplan.Variable) string {
			for _, name := range names(x.Value) {
				if u.known[name] != nil && !x.Secret {
					u.touch(at, name)
				}
			}
			if x.Secret && x.Value != "" {
				u.takes(v, at, x.Value)
			}
			return x.Value
		},
	}).content(c)
	return u
}

// touch notes a place that holds a placeholder.
func (u *uses) touch(at *place, name string) {
	holder := at.holder()
	u.touched[holder.String()] = true
	switch up := holder.up; {
	case holder.of("milestones", "name"):
		u.milestones = u.milestones || u.chosen(name)
	case holder.of("tasks", "name"):
		u.tasks = u.tasks || u.chosen(name)
	case up != nil && (up.name == "spec" || up.name == "payload") && !up.key:
		u.around[up.String()] = true
	}
	u.note(at, name)
}

func (u *uses) chosen(name string) bool {
	p := u.known[name]
	return p != nil && p.kind() == Choice
}

// bind notes a path that is bound.
func (u *uses) bind(path boundPath, name string) {
	u.touched[string(path)], u.around[parent(string(path))] = true, true
	u.timely = u.timely || timely(string(path))
	u.note(path, name)
}

type boundPath string

func (p boundPath) String() string { return string(p) }

func (u *uses) note(at fmt.Stringer, name string) {
	if len(u.of[name]) < maxFaults {
		u.of[name] = append(u.of[name], at)
	}
}

// takes checks the value of a secret variable: a parameter or nothing.
func (u *uses) takes(v *validator, at *place, value string) {
	found := names(value)
	if len(found) != 1 || value != "{{"+found[0]+"}}" || u.known[found[0]] == nil {
		v.fault(fault.Under("content", at.String()), "a template keeps no secret: name a parameter, {{name}}, or leave it empty")
		return
	}
	u.secret[found[0]] = true
	u.touched[at.String()] = true
}

// secrets makes sure that what a secret variable takes is nowhere else.
func (t *Template) secrets(v *validator, u *uses) {
	for i := range t.Parameters {
		p := &t.Parameters[i]
		if !u.secret[p.Name] {
			continue
		}
		if p.kind() != String {
			v.fault(fmt.Sprintf("parameters[%d].type", i), "must be %s: a secret variable takes this parameter", String)
		}
		if p.Default != nil {
			v.fault(fmt.Sprintf("parameters[%d].default", i), "a template keeps no secret: a secret variable takes this parameter")
		}
		for _, at := range u.of[p.Name] {
			v.fault(fault.Under("content", at.String()), "{{%s}} is the value of a secret variable and can be nowhere else", p.Name)
		}
	}
}

// excuses reports whether real values may make right what is wrong at a path with any sample: the
// path holds a placeholder itself, or depends on one in a way that samples do not show.
func (u *uses) excuses(path string) bool {
	switch {
	case u.around[path], u.timely && timely(path),
		u.milestones && (strings.HasSuffix(path, ".back") || strings.HasSuffix(path, ".spec.milestone")),
		u.tasks && strings.Contains(path, ".needs["):
		return true
	}
	for ; path != ""; path = path[:max(strings.LastIndexAny(path, ".["), 0)] {
		if u.touched[path] {
			return true
		}
	}
	return false
}

// parent returns the path of what a field belongs to; empty for the content itself.
func parent(path string) string { return path[:max(strings.LastIndexByte(path, '.'), 0)] }

// timely reports whether a path is that of a time of the plan as a whole: these are
// compared with each other.
func timely(path string) bool {
	return within(path, "planned_time") || within(path, "window") || within(path, "start")
}
