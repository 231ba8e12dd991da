package releaseplan_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// Contents that are alike in what parts are known by, and differ in what they say: each of a
// row can be made of each other.
func TestPatchOfContentsThatAreAlike(t *testing.T) {
	const p, q, r = "0190b7a2-0000-7000-8000-000000000001", "0190b7a2-0000-7000-8000-000000000002", "0190b7a2-0000-7000-8000-000000000003"
	const one, two, three = "0190b7a2-0000-7000-8000-000000000011", "0190b7a2-0000-7000-8000-000000000012", "0190b7a2-0000-7000-8000-000000000013"
	plan := func(phases ...releaseplan.Phase) releaseplan.Content {
		return releaseplan.Content{Name: "x", Phases: phases}
	}
	phase := func(id, name string, tasks ...releaseplan.Task) releaseplan.Phase {
		return releaseplan.Phase{ID: id, Name: name, Kind: releaseplan.Free, Tasks: tasks}
	}
	task := func(id, name string) releaseplan.Task { return releaseplan.Task{ID: id, Name: name} }
	spec := func(raw string) releaseplan.Content {
		return plan(phase(p, "p", releaseplan.Task{ID: one, Name: "t", Kind: "deploy", Spec: json.RawMessage(raw)}))
	}
	labels := func(all ...string) releaseplan.Content {
		c := releaseplan.Content{Name: "x", Labels: map[string]string{}}
		for i, l := range all {
			c.Labels[l] = fmt.Sprint(i)
		}
		return c
	}
	milestone := func(id, name string, strategies ...rollout.Strategy) releaseplan.Milestone {
		return releaseplan.Milestone{ID: id, Name: name, Strategies: strategies}
	}
	strategy := func(id, title, percent string) rollout.Strategy {
		return rollout.Strategy{ID: id, Name: rollout.FlexibleRollout, Title: title, Parameters: rollout.Parameters{"rollout": percent}}
	}
	rolled := func(all ...releaseplan.Milestone) releaseplan.Content {
		return releaseplan.Content{Name: "x", Milestones: all}
	}
	variables := func(all ...releaseplan.Variable) releaseplan.Content {
		return releaseplan.Content{Name: "x", Variables: all}
	}
	listeners := func(all ...releaseplan.Listener) releaseplan.Content {
		return releaseplan.Content{Name: "x", Listeners: all}
	}
	hour, none := penstock.Duration{Time: time.Hour}, penstock.Duration{}
	for name, row := range map[string][]releaseplan.Content{
		"parts of the same name": {
			plan(phase("", "a", task("", "t"), task("", "t")), phase("", "a", task("", "t"))),
			plan(phase("", "a", task("", "t")), phase("", "a", task("", "t"), task("", "t"))),
			plan(phase("", "a"), phase("", "a", task("", "t"), task("", "t#2"))),
			plan(phase("", "a#2", task("", "t"), task("", "t")), phase("", "a")),
			plan(phase("", `a"#2`, task("", `t"]`), task("", "t].name")), phase("", "a")),
			plan(phase("", "a", task(one, "t"), task("", "t")), phase(p, "a", task("", "t"))),
		},
		"tasks that move while their phases move": {
			plan(phase(p, "p", task(one, "1"), task(two, "2")), phase(q, "q", task(three, "3")), phase(r, "r")),
			plan(phase(q, "q", task(two, "2"), task(three, "3")), phase(r, "r", task(one, "1")), phase(p, "p")),
			plan(phase(r, "r", task(three, "3"), task(two, "2"), task(one, "1"))),
			plan(phase(q, "q", task(one, "1")), phase(p, "p", task(three, "3"), task(two, "2"))),
			plan(phase("", "r", task(one, "p")), phase(r, "p", task(two, "1"))),
			plan(),
		},
		"ids that go from phases to others": {
			plan(phase(p, "p", task(one, "1")), phase(q, "q", task(two, "2"))),
			plan(phase(q, "p", task(two, "1")), phase(p, "q", task(one, "2"))),
			plan(phase(one, "p", task(p, "1")), phase(two, "q", task(q, "2"))),
		},
		"specs": {
			spec(`{}`), spec(`{"a":null}`), spec(`{"a":0}`), spec(`{"a":-0.0}`), spec(`{"a":1e2}`), spec(`{"a":100}`), spec(`{"a":0.1e-7}`), spec(`{"a":9007199254740991}`),
			spec(`{"a":[]}`), spec(`{"a":[[],[null,[{}]]]}`), spec(`{"a":{"b":{"c":[1,{"d":null}]}}}`), spec(`{"a":{"b":{"c":[1]}}}`), spec(`{"a.b":1,"a[\"b\"]":2,"":3}`),
			spec(`{"":{"":{}}}`), spec(`{"é":"\u00e9","e\u0301":"é","\u2028":"</script>","😀":"\ud83d\ude00"}`), spec(`{"name":"n","id":"i","tasks":[],"value":"v"}`), spec(`{"a":""}`), spec(`{"a":false}`),
			plan(phase(p, "p", releaseplan.Task{ID: one, Name: "t"})),
		},
		"labels": {
			labels(), labels("team"), labels("a.b", "a", "a b"), labels(`"`, `"]`, `]`, `[`, `.`, `\`), labels("label", "labels", "value"), labels("#2", "a#2"), labels("é", "e\u0301", "日本", "\u00a0"),
			{Name: "x"}, labels("9", "-"),
		},
		"variables that are renamed": {
			variables(releaseplan.Variable{Name: "a", Value: "1"}, releaseplan.Variable{Name: "a.b", Value: "2"}, releaseplan.Variable{Name: "a-b"}),
			variables(releaseplan.Variable{Name: "a.b", Value: "1"}, releaseplan.Variable{Name: "a", Value: "2"}, releaseplan.Variable{Name: "A"}),
			variables(releaseplan.Variable{Name: "b", Value: "1"}), variables(releaseplan.Variable{Name: "a", Secret: true}), variables(releaseplan.Variable{Name: "a", Secret: true, Digest: "0a"}),
		},
		"milestones that swap, with strategies without ids": {
			rolled(milestone("", "a", strategy("", "", "5"), strategy("", "", "50")), milestone("", "b", strategy("", "", "5"))),
			rolled(milestone("", "b", strategy("", "", "50"), strategy("", "", "5")), milestone("", "a", strategy("", "t", "5"))),
			rolled(milestone("m", "a", strategy("", "t", "5"), strategy("s", "t", "5")), milestone("", "b")),
			rolled(milestone("", "c", strategy("s", "", "5")), milestone("m", "b", strategy("", "s", "5"), strategy("", "", "5"))),
		},
		"durations of nothing": {
			plan(releaseplan.Phase{ID: p, Name: "p"}), plan(releaseplan.Phase{ID: p, Name: "p", Duration: &none}), plan(releaseplan.Phase{ID: p, Name: "p", Duration: &hour}),
			plan(releaseplan.Phase{ID: p, Name: "p", Duration: &hour, Tasks: []releaseplan.Task{{ID: one, Name: "t", Timeout: hour, Retry: releaseplan.RetryPolicy{Max: 1, Delay: hour}}}}),
			plan(releaseplan.Phase{ID: p, Name: "p", Tasks: []releaseplan.Task{{ID: one, Name: "t", Planned: &releaseplan.PlannedTime{Start: bNoon}}}}),
			plan(releaseplan.Phase{ID: p, Name: "p", Tasks: []releaseplan.Task{{ID: one, Name: "t", Planned: &releaseplan.PlannedTime{Start: bNoon, Duration: &hour}}}}),
		},
		"nothing and empty": {
			{Name: "x", Labels: map[string]string{}, Phases: []releaseplan.Phase{}, Variables: []releaseplan.Variable{}}, {Name: "x", NotifyOwnerOnError: new(false)}, {Name: "x", NotifyOwnerOnError: new(true)},
			{Name: "x", Window: &releaseplan.Window{}}, {Name: "x", Origin: &releaseplan.Origin{Template: "t"}}, {Name: "x"},
			plan(releaseplan.Phase{ID: p, Name: "p", Listeners: []releaseplan.Listener{}, Tasks: []releaseplan.Task{}}), plan(releaseplan.Phase{ID: p, Name: "p"}),
		},
		"listeners of one event": {
			listeners(releaseplan.Listener{Event: "failed", Recipients: []penstock.Party{penstock.UserParty("a")}}, releaseplan.Listener{Event: "failed", Recipients: []penstock.Party{penstock.UserParty("b")}}),
			listeners(releaseplan.Listener{Event: "failed", Recipients: []penstock.Party{penstock.UserParty("b")}}, releaseplan.Listener{Event: "started", Recipients: []penstock.Party{penstock.UserParty("b")}}, releaseplan.Listener{Event: "failed", Recipients: []penstock.Party{penstock.UserParty("a")}}),
			listeners(releaseplan.Listener{Event: "failed", Recipients: []penstock.Party{penstock.UserParty("é")}}),
		},
		"names of people": {
			plan(phase(p, "日本 › \"x\"", task(one, "tasks[0].name"))), plan(phase(p, "e\u0301", task(one, "é"))), plan(phase(p, "é", task(one, "e\u0301"))), plan(phase("", "é", task("", "e\u0301"))),
			plan(phase("", "\u2028", task("", "😀")), phase("", "😀", task("", "a b"))),
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i, a := range row {
				if err := a.Validate(); err != nil {
					t.Fatalf("content %d: %v", i, err)
				}
				for j, b := range row {
					if t.Run(fmt.Sprint(i, " to ", j), func(t *testing.T) { diffTurns(t, a, b) }); t.Failed() {
						return
					}
				}
			}
		})
	}
}
