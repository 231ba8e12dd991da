package rollout

import "github.com/penstock-go/penstock"

// A percentage lets the first numbers of a hundred through.
type percentage struct {
	bucket
	dice bool   // no id at all: the draw is the number
	upTo uint64 // 0..100
}

// matches reports whether the context falls on one of the first upTo numbers.
func (p *percentage) matches(ctx *Context, m *memo) bool {
	if p.upTo == 100 { // whatever the number is
		return p.orDraw || p.id(ctx, m) != ""
	}
	n, ok := p.number(ctx, m)
	return ok && n <= p.upTo
}

func (p *percentage) number(ctx *Context, m *memo) (uint64, bool) {
	if p.dice {
		return uint64(p.draw(100)) + 1, true
	}
	return p.bucket.number(ctx, m)
}

// percentage compiles a strategy that goes by percentage. What is no number
// lets nobody through; below 0 counts as 0 and above 100 as 100.
func (c *compiler) percentage(s *Strategy, feature string) (*percentage, error) {
	group, param, orDraw := s.Parameters["groupId"], "percentage", false
	var ids []field
	switch s.Name {
	case GradualUserID:
		ids = []field{c.fields.of("userId")}
	case GradualSessionID:
		ids = []field{c.fields.of("sessionId")}
	case FlexibleRollout:
		param = "rollout"
		ids, orDraw = c.sticky(s.Parameters["stickiness"])
		if group == "" {
			group = feature
		}
	default: // GradualRandom has neither id nor group
		orDraw = true
	}
	p := &percentage{
		bucket: bucket{ids: ids, orDraw: orDraw, hash: newHash(group, seedRollout), n: 100, draw: c.Random},
		dice:   s.Name == GradualRandom,
	}
	x, ok := parseNumber(s.Parameters[param])
	if !ok {
		return p, penstock.Invalid("parameters."+param, "%q is not a number", clip(s.Parameters[param]))
	}
	p.upTo = uint64(min(max(x, 0), 100)) // fractions do not count
	if x < 0 || x > 100 {
		return p, penstock.Invalid("parameters."+param, "%q is not in 0..100", clip(s.Parameters[param]))
	}
	return p, nil
}

// sticky returns the fields that a percentage is sticky to, and whether a draw
// takes the place of a missing id.
func (c *compiler) sticky(name string) (ids []field, orDraw bool) {
	switch name {
	case "", StickyDefault:
		return []field{c.fields.of("userId"), c.fields.of("sessionId")}, true
	case StickyRandom:
		return nil, true
	default:
		return []field{c.fields.of(name)}, false
	}
}
