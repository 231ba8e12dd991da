package rollout_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// FuzzEvaluate makes a state and contexts from two numbers and a text that lands
// in many places, and compares with the plain evaluator.
func FuzzEvaluate(f *testing.F) {
	for seed := range uint64(400) {
		f.Add(seed, seed*7919, "a b\xff")
	}
	f.Fuzz(func(t *testing.T, a, b uint64, odd string) {
		agree(t, &dice{rand.New(rand.NewPCG(a, b)), odd})
	})
}

// agree evaluates a random state both ways.
func agree(t *testing.T, d *dice) {
	t.Helper()
	fixed := d.IntN(10000)
	options := rollout.Options{
		Hostname:   "Host-1",
		Now:        func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
		Random:     func(n uint32) uint32 { return uint32(fixed) % n },
		Strategies: map[string]rollout.Custom{"odd": odd},
	}
	features, segments := d.features(), d.segments()
	e := rollout.Compile(features, segments, options)
	_ = e.Faults()
	_ = rollout.Validate(features, segments, nil)
	p := &plain{features: features, segments: segments, options: options}
	for range 8 {
		ctx := d.context()
		for _, name := range append(names, "unknown") {
			want, got := p.variant(name, ctx), e.Variant(name, ctx)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("variant of %s for %+v (-plain +compiled):\n%s\n%s", name, *ctx, diff, e.Explain(name, ctx))
			}
			if on := e.Enabled(name, ctx); on != want.FeatureEnabled {
				t.Fatalf("enabled %s for %+v = %v", name, *ctx, on)
			}
			x := e.Explain(name, ctx)
			if x.Enabled != want.FeatureEnabled || x.Variant != want {
				t.Fatalf("explanation of %s for %+v: %s, want %+v", name, *ctx, x, want)
			}
		}
	}
}

func odd(map[string]string) (func(rollout.Context) bool, error) {
	return func(ctx rollout.Context) bool { return len(ctx.UserID)%2 == 1 }, nil
}

var names = []string{"f0", "f1", "f2", "f3", "f4"}

// A dice makes states out of few values, so that they meet often.
type dice struct {
	*rand.Rand
	odd string
}

func (d *dice) of(all ...string) string {
	if d.IntN(20) == 0 {
		return d.odd
	}
	return all[d.IntN(len(all))]
}

func (d *dice) times(n int, do func()) {
	for range d.IntN(n + 1) {
		do()
	}
}

func (d *dice) value() string {
	return d.of("", "a", "A", "ab", "Äb", "äB", "ıİ", "7", "7.0", "-7e1", "0x7", "inf", "NaN", "1e999", "1_0", " 7", ".5", "5.", "1.2.3", "1.2.3-a.1", "1.2.3-a.b",
		"1.2.3-1", "1.2.3+b", "v1.2.3", "1.2", "01.2.3", "18446744073709551617.0.0", "2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00",
		"2026-03-01T12:00:00.001Z", "2026-03-01", "2026-03-01t12:00:00.0010000009z", "2026-03-01T2:00:00Z", "2026-02-30T12:00:00,5-24:00", "::/0", "::ffff:0:0/95", "10.0.0.1", "10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:10.0.0.0/104", "fe80::1%eth0", "2001:db8::/32", "2001:db8::1", "10.0.0.300", "^a", "(?i)A", "a|7$", "(", `\d+`, "(?=a)")
}

func (d *dice) values() (all []string) {
	d.times(12, func() { all = append(all, d.value()) })
	return all
}

func (d *dice) field() string {
	return d.of("userId", "sessionId", "remoteAddress", "environment", "appName", "currentTime", "x", "y", "")
}

func (d *dice) constraints() (all []rollout.Constraint) {
	d.times(2, func() {
		all = append(all, rollout.Constraint{
			ContextName: d.field(),
			Operator: rollout.Operator(d.of("IN", "NOT_IN", "STR_STARTS_WITH", "STR_ENDS_WITH", "STR_CONTAINS", "IN_CIDR", "NUM_EQ", "NUM_GT", "NUM_GTE",
				"NUM_LT", "NUM_LTE", "DATE_AFTER", "DATE_BEFORE", "SEMVER_EQ", "SEMVER_GT", "SEMVER_GTE", "SEMVER_LT", "SEMVER_LTE", "REGEX", "")),
			Values: d.values(), Value: d.value(), Inverted: d.IntN(3) == 0, CaseInsensitive: d.IntN(2) == 0,
		})
	})
	return all
}

func (d *dice) variants() (all []rollout.Variant) {
	d.times(4, func() {
		v := rollout.Variant{Name: d.of("red", "green", "blue"), Weight: d.IntN(5) - 1, Stickiness: d.of("", "default", "random", "x", "userId")}
		if d.IntN(2) == 0 {
			v.Payload = &rollout.Payload{Type: "string", Value: d.value()}
		}
		d.times(1, func() {
			v.Overrides = append(v.Overrides, rollout.Override{ContextName: d.field(), Values: d.values()})
		})
		all = append(all, v)
	})
	return all
}

func (d *dice) strategy() rollout.Strategy {
	percent := func() string { return d.of("0", "0.5", "25", "50.9", "100", "150", "-1", "", "x", "1e1") }
	s := rollout.Strategy{
		Name: d.of("default", "flexibleRollout", "flexibleRollout", "userWithId", "gradualRolloutUserId", "gradualRolloutSessionId",
			"gradualRolloutRandom", "remoteAddress", "applicationHostname", "odd", "unheard"),
		Disabled: d.IntN(10) == 0,
		Parameters: map[string]string{
			"rollout": percent(), "percentage": percent(), "stickiness": d.of("", "default", "random", "userId", "x"),
			"userIds": d.value() + " , " + d.value(), "IPs": d.value() + "," + d.value(), "hostNames": d.of("host-1", "a, HOST-1", ""),
		},
		Constraints: d.constraints(), Variants: d.variants(),
	}
	if d.IntN(2) == 0 {
		s.Parameters["groupId"] = d.of("", "g", "group")
	}
	d.times(2, func() { s.Segments = append(s.Segments, 1+d.IntN(4)) })
	return s
}

func (d *dice) segments() (all []rollout.Segment) {
	for id := range 3 {
		all = append(all, rollout.Segment{ID: id + 1, Constraints: d.constraints()})
	}
	return all
}

func (d *dice) features() (all []rollout.Feature) {
	for range 6 {
		f := rollout.Feature{Name: names[d.IntN(len(names))], Enabled: d.IntN(8) > 0, Variants: d.variants()}
		d.times(3, func() { f.Strategies = append(f.Strategies, d.strategy()) })
		if d.IntN(3) == 0 {
			on := d.IntN(2) == 0
			parent := rollout.Dependency{Feature: d.of("f0", "f1", "gone")}
			if d.IntN(2) == 0 {
				parent.Enabled = &on
			}
			d.times(2, func() { parent.Variants = append(parent.Variants, d.of("red", "green", "disabled")) })
			f.Dependencies = append(f.Dependencies, parent)
		}
		all = append(all, f)
	}
	return all
}

func (d *dice) context() *rollout.Context {
	return &rollout.Context{
		UserID: d.value(), SessionID: d.value(), RemoteAddress: d.value(), Environment: d.value(), AppName: d.value(), CurrentTime: d.value(),
		Properties: map[string]string{"x": d.value(), "y": d.value(), "": "a"},
	}
}
