package releaseplan

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"

	"github.com/penstock-go/penstock/internal/fault"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A part is a piece of content that differences are told of: the plan itself, or
// what stands in one of its lists.
type part struct {
	value any    // *Content, *Phase, *Task, *Milestone, *rollout.Strategy, *Safeguard, *Variable, *Listener or *Gate
	key   string // what it is known by in its list, as it stands in a path
	ident string // what it is known by among all that it could be: the key, but for a task without an id
	name  string // for people
	at    int    // its place
	in    *partList
	lists []*partList // that are not empty

	members membersOf // while it is patched
	gone    bool      // likewise: it is not where it was
	over    bool      // likewise: it is nowhere any more
}

// A partList is a list of parts.
type partList struct {
	name  string
	of    *part
	parts []*part
	index map[string]*part // by key, while it is patched
}

// A contentOutline is content as parts.
type contentOutline struct {
	plan  *part
	tasks map[string]*part // of all phases, by ident
}

// partLists are the lists of a part, in the order in which they are told of.
func (p *part) listNames() []string {
	switch p.value.(type) {
	case *Content:
		return []string{"phases", "milestones", "safeguards", "variables", "gates", "listeners"}
	case *Phase:
		return []string{"tasks", "listeners"}
	case *Task:
		return []string{"listeners"}
	case *Milestone:
		return []string{"strategies"}
	default:
		return nil
	}
}

// outline takes content apart. The parts point into it.
func outline(c *Content) contentOutline {
	o := contentOutline{plan: &part{value: c}, tasks: make(map[string]*part, c.tasks())}
	o.plan.split(o.tasks)
	for _, phase := range o.plan.list("phases").all() {
		phase.split(o.tasks)
	}
	return o
}

// split makes the lists of a part. Tasks are also put into tasks.
func (p *part) split(tasks map[string]*part) {
	switch v := p.value.(type) {
	case *Content:
		enlist(p, "phases", v.Phases)
		enlist(p, "milestones", v.Milestones)
		enlist(p, "safeguards", v.Safeguards)
		enlist(p, "variables", v.Variables)
		enlist(p, "gates", v.Gates)
		enlist(p, "listeners", v.Listeners)
		for _, m := range p.list("milestones").all() {
			m.split(nil)
		}
	case *Phase:
		enlist(p, "tasks", v.Tasks)
		enlist(p, "listeners", v.Listeners)
		for _, t := range p.list("tasks").all() {
			if t.key[0] != '"' { // an id
				t.ident = t.key
			} else {
				t.ident = p.key + "/" + t.key
			}
			for n, key := 2, t.key; tasks[t.ident] != nil; n++ { // no content that is valid
				t.key = fmt.Sprintf("%s#%d", key, n)
				t.ident = t.key
			}
			tasks[t.ident] = t
			t.split(nil)
		}
	case *Task:
		enlist(p, "listeners", v.Listeners)
	case *Milestone:
		enlist(p, "strategies", v.Strategies)
	default: // it has none
	}
}

// enlist makes the elements of a list parts.
func enlist[T any](of *part, name string, all []T) {
	if len(all) == 0 {
		return
	}
	l, parts, count := &partList{name: name, of: of, parts: make([]*part, len(all))}, make([]part, len(all)), make(map[string]int)
	for i := range all {
		p := &parts[i]
		p.value, p.at, p.in = &all[i], i, l
		p.known()
		if t, ok := p.value.(*Task); !ok || t.ID == "" { // ids of tasks are told apart among all phases
			if count[p.key]++; count[p.key] > 1 {
				p.key += "#" + strconv.Itoa(count[p.key])
			}
		}
		p.ident = p.key
		l.parts[i] = p
	}
	of.lists = append(of.lists, l)
}

// known finds what a part is known by.
func (p *part) known() {
	var id string
	switch v := p.value.(type) {
	case *Phase:
		id, p.name = v.ID, v.Name
	case *Task:
		id, p.name = v.ID, v.Name
	case *Milestone:
		id, p.name = v.ID, v.Name
	case *rollout.Strategy:
		id, p.name = v.ID, cmp.Or(v.Title, v.Name)
	case *Safeguard:
		id, p.name = v.ID, v.Name
	case *Variable:
		id, p.name = v.Name, v.Name
	case *Gate:
		id, p.name = string(v.On), string(v.On)
	case *Listener:
		id, p.name = string(v.Event), string(v.Event)
	default:
	}
	switch {
	case isPlain(id):
		p.key = id
	case id != "":
		p.key = strconv.Quote(id)
	default:
		p.key = strconv.Quote(p.name)
	}
}

