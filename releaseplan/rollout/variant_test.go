package rollout_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

func v(name string, weight int, sticky ...string) rollout.Variant {
	x := rollout.Variant{Name: name, Weight: weight}
	if len(sticky) > 0 {
		x.Stickiness = sticky[0]
	}
	return x
}

// thousand returns one variant per number: its name is the number.
func thousand(sticky string) (all []rollout.Variant) {
	for i := range 1000 {
		all = append(all, v(fmt.Sprint(i+1), 1, sticky))
	}
	return all
}

func number(group, id string) string { return fmt.Sprint(plainNorm(group, id, 1000, 86028157)) }

func TestVariants(t *testing.T) {
	none := rollout.Selection{Name: "disabled", FeatureEnabled: true}
	is := func(name string) rollout.Selection {
		return rollout.Selection{Name: name, Enabled: true, FeatureEnabled: true}
	}
	with := func(s rollout.Strategy, variants ...rollout.Variant) rollout.Strategy {
		s.Variants = variants
		return s
	}
	feature := func(variants []rollout.Variant, strategies ...rollout.Strategy) rollout.Feature {
		f := flag(strategies...)
		f.Variants = variants
		return f
	}
	off := feature([]rollout.Variant{v("a", 1)})
	off.Enabled = false
	everywhere := &rollout.Context{UserID: "u", SessionID: "s", RemoteAddress: "10.0.0.1", Properties: map[string]string{"org": "o"}}
	override := v("b", 0)
	override.Overrides = []rollout.Override{{ContextName: "org", Values: []string{"x", "o"}}, {ContextName: "userId", Values: []string{"vip", ""}}}
	later := v("c", 5)
	later.Overrides = []rollout.Override{{ContextName: "org", Values: []string{"o"}}}
	paid := v("a", 1)
	paid.Payload = &rollout.Payload{Type: "json", Value: "{}"}
	grouped := strategy("flexibleRollout", "rollout", "100", "groupId", "gr1", "stickiness", "userId")

	for _, x := range []struct {
		rule string
		f    rollout.Feature
		ctx  *rollout.Context
		want rollout.Selection
	}{
		{"off", off, nil, rollout.Selection{Name: "disabled"}},
		{"no strategy matched", feature([]rollout.Variant{v("a", 1)}, nobody()), nil, rollout.Selection{Name: "disabled"}},
		{"on without variants", feature(nil), nil, none},
		{"of the feature", feature([]rollout.Variant{v("a", 1)}), nil, is("a")},
		{"of the feature, after a strategy", feature([]rollout.Variant{v("a", 1)}, everyone()), nil, is("a")},
		{"of the strategy before the feature", feature([]rollout.Variant{v("a", 1)}, with(everyone(), v("b", 1))), nil, is("b")},
		{"of the strategy that matched", feature(nil, with(nobody(), v("a", 1)), with(everyone(), v("b", 1)), with(everyone(), v("c", 1))), nil, is("b")},
		{"an empty list falls back", feature([]rollout.Variant{v("a", 1)}, with(everyone(), []rollout.Variant{}...)), nil, is("a")},
		{"weights of 0 do not fall back", feature([]rollout.Variant{v("a", 1)}, with(everyone(), v("b", 0))), nil, none},
		{"a weight of 0 is passed over", feature([]rollout.Variant{v("a", 0), v("b", 1), v("c", 0)}), user("u"), is("b")},
		{"weights below 0 take from the sum", feature([]rollout.Variant{v("a", -5), v("b", 1)}), user("u"), none},
		{"weights below 0 take from who follows", feature([]rollout.Variant{v("a", -5), v("b", 5), v("c", 1)}), user("u"), is("c")},
		{"weights below 0 behind others", feature([]rollout.Variant{v("a", 1000), v("b", -999), v("c", 5)}), user("u"), is("a")},
		{"huge weights", feature([]rollout.Variant{v("a", math.MinInt), v("b", math.MaxInt), v("c", 1)}), user("u"), is("c")},
		{"payload", feature([]rollout.Variant{paid}), nil, rollout.Selection{Name: "a", Enabled: true, FeatureEnabled: true, Payload: rollout.Payload{Type: "json", Value: "{}"}}},

		{"the check vector", feature(nil, with(grouped, thousand("")...)), user("123"), is("796")},
		{"a second check vector", feature(nil, with(strategy("flexibleRollout", "rollout", "100", "groupId", "groupX"), thousand("")...)), user("999"), is("260")},
		{"the feature's own go by its name", feature(thousand(""), grouped), user("123"), is(number("f", "123"))},
		{"a strategy without group goes by the feature's name", feature(nil, with(everyone(), thousand("")...)), user("123"), is(number("f", "123"))},

		{"default sticks to the user", feature(thousand("default")), everywhere, is(number("f", "u"))},
		{"then to the session", feature(thousand("")), &rollout.Context{SessionID: "s", RemoteAddress: "10.0.0.1"}, is(number("f", "s"))},
		{"then to the address", feature(thousand("")), &rollout.Context{RemoteAddress: "10.0.0.1"}, is(number("f", "10.0.0.1"))},
		{"then to a draw", feature(thousand("")), nil, is(number("f", "4322"))},
		{"random", feature(thousand("random")), everywhere, is(number("f", "4322"))},
		{"a custom field", feature(thousand("org")), everywhere, is(number("f", "o"))},
		{"a custom field that is missing: a draw", feature(thousand("org")), user("u"), is(number("f", "4322"))},
		{"the first variant's stickiness counts", feature([]rollout.Variant{v("a", 500, "org"), v("b", 500, "userId")}), everywhere,
			is(map[bool]string{true: "a", false: "b"}[plainNorm("f", "o", 1000, 86028157) <= 500])},
		{"inherited from the strategy", feature(nil, with(strategy("flexibleRollout", "rollout", "100", "stickiness", "org", "groupId", "g"), thousand("")...)), everywhere, is(number("g", "o"))},
		{"its own before the strategy's", feature(nil, with(strategy("flexibleRollout", "rollout", "100", "stickiness", "org", "groupId", "g"), thousand("sessionId")...)), everywhere, is(number("g", "s"))},

		{"an override wins, whatever the weight", feature([]rollout.Variant{v("a", 5), override, later}), everywhere, is("b")},
		{"an override by another field", feature([]rollout.Variant{v("a", 5), override}), user("vip"), is("b")},
		{"no override for a missing field", feature([]rollout.Variant{v("a", 5), override}), nil, is("a")},
		{"no override if all weights are 0", feature([]rollout.Variant{override}), everywhere, none},
		{"a strategy's variants have no overrides", feature(nil, with(everyone(), v("a", 5), override)), everywhere, is("a")},
	} {
		t.Run(x.rule, func(t *testing.T) {
			e := rollout.Compile([]rollout.Feature{x.f}, nil, options())
			if diff := cmp.Diff(x.want, e.Variant("f", x.ctx)); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, e.Explain("f", x.ctx))
			}
		})
	}
	if got := rollout.Compile(nil, nil, options()).Variant("f", nil); got != (rollout.Selection{Name: "disabled"}) {
		t.Errorf("unknown: %+v", got)
	}
}

