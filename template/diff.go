package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// A Difference is one thing in which two templates differ.
type Difference struct {
	Path   string          `json:"path"` // content.milestones["5 %"].after
	Kind   DifferenceKind  `json:"kind"`
	Before json.RawMessage `json:"before,omitempty"` // nil if it was added
	After  json.RawMessage `json:"after,omitempty"`  // nil if it was removed
}

// A DifferenceKind says what became of something.
type DifferenceKind string

// The kinds of differences.
const (
	Added   DifferenceKind = "added"
	Removed DifferenceKind = "removed"
	Changed DifferenceKind = "changed"
)

// String returns a line for people: what it is, and small values as they were and are.
func (d Difference) String() string {
	switch d.Kind {
	case Added:
		return fmt.Sprintf("+ %s: %s", d.Path, brief(d.After))
	case Removed:
		return fmt.Sprintf("- %s: %s", d.Path, brief(d.Before))
	default:
		return fmt.Sprintf("~ %s: %s → %s", d.Path, brief(d.Before), brief(d.After))
	}
}

func brief(raw json.RawMessage) string {
	const most = 60
	if r := []rune(string(raw)); len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(raw)
}

// Diff tells in what b differs from a, always in the same order. Parts of lists, such as phases, tasks, milestones and parameters, are compared
// with those of the same id or else the same name, wherever they stand; that their
// order changed is a difference of its own. The ids and numbers of phases, tasks,
// milestones, strategies and safeguards do not count, nor do the template's own id,
// version and stamps, whether it is archived, and secret values.
func Diff(a, b Template) []Difference {
	var d differ
	d.value("", identified(), treeOf(&a), treeOf(&b))
	return d.all
}

// treeOf returns what is compared of a template.
func treeOf(t *Template) any {
	c := *t
	c.ID, c.Version, c.Archived, c.Created, c.Updated = "", 0, time.Time{}, releaseplan.Stamp{}, releaseplan.Stamp{}
	c.Content.Variables = slices.Clone(c.Content.Variables)
	for i := range c.Content.Variables {
		if v := &c.Content.Variables[i]; v.Secret && !placeholder.MatchString(v.Value) {
			v.Value = ""
		}
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return map[string]any{"error": err.Error()} // no template that is stored
	}
	return parse(raw)
}

func parse(raw []byte) (tree any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil // cannot be: it was just written
	}
	return tree
}

// parts are the lists of a template whose elements get ids and numbers from the
// Service or from a plan. In all else what is called so is content.
type parts map[string]parts

func identified() parts {
	return parts{"content": {"phases": {"tasks": {}}, "milestones": {"strategies": {}}, "safeguards": {}}}
}

// A differ collects differences.
type differ struct{ all []Difference }

func (d *differ) add(path string, kind DifferenceKind, before, after any) {
	x := Difference{Path: path, Kind: kind}
	if kind != Added {
		x.Before, _ = plainJSON(before) // it came from JSON
	}
	if kind != Removed {
		x.After, _ = plainJSON(after)
	}
	d.all = append(d.all, x)
}

func (d *differ) value(path string, where parts, a, b any) {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			d.object(path, where, a, b)
			return
		}
	case []any:
		if b, ok := b.([]any); ok && objects(a) && objects(b) {
			d.list(path, where, a, b)
			return
		}
	}
	if !same(a, b) {
		d.add(path, Changed, a, b)
	}
}

func (d *differ) object(path string, where parts, a, b map[string]any) {
	for _, k := range members(a, b) {
		before, had := a[k]
		after, has := b[k]
		at := keyed(path, k)
		switch {
		case where != nil && (k == "id" || k == "number"):
		case !had && objects(after), !has && objects(before): // part by part
			was, _ := before.([]any)
			is, _ := after.([]any)
			d.list(at, where[k], was, is)
		case !had:
			d.add(at, Added, nil, after)
		case !has:
			d.add(at, Removed, before, nil)
		default:
			d.value(at, where[k], before, after)
		}
	}
}

// list compares the elements of two lists of objects.
func (d *differ) list(path string, where parts, a, b []any) {
	to := match(a, b)
	label := labels(a, b)
	last, moved := -1, false
	from := make(map[int]int, len(to))
	for i, j := range to {
		if j < 0 {
			d.add(path+label(a, i), Removed, a[i], nil)
			continue
		}
		moved = moved || j < last
		last, from[j] = j, i
	}
	for j := range b {
		if i, ok := from[j]; ok {
			d.value(path+label(b, j), where, a[i], b[j])
		} else {
			d.add(path+label(b, j), Added, nil, b[j])
		}
	}
	if moved {
		d.add(path, Changed, order(a), order(b))
	}
}

// order returns the names of the elements.
func order(list []any) []string {
	all := make([]string, len(list))
	for i := range list {
		all[i] = nameOf(list[i])
	}
	return all
}

// labels returns the function that labels an element in a path: by name if it
// has one that is the only one of its list, else by place.
func labels(a, b []any) func(list []any, i int) string {
	count := make(map[string]int)
	for _, list := range [][]any{a, b} {
		seen := make(map[string]bool)
		for _, x := range list {
			if name := nameOf(x); seen[name] {
				count[name] = 2
			} else {
				seen[name] = true
			}
		}
	}
	return func(list []any, i int) string {
		if name := nameOf(list[i]); name != "" && count[name] < 2 {
			return fmt.Sprintf("[%q]", clip(name))
		}
		return fmt.Sprintf("[%d]", i)
	}
}

// nameOf returns what an element is known by.
func nameOf(x any) string {
	m, _ := x.(map[string]any)
	for _, k := range []string{"name", "path", "on", "event", "contextName"} {
		if s, ok := m[k].(string); ok && s != "" {
			return s
		}
	}
	return ""
}

func same(a, b any) bool {
	x, errA := plainJSON(a)
	y, errB := plainJSON(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

// objects reports whether a value is a list of objects with something in it.
func objects(x any) bool {
	list, _ := x.([]any)
	return len(list) > 0 && !slices.ContainsFunc(list, func(x any) bool { _, ok := x.(map[string]any); return !ok })
}

// members returns the members of two objects: names first, for they tell the most.
func members(a, b map[string]any) []string {
	var all []string
	for k := range a {
		all = append(all, k)
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			all = append(all, k)
		}
	}
	slices.SortFunc(all, func(x, y string) int {
		if (x == "name") != (y == "name") {
			if x == "name" {
				return -1
			}
			return 1
		}
		return strings.Compare(x, y)
	})
	return all
}
