package rollout_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A change makes other strategies of some; it says whether it found something to
// change.
type change struct {
	rule string
	do   func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool)
}

// widenings take the feature away from nobody.
var widenings = []change{
	{"as it was", func(_ *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) { return all, true }},
	{"percentage raised", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		s := d.pick(all)
		for _, name := range []string{"rollout", "percentage"} {
			if was, err := strconv.Atoi(s.Parameters[name]); err == nil {
				s.Parameters[name] = strconv.Itoa(min(100, was+d.IntN(30)))
			}
		}
		return all, true
	}},
	{"strategy added", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		return slices.Insert(all, d.IntN(len(all)+1), d.strategy()), true
	}},
	{"values added", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		c := d.constraint(all, func(c *rollout.Constraint) bool {
			return c.Operator != rollout.NotIn && !c.Inverted && len(c.Values) > 0
		})
		if c != nil {
			c.Values = append(c.Values, d.value(c.Operator))
		}
		return all, c != nil
	}},
	{"values less excluded", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		c := d.constraint(all, func(c *rollout.Constraint) bool { return c.Operator == rollout.NotIn && !c.Inverted })
		if c != nil {
			c.Values = c.Values[1:]
		}
		return all, c != nil
	}},
	{"constraint dropped", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		s := d.pick(all)
		if len(s.Constraints) > 0 {
			s.Constraints = s.Constraints[1:]
		}
		return all, true
	}},
	{"segment dropped", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		s := d.pick(all)
		if len(s.Segments) > 0 {
			s.Segments = s.Segments[1:]
		}
		return all, true
	}},
	{"users added", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		s := d.pick(all)
		if s.Name == rollout.UserWithID {
			s.Parameters["userIds"] += ", zoe"
		}
		return all, true
	}},
	{"for everyone", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		s := d.pick(all)
		s.Name = rollout.Everyone
		return all, true
	}},
	{"other order", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		d.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		return all, true
	}},
}

func TestWhoOnlyAddsTakesFromNobody(t *testing.T) {
	for _, c := range widenings {
		t.Run(c.rule, func(t *testing.T) {
			for seed := range uint64(40) {
				d := &lot{rand.New(rand.NewPCG(seed, 1))}
				before := d.strategies()
				after, ok := c.do(d, clones(before))
				if !ok {
					continue
				}
				if l := rollout.FindLoss("f", before, after, lossSegments, lossOptions()); l != nil {
					t.Fatalf("seed %d:\n%+v\n%+v\n%s", seed, before, after, l)
				}
			}
		})
	}
}

// narrowings take the feature away from somebody, unless another strategy gives
// it to the same people: they are done where there is one strategy.
var narrowings = []change{
	{"group id", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		s := d.pick(all)
		n, _ := strconv.Atoi(s.Parameters["rollout"])
		s.Parameters["groupId"] = "another"
		return all, s.Name == rollout.FlexibleRollout && n < 100 && s.Parameters["stickiness"] != rollout.StickyRandom
	}},
	{"stickiness", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		s := d.pick(all)
		s.Parameters["stickiness"] = "another"
		return all, s.Name == rollout.FlexibleRollout
	}},
	{"rollout lowered", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		s := d.pick(all)
		for _, name := range []string{"rollout", "percentage"} {
			if was, err := strconv.Atoi(s.Parameters[name]); err == nil {
				s.Parameters[name] = strconv.Itoa(d.IntN(was))
			}
		}
		return all, s.Name == rollout.FlexibleRollout || s.Name == rollout.GradualRandom
	}},
	{"constraint added", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		s := d.pick(all)
		s.Constraints = append(s.Constraints, d.constraintOn("fresh"))
		return all, true
	}},
	{"values taken away", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		c := d.constraint(all, func(c *rollout.Constraint) bool { return c.Operator == rollout.In && !c.Inverted })
		if c != nil {
			c.Values = c.Values[1:]
		}
		return all, c != nil
	}},
	{"segment added", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		s := d.pick(all)
		s.Segments = append(s.Segments, 4)
		return all, true
	}},
	{"disabled", func(d *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) {
		d.pick(all).Disabled = true
		return all, true
	}},
	{"removed", func(_ *lot, all []rollout.Strategy) ([]rollout.Strategy, bool) { return all[1:], true }},
}

