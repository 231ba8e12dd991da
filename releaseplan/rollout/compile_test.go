package rollout_test

import (
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/rollout/internal/cases"
)

func TestFaultsOfCompile(t *testing.T) {
	bad := func(op rollout.Operator, value string) rollout.Constraint {
		return rollout.Constraint{ContextName: "x", Operator: op, Value: value, Values: []string{value}}
	}
	s := everyone(bad("REGEX", "("), bad("NUM_EQ", "x"), bad("DATE_AFTER", "x"), bad("SEMVER_EQ", "v1"), bad("IN_CIDR", "x"), bad("LIKE", ""))
	s.Segments = []int{1, 9}
	child := flag()
	child.Name, child.Dependencies = "child", []rollout.Dependency{{Feature: "gone"}, {Feature: "child"}}
	e := rollout.Compile([]rollout.Feature{
		flag(s, strategy("unheard"), strategy("flexibleRollout", "rollout", "many"), strategy("remoteAddress", "IPs", "10.0.0.1,ten")), child,
	}, []rollout.Segment{{ID: 1, Constraints: []rollout.Constraint{bad("NUM_GT", strings.Repeat("9x", 50))}}}, options())
	faults(t, e.Faults(),
		`segments[0].constraints[0].value: "`+strings.Repeat("9x", 30)+`…" is not a number`,
		"features[0].strategies[0].constraints[0].value: is not a regular expression in RE2 syntax: error parsing regexp: missing closing ): `(`",
		`features[0].strategies[0].constraints[1].value: "x" is not a number`,
		`features[0].strategies[0].constraints[2].value: "x" is not a date as RFC 3339 writes it`,
		`features[0].strategies[0].constraints[3].value: "v1" is not a semantic version`,
		`features[0].strategies[0].constraints[4].values[0]: "x" is not an IP address or CIDR range`,
		`features[0].strategies[0].constraints[5].operator: "LIKE" is unknown`,
		`features[0].strategies[0].segments[1]: segment 9 is unknown`,
		`features[0].strategies[1].name: strategy "unheard" is unknown`,
		`features[0].strategies[2].parameters.rollout: "many" is not a number`,
		`features[0].strategies[3].parameters.IPs[1]: "ten" is not an IP address or CIDR range`,
		`features[1].dependencies[0].feature: feature "gone" is unknown`,
		`features[1].dependencies[1].feature: feature "child" depends on others itself`,
	)
	if err := evaluator().Faults(); err != nil {
		t.Error(err)
	}
}

func TestFaultsOfWhatHasAResult(t *testing.T) {
	s := strategy("flexibleRollout", "rollout", "250")
	s.Variants = []rollout.Variant{v("a", 5), v("b", -7)}
	s.Constraints = []rollout.Constraint{in("", "a"), {}}
	f := flag(s, strategy("gradualRolloutRandom", "percentage", "-1"))
	f.Variants = []rollout.Variant{{Name: "a", Overrides: []rollout.Override{{Values: []string{"a"}}}}}
	e := rollout.Compile([]rollout.Feature{flag(), f}, []rollout.Segment{{ID: 1}, {ID: 1}}, options())
	faults(t, e.Faults(),
		"segments[1].id: 1 is there already: the last counts",
		"features[1].variants[0].overrides[0].contextName: must not be empty",
		"features[1].variants: the weights sum up to 0, so nobody gets a variant",
		"features[1].strategies[0].constraints[0].contextName: must not be empty",
		"features[1].strategies[0].constraints[1].contextName: must not be empty",
		`features[1].strategies[0].constraints[1].operator: "" is unknown`,
		`features[1].strategies[0].parameters.rollout: "250" is not in 0..100`,
		"features[1].strategies[0].variants[1].weight: -7 is below 0",
		"features[1].strategies[0].variants: the weights sum up to -2, so nobody gets a variant",
		`features[1].strategies[1].parameters.percentage: "-1" is not in 0..100`,
		`features[1].name: "f" is there already: the last counts`,
	)
}

