package rollout

import (
	"errors"
	"fmt"
	"math"

	"github.com/penstock-go/penstock"
)

// A picker chooses one of a list of variants.
type picker struct {
	bucket
	overrides []override
	slots     []slot
}

// An override wins over the weights.
type override struct {
	condition
	wins *Selection
}

// A slot is a variant with a weight, and the last number that falls on it.
type slot struct {
	last uint64
	is   Selection
}

// pick returns the variant of the context, which has the feature.
func (p *picker) pick(ctx *Context, m *memo) *Selection {
	for i := range p.overrides {
		if p.overrides[i].holds(ctx, m) {
			return p.overrides[i].wins
		}
	}
	n, _ := p.number(ctx, m) // who has no id is drawn one
	return p.at(n)
}

// at returns the variant that the number falls on.
func (p *picker) at(n uint64) *Selection {
	last := len(p.slots) - 1
	for i := range last {
		if n <= p.slots[i].last {
			return &p.slots[i].is
		}
	}
	return &p.slots[last].is
}

// picker compiles a list of variants; nil if the sum of
// the weights, some of which may be negative, is not above 0. The first
// variant says what the list is sticky to, fallback says it if that does not.
// Only a feature's own list has overrides.
func (c *compiler) picker(variants []Variant, group, fallback string, overrides bool) (*picker, error) {
	var faults []error
	p := &picker{slots: make([]slot, 0, len(variants))}
	var total, most int64
	for i := range variants {
		v := &variants[i]
		s := Selection{Name: v.Name, Enabled: true, FeatureEnabled: true}
		if v.Payload != nil {
			s.Payload = *v.Payload
		}
		if overrides {
			for j := range v.Overrides {
				o := &v.Overrides[j]
				if o.ContextName == "" {
					faults = nest(faults, fmt.Sprintf("[%d].overrides[%d]", i, j), noField())
				}
				p.overrides = append(p.overrides, override{condition{of: c.fields.of(o.ContextName), test: newSet(o.Values)}, &s})
			}
		}
		if v.Weight < 0 {
			faults = append(faults, penstock.Invalid(fmt.Sprintf("[%d].weight", i), "%d is below 0", v.Weight))
		}
		total += min(max(int64(v.Weight), -math.MaxInt32), math.MaxInt32) // no sum of these overflows
		if total > most {                                                 // otherwise no number is left for it
			most = total
			p.slots = append(p.slots, slot{last: uint64(total), is: s})
		}
	}
	if total <= 0 {
		faults = append(faults, penstock.Invalid("", "the weights sum up to %d, so nobody gets a variant", total))
		return nil, errors.Join(faults...)
	}
	name := variants[0].Stickiness
	if name == "" {
		name = fallback
	}
	ids, _ := c.sticky(name)
	if name == "" || name == StickyDefault {
		ids = append(ids, c.fields.of("remoteAddress"))
	}
	p.bucket = bucket{ids: ids, orDraw: true, hash: newHash(group, seedVariants), n: uint64(total), draw: c.Random}
	return p, errors.Join(faults...)
}
