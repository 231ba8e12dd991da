package rollout_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

func TestStrategies(t *testing.T) {
	session := &rollout.Context{SessionID: "999"}
	at := func(ip string) *rollout.Context { return &rollout.Context{RemoteAddress: ip} }
	for _, x := range []struct {
		rule string
		s    rollout.Strategy
		ctx  *rollout.Context
		want bool
	}{
		{"default is on", strategy("default"), nil, true},
		{"an unknown strategy is off", strategy("unheard"), user("a"), false},
		{"a disabled strategy is off", rollout.Strategy{Name: "default", Disabled: true}, user("a"), false},

		{"user in the list", strategy("userWithId", "userIds", "a, b ,c"), user("b"), true},
		{"user not in the list", strategy("userWithId", "userIds", "a,b"), user("ab"), false},
		{"an empty user is in no list", strategy("userWithId", "userIds", "a,,b"), user(""), false},
		{"no list", strategy("userWithId"), user("a"), false},

		// groupX:999 falls on 25, gr1:123 on 73.
		{"rollout at the number", strategy("flexibleRollout", "rollout", "25", "groupId", "groupX", "stickiness", "userId"), user("999"), true},
		{"rollout below the number", strategy("flexibleRollout", "rollout", "24", "groupId", "groupX"), user("999"), false},
		{"a fraction does not count", strategy("flexibleRollout", "rollout", "24.9", "groupId", "groupX"), user("999"), false},
		{"rollout 0", strategy("flexibleRollout", "rollout", "0", "groupId", "groupX"), user("999"), false},
		{"rollout 100", strategy("flexibleRollout", "rollout", "100"), nil, true},
		{"rollout above 100", strategy("flexibleRollout", "rollout", "1e3"), nil, true},
		{"rollout below 0", strategy("flexibleRollout", "rollout", "-5"), user("999"), false},
		{"rollout is no number", strategy("flexibleRollout", "rollout", "all"), user("999"), false},
		{"rollout is infinite", strategy("flexibleRollout", "rollout", "inf"), user("999"), false},
		{"rollout is missing", strategy("flexibleRollout"), user("999"), false},
		{"default sticks to the user before the session", strategy("flexibleRollout", "rollout", "25", "groupId", "groupX"), &rollout.Context{UserID: "123", SessionID: "999"}, false},
		{"default sticks to the session then", strategy("flexibleRollout", "rollout", "25", "groupId", "groupX"), session, true},
		{"custom stickiness", strategy("flexibleRollout", "rollout", "25", "groupId", "groupX", "stickiness", "org"), props("org", "999"), true},
		{"custom stickiness that is missing is off even at 100", strategy("flexibleRollout", "rollout", "100", "stickiness", "org"), user("999"), false},
		{"session stickiness that is missing is off even at 100", strategy("flexibleRollout", "rollout", "100", "stickiness", "sessionId"), user("999"), false},
		{"a draw of 4322 in group g falls on 63", strategy("flexibleRollout", "rollout", fmt.Sprint(plainNorm("g", "4322", 100, 0)), "groupId", "g", "stickiness", "random"), user("999"), true},
		{"a draw, one below", strategy("flexibleRollout", "rollout", fmt.Sprint(plainNorm("g", "4322", 100, 0)-1), "groupId", "g"), nil, false},
		{"the group is the feature's name", strategy("flexibleRollout", "rollout", fmt.Sprint(plainNorm("f", "999", 100, 0))), user("999"), true},
		{"the group is the feature's name, one below", strategy("flexibleRollout", "rollout", fmt.Sprint(plainNorm("f", "999", 100, 0)-1), "groupId", ""), user("999"), false},

		{"gradual by user", strategy("gradualRolloutUserId", "percentage", "23", "groupId", "AB12A"), user("122"), true},
		{"gradual by user, above", strategy("gradualRolloutUserId", "percentage", "22", "groupId", "AB12A"), user("122"), false},
		{"gradual by user, without one", strategy("gradualRolloutUserId", "percentage", "100", "groupId", "AB12A"), session, false},
		{"gradual without group", strategy("gradualRolloutUserId", "percentage", "99"), user("a"), true},
		{"gradual without group, above", strategy("gradualRolloutUserId", "percentage", "98"), user("a"), false},
		{"gradual by session", strategy("gradualRolloutSessionId", "percentage", "25", "groupId", "groupX"), session, true},
		{"gradual by session, without one", strategy("gradualRolloutSessionId", "percentage", "100"), user("999"), false},
		{"gradual at random", strategy("gradualRolloutRandom", "percentage", "22"), nil, true},
		{"gradual at random, above", strategy("gradualRolloutRandom", "percentage", "21"), nil, false},
		{"gradual at random, all", strategy("gradualRolloutRandom", "percentage", "100"), nil, true},

		{"address", strategy("remoteAddress", "IPs", "10.0.0.1, 10.0.0.2"), at("10.0.0.2"), true},
		{"address in a range", strategy("remoteAddress", "IPs", "nonsense,192.168.0.0/16"), at("192.168.7.7"), true},
		{"address not in a range", strategy("remoteAddress", "IPs", "192.168.0.0/16"), at("192.169.0.1"), false},
		{"address by IPv6", strategy("remoteAddress", "IPs", "2001:db8::/32"), at("2001:db8:0:0::1"), true},
		{"no address", strategy("remoteAddress", "IPs", "0.0.0.0/0"), at(""), false},
		{"a bad address", strategy("remoteAddress", "IPs", "0.0.0.0/0"), at("300.1.1.1"), false},

		{"host in any case", strategy("applicationHostname", "hostNames", "db-1, WEB-1"), nil, true},
		{"another host", strategy("applicationHostname", "hostNames", "web-2"), nil, false},
		{"no hosts", strategy("applicationHostname"), nil, false},
	} {
		t.Run(x.rule, func(t *testing.T) { enabled(t, x.want, x.ctx, flag(x.s)) })
	}
}