// What is given to Compile may change afterwards.
func TestCompileKeepsNothing(t *testing.T) {
	s := everyone(in("userId", "a", "b"), rollout.Constraint{ContextName: "appName", Operator: rollout.EndsWith, Values: []string{"x"}})
	s.Segments = []int{1}
	s.Variants = []rollout.Variant{{Name: "v", Weight: 1, Payload: &rollout.Payload{Type: "string", Value: "old"}}}
	features, segments := []rollout.Feature{flag(s)}, []rollout.Segment{{ID: 1, Constraints: []rollout.Constraint{in("environment", "e")}}}
	e := rollout.Compile(features, segments, options())
	ctx := &rollout.Context{UserID: "b", AppName: "x", Environment: "e"}
	want := e.Variant("f", ctx)
	s.Constraints[0].Values[1], s.Constraints[1].Values[0], s.Variants[0].Payload.Value = "c", "y", "new"
	features[0].Enabled, segments[0].Constraints[0] = false, in("environment")
	if got := e.Variant("f", ctx); got != want || !got.Enabled || got.Payload.Value != "old" {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// The zero options use the host's name, clock and randomness.
func TestDefaultOptions(t *testing.T) {
	t.Setenv("HOSTNAME", "blue-7")
	random := 0
	e := rollout.Compile([]rollout.Feature{
		flag(strategy("applicationHostname", "hostNames", "BLUE-7")),
		{Name: "clock", Enabled: true, Strategies: []rollout.Strategy{everyone(rollout.Constraint{ContextName: "currentTime", Operator: rollout.DateAfter, Value: "2025-01-01T00:00:00Z"})}},
		{Name: "half", Enabled: true, Strategies: []rollout.Strategy{strategy("gradualRolloutRandom", "percentage", "50")}},
		{Name: "sticky", Enabled: true, Strategies: []rollout.Strategy{strategy("flexibleRollout", "rollout", "50")}},
	}, nil, rollout.Options{})
	for range 4000 {
		if e.Enabled("half", nil) {
			random++
		}
		if e.Enabled("sticky", nil) {
			random++
		}
	}
	if !e.Enabled("f", nil) || !e.Enabled("clock", nil) || random < 3600 || random > 4400 {
		t.Errorf("host %v, clock %v, random %d of 8000", e.Enabled("f", nil), e.Enabled("clock", nil), random)
	}
	t.Setenv("HOSTNAME", "")
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if e := rollout.Compile([]rollout.Feature{flag(strategy("applicationHostname", "hostNames", host))}, nil, rollout.Options{}); !e.Enabled("f", nil) {
		t.Errorf("not on %s", host)
	}
}

func TestHas(t *testing.T) {
	e := rollout.Compile([]rollout.Feature{flag()}, nil, options())
	if !e.Has("f") || e.Has("g") {
		t.Error(e.Has("f"), e.Has("g"))
	}
}

// Evaluations go on while evaluators are exchanged, and see one or the other.
func TestLive(t *testing.T) {
	var live rollout.Live
	if live.Enabled("f", nil) || live.Variant("f", nil).Name != "disabled" || live.Explain("f", nil).Reason != rollout.Unknown || live.Get() == nil {
		t.Error("the zero Live knows a feature")
	}
	f := flag()
	f.Variants = []rollout.Variant{v("a", 1)}
	a := rollout.Compile([]rollout.Feature{f}, nil, options())
	f.Variants = []rollout.Variant{v("b", 1)}
	b := rollout.Compile([]rollout.Feature{f}, nil, options())
	live.Set(a)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if n := live.Variant("f", nil).Name; n != "a" && n != "b" {
					t.Error(n)
				}
				live.Set(b)
				live.Set(a)
			}
		})
	}
	wg.Wait()
	if !live.Enabled("f", nil) || live.Get() != a {
		t.Error("not the last one that was set")
	}
	live.Set(nil)
	if live.Enabled("f", nil) {
		t.Error("on without an evaluator")
	}
}

