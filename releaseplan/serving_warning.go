package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A Warning tells of something that may not be meant: that a milestone takes the
// feature from people who have it before, or that nobody gets it, since it is off. It
// keeps nobody from anything.
type Warning struct {
	Field   string          `json:"field"`          // the path of the later milestone, milestones[1]; or target
	Why     string          `json:"why"`            // for people
	Example rollout.Context `json:"example"`        // somebody who loses the feature; zero for the target
	Host    string          `json:"host,omitempty"` // where, if a strategy asks for it
}

// String tells the path and the reason.
func (w Warning) String() string { return w.Field + ": " + w.Why }

// Warnings compares each milestone with the one before it, as
// [rollout.FindLoss] does. Segments are those that strategies refer to. It costs
// what that costs: up to some hundred milliseconds for each pair that is hard to tell.
func (c *Content) Warnings(segments []rollout.Segment) (all []Warning) {
	for w := range c.warnings(c.stages(), segments) {
		if w != nil {
			all = append(all, *w)
		}
	}
	return all
}

// Warnings is that of its content, but for what is past: milestones that were
// skipped are passed over, and the first to be compared is what is live.
func (p *Plan) Warnings(segments []rollout.Segment) (all []Warning) {
	for w := range p.def.content.warnings(p.stages(), segments) {
		if w != nil {
			all = append(all, *w)
		}
	}
	return all
}

// Warnings is [Plan.Warnings] of the plan as it is now. While nothing of the plan is
// live, its first milestone is compared with what people have: by another plan in the
// same place or, where none was ever live, by a feature that is on for everyone since
// it has no strategies of its own. A warning of the target says that the feature is
// off there or archived, so that nobody has it.
//
// Segments and the feature are those of Config.Rollout, which is asked for them in
// the name of by; without it there are none. Of another plan and of a feature that
// by may not read nothing is told.
func (s *Service) Warnings(ctx context.Context, id string, by penstock.Actor) ([]Warning, error) {
	st, err := s.read(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	p := st.plan.At(s.now())
	segments, err := s.segments(ctx, p.references(), by)
	if err != nil {
		return nil, err
	}
	flag, err := s.flag(ctx, p, by)
	if err != nil {
		return nil, err
	}
	stages := p.stages()
	if p.rollout().Live == "" && p.def.content.Target != nil {
		before, more, err := s.replaced(ctx, p, flag, by)
		if err != nil {
			return nil, err
		}
		stages, segments = append(before, stages...), append(segments, more...)
	}
	all := p.def.content.dark(flag)
	for w := range p.def.content.warnings(stages, segments) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if w != nil {
			all = append(all, *w)
		}
	}
	return all, nil
}

// segments returns the segments among refs.
func (s *Service) segments(ctx context.Context, refs map[rollout.Ref]bool, by penstock.Actor) (all []rollout.Segment, err error) {
	if s.rollout == nil {
		return nil, nil
	}
	for on := range refs {
		if on.Kind != rollout.KindSegment {
			continue
		}
		id, err := strconv.Atoi(on.ID)
		if err != nil {
			return nil, fmt.Errorf("segment %s: %w", short(on.ID), err)
		}
		r, err := s.rollout.Segments().Get(ctx, id, by)
		if err != nil {
			return nil, err
		}
		all = append(all, r.Value)
	}
	return all, nil
}

