package releaseplan

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// maxFeatureName bounds the names of features, environments and projects, in characters.
const maxFeatureName = 100

func (v *validator) target(t *Target) {
	if t == nil {
		return
	}
	for _, part := range []struct {
		field, value string
		needed       bool
	}{{"target.feature", t.Feature, true}, {"target.environment", t.Environment, true}, {"target.project", t.Project, false}} {
		switch {
		case utf8.RuneCountInString(part.value) > maxFeatureName:
			v.fault(part.field, "must be at most %d characters", maxFeatureName)
		case part.needed:
			v.name(part.field, part.value)
		default:
			v.short(part.field, part.value)
		}
	}
}

func (v *validator) origin(o *Origin) {
	if o == nil {
		return
	}
	v.handle("origin.template", o.Template, nil)
	v.number("origin.version", o.Version)
}

func (v *validator) milestones(c *Content) {
	ids, names := make(map[string]bool, len(c.Milestones)), make(map[string]bool, len(c.Milestones))
	for i := range c.Milestones {
		m, path := &c.Milestones[i], fmt.Sprintf("milestones[%d]", i)
		v.name(path+".name", m.Name)
		v.once(path+".name", m.Name, names)
		v.text(path+".description", m.Description, MaxDescription)
		v.handle(path+".id", m.ID, ids)
		v.instant(path+".at", m.At)
		if m.Start != "" && m.Start != Automatic && m.Start != ByHand {
			v.fault(path+".start", "%q is not auto or manual", short(string(m.Start)))
		}
		if v.duration(path+".after", m.After) && m.After != nil && m.After.IsZero() {
			v.fault(path+".after", "must be more than nothing")
		}
		if len(m.Strategies) > MaxStrategies {
			v.fault(path+".strategies", "%d are too many: at most %d", len(m.Strategies), MaxStrategies)
			continue
		}
		for j := range m.Strategies {
			v.strategy(fmt.Sprintf("%s.strategies[%d]", path, j), &m.Strategies[j], ids)
		}
	}
	for i := range c.Milestones {
		v.ownName(fmt.Sprintf("milestones[%d].name", i), c.Milestones[i].Name, i, c.milestoneID)
	}
}

// ownName checks that what stands at place i does not bear the id of another as
// its name: either may be used to name it.
func (v *validator) ownName(path, name string, i int, byID func(string) int) {
	if at := byID(name); at >= 0 && at != i {
		v.fault(path, "%q is the id of another", short(name))
	}
}

// strategy checks that a strategy can be kept, and what is said in it, but for the
// weights of variants: these are for Lint, as are parameters that are not set yet
// and what it refers to, since a draft may be unfinished.
func (v *validator) strategy(path string, s *rollout.Strategy, ids map[string]bool) {
	v.handle(path+".id", s.ID, ids)
	v.name(path+".name", s.Name)
	raw, err := json.Marshal(s)
	switch {
	case err != nil:
		v.fault(path, "cannot be written as JSON: %v", err)
	case len(raw) > MaxSpec:
		v.fault(path, "%d bytes of JSON are too many: at most %d", len(raw), MaxSpec)
	default:
		for text := range s.Texts() {
			if !utf8.ValidString(text) {
				v.fault(path, "must be UTF-8")
				return
			}
		}
		said := s.WithDefaults("feature", "")
		said.Variants = nil
		v.nest(path, said.Validate(nil))
	}
}

func (v *validator) safeguards(c *Content) {
	ids, names := make(map[string]bool, len(c.Safeguards)), make(map[string]bool, len(c.Safeguards))
	for i := range c.Safeguards {
		g, path := &c.Safeguards[i], fmt.Sprintf("safeguards[%d]", i)
		v.handle(path+".id", g.ID, ids)
		v.name(path+".name", g.Name)
		v.once(path+".name", g.Name, names)
		v.metric(path+".metric", &g.Metric)
		v.bounds(path, g)
		if length := g.window(); v.duration(path+".window", &g.Window) && (length < time.Second || length > 31*24*time.Hour) {
			v.fault(path+".window", "must be from 1 second to 31 days")
		}
		v.number(path+".min_samples", g.MinSamples)
		switch g.Action {
		case "", SafeguardPause, SafeguardStop:
			if g.Back != "" {
				v.fault(path+".back", "goes with action %q only", SafeguardBack)
			}
		case SafeguardBack:
			if c.milestone(g.Back) < 0 {
				v.fault(path+".back", "%q is no milestone of the plan", short(g.Back))
			}
		default:
			v.fault(path+".action", "%q is not pause, back or stop", short(string(g.Action)))
		}
	}
	byID := func(id string) int {
		return slices.IndexFunc(c.Safeguards, func(g Safeguard) bool { return g.ID == id && id != "" })
	}
	for i := range c.Safeguards {
		v.ownName(fmt.Sprintf("safeguards[%d].name", i), c.Safeguards[i].Name, i, byID)
	}
}

func (v *validator) metric(path string, m *Metric) {
	v.name(path+".name", m.Name)
	v.short(path+".aggregation", m.Aggregation)
	v.short(path+".source", m.Source)
	if len(m.Labels) > MaxLabels {
		v.fault(path+".labels", "%d are too many: at most %d", len(m.Labels), MaxLabels)
		return
	}
	for _, k := range slices.Sorted(maps.Keys(m.Labels)) {
		v.name(path+".labels", k)
		if len(m.Labels[k]) > MaxLabels {
			v.fault(path+".labels", "%q: %d values are too many: at most %d", short(k), len(m.Labels[k]), MaxLabels)
			continue
		}
		for _, value := range m.Labels[k] {
			v.short(path+".labels", value)
		}
	}
}

// bounds checks the numbers that a safeguard compares with.
func (v *validator) bounds(path string, g *Safeguard) {
	for _, n := range []struct {
		field string
		value *float64
	}{{"above", g.Above}, {"below", g.Below}, {"clear", g.Clear}} {
		if n.value != nil && (math.IsNaN(*n.value) || math.IsInf(*n.value, 0)) {
			v.fault(path+"."+n.field, "must be a number")
			return
		}
	}
	switch {
	case (g.Above == nil) == (g.Below == nil):
		v.fault(path, "needs either above or below")
	case g.Clear != nil && g.Above != nil && *g.Clear > *g.Above:
		v.fault(path+".clear", "must not be above the bound")
	case g.Clear != nil && g.Below != nil && *g.Clear < *g.Below:
		v.fault(path+".clear", "must not be below the bound")
	}
}

// expose checks the Spec of an Expose task.
func (v *validator) expose(path string, c *Content, spec json.RawMessage) {
	switch e, err := exposeSpec(spec); {
	case err != nil:
		v.fault(path, "must be %q and the milestone's name: %v", "milestone", err)
	case c.milestone(e.Milestone) < 0:
		v.fault(path+".milestone", "%q is no milestone of the plan", short(e.Milestone))
	}
}

// handle checks an id that the caller may give. Seen are those that were there
// before; nil: it must be set, and may occur again.
func (v *validator) handle(path, id string, seen map[string]bool) {
	if id == "" && seen != nil {
		return
	}
	if !isHandle(id) {
		v.fault(path, "%q is not 1 to 64 letters, digits, - or _", short(id))
		return
	}
	if seen != nil {
		v.once(path, id, seen)
	}
}

func isHandle(id string) bool {
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

func (v *validator) once(path, name string, seen map[string]bool) {
	if seen[name] {
		v.fault(path, "%q is there already", short(name))
	}
	seen[name] = true
}
