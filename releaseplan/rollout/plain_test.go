package rollout_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A plain evaluator is the rules once more, read from the top each time, with
// nothing compiled, shared or made fast. The real one must agree with it.
type plain struct {
	features []rollout.Feature
	segments []rollout.Segment
	options  rollout.Options
}

func (p *plain) find(name string) *rollout.Feature {
	var found *rollout.Feature
	for i := range p.features {
		if p.features[i].Name == name {
			found = &p.features[i]
		}
	}
	return found
}

func (p *plain) variant(name string, ctx *rollout.Context) rollout.Selection {
	f := p.find(name)
	if f == nil || !f.Enabled {
		return rollout.Selection{Name: "disabled"}
	}
	for _, d := range f.Dependencies {
		parent := p.find(d.Feature)
		if parent == nil || len(parent.Dependencies) > 0 {
			return rollout.Selection{Name: "disabled"}
		}
		got := p.variant(d.Feature, ctx)
		off := d.Enabled != nil && !*d.Enabled
		if got.FeatureEnabled == off || !off && len(d.Variants) > 0 && !slices.Contains(d.Variants, got.Name) {
			return rollout.Selection{Name: "disabled"}
		}
	}
	if len(f.Strategies) == 0 {
		return p.pick(f.Variants, f.Name, "", true, ctx)
	}
	for i := range f.Strategies {
		s := &f.Strategies[i]
		if !p.matches(f, s, ctx) {
			continue
		}
		if len(s.Variants) > 0 {
			group := s.Parameters["groupId"]
			if group == "" {
				group = f.Name
			}
			return p.pick(s.Variants, group, s.Parameters["stickiness"], false, ctx)
		}
		return p.pick(f.Variants, f.Name, "", true, ctx)
	}
	return rollout.Selection{Name: "disabled"}
}

func (p *plain) matches(f *rollout.Feature, s *rollout.Strategy, ctx *rollout.Context) bool {
	if s.Disabled {
		return false
	}
	all := slices.Clone(s.Constraints)
	for _, id := range s.Segments {
		i := -1
		for j := range p.segments {
			if p.segments[j].ID == id {
				i = j
			}
		}
		if i < 0 {
			return false
		}
		all = append(all, p.segments[i].Constraints...)
	}
	for _, c := range all {
		if !p.holds(&c, ctx) {
			return false
		}
	}
	return p.rule(f, s, ctx)
}

func (p *plain) rule(f *rollout.Feature, s *rollout.Strategy, ctx *rollout.Context) bool {
	items := func(name string) (all []string) {
		for x := range strings.SplitSeq(s.Parameters[name], ",") {
			all = append(all, strings.TrimSpace(x))
		}
		return all
	}
	percent := func(name string, n int) bool {
		limit, ok := plainNumber(s.Parameters[name])
		return ok && float64(n) <= limit
	}
	gradual := func(id string) bool {
		return id != "" && percent("percentage", plainNorm(s.Parameters["groupId"], id, 100, 0))
	}
	switch s.Name {
	case "default":
		return true
	case "userWithId":
		return ctx.UserID != "" && slices.Contains(items("userIds"), ctx.UserID)
	case "gradualRolloutUserId":
		return gradual(ctx.UserID)
	case "gradualRolloutSessionId":
		return gradual(ctx.SessionID)
	case "gradualRolloutRandom":
		return percent("percentage", int(p.options.Random(100))+1)
	case "remoteAddress":
		return slices.ContainsFunc(items("IPs"), func(x string) bool { return plainInside(ctx.RemoteAddress, x) })
	case "applicationHostname":
		return slices.ContainsFunc(items("hostNames"), func(x string) bool {
			return strings.EqualFold(x, p.options.Hostname)
		})
	case "flexibleRollout":
		var id string
		switch sticky := s.Parameters["stickiness"]; sticky {
		case "", "default":
			if id = ctx.UserID; id == "" {
				id = ctx.SessionID
			}
			if id == "" {
				id = p.draw()
			}
		case "random":
			id = p.draw()
		default:
			if id = plainField(ctx, sticky); id == "" {
				return false
			}
		}
		group := s.Parameters["groupId"]
		if group == "" {
			group = f.Name
		}
		return percent("rollout", plainNorm(group, id, 100, 0))
	case "odd":
		return len(ctx.UserID)%2 == 1
	default:
		return false
	}
}

func (p *plain) draw() string { return strconv.Itoa(int(p.options.Random(10000)) + 1) }