// Each variant gets its share.
func TestVariantShares(t *testing.T) {
	f := flag()
	f.Variants = []rollout.Variant{v("a", 500), v("b", 300), v("c", 200)}
	e, count := rollout.Compile([]rollout.Feature{f}, nil, options()), map[string]int{}
	for i := range 10000 {
		count[e.Variant("f", user(fmt.Sprint("user-", i))).Name]++
	}
	for name, want := range map[string]int{"a": 5000, "b": 3000, "c": 2000} {
		if d := count[name] - want; d < -250 || d > 250 {
			t.Errorf("%s: %d of 10000, want about %d", name, count[name], want)
		}
	}
}

func TestNormalizeWeights(t *testing.T) {
	vary := func(name string) rollout.Variant {
		return rollout.Variant{Name: name, Weight: 7, WeightType: rollout.WeightVariable}
	}
	fix := func(name string, weight int) rollout.Variant {
		return rollout.Variant{Name: name, Weight: weight, WeightType: rollout.WeightFix}
	}
	type weights = map[string]int
	for _, x := range []struct {
		rule   string
		in     []rollout.Variant
		order  string
		want   weights
		faults []string
	}{
		{rule: "three share", in: []rollout.Variant{vary("a"), vary("b"), vary("c")}, order: "abc", want: weights{"a": 334, "b": 333, "c": 333}},
		{rule: "the first given take the rest", in: []rollout.Variant{vary("c"), vary("b"), vary("a")}, order: "abc", want: weights{"a": 333, "b": 333, "c": 334}},
		{rule: "fixed ones keep theirs", in: []rollout.Variant{fix("b", 250), vary("c"), vary("a")}, order: "abc", want: weights{"a": 375, "b": 250, "c": 375}},
		{rule: "nothing left", in: []rollout.Variant{fix("b", 1000), vary("a")}, order: "ab", want: weights{"a": 0, "b": 1000}},
		{rule: "as people sort names", in: []rollout.Variant{vary("Z"), vary("b"), vary("B"), vary("a"), vary("2"), vary("-"), vary("_"), vary("~")}, order: "_-~2abBZ",
			want: weights{"Z": 125, "b": 125, "B": 125, "a": 125, "2": 125, "-": 125, "_": 125, "~": 125}},
		{rule: "capitals among the others", in: []rollout.Variant{vary("d"), vary("C"), vary("b"), vary("A"), vary("ad")}, order: "AadbCd",
			want: weights{"d": 200, "C": 200, "b": 200, "A": 200, "ad": 200}},
		{rule: "case only breaks ties", in: []rollout.Variant{vary("Ab"), vary("aB"), vary("ab"), vary("AC"), vary("a"), vary("a-c")}, order: "aa-cabaBAbAC",
			want: weights{"Ab": 167, "aB": 167, "ab": 167, "AC": 167, "a": 166, "a-c": 166}},
		{rule: "nobody to take the rest, and out of range", in: []rollout.Variant{fix("a", 1001)},
			faults: []string{"[0].weight: 1001 is not in 0..1000", "one variant at least must be variable"}},
		{rule: "none", in: nil},
		{rule: "too much", in: []rollout.Variant{fix("a", 600), fix("b", 600), vary("c")}, faults: []string{"fixed weights sum up to 1200: at most 1000"}},
		{rule: "nobody to take the rest", in: []rollout.Variant{fix("a", 1000)}, faults: []string{"one variant at least must be variable"}},
		{rule: "out of range, and a type that is unknown", in: []rollout.Variant{fix("a", -1), fix("b", 1001), v("c", 5)},
			faults: []string{"[0].weight: -1 is not in 0..1000", "[1].weight: 1001 is not in 0..1000", `[2].weightType: "" is not variable or fix`}},
	} {
		t.Run(x.rule, func(t *testing.T) {
			before := fmt.Sprint(x.in)
			got, err := rollout.NormalizeWeights(x.in)
			faults(t, err, x.faults...)
			if fmt.Sprint(x.in) != before {
				t.Error("the given variants changed")
			}
			order, is := "", weights(nil)
			for _, y := range got {
				order += y.Name
				if is == nil {
					is = weights{}
				}
				is[y.Name] = y.Weight
			}
			if diff := cmp.Diff(x.want, is); diff != "" || order != x.order {
				t.Errorf("order %q, want %q; (-want +got):\n%s", order, x.order, diff)
			}
		})
	}
}