func TestWhoTakesAwayIsFound(t *testing.T) {
	segments := append(slices.Clone(lossSegments), rollout.Segment{ID: 4, Constraints: []rollout.Constraint{in("fresh", "one", "two")}})
	for _, c := range narrowings {
		t.Run(c.rule, func(t *testing.T) {
			found := 0
			for seed := range uint64(50) {
				d := &lot{rand.New(rand.NewPCG(seed, 2))}
				before := []rollout.Strategy{d.strategy()}
				after, ok := c.do(d, clones(before))
				if !ok {
					continue
				}
				l := rollout.FindLoss("f", before, after, segments, lossOptions())
				if l == nil {
					if nobodyHas(before, segments) {
						continue
					}
					t.Fatalf("seed %d: not found\n%+v\n%+v", seed, before, after)
				}
				found++
				happens(t, l, before, after, segments, lossOptions())
			}
			if found < 5 {
				t.Errorf("only %d cases", found)
			}
		})
	}
}

// nobodyHas reports whether the strategies contradict themselves: then everything
// could be taken away.
func nobodyHas(strategies []rollout.Strategy, segments []rollout.Segment) bool {
	return rollout.FindLoss("f", strategies, nil, segments, lossOptions()) == nil
}

// Two lists that have little to do with each other: whatever is reported is real,
// and what contexts made at random lose is mostly reported.
func TestEveryReportedLossIsReal(t *testing.T) {
	lost, found := 0, 0
	for seed := range uint64(500) {
		d := &lot{rand.New(rand.NewPCG(seed, 3))}
		before, after := d.strategies(), d.strategies()
		if d.IntN(2) == 0 {
			after = append(clones(before), after...)
			d.Shuffle(len(after), func(i, j int) { after[i], after[j] = after[j], after[i] })
			after = after[:len(after)*2/3]
		}
		l := rollout.FindLoss("f", before, after, lossSegments, lossOptions())
		if l != nil {
			happens(t, l, before, after, lossSegments, lossOptions())
		}
		if d.somebodyLoses(before, after) {
			lost++
			if l != nil {
				found++
			} else {
				t.Logf("seed %d: not found\n%+v\n%+v", seed, before, after)
			}
		}
	}
	t.Logf("%d of %d known losses found", found, lost)
	if lost < 100 || found*100 < lost*99 {
		t.Errorf("%d of %d known losses found", found, lost)
	}
}

// somebodyLoses looks for a loss by chance, with ids that leave nothing to it.
func (d *lot) somebodyLoses(before, after []rollout.Strategy) bool {
	options := lossOptions()
	options.Hostname = "web-1"
	fixed := uint32(0)
	options.Random = func(n uint32) uint32 { return fixed % n }
	compile := func(all []rollout.Strategy) *rollout.Evaluator {
		if len(all) == 0 {
			all = list(off(everyone()))
		}
		return rollout.Compile([]rollout.Feature{flag(all...)}, lossSegments, options)
	}
	had, has := compile(before), compile(after)
	for _, s := range slices.Concat(before, after) {
		if s.Name == rollout.GradualRandom || s.Parameters["stickiness"] == rollout.StickyRandom {
			return false // no one context tells
		}
	}
	for range 3000 {
		ctx := &rollout.Context{UserID: fmt.Sprint("u-", d.IntN(1000)), SessionID: fmt.Sprint("s-", d.IntN(1000)), CurrentTime: "2026-03-01T12:00:00Z"}
		if d.IntN(4) == 0 {
			ctx.UserID = d.oneOf("ann", "bob", "cem", "dora", "eve")
		}
		ctx.Properties = map[string]string{"country": d.oneOf("", "de", "se", "dk", "fr"), "age": d.oneOf("", "17", "18", "19", "30"),
			"app": d.oneOf("", "1.9.0", "2.0.0", "2.1.0-beta"), "mail": d.oneOf("", "ann@example.com", "bob@test.com")}
		if had.Enabled("f", ctx) && !has.Enabled("f", ctx) {
			return true
		}
	}
	return false
}

// A lot draws strategies as people write them.
type lot struct{ *rand.Rand }

func (d *lot) oneOf(all ...string) string { return all[d.IntN(len(all))] }

