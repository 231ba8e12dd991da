package rollout

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// why says what takes the feature away from the context.
func (c *comparison) why(ctx *Context) string {
	before, after := c.before.strategies, c.after.strategies
	if !slices.ContainsFunc(after, func(s Strategy) bool { return !s.Disabled }) {
		if len(after) == 0 {
			return "no strategy is left"
		}
		return "every strategy is disabled"
	}
	pairs := pair(before, after)
	for i := range before {
		if c.before.feature.strategies[i].chance(ctx) == 0 {
			continue
		}
		if pairs[i] < 0 {
			return fmt.Sprintf("strategy %d (%s) is not there any more", i, clip(before[i].Name))
		}
		if why := c.change(&before[i], pairs[i], ctx); why != "" {
			return why
		}
	}
	return "fewer people have it by the strategies together"
}

// pair returns which strategy after stands for each one before, or -1: the same
// one if it is there, else the most similar one.
func pair(before, after []Strategy) []int {
	pairs := slices.Repeat([]int{-1}, len(before))
	taken := make([]bool, len(after))
	for _, same := range []func(a, b *Strategy) bool{
		sameStrategy,
		func(a, b *Strategy) bool { return a.ID != "" && a.ID == b.ID },
		func(a, b *Strategy) bool { return a.Name == b.Name && sameConditions(a, b) },
		func(a, b *Strategy) bool { return a.Name == b.Name && maps.Equal(a.Parameters, b.Parameters) },
		func(a, b *Strategy) bool { return a.Name == b.Name },
		sameConditions,
		func(*Strategy, *Strategy) bool { return true },
	} {
		for i := range before {
			for j := range after {
				if pairs[i] < 0 && !taken[j] && !before[i].Disabled && same(&before[i], &after[j]) {
					pairs[i], taken[j] = j, true
				}
			}
		}
	}
	return pairs
}

func sameStrategy(a, b *Strategy) bool {
	return a.Name == b.Name && maps.Equal(a.Parameters, b.Parameters) && sameConditions(a, b) && a.Disabled == b.Disabled
}

func sameConditions(a, b *Strategy) bool {
	return slices.EqualFunc(a.Constraints, b.Constraints, sameConstraint) && slices.Equal(a.Segments, b.Segments)
}

func sameConstraint(a, b Constraint) bool {
	return a.ContextName == b.ContextName && a.Operator == b.Operator && slices.Equal(a.Values, b.Values) && a.Value == b.Value &&
		a.Inverted == b.Inverted && a.CaseInsensitive == b.CaseInsensitive
}

// change says why the strategy after at j does not match, when the one before
// did; nothing if it is as likely to.
func (c *comparison) change(before *Strategy, j int, ctx *Context) string {
	after, s := &c.after.strategies[j], &c.after.feature.strategies[j]
	var m memo
	for i := range s.conditions {
		if !s.conditions[i].holds(ctx, &m) {
			return failing(before, after, j, &s.about.origins[i], ctx, c.options.Hostname)
		}
	}
	switch {
	case s.custom != nil && !s.custom(*ctx):
		if before.Name != after.Name {
			return kind(before, after)
		}
		return fmt.Sprintf("the parameters of %s change", clip(after.Name))
	case s.percentage == nil || !s.percentage.draws(ctx) && s.percentage.matches(ctx, &m):
		return ""
	case before.Name != after.Name:
		return kind(before, after)
	}
	return share(before, after, s.percentage.draws(ctx))
}

func kind(before, after *Strategy) string {
	return fmt.Sprintf("the strategy changes from %s to %s", clip(before.Name), clip(after.Name))
}

// failing says what became of the condition that does not hold after.
func failing(before, after *Strategy, j int, from *origin, ctx *Context, host string) string {
	switch from.kind {
	case fromDisabled:
		return fmt.Sprintf("strategy %d (%s) is disabled", j, clip(after.Name))
	case fromName:
		return fmt.Sprintf("strategy %d (%s) is unknown", j, clip(after.Name))
	case fromSegment:
		return fmt.Sprintf("segment %d is added", from.segment)
	case fromParameter:
		if before.Name != after.Name {
			return kind(before, after)
		}
		field, value := "userId", ctx.UserID
		switch after.Name {
		case RemoteAddress:
			field, value = "remoteAddress", ctx.RemoteAddress
		case ApplicationHostname:
			field, value = "host", host
		}
		return fmt.Sprintf("%s %q is no longer in %s", field, clip(value), from.name)
	default:
		return constrained(before, after, &after.Constraints[from.index])
	}
}

// constrained says where the constraint comes from: another on the same field
// that is gone, or nowhere.
func constrained(before, after *Strategy, is *Constraint) string {
	for _, like := range []func(*Constraint) bool{
		func(c *Constraint) bool { return c.Operator == is.Operator },
		func(*Constraint) bool { return true },
	} {
		for i := range before.Constraints {
			was := &before.Constraints[i]
			kept := slices.ContainsFunc(after.Constraints, func(c Constraint) bool { return sameConstraint(c, *was) })
			if was.ContextName == is.ContextName && !kept && like(was) {
				return fmt.Sprintf("the constraint %s becomes %s", was.text(), is.text())
			}
		}
	}
	return fmt.Sprintf("the constraint %s is added", is.text())
}

// text returns the constraint in words.
func (c *Constraint) text() string {
	o := originOf(fromConstraint, 0, 0, c)
	text := c.ContextName + " "
	if c.Inverted {
		text += "not "
	}
	text += string(c.Operator) + " "
	clipped := make([]string, len(o.asked))
	for i, v := range o.asked {
		clipped[i] = clip(v)
	}
	text += Check{Operator: c.Operator, Asked: clipped, More: o.more}.asked()
	if c.CaseInsensitive {
		text += " in any case"
	}
	return text
}

// share says how a percentage changes.
func share(before, after *Strategy, drawn bool) string {
	var all []string
	differs := func(name, what string) {
		if was, is := before.Parameters[name], after.Parameters[name]; was != is {
			all = append(all, fmt.Sprintf("the %s changes from %q to %q, so that other people are drawn", what, clip(was), clip(is)))
		}
	}
	if !drawn {
		differs("groupId", "group id")
	}
	percent := "percentage"
	if after.Name == FlexibleRollout {
		percent = "rollout"
		differs("stickiness", "stickiness")
	}
	was, _ := parseNumber(before.Parameters[percent])
	is, ok := parseNumber(after.Parameters[percent])
	switch {
	case !ok:
		all = append(all, fmt.Sprintf("the %s %q is not a number", percent, clip(after.Parameters[percent])))
	case int(is) < int(was):
		all = append(all, fmt.Sprintf("the %s is lowered from %s to %s", percent, clip(before.Parameters[percent]), clip(after.Parameters[percent])))
	}
	return strings.Join(all, ", and ")
}
