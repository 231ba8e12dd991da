package lifecycle_test

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock/internal/lifecycle"
)

// A lock is opened to let ships through.
type lock struct {
	level  int // of the water, in meters
	target int
	full   time.Time
}

type (
	lockRule  = lifecycle.Rule[lock, string]
	lockGuard = lifecycle.Guard[lock]
)

var (
	level = lockGuard{
		Rule: "level", Needs: "level water",
		Holds:  func(l lock) bool { return l.level == l.target },
		Clears: func(l lock) time.Time { return l.full },
	}
	empty = lockGuard{
		Rule: "empty", Needs: "no water",
		Holds: func(l lock) bool { return l.level == 0 },
	}
)

// locks is everything that can happen to a lock. What is not here cannot.
var locks = lifecycle.Machine[lock, string, string]{
	Initial: "shut",
	Final:   []string{"dismantled"},
	ByRule:  []string{"stop"},
	Rules: map[string]map[string]lockRule{
		"shut": {
			"fill":      {To: "filling"},
			"open":      {To: "open", If: []lockGuard{level}},
			"inspect":   {To: "shut"},
			"dismantle": {To: "dismantled", If: []lockGuard{level, empty}},
		},
		"filling": {"stop": {To: "shut", If: []lockGuard{level}}},
		"open":    {"close": {To: "shut"}},
	},
}

func Example() {
	l := lock{level: 2, target: 5, full: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}

	_, err := locks.Next(l, "shut", "open")
	fmt.Println(err)

	s, _ := locks.Next(l, "shut", "fill")
	fmt.Println(s)

	l.level = 5
	do, s, ok := locks.Settle(l, s)
	fmt.Println(do, s, ok)
	fmt.Println(locks.Allowed(l, s))
	// Output:
	// cannot open: needs level water (not before 2026-03-01T12:00:00Z)
	// filling
	// stop shut true
	// [fill inspect open]
}

func ExampleMachine_Refusals() {
	refusals, _ := locks.Refusals(lock{level: 2}, "shut", "dismantle")
	for _, r := range refusals {
		fmt.Println(r.Rule, "needs", r.Needs)
	}
	// Output:
	// level needs level water
	// empty needs no water
}

func ExampleMachine_Check() {
	typo := lifecycle.Machine[lock, string, string]{
		Initial: "shut",
		Final:   []string{"dismantled"},
		Rules:   map[string]map[string]lockRule{"shut": {"fill": {To: "fillling"}}},
	}
	fmt.Println(typo.Check())
	// Output:
	// rules[shut][fill].to: "fillling" is neither in rules nor final
	// rules[dismantled]: no path leads to it from shut
	// rules[shut]: no path leads from it to a final state
}

func ExampleMachine_Mermaid() {
	fmt.Print(locks.Mermaid())
	// Output:
	// stateDiagram-v2
	//     [*] --> shut
	//     shut --> dismantled : dismantle [level water and no water]
	//     shut --> filling : fill
	//     shut --> shut : inspect
	//     shut --> open : open [level water]
	//     dismantled --> [*]
	//     filling --> shut : stop* [level water]
	//     open --> shut : close
}

func ExampleMachine_DOT() {
	fmt.Print(locks.DOT())
	// Output:
	// digraph {
	// 	node [shape=box style=rounded]
	// 	"[*]" [shape=point]
	// 	"[*]" -> "shut"
	// 	"shut" -> "dismantled" [label="dismantle [level water and no water]"]
	// 	"shut" -> "filling" [label="fill"]
	// 	"shut" -> "shut" [label="inspect"]
	// 	"shut" -> "open" [label="open [level water]"]
	// 	"dismantled" [peripheries=2]
	// 	"filling" -> "shut" [label="stop* [level water]"]
	// 	"open" -> "shut" [label="close"]
	// }
}
