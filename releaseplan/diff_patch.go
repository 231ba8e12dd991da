package releaseplan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
)

// MaxDifferences bounds a Delta that [Patch] takes. Two contents can differ in more, but then
// one is better replaced by the other.
const MaxDifferences = 500_000

// Patch returns a with the differences made: Patch(a, Diff(a, b)) is b, but for the values of
// secret variables that have not entered a plan. The result shares no memory with a and d, which stay as
// they are. A difference that does not fit, as what it says was there is not, is an ErrConflict that
// names its path; what is no difference of contents, and what would make content that is not
// valid, is an ErrInvalid.
func Patch(a Content, d Delta) (Content, error) {
	if len(d) > MaxDifferences {
		return Content{}, penstock.Invalid("", "%d differences are too many: at most %d", len(d), MaxDifferences)
	}
	c := a.clone()
	p := patcher{outline: outline(&c), inserts: make(map[string][]insert)}
	if err := p.apply(d); err != nil {
		return Content{}, err
	}
	out, _ := p.outline.plan.built().(*Content)
	if err := out.Validate(); err != nil {
		return Content{}, err
	}
	return *out, nil
}

const maxTold = 256 // bytes of a path in an error

// A patcher makes differences in content.
type patcher struct {
	outline contentOutline
	inserts map[string][]insert // by the path of the list
	touched []touch
}

// An insert is a part that is to stand at a place.
type insert struct {
	*part
	at   int
	path string
}

// A touch is a part that has members with other values.
type touch struct {
	*part
	path string
}

// misfit says that a difference does not fit.
func misfit(path, format string, args ...any) error {
	return fmt.Errorf("%s: %s: %w", fault.Clip(path, maxTold), fmt.Sprintf(format, args...), penstock.ErrConflict)
}

func senseless(path, format string, args ...any) error {
	return penstock.Invalid(fault.Clip(path, maxTold), format, args...)
}

// apply makes all differences: first parts go and come, those that can go elsewhere before what
// lies in them; then members change.
func (p *patcher) apply(d Delta) error {
	var inner, rest []Difference
	for _, x := range d {
		steps, ok := parsePath(x.Path)
		if !ok {
			return senseless(x.Path, "is no path of a difference")
		}
		switch last := steps[len(steps)-1]; {
		case !last.part():
			rest = append(rest, x)
			continue
		case len(steps) > 1 && last.name != "tasks":
			inner = append(inner, x)
			continue
		}
		if err := p.reshape(x, steps); err != nil {
			return err
		}
	}
	if err := p.settle(); err != nil {
		return err
	}
	for _, x := range inner {
		steps, _ := parsePath(x.Path)
		if err := p.reshape(x, steps); err != nil {
			return err
		}
	}
	if err := p.settle(); err != nil {
		return err
	}
	for _, x := range rest {
		if err := p.change(x); err != nil {
			return err
		}
	}
	for _, t := range p.touched {
		if err := t.decode(t.path, t.members); err != nil {
			return err
		}
	}
	return nil
}

// find returns the part that steps lead to.
func (p *patcher) find(path string, steps []pathStep) (*part, error) {
	at := p.outline.plan
	for _, s := range steps {
		if !slices.Contains(at.listNames(), s.name) {
			return nil, senseless(path, "is no path of a difference: there is no list %q", short(s.name))
		}
		next := at.list(s.name).byKey(s.key)
		if next == nil {
			return nil, misfit(path, "there is no %s %s", partWords[s.name], short(s.key))
		}
		at = next
	}
	return at, nil
}

// byKey returns the part of a list that is known by a key, or nil.
func (l *partList) byKey(key string) *part {
	if l == nil {
		return nil
	}
	if l.index == nil {
		l.index = make(map[string]*part, len(l.parts))
		for _, p := range l.parts {
			l.index[p.key] = p
		}
	}
	return l.index[key]
}

// reshape takes a part from where it was, and notes where it is to stand.
func (p *patcher) reshape(x Difference, steps []pathStep) error {
	last := steps[len(steps)-1]
	in := strings.TrimSuffix(x.Path, "["+last.key+"]")
	switch x.Kind {
	case Added:
		if x.Before != nil || x.From != nil || x.After == nil {
			return senseless(x.Path, "what is added was nowhere before, and is something")
		}
		made, err := newPart(x.Path, last, x.After)
		if err != nil {
			return err
		}
		return p.insert(in, x, made)
	case Removed:
		if x.After != nil || x.To != nil || x.Before == nil {
			return senseless(x.Path, "what is removed was something, and is nowhere after")
		}
		old, err := p.take(x, steps)
		switch {
		case err != nil:
			return err
		case !sameText(canonicalOf(old.whole()), x.Before):
			return misfit(x.Path, "is not what is to be removed")
		}
		old.over = true
		return nil
	case Moved:
		from := steps
		if x.Before != nil || x.After != nil {
			return senseless(x.Path, "what is moved stays the same")
		}
		if x.From != nil && x.From.In != "" {
			phase, ok := parsePath(x.From.In)
			if !ok || len(phase) != 1 || phase[0].name != "phases" || last.name != "tasks" {
				return senseless(x.Path, "cannot come from %q", short(x.From.In))
			}
			from = []pathStep{phase[0], last}
		}
		old, err := p.take(x, from)
		if err != nil {
			return err
		}
		return p.insert(in, x, old)
	default:
		return senseless(x.Path, "a part cannot be %q", short(string(x.Kind)))
	}
}

// take marks a part that is about to leave its place.
func (p *patcher) take(x Difference, steps []pathStep) (*part, error) {
	old, err := p.find(x.Path, steps)
	switch {
	case err != nil:
		return nil, err
	case x.From == nil:
		return nil, senseless(x.Path, "has no place that it comes from")
	case old.at != x.From.At:
		return nil, misfit(x.Path, "stands at place %d, not %d", old.at, x.From.At)
	case old.gone:
		return nil, senseless(x.Path, "goes twice")
	}
	old.gone = true
	return old, nil
}

func (p *patcher) insert(list string, x Difference, anew *part) error {
	switch {
	case x.To == nil:
		return senseless(x.Path, "has no place that it goes to")
	case x.To.At < 0 || x.To.At >= MaxTasks:
		return senseless(x.Path, "cannot go to place %d", x.To.At)
	}
	p.inserts[list] = append(p.inserts[list], insert{anew, x.To.At, x.Path})
	return nil
}