func (d *lot) pick(all []rollout.Strategy) *rollout.Strategy { return &all[d.IntN(len(all))] }

// constraint returns one that fits; nil if there is none.
func (d *lot) constraint(all []rollout.Strategy, fits func(*rollout.Constraint) bool) *rollout.Constraint {
	for i := range all {
		for j := range all[i].Constraints {
			if c := &all[i].Constraints[j]; fits(c) && len(c.Values) > 1 {
				return c
			}
		}
	}
	return nil
}

func (d *lot) value(operator rollout.Operator) string {
	switch operator {
	case rollout.InCIDR:
		return d.oneOf("10.0.0.0/8", "10.1.0.0/16", "10.0.0.1", "2001:db8::/32")
	case rollout.EndsWith, rollout.StartsWith, rollout.Contains:
		return d.oneOf("@example.com", "@test.com", "bob", "ann", "ex")
	default:
		return d.oneOf("de", "se", "dk", "fr", "nl", "at")
	}
}

func (d *lot) constraintOn(field string) rollout.Constraint {
	c := of(field, rollout.Operator(d.oneOf("IN", "NOT_IN", "STR_STARTS_WITH", "STR_ENDS_WITH", "STR_CONTAINS", "IN_CIDR")))
	for range 1 + d.IntN(3) {
		c.Values = append(c.Values, d.value(c.Operator))
	}
	return c
}

func (d *lot) anyConstraint() rollout.Constraint {
	var c rollout.Constraint
	switch d.IntN(6) {
	case 0:
		c = one("age", rollout.Operator(d.oneOf("NUM_GT", "NUM_GTE", "NUM_LT", "NUM_LTE", "NUM_EQ")), d.oneOf("17.5", "18", "30"))
	case 1:
		c = one("app", rollout.Operator(d.oneOf("SEMVER_GT", "SEMVER_GTE", "SEMVER_LT", "SEMVER_LTE", "SEMVER_EQ")), d.oneOf("2.0.0", "2.1.0-beta", "1.9.0"))
	case 2:
		c = of("mail", rollout.Operator(d.oneOf("STR_ENDS_WITH", "STR_CONTAINS", "STR_STARTS_WITH")), d.value(rollout.EndsWith), d.value(rollout.EndsWith))
		c.CaseInsensitive = d.IntN(2) == 0
	case 3:
		c = one("currentTime", rollout.Operator(d.oneOf("DATE_AFTER", "DATE_BEFORE")), time.Date(2026, time.Month(1+d.IntN(12)), 1, 0, 0, 0, 0, time.UTC).Format(time.RFC3339))
	default:
		all := []string{"de", "se", "dk", "fr", "nl", "at"}
		d.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		c = of("country", rollout.Operator(d.oneOf("IN", "IN", "NOT_IN")), all[:3]...)
	}
	c.Inverted = d.IntN(5) == 0
	return c
}

func (d *lot) strategy() rollout.Strategy {
	percent := strconv.Itoa(1 + d.IntN(100))
	var s rollout.Strategy
	switch d.IntN(10) {
	case 0:
		s = everyone()
	case 1:
		s = strategy(rollout.UserWithID, "userIds", d.oneOf("ann", "ann, bob", "bob, cem, dora"))
	case 2:
		s = strategy(rollout.GradualRandom, "percentage", percent)
	case 3:
		s = strategy(rollout.ApplicationHostname, "hostNames", d.oneOf("web-1", "web-1,web-2"))
	default:
		s = share(percent, "stickiness", d.oneOf("default", "default", "userId", "sessionId", "random"), "groupId", d.oneOf("f", "g"))
	}
	if s.Parameters == nil {
		s.Parameters = map[string]string{}
	}
	for range d.IntN(3) {
		s.Constraints = append(s.Constraints, d.anyConstraint())
	}
	if d.IntN(3) == 0 {
		s.Segments = append(s.Segments, 1+d.IntN(3))
	}
	return s
}

func (d *lot) strategies() (all []rollout.Strategy) {
	for range 1 + d.IntN(3) {
		all = append(all, d.strategy())
	}
	return all
}

func clones(all []rollout.Strategy) []rollout.Strategy {
	out := make([]rollout.Strategy, len(all))
	for i := range all {
		out[i] = all[i].Clone()
	}
	return out
}
