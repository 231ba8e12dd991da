package releaseplan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/internal/canonical"
	"github.com/penstock-go/penstock/internal/fault"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// settle lets parts go and come: the lists of the plan first, then those in them.
func (p *patcher) settle() error {
	if err := p.outline.plan.drop(); err != nil {
		return err
	}
	lists := make([]string, 0, len(p.inserts))
	for list := range p.inserts {
		lists = append(lists, list)
	}
	slices.SortFunc(lists, func(a, b string) int {
		return cmp.Or(strings.Count(a, "[")-strings.Count(b, "["), len(a)-len(b), strings.Compare(a, b))
	})
	for _, list := range lists {
		all := p.inserts[list]
		steps, _ := parsePath(all[0].path)
		of, err := p.find(all[0].path, steps[:len(steps)-1])
		if err != nil {
			return err
		}
		name := steps[len(steps)-1].name
		if !slices.Contains(of.listNames(), name) {
			return senseless(all[0].path, "is no path of a difference: there is no list %q", short(name))
		}
		if err := of.take(name, all); err != nil {
			return err
		}
	}
	clear(p.inserts)
	return nil
}

// drop takes parts that are gone out of the lists of a part.
func (p *part) drop() error {
	for _, l := range p.lists {
		for _, q := range l.parts {
			if err := q.drop(); err != nil {
				return err
			}
			if q.over && len(q.list("tasks").all()) > 0 {
				return misfit(q.path("", "phases"), "has tasks still")
			}
		}
		l.parts = slices.DeleteFunc(l.parts, func(q *part) bool { return q.gone })
		l.index = nil
	}
	return nil
}

// take puts parts into a list of the part.
func (p *part) take(name string, all []insert) error {
	l := p.list(name)
	if l == nil {
		l = &partList{name: name, of: p}
		p.lists = append(p.lists, l)
	}
	slices.SortStableFunc(all, func(a, b insert) int { return a.at - b.at })
	stayed, parts := l.parts, make([]*part, 0, len(l.parts)+len(all))
	for i, x := range all {
		if i > 0 && all[i-1].at == x.at {
			return senseless(x.path, "goes to place %d, and so does another one", x.at)
		}
		n := x.at - len(parts)
		if n > len(stayed) {
			return misfit(x.path, "there is no place %d", x.at)
		}
		parts, stayed = append(append(parts, stayed[:n]...), x.part), stayed[n:]
		x.gone, x.in = false, l
	}
	parts = append(parts, stayed...)
	l.parts, l.index = parts, nil
	return nil
}

// newPart makes a part of what stands behind a step of a path.
func newPart(path string, step pathStep, raw json.RawMessage) (*part, error) {
	p := &part{}
	switch step.name {
	case "phases":
		p.value = &Phase{}
	case "tasks":
		p.value = &Task{}
	case "milestones":
		p.value = &Milestone{}
	case "strategies":
		p.value = &rollout.Strategy{}
	case "safeguards":
		p.value = &Safeguard{}
	case "variables":
		p.value = &Variable{}
	case "gates":
		p.value = &Gate{}
	case "listeners":
		p.value = &Listener{}
	default:
		return nil, senseless(path, "is no path of a difference")
	}
	if err := p.read(path, raw); err != nil {
		return nil, err
	}
	p.known()
	if base, _, _ := strings.Cut(strings.TrimPrefix(step.key, p.key), "#"); base != "" || !strings.HasPrefix(step.key, p.key) {
		return nil, senseless(path, "is known by %s", short(p.key))
	}
	p.split(make(map[string]*part))
	p.key = step.key
	return p, nil
}

// read makes the part what raw says, which has to say it as [Diff] does.
func (p *part) read(path string, raw json.RawMessage) error {
	if depth := fault.Depth(raw); depth > canonical.MaxDepth {
		return senseless(path, "is nested %d deep", depth)
	}
	reader := json.NewDecoder(bytes.NewReader(raw))
	reader.DisallowUnknownFields()
	if err := reader.Decode(p.value); err != nil {
		return senseless(path, "is not what it can be")
	}
	said := p.whole()
	if v, ok := p.value.(*Variable); ok {
		said = *v
	}
	if !sameText(canonicalOf(said), raw) {
		return senseless(path, "is not written as in a difference")
	}
	return nil
}

// decode makes the part what its members say. Its lists stay.
func (p *part) decode(path string, m membersOf) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return senseless(path, "is not JSON")
	}
	anew := part{}
	switch p.value.(type) {
	case *Content:
		anew.value = &Content{}
	case *Phase:
		anew.value = &Phase{}
	case *Task:
		anew.value = &Task{}
	case *Milestone:
		anew.value = &Milestone{}
	case *rollout.Strategy:
		anew.value = &rollout.Strategy{}
	case *Safeguard:
		anew.value = &Safeguard{}
	case *Variable:
		anew.value = &Variable{}
	case *Gate:
		anew.value = &Gate{}
	case *Listener:
		anew.value = &Listener{}
	}
	if err := anew.read(path, raw); err != nil {
		return err
	}
	p.value = anew.value
	return nil
}