func (p *plain) pick(variants []rollout.Variant, group, fallback string, overrides bool, ctx *rollout.Context) rollout.Selection {
	total := 0
	for _, v := range variants {
		total += v.Weight
	}
	if total <= 0 {
		return rollout.Selection{Name: "disabled", FeatureEnabled: true}
	}
	selected := func(v rollout.Variant) rollout.Selection {
		s := rollout.Selection{Name: v.Name, Enabled: true, FeatureEnabled: true}
		if v.Payload != nil {
			s.Payload = *v.Payload
		}
		return s
	}
	if overrides {
		for _, v := range variants {
			for _, o := range v.Overrides {
				if got := plainField(ctx, o.ContextName); got != "" && slices.Contains(o.Values, got) {
					return selected(v)
				}
			}
		}
	}
	sticky := variants[0].Stickiness
	if sticky == "" {
		sticky = fallback
	}
	fields := []string{sticky}
	if sticky == "" || sticky == "default" {
		fields = []string{"userId", "sessionId", "remoteAddress"}
	} else if sticky == "random" {
		fields = nil
	}
	id := ""
	for _, name := range fields {
		if id == "" {
			id = plainField(ctx, name)
		}
	}
	if id == "" {
		id = p.draw()
	}
	target, sum := plainNorm(group, id, uint64(total), 86028157), 0
	for _, v := range variants {
		sum += v.Weight
		if v.Weight != 0 && sum >= target {
			return selected(v)
		}
	}
	panic("no variant")
}

func plainField(ctx *rollout.Context, name string) string {
	standard := map[string]string{
		"userId": ctx.UserID, "sessionId": ctx.SessionID, "remoteAddress": ctx.RemoteAddress,
		"environment": ctx.Environment, "appName": ctx.AppName, "currentTime": ctx.CurrentTime,
	}
	if v, ok := standard[name]; ok {
		return v
	}
	if name == "" {
		return ""
	}
	return ctx.Properties[name]
}

func (p *plain) holds(c *rollout.Constraint, ctx *rollout.Context) bool {
	v := plainField(ctx, c.ContextName)
	fold := func(s string) string {
		if c.CaseInsensitive {
			return strings.ToLower(s)
		}
		return s
	}
	anyValue := func(fits func(value, part string) bool) bool {
		return v != "" && slices.ContainsFunc(c.Values, func(part string) bool { return fits(fold(v), fold(part)) })
	}
	number := func(ok func(a, b float64) bool) bool {
		a, aok := plainNumber(v)
		b, bok := plainNumber(c.Value)
		return aok && bok && ok(a, b)
	}
	date := func(ok func(a, b time.Time) bool) bool {
		at, good := plainDate(v)
		if v == "" && c.ContextName == "currentTime" {
			at, good = p.options.Now(), true
		}
		than, fine := plainDate(c.Value)
		return good && fine && ok(at, than)
	}
	semver := func(ok func(c int) bool) bool {
		return plainSemver.MatchString(v) && plainSemver.MatchString(c.Value) && ok(plainCompare(v, c.Value))
	}
	var result bool
	switch c.Operator {
	case "IN":
		result = v != "" && slices.Contains(c.Values, v)
	case "NOT_IN":
		result = v == "" || !slices.Contains(c.Values, v)
	case "STR_STARTS_WITH":
		result = anyValue(strings.HasPrefix)
	case "STR_ENDS_WITH":
		result = anyValue(strings.HasSuffix)
	case "STR_CONTAINS":
		result = anyValue(strings.Contains)
	case "NUM_EQ":
		result = number(func(a, b float64) bool { return a == b })
	case "NUM_GT":
		result = number(func(a, b float64) bool { return a > b })
	case "NUM_GTE":
		result = number(func(a, b float64) bool { return a >= b })
	case "NUM_LT":
		result = number(func(a, b float64) bool { return a < b })
	case "NUM_LTE":
		result = number(func(a, b float64) bool { return a <= b })
	case "DATE_AFTER":
		result = date(time.Time.After)
	case "DATE_BEFORE":
		result = date(time.Time.Before)
	case "SEMVER_EQ":
		result = semver(func(c int) bool { return c == 0 })
	case "SEMVER_GT":
		result = semver(func(c int) bool { return c > 0 })
	case "SEMVER_GTE":
		result = semver(func(c int) bool { return c >= 0 })
	case "SEMVER_LT":
		result = semver(func(c int) bool { return c < 0 })
	case "SEMVER_LTE":
		result = semver(func(c int) bool { return c <= 0 })
	case "REGEX":
		expr := c.Value
		if c.CaseInsensitive {
			expr = "(?i)" + expr
		}
		re, err := regexp.Compile(expr)
		result = v != "" && err == nil && re.MatchString(v)
	case "IN_CIDR":
		result = slices.ContainsFunc(c.Values, func(x string) bool { return plainInside(v, x) })
	default:
		return false
	}
	return result != c.Inverted
}
