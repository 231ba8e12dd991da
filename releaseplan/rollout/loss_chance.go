package rollout

// chance returns how likely it is that the context has the feature, 0..1, taking
// draws to be as their percentages say; it is 0 or 1 where none decides.
func (f *feature) chance(ctx *Context) float64 {
	off := 1.0
	for i := range f.strategies {
		off *= 1 - f.strategies[i].chance(ctx)
	}
	return 1 - off
}

func (s *strategy) chance(ctx *Context) float64 {
	var m memo
	for i := range s.conditions {
		if !s.conditions[i].holds(ctx, &m) {
			return 0
		}
	}
	if s.custom != nil && !s.custom(*ctx) {
		return 0
	}
	switch p := s.percentage; {
	case p == nil:
		return 1
	case p.draws(ctx):
		return float64(p.upTo) / 100
	case p.matches(ctx, &m):
		return 1
	default:
		return 0
	}
}

// draws reports whether the number of the context is drawn.
func (p *percentage) draws(ctx *Context) bool {
	var m memo
	return p.dice || p.orDraw && p.id(ctx, &m) == ""
}

// loses reports whether the context is less likely to have the feature after.
func (c *comparison) loses(ctx *Context) bool {
	const rounding = 1e-9
	return c.before.feature.chance(ctx) > c.after.feature.chance(ctx)+rounding
}

// explain explains the context with draws that let through, or that do not.
func (s *side) explain(name string, ctx *Context, through bool) *Explanation {
	for i := range s.feature.strategies {
		if p := s.feature.strategies[i].percentage; p != nil {
			p.steer(through)
		}
	}
	x := s.evaluator.Explain(name, ctx)
	if len(s.strategies) == 0 {
		x.Strategies = nil // the one that stands for nobody is not there
	}
	return x
}

// steer makes every draw the same: one that lets through, or does not.
func (p *percentage) steer(through bool) {
	if !p.orDraw || through && p.upTo == 0 || !through && p.upTo == 100 {
		return
	}
	var nobody Context
	for id := range uint32(10000) {
		p.draw = func(n uint32) uint32 { return id % n }
		if n, _ := p.number(&nobody, &memo{}); (n <= p.upTo) == through {
			return
		}
	}
}
