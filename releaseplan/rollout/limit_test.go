package rollout_test

import (
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/rollout/internal/cases"
)

// The limits are the cases written by hand, each for the one feature that it
// knows, over the same context: what an evaluation cannot be much faster than.
// They find the feature by name in a map, as an evaluator must.
type limit struct {
	group     string
	upTo      uint32
	countries []string
	version   [3]int
	users     map[string]struct{}
	names     [3]string
	bounds    [3]uint32
}

func limits() map[string]*limit {
	users := make(map[string]struct{})
	for _, id := range cases.Users() {
		users[id] = struct{}{}
	}
	return map[string]*limit{
		"rollout25":   {group: "checkout-2026", upTo: 25},
		"constraints": {group: "checkout-2026", upTo: 50, countries: []string{"de", "dk", "fi", "no", "se"}, version: [3]int{2, 3, 0}},
		"allowed":     {users: users},
		"colors":      {group: "checkout-2026", names: [3]string{"blue", "green", "red"}, bounds: [3]uint32{334, 667, 1000}},
		"countries":   {countries: cases.Countries()},
	}
}

func (l *limit) number(id string, seed, n uint32) uint32 {
	var room [64]byte
	key := append(room[:0], l.group...)
	key = append(key, ':')
	key = append(key, id...)
	return murmur(key, seed)%n + 1
}

// limited answers the case as fast as by hand.
func limited(all map[string]*limit, name string, ctx *rollout.Context) bool {
	l := all[name]
	switch name {
	case "rollout25":
		return l.number(ctx.UserID, 0, 100) <= l.upTo
	case "constraints":
		return slices.Contains(l.countries, ctx.Properties["country"]) &&
			later(ctx.Properties["version"], l.version) && l.number(ctx.UserID, 0, 100) <= l.upTo
	case "allowed":
		_, ok := l.users[ctx.UserID]
		return ok
	case "countries":
		return slices.Contains(l.countries, ctx.Properties["country"])
	}
	return false
}

func limitedVariant(all map[string]*limit, name string, ctx *rollout.Context) string {
	l := all[name]
	n := l.number(ctx.UserID, 86028157, 1000)
	for i, last := range l.bounds {
		if n <= last {
			return l.names[i]
		}
	}
	return ""
}

// later takes plain versions only.
func later(s string, than [3]int) bool {
	for i := range 3 {
		part, rest, _ := strings.Cut(s, ".")
		n := 0
		for _, c := range []byte(part) {
			n = n*10 + int(c-'0')
		}
		if n != than[i] {
			return n > than[i]
		}
		s = rest
	}
	return false
}

func murmur(b []byte, h uint32) uint32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	n := uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		k := (uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24) * c1
		h = bits.RotateLeft32(h^bits.RotateLeft32(k, 15)*c2, 13)*5 + 0xe6546b64
	}
	var k uint32
	for i := range b {
		k |= uint32(b[i]) << (8 * i)
	}
	h ^= bits.RotateLeft32(k*c1, 15) * c2
	h ^= n
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

func evaluator() *rollout.Evaluator {
	var features []rollout.Feature
	for _, c := range cases.All() {
		features = append(features, c.Feature)
	}
	return rollout.Compile(features, nil, rollout.Options{})
}

// The limits answer as the evaluator does, and every case is a hit.
func TestLimitsAgree(t *testing.T) {
	e, all := evaluator(), limits()
	for _, c := range cases.All() {
		if !e.Enabled(c.Feature.Name, &c.Context) {
			t.Errorf("%s is off: %s", c.Name, e.Explain(c.Feature.Name, &c.Context))
		}
		if c.Variant {
			if want, got := e.Variant(c.Feature.Name, &c.Context).Name, limitedVariant(all, c.Feature.Name, &c.Context); got != want {
				t.Errorf("%s: %s, want %s", c.Name, got, want)
			}
		} else if !limited(all, c.Feature.Name, &c.Context) {
			t.Errorf("%s: the limit is off", c.Name)
		}
	}
}

func BenchmarkLimit(b *testing.B) {
	all := limits()
	for _, c := range cases.All() {
		b.Run(c.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c.Variant {
					if limitedVariant(all, c.Feature.Name, &c.Context) == "" {
						b.Fatal()
					}
				} else if !limited(all, c.Feature.Name, &c.Context) {
					b.Fatal()
				}
			}
		})
	}
}

func BenchmarkEvaluate(b *testing.B) {
	e := evaluator()
	for _, c := range cases.All() {
		b.Run(c.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c.Variant {
					if !e.Variant(c.Feature.Name, &c.Context).Enabled {
						b.Fatal()
					}
				} else if !e.Enabled(c.Feature.Name, &c.Context) {
					b.Fatal()
				}
			}
		})
	}
}

// With -cpu 1,2: the evaluations of two cores are to be near twice those of one.
func BenchmarkEvaluateParallel(b *testing.B) {
	var live rollout.Live
	live.Set(evaluator())
	for _, c := range cases.All() {
		b.Run(c.Name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				ctx := c.Context
				for pb.Next() {
					if c.Variant {
						live.Variant(c.Feature.Name, &ctx)
					} else {
						live.Enabled(c.Feature.Name, &ctx)
					}
				}
			})
		})
	}
}

func BenchmarkCompile1000(b *testing.B) {
	state := cases.Many(1000)
	b.ReportAllocs()
	for b.Loop() {
		rollout.Compile(state.Features, state.Segments, rollout.Options{})
	}
}