// flag returns the feature that p exposes; nil if it is not known, or by may not read it.
func (s *Service) flag(ctx context.Context, p *Plan, by penstock.Actor) (*rollout.Flag, error) {
	t := p.def.content.Target
	if s.rollout == nil || t == nil {
		return nil, nil
	}
	r, err := s.rollout.Features().Get(ctx, t.Feature, by)
	switch {
	case errors.Is(err, penstock.ErrForbidden), errors.Is(err, penstock.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &r.Value, nil
}

// dark warns of a feature that is on for nobody.
func (c *Content) dark(f *rollout.Flag) []Warning {
	var off string
	switch {
	case f == nil:
		return nil
	case f.Archived:
		off = "is archived"
	case !f.Environments[c.Target.Environment].Enabled:
		off = "is off in " + short(c.Target.Environment)
	default:
		return nil
	}
	return []Warning{{Field: "target", Why: fmt.Sprintf("feature %q %s: nobody has it, whatever is served", short(f.Name), off)}}
}

// replaced returns what people have where p is to be served, with its segments: at
// most one stage. What by may not read is passed over.
func (s *Service) replaced(ctx context.Context, p *Plan, f *rollout.Flag, by penstock.Actor) (before []stage, segments []rollout.Segment, err error) {
	t := p.def.content.Target
	switch v, err := s.Serving(ctx, t.Feature, t.Environment); {
	case err != nil:
		return nil, nil, err
	case v.Plan != "":
		segments, err = s.othersSegments(ctx, p, v, by)
		if errors.Is(err, penstock.ErrForbidden) || errors.Is(err, penstock.ErrNotFound) {
			return nil, nil, nil
		}
		return []stage{{by: "what another plan serves", serves: v.Strategies}}, segments, err
	case v.Stopped, f == nil, f.Archived:
		return nil, nil, nil
	}
	if own := f.Environments[t.Environment]; !own.Enabled || len(own.Strategies) > 0 {
		return nil, nil, nil
	}
	return []stage{{by: "the feature itself, which is on for everyone", serves: []rollout.Strategy{{Name: rollout.Everyone}}}}, nil, nil
}

// othersSegments returns the segments of what another plan serves, but for those
// that p refers to as well, if by may read that plan.
func (s *Service) othersSegments(ctx context.Context, p *Plan, v Serving, by penstock.Actor) ([]rollout.Segment, error) {
	if _, err := s.read(ctx, v.Plan, by, penstock.Read); err != nil {
		return nil, err
	}
	refs, own := make(map[rollout.Ref]bool), p.references()
	for i := range v.Strategies {
		for _, on := range v.Strategies[i].Refs() {
			if !own[on] {
				refs[on] = true
			}
		}
	}
	return s.segments(ctx, refs, by)
}

// A stage is a milestone to be compared with the next one, or what came before the
// first.
type stage struct {
	place  int    // of a milestone
	by     string // what people have it by, in words
	serves []rollout.Strategy
}

// stage returns the milestone at a place, with what it serves.
func (c *Content) stage(place int, serves []rollout.Strategy) stage {
	return stage{place: place, by: strconv.Quote(short(c.Milestones[place].Name)), serves: serves}
}

func (c *Content) stages() []stage {
	all := make([]stage, len(c.Milestones))
	for i := range all {
		all[i] = c.stage(i, c.Milestones[i].Strategies)
	}
	return all
}

// stages returns what is live, and what may follow.
func (p *Plan) stages() (all []stage) {
	c, r, live := &p.def.content, p.rollout(), p.livePlace()
	if r.Live != "" { // an edit may have taken it out
		all = append(all, stage{by: fmt.Sprintf("milestone %q, which is live", short(r.Name)), serves: r.Serves})
	}
	if p.servesAnew() {
		all = append(all, c.stage(live, c.Milestones[live].Strategies))
	}
	for i := p.following(live); i >= 0; i = p.following(i) {
		all = append(all, c.stage(i, c.Milestones[i].Strategies))
	}
	return all
}

// warnings yields for each two stages what there is to warn of, or nil.
func (c *Content) warnings(stages []stage, segments []rollout.Segment) iter.Seq[*Warning] {
	return func(yield func(*Warning) bool) {
		if c.Target == nil {
			return
		}
		for i := 1; i < len(stages); i++ {
			a, b := stages[i-1], stages[i]
			var w *Warning
			if loss := rollout.FindLoss(c.Target.Feature, a.serves, b.serves, segments, rollout.Options{}); loss != nil {
				w = &Warning{Field: fmt.Sprintf("milestones[%d]", b.place), Example: loss.Example, Host: loss.Host,
					Why: fmt.Sprintf("takes the feature from people who have it by %s: %s", a.by, loss.Why)}
			}
			if !yield(w) {
				return
			}
		}
	}
}
