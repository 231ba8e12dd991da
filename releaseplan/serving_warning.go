package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strconv"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A Warning tells of something that may not be meant: that a milestone takes the
// feature from people who have it by the one before. It keeps nobody from anything.
type Warning struct {
	Field   string          `json:"field"`          // the path of the later milestone: milestones[1]
	Why     string          `json:"why"`            // for people
	Example rollout.Context `json:"example"`        // somebody who loses the feature
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
// live, what another plan serves in the same place is compared with its first
// milestone. The segments are those of Config.Rollout, which is asked for them in
// the name of by; without it there are none.
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
	stages := p.stages()
	if p.rollout().Live == "" && p.def.content.Target != nil {
		v, more, err := s.replaced(ctx, p, by)
		if err != nil {
			return nil, err
		}
		if v.Plan != "" {
			stages, segments = append([]stage{{elsewhere, v.Strategies}}, stages...), append(segments, more...)
		}
	}
	var all []Warning
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

// replaced returns what another plan serves where p is to be served, with its
// segments. What by may not read is passed over.
func (s *Service) replaced(ctx context.Context, p *Plan, by penstock.Actor) (v Serving, segments []rollout.Segment, err error) {
	t := p.def.content.Target
	if v, err = s.Serving(ctx, t.Feature, t.Environment); err != nil || v.Plan == "" {
		return Serving{}, nil, err
	}
	if _, err = s.read(ctx, v.Plan, by, penstock.Read); err == nil {
		refs := make(map[rollout.Ref]bool)
		own := p.references()
		for i := range v.Strategies {
			for _, on := range v.Strategies[i].Refs() {
				refs[on] = !own[on]
			}
		}
		maps.DeleteFunc(refs, func(_ rollout.Ref, needed bool) bool { return !needed })
		segments, err = s.segments(ctx, refs, by)
	}
	if errors.Is(err, penstock.ErrForbidden) || errors.Is(err, penstock.ErrNotFound) {
		return Serving{}, nil, nil
	}
	return v, segments, err
}

// A stage is a milestone to be compared with the next one.
type stage struct {
	place  int // or elsewhere
	serves []rollout.Strategy
}

// elsewhere is the place of what another plan serves.
const elsewhere = -1

func (c *Content) stages() []stage {
	all := make([]stage, len(c.Milestones))
	for i := range all {
		all[i] = stage{i, c.Milestones[i].Strategies}
	}
	return all
}

// stages returns what is live, and what may follow.
func (p *Plan) stages() (all []stage) {
	live := p.livePlace()
	if live >= 0 {
		all = append(all, stage{live, p.rollout().Serves})
	}
	for i := p.following(live); i >= 0; i = p.following(i) {
		all = append(all, stage{i, p.def.content.Milestones[i].Strategies})
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
			from := "what another plan serves"
			if a.place != elsewhere {
				from = strconv.Quote(short(c.Milestones[a.place].Name))
			}
			var w *Warning
			if loss := rollout.FindLoss(c.Target.Feature, a.serves, b.serves, segments, rollout.Options{}); loss != nil {
				w = &Warning{Field: fmt.Sprintf("milestones[%d]", b.place), Example: loss.Example, Host: loss.Host,
					Why: fmt.Sprintf("takes the feature from people who have it by %s: %s", from, loss.Why)}
			}
			if !yield(w) {
				return
			}
		}
	}
}
