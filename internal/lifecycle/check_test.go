package lifecycle_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/lifecycle"
)

type (
	machine = lifecycle.Machine[bool, string, string]
	table   = map[string]map[string]step
	step    = lifecycle.Rule[bool, string]
	isTrue  = lifecycle.Guard[bool]
)

func holds(b bool) bool { return b }

func TestCheckReportsEveryFault(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		machine *machine
		want    []string
	}{
		"none": {&machine{
			Initial: "a", Final: []string{"z"}, ByRule: []string{"pass"},
			Rules: table{
				"a": {"pass": {To: "b", If: []isTrue{{Needs: "luck", Holds: holds}, {}}}, "stay": {To: "a"}},
				"b": {"back": {To: "a"}, "end": {To: "z"}},
				"z": {"stay": {To: "z"}},
			},
		}, nil},
		"the zero machine": {&machine{}, []string{
			`initial: "" is neither in rules nor final`,
			`final: must not be empty`,
		}},
		"no such initial state": {&machine{
			Initial: "q", Final: []string{"z"},
			Rules: table{"a": {"end": {To: "z"}}},
		}, []string{
			`initial: "q" is neither in rules nor final`,
		}},
		"lists": {&machine{
			Initial: "a", Final: []string{"z", "z"}, ByRule: []string{"end", "dance", "end"},
			Rules: table{"a": {"end": {To: "z"}}},
		}, []string{
			`final[1]: z is listed twice`,
			`by_rule[1]: no state has dance`,
			`by_rule[2]: end is listed twice`,
		}},
		"dead ends": {&machine{
			Initial: "a", Final: []string{"z"},
			Rules: table{"a": {"end": {To: "z"}, "fall": {To: "hole"}, "sit": {To: "b"}}, "b": {}},
		}, []string{
			`rules[a][fall].to: "hole" is neither in rules nor final`,
			`rules[b]: nothing leaves it, but it is not final`,
		}},
		"a way out of a final state": {&machine{
			Initial: "a", Final: []string{"z"},
			Rules: table{"a": {"end": {To: "z"}}, "z": {"reopen": {To: "a"}}},
		}, []string{
			`rules[z][reopen].to: leaves z, which is final`,
		}},
		"unreachable": {&machine{
			Initial: "a", Final: []string{"y", "z"},
			Rules: table{"a": {"end": {To: "z"}}, "b": {"back": {To: "a"}}},
		}, []string{
			`rules[b]: no path leads to it from a`,
			`rules[y]: no path leads to it from a`,
		}},
		"without end": {&machine{
			Initial: "a", Final: []string{"z"},
			Rules: table{"a": {"end": {To: "z"}, "loop": {To: "b"}}, "b": {"on": {To: "c"}, "stay": {To: "b"}}, "c": {"on": {To: "b"}}},
		}, []string{
			`rules[b]: no path leads from it to a final state`,
			`rules[c]: no path leads from it to a final state`,
		}},
		"guards that do not say what they need": {&machine{
			Initial: "a", Final: []string{"z"},
			Rules: table{"a": {"end": {To: "z", If: []isTrue{{}, {Rule: "luck", Holds: holds}}}}},
		}, []string{
			`rules[a][end].if[1].needs: must not be empty: the guard can fail`,
		}},
		"several": {&machine{
			Initial: "q", ByRule: []string{"dance"},
			Rules: table{"a": {"end": {To: "z"}}, "b": {}},
		}, []string{
			`initial: "q" is neither in rules nor final`,
			`by_rule[0]: no state has dance`,
			`rules[a][end].to: "z" is neither in rules nor final`,
			`rules[b]: nothing leaves it, but it is not final`,
			`final: must not be empty`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.machine.Check()
			if err != nil && !errors.Is(err, penstock.ErrInvalid) {
				t.Errorf("%v is no ErrInvalid", err)
			}
			var got []string
			for _, fault := range penstock.Faults(err) {
				got = append(got, fault.Error())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestMachinesOfTheseTestsAreSound(t *testing.T) {
	t.Parallel()
	if err := errors.Join(life.Check(), changes.Check()); err != nil {
		t.Error(err)
	}
	if n := len(life.States()); n != 18 {
		t.Errorf("%d states", n)
	}
}