// isPlain reports whether a key stands in a path as it is.
func isPlain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if letter := c | 0x20; (letter < 'a' || letter > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return s != ""
}

func (p *part) list(name string) *partList {
	for _, l := range p.lists {
		if l.name == name {
			return l
		}
	}
	return nil
}

func (l *partList) all() []*part {
	if l == nil {
		return nil
	}
	return l.parts
}

func (l *partList) byIdent() map[string]*part {
	m := make(map[string]*part, len(l.all()))
	for _, p := range l.all() {
		m[p.ident] = p
	}
	return m
}

// path returns the path of a part in a list of what is at path in.
func (p *part) path(in, list string) string { return fault.Under(in, list) + "[" + p.key + "]" }

// partWords are what people call parts, by the name of their list.
var partWords = map[string]string{"phases": "phase", "tasks": "task", "milestones": "milestone", "strategies": "strategy",
	"safeguards": "safeguard", "variables": "variable", "gates": "gate", "listeners": "listener"}

// label names a part of what has a label.
func (p *part) label(of string) string {
	s := fmt.Sprintf("%s %q", partWords[p.in.name], short(p.name))
	if of == "" {
		return s
	}
	return of + " › " + s
}

// same reports whether it is plain that two parts are the same but for their
// lists. It may miss it, at the price of another look.
func (p *part) same(q *part) bool {
	switch a := p.value.(type) {
	case *Task:
		b, ok := q.value.(*Task)
		return ok && a.same(b)
	case *Variable:
		b, ok := q.value.(*Variable)
		return ok && *a == *b
	case *rollout.Strategy, *Safeguard, *Listener, *Gate:
		return reflect.DeepEqual(a, q.value)
	default:
		return false
	}
}

// same compares two tasks but for their listeners.
func (t *Task) same(u *Task) bool {
	return t.ID == u.ID && t.Number == u.Number && t.Name == u.Name && t.Description == u.Description && t.Owner == u.Owner &&
		t.Kind == u.Kind && string(t.Spec) == string(u.Spec) && t.Start == u.Start && slices.Equal(t.Needs, u.Needs) && t.Class == u.Class &&
		t.Timeout == u.Timeout && t.Retry == u.Retry && t.Crash == u.Crash && t.Disabled == u.Disabled && samePlanned(t.Planned, u.Planned)
}

func samePlanned(a, b *PlannedTime) bool {
	if a == nil || b == nil || a.Duration == nil || b.Duration == nil {
		return a == b || a != nil && b != nil && *a == *b
	}
	return a.Start == b.Start && a.End == b.End && *a.Duration == *b.Duration
}

// bare returns the part without its lists and secrets.
func (p *part) bare() any {
	switch v := p.value.(type) {
	case *Content:
		c := *v
		c.Phases, c.Milestones, c.Safeguards, c.Variables, c.Gates, c.Listeners = nil, nil, nil, nil, nil, nil
		return &c
	case *Phase:
		c := *v
		c.Tasks, c.Listeners = nil, nil
		return &c
	case *Task:
		c := *v
		c.Listeners = nil
		return &c
	case *Milestone:
		c := *v
		c.Strategies = nil
		return &c
	default:
		return p.whole()
	}
}

// whole returns the part without tasks and secrets.
func (p *part) whole() any {
	switch v := p.value.(type) {
	case *Phase:
		c := *v
		c.Tasks = nil
		return &c
	case *Variable:
		c := *v
		if c.Secret {
			c.Value = ""
		}
		return &c
	default:
		return p.value
	}
}

var plainMember = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// memberPath returns the path of a member of what is at a path.
func memberPath(path, name string) string {
	if plainMember.MatchString(name) {
		return fault.Under(path, name)
	}
	return path + "[" + strconv.Quote(name) + "]"
}
