package template

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// samples returns values of a parameter, the most likely one first.
func (p *Parameter) samples() (all []json.RawMessage) {
	add := func(texts ...string) {
		for _, s := range texts {
			all = append(all, textValue(s).raw)
		}
	}
	if p.Default != nil {
		all = append(all, p.Default)
	}
	switch p.kind() {
	case Number:
		x := 1.0
		if p.Min != nil {
			x = max(x, *p.Min)
		}
		if p.Max != nil {
			x = min(x, *p.Max)
		}
		all = append(all, json.RawMessage(strconv.FormatFloat(x, 'g', -1, 64)))
	case Bool:
		all = append(all, json.RawMessage("true"))
	case Choice:
		add(p.Choices...)
	case Duration:
		add("PT1H")
	case Party:
		all = append(all, json.RawMessage(`{"type":"user","id":"x"}`))
	default:
		add("x", "PT1H", "2000-01-01T00:00:00Z") // a text may also be a time
	}
	return all
}

// rehearse instantiates the template with sample values and tells what is wrong
// with the outcome, but for what real values may make right.
func (t *Template) rehearse(v *validator, u *uses) {
	values := make(map[string]value, len(t.Parameters))
	for i := range t.Parameters {
		p := &t.Parameters[i]
		x, why := p.read(p.samples()[0])
		if why != "" { // of a pattern: any text will do
			x = textValue("x")
		}
		values[p.Name] = x
	}
	a := Arguments{Start: t.anchor()}
	if t.Content.Target == nil {
		a.Target = &releaseplan.Target{Feature: "x", Environment: "x"}
	}
	plain := *t
	plain.Bindings = nil
	c, err := plain.fill(values, a)
	v.nest("content", err)
	if err != nil {
		return
	}
	var bound validator
	t.binds(&bound, &c, (*Parameter).samples)
	v.nest("content", bound.err())
	for _, f := range penstock.Faults(c.Validate()) {
		if !u.explains(f.Field) {
			v.fault(under("content", f.Field), "%s", f.Why)
		}
	}
}

// explains reports whether a fault at a path may be one of the sample values.
func (u *uses) explains(path string) bool {
	byName := strings.HasSuffix(path, ".back") || strings.HasSuffix(path, ".spec.milestone") || strings.Contains(path, ".needs")
	return slices.ContainsFunc(u.touched, func(at string) bool {
		switch {
		case within(at, path), within(path, at):
			return true
		case byName: // what it names may get its name from a parameter
			return strings.HasSuffix(at, ".name")
		default: // fields of one thing are compared with each other
			return timely(at) && timely(path) || parent(at) != "" && parent(at) == parent(path)
		}
	})
}

// parent returns the path of what a field belongs to; empty for the content itself.
func parent(path string) string { return path[:max(strings.LastIndexByte(path, '.'), 0)] }

// timely reports whether a path is that of a time of the plan as a whole: these are
// compared with each other.
func timely(path string) bool {
	return within(path, "planned_time") || within(path, "window") || within(path, "start")
}
