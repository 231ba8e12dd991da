package releaseplan

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/penstock-go/penstock/internal/canonical"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// membersOf are the members of a JSON object.
type membersOf map[string]json.RawMessage

// read returns the members of a part, or of an object.
func members(v any) membersOf {
	raw, ok := v.(json.RawMessage)
	if !ok {
		raw = canonicalOf(v)
	}
	m := make(membersOf)
	if json.Unmarshal(raw, &m) != nil || m == nil {
		return membersOf{}
	}
	return m
}

// canonicalOf returns the canonical JSON of a value. What has none is no valid content.
func canonicalOf(v any) json.RawMessage {
	raw, err := canonical.JSON(v)
	if err != nil {
		raw, _ = json.Marshal(map[string]string{"error": err.Error()})
	}
	return raw
}

// names returns the names of the members of both, each once: name first, for it tells most.
func names(a, b membersOf) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	sorted := slices.Sorted(maps.Keys(all))
	if i := slices.Index(sorted, "name"); i > 0 {
		sorted = slices.Insert(slices.Delete(sorted, i, i+1), 0, "name")
	}
	return sorted
}

// Members that are compared member by member. Of the first ones, to be empty is not to be there.
func isTable(member string) bool  { return member == "labels" || member == "parameters" }
func isObject(member string) bool { return isTable(member) || member == "spec" || member == "approval" }

// members compares a part with what became of it, but for their lists.
func (d *differ) members(path, label string, a, b *part) {
	x, y := members(a.bare()), members(b.bare())
	d.secret(path, label, a, b, x, y)
	for _, name := range names(x, y) {
		before, after := x[name], y[name]
		at := memberPath(path, name)
		if isObject(name) && (isTable(name) || before != nil && after != nil) {
			inA, inB := members(before), members(after)
			for _, inner := range names(inA, inB) {
				d.member(Difference{Path: memberPath(at, inner), Label: label, Before: inA[inner], After: inB[inner]}, b.kindOf(name))
			}
			continue
		}
		d.member(Difference{Path: at, Label: label, Before: before, After: after}, b.kindOf(name))
	}
}

// member adds a difference if there is one. Both values are canonical.
func (d *differ) member(x Difference, kind DifferenceKind) {
	switch {
	case string(x.Before) == string(x.After):
		return
	case x.Before == nil:
		x.Kind = Added
	case x.After == nil:
		x.Kind = Removed
	default:
		x.Kind = kind
	}
	d.add(x)
}

// kindOf says what it is if a member has another value.
func (p *part) kindOf(member string) DifferenceKind {
	switch member {
	case "name":
		if _, ok := p.value.(*rollout.Strategy); ok {
			return Changed // another rule
		}
		return Renamed
	case "title":
		return Renamed
	case "planned_time", "planned_duration", "at", "after":
		return Retimed
	case "window", "start":
		if _, ok := p.value.(*Content); ok {
			return Retimed
		}
	case "spec":
		if t, ok := p.value.(*Task); ok && t.Kind == Wait {
			return Retimed
		}
	}
	return Changed
}

// secret tells that the value of a variable changed that is secret, or was, and
// takes what is not to be told out of its members.
func (d *differ) secret(path, label string, a, b *part, x, y membersOf) {
	was, ok := a.value.(*Variable)
	is, _ := b.value.(*Variable)
	if !ok || !was.Secret && !is.Secret {
		return
	}
	delete(x, "value")
	delete(y, "value")
	if was.Value == is.Value {
		return
	}
	told := Difference{Path: memberPath(path, "value"), Kind: Changed, Label: label}
	if !is.Secret && is.Value != "" {
		told.After = canonicalOf(is.Value)
	}
	d.add(told)
}

// Secret reports whether it tells of a secret value that it changed, and no more: Before and
// After are digests or nothing.
func (d Difference) Secret() bool {
	steps, ok := parsePath(d.Path)
	if !ok || len(steps) != 2 || steps[0].name != "variables" {
		return false
	}
	return steps[1].name == "digest" || steps[1].name == "value" && d.Kind == Changed && d.Before == nil
}
