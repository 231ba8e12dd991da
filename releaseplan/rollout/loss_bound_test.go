package rollout_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// FuzzFindLoss makes two lists from two numbers and a text that lands in many
// places: nothing panics, and what is reported is real.
func FuzzFindLoss(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed, seed*7919, "a b\xff")
	}
	f.Fuzz(func(t *testing.T, a, b uint64, text string) {
		d := &dice{rand.New(rand.NewPCG(a, b)), text}
		var before, after []rollout.Strategy
		d.times(3, func() { before = append(before, d.strategy()) })
		d.times(3, func() { after = append(after, d.strategy()) })
		segments, options := d.segments(), rollout.Options{Strategies: map[string]rollout.Custom{"odd": odd}}
		if l := rollout.FindLoss("f", before, after, segments, options); l != nil {
			happens(t, l, before, after, segments, options)
		}
		if l := rollout.FindLoss("f", before, before, segments, options); l != nil {
			t.Fatalf("nothing changes:\n%s", l)
		}
		if l := rollout.FindLoss("f", before, slices.Concat(after, before), segments, options); l != nil {
			t.Fatalf("strategies are only added:\n%s", l)
		}
	})
}

// However much is asked, the host's own rule is asked some thousand times at most
// for each place where it stands.
func TestTheWorkOfALossIsBounded(t *testing.T) {
	for rule, after := range map[string][]rollout.Strategy{
		"no way out":    many(30, func(i int) rollout.Strategy { return with(strategy("count"), wide(30, i)...) }),
		"long lists":    many(30, func(i int) rollout.Strategy { return everyone(long("country", 250, i)) }),
		"long texts":    many(30, func(i int) rollout.Strategy { return everyone(long("userId", 250, i), inverted(long("mail", 100, i))) }),
		"many patterns": many(30, func(i int) rollout.Strategy { return everyone(wild(30, i)...) }),
		"every group":   many(30, func(i int) rollout.Strategy { return share("5", "groupId", fmt.Sprint(i)) }),
		"huge":          {strategy(rollout.UserWithID, "userIds", strings.Repeat("ann,", 100000))},
		"deep pattern":  {everyone(one("mail", rollout.MatchRegexp, strings.Repeat("(a", 300)+strings.Repeat(")*", 300)), one("x", rollout.MatchRegexp, "(((a{10}){10}){9}){1}"))},
		"empty pattern": {everyone(one("mail", rollout.MatchRegexp, strings.Repeat("(", 300)+strings.Repeat(")*", 300)))},
	} {
		t.Run(rule, func(t *testing.T) {
			calls := 0
			options := rollout.Options{Strategies: map[string]rollout.Custom{"count": func(map[string]string) (func(rollout.Context) bool, error) {
				return func(rollout.Context) bool { calls++; return true }, nil
			}}}
			before := append(many(10, func(i int) rollout.Strategy { return everyone(wide(30, i)...) }), strategy("count"))
			rollout.FindLoss("f", before, append(after, strategy("count")), nil, options)
			if most := 31 * 5000; calls > most {
				t.Errorf("%d calls, want at most %d", calls, most)
			}
			rollout.FindLoss("f", after, before[:10], nil, options)
		})
	}
}

func many[T any](n int, do func(i int) T) (all []T) {
	for i := range n {
		all = append(all, do(i))
	}
	return all
}

// wide returns constraints on n fields, each with a value of its own.
func wide(n, own int) (all []rollout.Constraint) {
	for i := range n {
		all = append(all, inverted(in(fmt.Sprint("field", i), fmt.Sprint(own))))
	}
	return all
}

func long(field string, n, own int) rollout.Constraint {
	c := of(field, rollout.NotIn)
	if field == "userId" || field == "mail" {
		c.Operator, c.CaseInsensitive = rollout.Contains, true
	}
	for i := range n {
		c.Values = append(c.Values, fmt.Sprint("value", i*own))
	}
	return c
}

func wild(n, own int) (all []rollout.Constraint) {
	for i := range n {
		all = append(all, one("mail", rollout.MatchRegexp, fmt.Sprintf("(a+|b%d)*x{%d}", i, own)))
	}
	return all
}

func BenchmarkFindLoss(b *testing.B) {
	for _, c := range []struct {
		name          string
		before, after []rollout.Strategy
	}{
		{"nobody", list(share("25")), list(share("50"))},
		{"group", list(share("25", "groupId", "a")), list(share("50", "groupId", "b"))},
		{"lists", list(everyone(long("country", 250, 1))), list(everyone(long("country", 249, 1)))},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rollout.FindLoss("f", c.before, c.after, nil, rollout.Options{})
			}
		})
	}
}
