package peers

import (
	"encoding/json"
	"testing"

	"github.com/Unleash/unleash-go-sdk/v5"

	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/rollout/internal/cases"
)

// One evaluation of a case by each library. It reports whether there was a hit,
// where the library has the same hash or needs none.
type one func() bool

func libraries(tb testing.TB, c *cases.Case) map[string]one {
	ours := rollout.Compile([]rollout.Feature{c.Feature}, nil, rollout.Options{})
	client := newUnleash(tb)
	d, dctx := newDarkly(), darklyContext(&c.Context)
	uctx := unleashContext(&c.Context)
	name, ctx := c.Feature.Name, &c.Context
	if c.Variant {
		return map[string]one{
			"penstock":     func() bool { return ours.Variant(name, ctx).Enabled },
			"unleash":      func() bool { return client.GetVariant(name, unleash.WithVariantContext(uctx)).Enabled },
			"launchdarkly": func() bool { return d.variation(name, dctx) >= 0 },
		}
	}
	return map[string]one{
		"penstock":     func() bool { return ours.Enabled(name, ctx) },
		"unleash":      func() bool { return client.IsEnabled(name, unleash.WithContext(uctx)) },
		"launchdarkly": func() bool { return d.variation(name, dctx) == 1 },
	}
}

// In order, so that figures stand side by side.
var order = []string{"penstock", "unleash", "launchdarkly"}

// Both that share a hash give the same answer, and so does LaunchDarkly where no
// hash decides: what is measured is the same work.
func TestSameAnswers(t *testing.T) {
	for _, c := range cases.All() {
		for name, hit := range libraries(t, &c) {
			hashed := c.Name == "a_rollout25" || c.Name == "b_rollout_in5_semver"
			if !hit() && (name != "launchdarkly" || !hashed) {
				t.Errorf("%s: no hit by %s", c.Name, name)
			}
		}
	}
}

func BenchmarkPeers(b *testing.B) {
	for _, c := range cases.All() {
		all := libraries(b, &c)
		for _, name := range order {
			evaluate := all[name]
			b.Run(c.Name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					evaluate()
				}
			})
		}
	}
}

func BenchmarkPeersParallel(b *testing.B) {
	for _, c := range cases.All() {
		all := libraries(b, &c)
		for _, name := range order {
			evaluate := all[name]
			b.Run(c.Name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						evaluate()
					}
				})
			})
		}
	}
}

func BenchmarkDecode1000(b *testing.B) {
	data, err := json.Marshal(cases.Many(1000))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		var state rollout.State
		if err := json.Unmarshal(data, &state); err != nil {
			b.Fatal(err)
		}
	}
}
