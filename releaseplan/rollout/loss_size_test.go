package rollout_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// However long the texts are, what is made of them is not.
func TestTheMemoryOfALossIsBounded(t *testing.T) {
	long := huge(rollout.Contains, 250, 1900)
	const most = 64 << 20
	for _, c := range []struct {
		rule          string
		before, after []rollout.Strategy
	}{
		{"huge values", list(everyone(huge(rollout.Contains, 24, 60000))), list(everyone(huge(rollout.Contains, 23, 60000)))},
		{"huge values beside one another", list(everyone(huge(rollout.StartsWith, 8, 60000), huge(rollout.Contains, 8, 60000), huge(rollout.EndsWith, 8, 60000))), list(everyone(in("field", "x")))},
		{"long values", list(everyone(huge(rollout.Contains, 250, 2000))), list(everyone(huge(rollout.Contains, 249, 2000)))},
		{"long values of many fields", list(everyone(many(30, func(i int) rollout.Constraint { return of(fmt.Sprint("field", i), rollout.Contains, long.Values...) })...)), list(everyone(in("field", "x")))},
		{"long values of an id", list(with(share("50"), of("userId", rollout.Contains, huge(rollout.Contains, 24, 2000).Values...))), list(share("50"))},
		{"more than is compared", many(30, func(int) rollout.Strategy { return everyone(huge(rollout.Contains, 30, 60000)) }), list(everyone(in("field", "x")))},
		{"long patterns", many(30, func(i int) rollout.Strategy {
			return everyone(one("field", rollout.MatchRegexp, strings.Repeat("(a{10}){10}", 10)+fmt.Sprint(i)))
		}), list(everyone(in("field", "x")))},
		{"huge patterns", many(30, func(i int) rollout.Strategy {
			return everyone(one("field", rollout.MatchRegexp, strings.Repeat("a{1000}", 200)+fmt.Sprint(i)))
		}), list(everyone(in("field", "x")))},
		{"long beginnings of many ids", many(30, func(i int) rollout.Strategy {
			id := fmt.Sprint("id", i)
			return with(share("50", "stickiness", id), of(id, rollout.StartsWith, strings.Repeat("y", 1900)))
		}), list(share("50", "stickiness", "id1"))},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var start, end runtime.MemStats
			runtime.ReadMemStats(&start)
			rollout.FindLoss("f", c.before, c.after, nil, rollout.Options{})
			runtime.ReadMemStats(&end)
			if got := end.TotalAlloc - start.TotalAlloc; got > most {
				t.Errorf("%d MB, want at most %d", got>>20, most>>20)
			}
		})
	}
}

// huge returns a constraint with so many values of so many bytes.
func huge(operator rollout.Operator, n, bytes int) rollout.Constraint {
	c := of("field", operator)
	for i := range n {
		c.Values = append(c.Values, fmt.Sprint(i)+strings.Repeat("y", bytes-3))
	}
	return c
}

func TestLongTextsAreNotTried(t *testing.T) {
	for n, found := range map[int]bool{rollout.MaxText: true, rollout.MaxText + 1: false} {
		text := strings.Repeat("ä", n)
		if l := rollout.FindLoss("f", list(everyone(in("field", text))), nil, nil, rollout.Options{}); (l != nil) != found {
			t.Errorf("%d characters: found is %t", n, l != nil)
		}
	}
}

func TestSegmentsNobodyRefersToCostNothing(t *testing.T) {
	segments := []rollout.Segment{{ID: 1, Constraints: []rollout.Constraint{huge(rollout.Contains, 1, 40<<20)}}}
	if rollout.FindLoss("f", list(everyone()), nil, segments, rollout.Options{}) == nil {
		t.Error("not found")
	}
	if rollout.FindLoss("f", list(inSegments(everyone(), 1), everyone()), nil, segments, rollout.Options{}) != nil {
		t.Error("found, though the segment is too large")
	}
}

func TestVeryLongListsAreNotCompared(t *testing.T) {
	value := huge(rollout.Contains, 1, 60000)
	for n, found := range map[int]bool{500: true, 600: false} {
		before := append(many(n, func(int) rollout.Strategy { return everyone(value) }), everyone())
		if l := rollout.FindLoss("f", before, nil, nil, rollout.Options{}); (l != nil) != found {
			t.Errorf("%d strategies: found is %t", n, l != nil)
		}
	}
}