// Raising a percentage only adds people, each percent about a hundredth of them.
func TestRolloutIsMonotone(t *testing.T) {
	had := make(map[int]bool)
	for percent := range 101 {
		e := rollout.Compile([]rollout.Feature{flag(strategy("flexibleRollout", "rollout", fmt.Sprint(percent), "stickiness", "userId", "groupId", "g"))}, nil, options())
		count := 0
		for i := range 2000 {
			has := e.Enabled("f", user(fmt.Sprint("user", i)))
			if had[i] && !has {
				t.Fatalf("user %d lost the feature at %d %%", i, percent)
			}
			if had[i] = has; has {
				count++
			}
		}
		if d := count - percent*20; d < -80 || d > 80 {
			t.Errorf("%d %%: %d of 2000", percent, count)
		}
	}
}

func TestCustomStrategies(t *testing.T) {
	compiled := 0
	o := options()
	o.Strategies = map[string]rollout.Custom{
		"plan": func(p map[string]string) (func(rollout.Context) bool, error) {
			compiled++
			want := p["is"]
			p["is"] = "changed" // a copy
			return func(ctx rollout.Context) bool { return ctx.Properties["plan"] == want }, nil
		},
		"broken":  func(map[string]string) (func(rollout.Context) bool, error) { return nil, fmt.Errorf("no rule today") },
		"empty":   func(map[string]string) (func(rollout.Context) bool, error) { return nil, nil },
		"default": func(map[string]string) (func(rollout.Context) bool, error) { return nil, fmt.Errorf("never asked") },
	}
	gold := strategy("plan", "is", "gold")
	constrained := gold
	constrained.Constraints = []rollout.Constraint{in("userId", "ann")}
	features := []rollout.Feature{
		{Name: "gold", Enabled: true, Strategies: []rollout.Strategy{gold}},
		{Name: "ann", Enabled: true, Strategies: []rollout.Strategy{constrained}},
		{Name: "broken", Enabled: true, Strategies: []rollout.Strategy{strategy("broken"), strategy("empty")}},
		{Name: "builtin", Enabled: true, Strategies: []rollout.Strategy{everyone()}},
	}
	e := rollout.Compile(features, nil, o)
	ctx := props("plan", "gold")
	got := []bool{e.Enabled("gold", ctx), e.Enabled("gold", nil), e.Enabled("ann", ctx), e.Enabled("broken", ctx), e.Enabled("builtin", ctx)}
	if diff := cmp.Diff([]bool{true, false, false, false, true}, got); diff != "" {
		t.Error(diff)
	}
	if compiled != 2 || gold.Parameters["is"] != "gold" {
		t.Errorf("compiled %d times, parameters %v", compiled, gold.Parameters)
	}
	faults(t, e.Faults(),
		"features[2].strategies[0].parameters: no rule today",
		`features[2].strategies[1].parameters: strategy "empty" has no rule for them`)
	ctx.UserID = "ann"
	if !e.Enabled("ann", ctx) {
		t.Error(e.Explain("ann", ctx))
	}
}

// A Custom may write to its parameters, even if there are none.
func TestCustomOwnsItsParameters(t *testing.T) {
	o := options()
	o.Strategies = map[string]rollout.Custom{"odd": func(p map[string]string) (func(rollout.Context) bool, error) {
		p["more"] = "x"
		return func(rollout.Context) bool { return true }, nil
	}}
	given := rollout.Strategy{Name: "odd", Parameters: rollout.Parameters{"a": "b"}}
	e := rollout.Compile([]rollout.Feature{flag(given, rollout.Strategy{Name: "odd"})}, nil, o)
	if !e.Enabled("f", nil) || len(given.Parameters) != 1 {
		t.Error(given.Parameters)
	}
}

func TestWithDefaults(t *testing.T) {
	given := rollout.Strategy{Name: "flexibleRollout", Parameters: map[string]string{"rollout": "5"}}
	got := given.WithDefaults("checkout", "org")
	if diff := cmp.Diff(rollout.Parameters{"rollout": "5", "stickiness": "org", "groupId": "checkout"}, got.Parameters); diff != "" {
		t.Error(diff)
	}
	if len(given.Parameters) != 1 {
		t.Error("the given strategy changed")
	}
	empty := rollout.Strategy{Name: "flexibleRollout"}
	if diff := cmp.Diff(rollout.Parameters{"rollout": "100", "stickiness": "default", "groupId": "checkout"}, empty.WithDefaults("checkout", "").Parameters); diff != "" {
		t.Error(diff)
	}
	if got := (rollout.Strategy{Name: "default"}).WithDefaults("checkout", ""); got.Parameters != nil {
		t.Error(got)
	}
}
