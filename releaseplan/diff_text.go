package releaseplan

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock/internal/fault"
)

// String returns the differences for people, one a line.
func (d Delta) String() string {
	lines := make([]string, len(d))
	for i, x := range d {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

// String returns a line for people: what it is, and small values as they were and are.
func (d Difference) String() string {
	of := d.Label
	if of == "" {
		of = "plan"
	}
	member := d.member()
	if member != "" {
		of += ": " + member
	}
	switch {
	case d.Kind == Moved:
		return "> " + of + d.moveText()
	case d.Secret():
		return "~ " + strings.TrimSuffix(of, ": "+member) + ": secret value changed"
	case d.Kind == Added:
		return "+ " + of + d.valueText(member, d.After)
	case d.Kind == Removed:
		return "- " + of + d.valueText(member, d.Before)
	default:
		return "~ " + of + " " + brief(d.Before) + " → " + brief(d.After)
	}
}

// member returns the path of the member of the part; empty: it is the part itself.
func (d *Difference) member() string {
	path, ok := parsePath(d.Path)
	if !ok {
		return fault.Clip(d.Path, maxBrief)
	}
	var names []string
	for i, s := range path {
		switch {
		case i < len(path) && s.part():
		case s.key == "":
			names = append(names, s.name)
		default:
			names = append(names, s.name+"["+s.key+"]")
		}
	}
	return fault.Clip(strings.Join(names, "."), maxBrief)
}

func (d *Difference) moveText() string {
	if d.From == nil || d.To == nil {
		return ""
	}
	if d.From.In != "" {
		return fmt.Sprintf(" from phase %q, place %d → %d", d.From.Of, d.From.At+1, d.To.At+1)
	}
	return fmt.Sprintf(" from place %d → %d", d.From.At+1, d.To.At+1)
}

// valueText tells the value of a member or a variable; what is in other parts would be too much.
func (d *Difference) valueText(member string, raw json.RawMessage) string {
	if member != "" {
		return " " + brief(raw)
	}
	if value := members(raw)["value"]; value != nil && strings.HasPrefix(d.Path, "variables[") {
		return " " + brief(value)
	}
	return ""
}

const maxBrief = 80 // bytes

// brief tells a value on one line.
func brief(raw json.RawMessage) string {
	raw = canonicalOf(raw) // whoever wrote it
	if len(raw) == 0 || string(raw) == "null" {
		return "nothing"
	}
	if object := members(raw); raw[0] == '{' && len(object) > 0 {
		var all []string
		for _, name := range names(object, nil) {
			all = append(all, name+" "+string(object[name]))
		}
		return "(" + fault.Clip(strings.Join(all, ", "), maxBrief) + ")"
	}
	return fault.Clip(string(raw), maxBrief)
}
