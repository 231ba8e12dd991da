package rollout_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

func TestExplain(t *testing.T) {
	s := everyone(in("country", "de"))
	s.Segments = []int{7}
	missing := everyone()
	missing.Segments = []int{9}
	variants := []rollout.Variant{v("a", 1), v("b", 0)}
	variants[1].Overrides = []rollout.Override{{ContextName: "userId", Values: []string{"vip"}}}
	yes := strategy("flexibleRollout", "rollout", "25", "groupId", "groupX", "stickiness", "userId")
	features := []rollout.Feature{
		{Name: "off"},
		{Name: "open", Enabled: true, Variants: variants},
		{Name: "child", Enabled: true, Dependencies: []rollout.Dependency{{Feature: "open"}, {Feature: "off"}}},
		{Name: "many", Enabled: true, Strategies: []rollout.Strategy{
			s, missing, strategy("unheard"), {Name: "default", Disabled: true}, strategy("userWithId", "userIds", "x"),
			strategy("applicationHostname", "hostNames", "x"), everyone(rollout.Constraint{ContextName: "plan", Operator: "LIKE"}),
			everyone(rollout.Constraint{ContextName: "userId", Operator: rollout.In, Values: []string{"123", "999"}, Inverted: true}),
			strategy("odd"), strategy("flexibleRollout", "rollout", "100", "stickiness", "org"), yes, everyone(),
		}},
	}
	o := options()
	o.Strategies = map[string]rollout.Custom{"odd": func(map[string]string) (func(rollout.Context) bool, error) {
		return func(ctx rollout.Context) bool { return false }, nil
	}}
	e := rollout.Compile(features, []rollout.Segment{{ID: 7, Constraints: []rollout.Constraint{in("plan", "gold")}}}, o)
	german := props("country", "de", "plan", "tin")
	german.UserID = "999"
	for _, x := range []struct {
		name string
		ctx  *rollout.Context
		want string
	}{
		{"unknown", nil, "unknown is off: nobody defined it"},
		{"off", nil, "off is off: it is disabled"},
		{"child", nil, "child is off: it depends on off, which is off"},
		{"open", user("u"), "open is on: it has no strategies\n  variant a of the feature: userId \"u\" falls on 1 of 1"},
		{"open", nil, "open is on: it has no strategies\n  variant a of the feature: drawn at random falls on 1 of 1"},
		{"open", user("vip"), "open is on: it has no strategies\n  variant b of the feature: by an override"},
		{"many", german, `many is on: strategy 10 matched
  strategy 0 (default): no, segment 7 constraints[0]: plan "tin" IN ["gold"] does not hold
  strategy 1 (default): no, segment 9 is unknown
  strategy 2 (unheard): no, the strategy is unknown
  strategy 3 (default): no, the strategy is disabled
  strategy 4 (userWithId): no, parameters.userIds: userId "999" does not hold
  strategy 5 (applicationHostname): no, parameters.hostNames: does not hold
  strategy 6 (default): no, constraints[0]: operator "LIKE" is unknown
  strategy 7 (default): no, constraints[0]: userId "999" not IN ["123", "999"] does not hold
  strategy 8 (odd): no, its rule declined
  strategy 9 (flexibleRollout): no, org is missing
  strategy 10 (flexibleRollout): yes, userId "999" falls on 25 of 100`},
		{"many", user("123"), `many is on: strategy 11 matched
  strategy 0 (default): no, constraints[0]: country (missing) IN ["de"] does not hold
  strategy 1 (default): no, segment 9 is unknown
  strategy 2 (unheard): no, the strategy is unknown
  strategy 3 (default): no, the strategy is disabled
  strategy 4 (userWithId): no, parameters.userIds: userId "123" does not hold
  strategy 5 (applicationHostname): no, parameters.hostNames: does not hold
  strategy 6 (default): no, constraints[0]: operator "LIKE" is unknown
  strategy 7 (default): no, constraints[0]: userId "123" not IN ["123", "999"] does not hold
  strategy 8 (odd): no, its rule declined
  strategy 9 (flexibleRollout): no, org is missing
  strategy 10 (flexibleRollout): no, userId "123" falls on 27 of 100, above 25
  strategy 11 (default): yes, for everyone`},
	} {
		if diff := cmp.Diff(x.want, e.Explain(x.name, x.ctx).String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", x.name, diff)
		}
	}
	got := e.Explain("many", german).Strategies[0]
	want := rollout.Verdict{Name: "default", Checks: []rollout.Check{
		{Of: "constraints[0]", Field: "country", Operator: rollout.In, Asked: []string{"de"}, Value: "de", Holds: true},
		{Of: "segment 7 constraints[0]", Field: "plan", Operator: rollout.In, Asked: []string{"gold"}, Value: "tin"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExplainTellsTheTruth(t *testing.T) {
	o := options()
	o.Strategies = map[string]rollout.Custom{"odd": odd}
	with := func(s rollout.Strategy, constraints ...rollout.Constraint) rollout.Strategy {
		s.Constraints = constraints
		return s
	}
	is := func(op rollout.Operator, field, value string) rollout.Constraint {
		return rollout.Constraint{ContextName: field, Operator: op, Value: value}
	}
	halves := flag(strategy("flexibleRollout", "rollout", "100", "groupId", "groupX"))
	halves.Variants = []rollout.Variant{v("a", 50), v("b", 50)}
	segmented := everyone()
	segmented.Segments = []int{1}
	child := flag()
	child.Dependencies = []rollout.Dependency{{Feature: "colored", Variants: []string{"blue"}}}
	no := false
	off := flag()
	off.Dependencies = []rollout.Dependency{{Feature: "colored", Enabled: &no}}
	orphan := flag()
	orphan.Dependencies = []rollout.Dependency{{Feature: "gone"}}
	grandchild := flag()
	grandchild.Dependencies = []rollout.Dependency{{Feature: "child"}}
	others := []rollout.Feature{
		{Name: "colored", Enabled: true, Variants: []rollout.Variant{v("red", 1)}},
		{Name: "child", Enabled: true, Dependencies: []rollout.Dependency{{Feature: "colored"}}},
	}
	segments := []rollout.Segment{{ID: 1, Constraints: []rollout.Constraint{{ContextName: "x"}}}}
	const yes, none = "f is on: strategy 0 matched\n  strategy 0 ", "f is off: no strategy matched\n  strategy 0 "
	for _, x := range []struct {
		rule string
		f    rollout.Feature
		ctx  *rollout.Context
		want string
	}{
		{"weights of a hundred are no percentage", halves, user("999"),
			yes + "(flexibleRollout): yes, userId \"999\" falls on 25 of 100\n  variant a of the feature: userId \"999\" falls on 18 of 100"},
		{"a custom rule that accepted", flag(strategy("odd")), user("a"), yes + "(odd): yes, its rule accepted"},
		{"a custom rule that accepted, after a check", flag(with(strategy("odd"), in("x", "y"))), &rollout.Context{UserID: "a", Properties: map[string]string{"x": "y"}}, yes + "(odd): yes, its rule accepted"},
		{"no operator in a segment", flag(segmented), nil, none + "(default): no, segment 1 constraints[0]: there is no operator"},
		{"no operator", flag(everyone(rollout.Constraint{ContextName: "x"})), nil, none + "(default): no, constraints[0]: there is no operator"},
		{"no field", flag(everyone(in("", "a"))), nil, none + `(default): no, constraints[0]: no field IN ["a"] does not hold`},
		{"the current time", flag(everyone(is("DATE_AFTER", "currentTime", "2025-01-01T00:00:00Z"))), nil,
			yes + `(default): yes, constraints[0]: currentTime "2026-03-01T12:00:00Z" DATE_AFTER "2025-01-01T00:00:00Z" holds`},
		{"no value", flag(everyone(is("NUM_EQ", "x", ""))), props("x", "1"), none + `(default): no, constraints[0]: x "1" NUM_EQ "" does not hold`},
		{"many values", flag(everyone(in("x", "a", "b", "c", "d", "e", "f", "g"))), props("x", "g"),
			yes + `(default): yes, constraints[0]: x "g" IN ["a", "b", "c", "d", "e", 2 more] holds`},
		{"another variant of the parent", child, nil, `f is off: it depends on colored, which has the variant "red"`},
		{"a parent that must be off", off, nil, "f is off: it depends on colored, which is on"},
		{"an unknown parent", orphan, nil, "f is off: it depends on gone, which is unknown"},
		{"a parent with a parent", grandchild, nil, "f is off: it depends on child, which depends on others itself"},
	} {
		e := rollout.Compile(append(others, x.f), segments, o)
		if diff := cmp.Diff(x.want, e.Explain("f", x.ctx).String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", x.rule, diff)
		}
	}
	e := rollout.Compile([]rollout.Feature{flag(everyone(is("LIKE", "x", "2")))}, nil, o)
	want := rollout.Check{Of: "constraints[0]", Field: "x", Operator: "LIKE", Asked: []string{"2"}, Value: "hello", Unknown: true}
	if diff := cmp.Diff(want, e.Explain("f", props("x", "hello")).Strategies[0].Checks[0]); diff != "" {
		t.Error(diff)
	}
}

// Values that nobody explained can be printed, too.
func TestOddExplanations(t *testing.T) {
	for want, x := range map[string]fmt.Stringer{
		" is off: a strategy matched":                                      &rollout.Explanation{Reason: rollout.ByStrategy},
		" is off: no strategy matched\n  variant  of the : by an override": &rollout.Explanation{Variant: rollout.Selection{Enabled: true}},
		"strategy 0 (): no, for everyone":                                  rollout.Verdict{},
		": does not hold":                                                  rollout.Check{},
		" is missing":                                                      rollout.Draw{},
	} {
		if got := fmt.Sprintf("%v", x); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
