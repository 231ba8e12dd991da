package rollout

import (
	"fmt"
	"slices"
	"time"
)

// explain is holds, with reasons.
func (c *condition) explain(from *origin, ctx *Context, m *memo) Check {
	check := Check{Of: from.String(), Field: c.of.name, Operator: from.operator, Inverted: from.inverted, Value: m.read(ctx, &c.of), More: from.more}
	_, unknown := c.test.(unknownOperator)
	check.Unknown = unknown || from.kind == fromName || from.kind == fromSegment && from.index < 0
	for _, value := range from.asked {
		check.Asked = append(check.Asked, clip(value))
	}
	if d, ok := c.test.(*date); ok && c.always && check.Value == "" {
		now := d.now()
		check.Value = now.Format(time.RFC3339Nano)
		check.Holds = d.is.holds(now.Compare(d.than)) != c.inverted
	} else {
		check.Holds = c.holds(ctx, m)
	}
	return check
}

// explain says why the parent is not as it must be; nothing if it is.
func (p *parent) explain(ctx *Context, m *memo) string {
	if p.feature == nil {
		return p.unfit
	}
	s := p.feature.decide(ctx, m)
	switch {
	case p.off && s != nil:
		return "is on"
	case p.off:
		return ""
	case s == nil:
		return "is off"
	case len(p.variants) == 0:
		return ""
	}
	if name := p.feature.variant(s, ctx, m).Name; !slices.Contains(p.variants, name) {
		return fmt.Sprintf("has the variant %q", clip(name))
	}
	return ""
}
