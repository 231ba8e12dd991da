package releaseplan

import "encoding/json"

// A Delta is what has to be done to a content to make another one of it: see
// [Diff] and [Patch]. The empty Delta changes nothing.
type Delta []Difference

// A Difference is one thing in which two contents differ: a part that came, went or
// moved, or one member of a part that has another value.
//
// Its path names parts by what they are known by and not by their places:
//
//	window                                  a member of the plan
//	labels.team, approval.timeout           a member of such a member
//	phases[<id>].tasks[<id>]                a part: of phases, tasks, milestones, strategies, safeguards
//	phases[<id>].tasks[<id>].spec["my key"] a member of a part
//	variables[region].value, gates[finalize].timeout, listeners[failed].recipients
//
// A part without an id is known by its name in quotes; the second of the same name has #2 behind it.
type Difference struct {
	Path   string          `json:"path"`
	Kind   DifferenceKind  `json:"kind"`
	Label  string          `json:"label,omitempty"`  // the part for people: phase "production" › task "deploy"; of the plan itself: empty
	Before json.RawMessage `json:"before,omitempty"` // canonical JSON; nil: it was not there, or is secret
	After  json.RawMessage `json:"after,omitempty"`  // canonical JSON; nil: it is not there any more, or is secret
	From   *Place          `json:"from,omitempty"`   // of a part that moved or was removed
	To     *Place          `json:"to,omitempty"`     // of a part that moved or was added
}

// A Place is where a part stands in its list.
type Place struct {
	At int    `json:"at"`           // from 0
	In string `json:"in,omitempty"` // path of the phase, of a task that went to another one
	Of string `json:"of,omitempty"` // the name of that phase, for people
}

// A DifferenceKind says what became of something.
type DifferenceKind string

// The kinds of differences.
const (
	Added   DifferenceKind = "added"   // a part with all that is in it but tasks, or a member
	Removed DifferenceKind = "removed" // likewise
	Moved   DifferenceKind = "moved"   // a part, within its list, or a task to another phase
	Renamed DifferenceKind = "renamed" // name, or title of a strategy
	Retimed DifferenceKind = "retimed" // when it is to happen, and how long it is to take: not how long it may
	Changed DifferenceKind = "changed" // any other member
)

// Diff tells in what b differs from a, always in the same order: see [Difference].
// Parts are compared with those of the same id, wherever they stand; tasks also across phases. As
// few parts as possible are moved. Contents that plans hold to be the same have
// no differences, and Patch(a, Diff(a, b)) is the same as b for all that are valid.
//
// The value of a secret variable is never told, only that it changed: by its digest or, of a value
// that has not entered a plan yet, without anything. Patch leaves such a value unset.
func Diff(a, b Content) Delta {
	before, after := outline(&a), outline(&b)
	d := differ{was: before.tasks, is: after.tasks}
	d.pair("", "", before.plan, after.plan)
	return d.all
}

// A differ collects differences.
type differ struct {
	all     Delta
	was, is map[string]*part // the tasks of all phases, before and after
}

// pair compares a part with what became of it.
func (d *differ) pair(path, label string, a, b *part) {
	if !a.same(b) {
		d.members(path, label, a, b)
	}
	for _, name := range a.listNames() {
		if x, y := a.list(name), b.list(name); x != nil || y != nil {
			d.list(path, label, name, x, y)
		}
	}
}

// list compares two lists of parts; either may be nil.
func (d *differ) list(path, label, name string, a, b *partList) {
	was, is := d.was, d.is
	if name != "tasks" {
		was, is = a.byIdent(), b.byIdent()
	}
	for _, p := range a.all() {
		if is[p.ident] != nil {
			continue
		}
		at, of := p.path(path, name), p.label(label)
		d.add(Difference{Path: at, Kind: Removed, Label: of, Before: canonicalOf(p.whole()), From: &Place{At: p.at}})
		if name == "phases" {
			d.list(at, of, "tasks", p.list("tasks"), nil)
		}
	}
	moved := movedParts(a, b, was)
	for _, p := range b.all() {
		old := was[p.ident]
		if old != nil && !moved[p] && len(old.lists)+len(p.lists) == 0 && old.same(p) {
			continue // as nearly all are
		}
		at, of := p.path(path, name), p.label(label)
		switch {
		case old == nil:
			d.add(Difference{Path: at, Kind: Added, Label: of, After: canonicalOf(p.whole()), To: &Place{At: p.at}})
			if name == "phases" {
				d.list(at, of, "tasks", nil, p.list("tasks"))
			}
			continue
		case moved[p]:
			from := Place{At: old.at}
			if old.in.of.ident != p.in.of.ident {
				from.In, from.Of = old.in.of.path("", "phases"), short(old.in.of.name)
			}
			d.add(Difference{Path: at, Kind: Moved, Label: of, From: &from, To: &Place{At: p.at}})
		}
		d.pair(at, of, old, p)
	}
}

func (d *differ) add(x Difference) { d.all = append(d.all, x) }

// movedParts returns the parts of b that do not stand where they stood before among
// those that were in the list a: as few as possible.
func movedParts(a, b *partList, was map[string]*part) map[*part]bool {
	moved := make(map[*part]bool)
	var stayed []*part
	var places []int
	ordered := true
	for _, p := range b.all() {
		switch old := was[p.ident]; {
		case old == nil:
		case old.in != a:
			moved[p] = true
		default:
			ordered = ordered && (len(places) == 0 || places[len(places)-1] < old.at)
			stayed, places = append(stayed, p), append(places, old.at)
		}
	}
	if ordered {
		return moved
	}
	keep := longestRising(places)
	for i, p := range stayed {
		if len(keep) > 0 && keep[0] == i {
			keep = keep[1:]
		} else {
			moved[p] = true
		}
	}
	return moved
}

// longestRising returns the places of a longest rising subsequence of numbers.
func longestRising(numbers []int) []int {
	var ends []int // place of the smallest number that ends a rising subsequence of each length
	before := make([]int, len(numbers))
	for i, n := range numbers {
		low, high := 0, len(ends)
		for low < high {
			if mid := (low + high) / 2; numbers[ends[mid]] < n {
				low = mid + 1
			} else {
				high = mid
			}
		}
		before[i] = -1
		if low > 0 {
			before[i] = ends[low-1]
		}
		if low == len(ends) {
			ends = append(ends, i)
		} else {
			ends[low] = i
		}
	}
	if len(ends) == 0 {
		return nil
	}
	rising := make([]int, len(ends))
	for i, at := len(ends)-1, ends[len(ends)-1]; i >= 0; i, at = i-1, before[at] {
		rising[i] = at
	}
	return rising
}