// No evaluation allocates: neither with the context of a call on the stack, nor
// where ids are drawn, parents or custom rules are asked, or nothing is known.
func TestNoAllocations(t *testing.T) {
	o := options()
	o.Strategies = map[string]rollout.Custom{"odd": odd}
	pattern := rollout.Constraint{ContextName: "userId", Operator: rollout.MatchRegexp, Value: "^user-[0-9]+$"}
	list := []rollout.Feature{
		{Name: "random", Enabled: true, Strategies: []rollout.Strategy{strategy("flexibleRollout", "rollout", "50", "stickiness", "random")}},
		{Name: "custom", Enabled: true, Strategies: []rollout.Strategy{strategy("odd")}},
		{Name: "child", Enabled: true, Dependencies: []rollout.Dependency{{Feature: "random"}, {Feature: "colors", Variants: []string{"red"}}}},
		{Name: "operators", Enabled: true, Strategies: []rollout.Strategy{everyone(
			pattern,
			rollout.Constraint{ContextName: "userId", Operator: rollout.StartsWith, Values: []string{"USER-"}, CaseInsensitive: true},
			rollout.Constraint{ContextName: "userId", Operator: rollout.EndsWith, Values: []string{"1"}},
			rollout.Constraint{ContextName: "remoteAddress", Operator: rollout.InCIDR, Values: []string{"2001:db8::/32", "10.0.0.0/8"}},
			rollout.Constraint{ContextName: "currentTime", Operator: rollout.DateAfter, Value: "2026-01-01T00:00:00Z"},
			rollout.Constraint{ContextName: "signup", Operator: rollout.DateAfter, Value: "2026-01-01T00:00:00Z"},
			rollout.Constraint{ContextName: "appName", Operator: rollout.NumGT, Value: "1.5"},
			rollout.Constraint{ContextName: "environment", Operator: rollout.SemverGT, Value: "1.5.0-rc.1"},
		)}},
	}
	for _, c := range cases.All() {
		list = append(list, c.Feature)
	}
	e := rollout.Compile(list, nil, o)
	properties := map[string]string{"country": "se", "version": "2.4.1", "signup": "2026-02-01T00:00:00+05:30"}
	full := func() rollout.Context {
		return rollout.Context{UserID: "user-4711", RemoteAddress: "10.1.2.3", AppName: "2.5", Environment: "1.5.0+b", Properties: properties}
	}
	if ctx := full(); !e.Enabled("operators", &ctx) {
		t.Fatal(e.Explain("operators", &ctx))
	}
	for _, f := range append(list, rollout.Feature{Name: "unknown"}) {
		for what, evaluate := range map[string]func(){
			"Enabled":           func() { ctx := full(); e.Enabled(f.Name, &ctx) },
			"Variant":           func() { ctx := full(); e.Variant(f.Name, &ctx) },
			"Enabled of nobody": func() { e.Enabled(f.Name, nil) },
			"Variant of nobody": func() { e.Variant(f.Name, nil) },
			"Enabled of bad values": func() {
				e.Enabled(f.Name, &rollout.Context{UserID: "user-1", AppName: "x", Environment: "v1", SessionID: "s"})
			},
		} {
			if n := testing.AllocsPerRun(100, evaluate); n > 0 {
				t.Errorf("%s of %s: %v allocations", what, f.Name, n)
			}
		}
	}
}

// A state goes to JSON and back, as the client API writes it.
func TestStateJSON(t *testing.T) {
	golden, err := os.ReadFile("testdata/state.json")
	if err != nil {
		t.Fatal(err)
	}
	var state rollout.State
	if err := json.Unmarshal(golden, &state); err != nil {
		t.Fatal(err)
	}
	back, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), string(back)+"\n"); diff != "" {
		t.Errorf("(-golden +got):\n%s", diff)
	}
	if err := rollout.Validate(state.Features, state.Segments, nil); err != nil {
		t.Errorf("the golden state is not valid: %v", err)
	}
}

func TestContextJSON(t *testing.T) {
	for _, x := range []struct {
		in   string
		want rollout.Context
		bad  bool
	}{
		{in: `{"userId":"a","sessionId":"s","remoteAddress":"r","environment":"e","appName":"n","currentTime":"t","properties":{"x":"y"}}`,
			want: rollout.Context{UserID: "a", SessionID: "s", RemoteAddress: "r", Environment: "e", AppName: "n", CurrentTime: "t", Properties: map[string]string{"x": "y"}}},
		{in: `{}`},
		{in: `{"userId":7,"appName":null,"properties":{"n":1.50,"b":true,"gone":null,"empty":""}}`,
			want: rollout.Context{UserID: "7", Properties: map[string]string{"n": "1.5", "b": "true"}}},
		{in: `{"userId":{}}`, bad: true},
		{in: `{"userId":12.0,"sessionId":1e3,"appName":9007199254740993}`, want: rollout.Context{UserID: "12", SessionID: "1000", AppName: "9007199254740993"}},
		{in: `{"userId":"u","properties":{"x":["a"],"y":{"z":1}}}`, want: rollout.Context{UserID: "u", Properties: map[string]string{}}},
	} {
		var got rollout.Context
		if err := json.Unmarshal([]byte(x.in), &got); (err != nil) != x.bad {
			t.Errorf("%s: %v", x.in, err)
		} else if diff := cmp.Diff(x.want, got); !x.bad && diff != "" {
			t.Errorf("%s: %s", x.in, diff)
		}
	}
}
