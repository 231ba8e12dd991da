package releaseplan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

type content = releaseplan.Content

// strategy gives the content a milestone and returns its only strategy.
func strategy(c *content) *rollout.Strategy {
	c.Safeguards, c.Milestones = nil, []releaseplan.Milestone{{Name: "x", Strategies: []rollout.Strategy{{Name: "default"}}}}
	return &c.Milestones[0].Strategies[0]
}

// safeguard gives the content a milestone and returns its only safeguard.
func safeguard(c *content) *releaseplan.Safeguard {
	bound := 1.0
	c.Milestones = []releaseplan.Milestone{{Name: "x"}}
	c.Safeguards = []releaseplan.Safeguard{{Name: "errors", Metric: releaseplan.Metric{Name: "errors"}, Above: &bound,
		Window: penstock.Duration{Time: time.Minute}}}
	return &c.Safeguards[0]
}

func expose(c *content, spec string) {
	strategy(c)
	firstTask(c).Kind, firstTask(c).Spec = releaseplan.Expose, json.RawMessage(spec)
}

// firstTask is the task that most rows spoil.
func firstTask(c *content) *releaseplan.Task { return &c.Phases[0].Tasks[0] }

func nested(depth int) json.RawMessage {
	return json.RawMessage(`{"a":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`)
}

// badContents has a row for each thing that Validate checks. What is wrong is told
// as "field: part of the reason".
var badContents = []struct {
	rule  string
	spoil func(*content)
	want  string
}{
	{"a plan has a name", func(c *content) { c.Name = "" }, "name: must not be empty"},
	{"a name is bounded", func(c *content) { c.Name = strings.Repeat("ä", 256) }, "name: 256 characters"},
	{"a name has no control characters", func(c *content) { c.Name = "a\nb" }, "name: control characters"},
	{"a name is UTF-8", func(c *content) { c.Name = "a\xff" }, "name: must be UTF-8"},
	{"a description is bounded", func(c *content) { c.Description = strings.Repeat("x", releaseplan.MaxDescription+1) }, "description: 65537 bytes"},
	{"a description is UTF-8", func(c *content) { c.Description = "\xff" }, "description: must be UTF-8"},
	{"an owner has a type", func(c *content) { c.Owner = penstock.Party{Type: "robot", ID: "r2"} }, `owner.type: "robot" is not`},
	{"an owner's id is bounded", func(c *content) { c.Owner.ID = strings.Repeat("x", 256) }, "owner.id: 256 characters"},
	{"an owner's name is clean", func(c *content) { c.Owner.Name = "a\x00b" }, "owner.name: control characters"},
	{"an identity type is bounded", func(c *content) { c.Owner.IdentityType = strings.Repeat("x", 256) }, "owner.identity_type: 256"},
	{"a folder's id is bounded", func(c *content) { c.Folder.ID = strings.Repeat("x", 256) }, "folder.id: 256"},
	{"a folder's name is UTF-8", func(c *content) { c.Folder.Name = "\xff" }, "folder.name: UTF-8"},
	{"a label has a key", func(c *content) { c.Labels = map[string]string{"": "x"} }, "labels: "},
	{"a label's key is bounded", func(c *content) { c.Labels = map[string]string{strings.Repeat("x", 256): "x"} }, "labels: "},
	{"a label's value is UTF-8", func(c *content) { c.Labels = map[string]string{"x": "\xff"} }, "labels: "},
	{"labels are few", func(c *content) { c.Labels = bLabels(releaseplan.MaxLabels + 1) }, "labels: 65 are too many"},

	{"a gate guards a step", func(c *content) { c.Gates = []releaseplan.Gate{{On: "start"}} }, `gates[0].on: "start"`},
	{"each step has one gate", func(c *content) { c.Gates = []releaseplan.Gate{{On: "execute"}, {On: "execute"}} }, "gates[1].on: has a gate already"},
	{"gates are few", func(c *content) { c.Gates = make([]releaseplan.Gate, 4) }, "gates: 4 are too many"},
	{"a gate's timeout is not negative", func(c *content) {
		c.Gates = []releaseplan.Gate{{On: "execute", Timeout: penstock.Duration{Days: -1}}}
	}, "gates[0].timeout: "},

	{"a listener listens to an event", func(c *content) { c.Listeners = []releaseplan.Listener{{Event: "done"}} }, `listeners[0].event: "done"`},
	{"a recipient is somebody", func(c *content) {
		c.Listeners = []releaseplan.Listener{{Event: "failed", Recipients: []penstock.Party{{}}}}
	}, "listeners[0].recipients[0]: must name"},
	{"a recipient has a type", func(c *content) {
		c.Listeners = []releaseplan.Listener{{Event: "failed", Recipients: []penstock.Party{{ID: "x", Type: "y"}}}}
	}, "listeners[0].recipients[0].type: "},
	{"recipients are few", func(c *content) {
		c.Listeners = []releaseplan.Listener{{Event: "failed", Recipients: make([]penstock.Party, 101)}}
	}, "listeners[0].recipients: 101 are too many"},
	{"listeners are few", func(c *content) { c.Listeners = make([]releaseplan.Listener, 101) }, "listeners: 101 are too many"},
	{"a phase's listeners are few", func(c *content) { c.Phases[0].Listeners = make([]releaseplan.Listener, 101) }, "phases[0].listeners: 101"},
	{"a task's listener listens to an event", func(c *content) { firstTask(c).Listeners = []releaseplan.Listener{{}} }, "phases[0].tasks[0].listeners[0].event: "},

	{"phases are few", func(c *content) { c.Phases = make([]releaseplan.Phase, 101) }, "phases: 101 are too many"},
	{"tasks are few", func(c *content) { c.Phases[0].Tasks = make([]releaseplan.Task, 10_000) }, "tasks: 10001 are too many"},
	{"tasks are few in all phases", func(c *content) {
		half := make([]releaseplan.Task, 5_001)
		c.Phases = []releaseplan.Phase{{Tasks: half}, {Tasks: half}}
	}, "tasks: 10002 are too many"},
	{"a phase has a name", func(c *content) { c.Phases[0].Name = "" }, "phases[0].name: must not be empty"},
	{"a phase's description is bounded", func(c *content) { c.Phases[0].Description = strings.Repeat("x", 1<<17) }, "phases[0].description: "},
	{"a phase's id is a UUID", func(c *content) { c.Phases[0].ID = "1" }, `phases[0].id: "1" is not a UUID`},
	{"a UUID is in lower case", func(c *content) { firstTask(c).ID = "0190B7A2-0000-7000-8000-0000000000AA" }, "phases[0].tasks[0].id: "},
	{"a UUID has one form", func(c *content) { firstTask(c).ID = "{0190b7a2-0000-7000-8000-0000000000aa}" }, "phases[0].tasks[0].id: "},
	{"an id occurs once", func(c *content) { c.Phases[1].ID = c.Phases[0].ID }, "phases[1].id: is there already"},
	{"a task does not have a phase's id", func(c *content) { firstTask(c).ID = c.Phases[0].ID }, "phases[0].tasks[0].id: is there already"},
	{"tasks of two phases have two ids", func(c *content) { c.Phases[1].Tasks[0].ID = firstTask(c).ID }, "phases[1].tasks[0].id: is there already"},
	{"a number is not negative", func(c *content) { c.Phases[0].Number = -1 }, "phases[0].number: "},
	{"a number is exact in JSON", func(c *content) { firstTask(c).Number = 1<<53 + 1 }, "phases[0].tasks[0].number: "},
	{"a phase's kind is known", func(c *content) { c.Phases[0].Kind = "random" }, `phases[0].kind: "random"`},
	{"a phase's owner has a type", func(c *content) { c.Phases[0].Owner = penstock.Party{Type: "x", ID: "y"} }, "phases[0].owner.type: "},
	{"a phase's duration is not negative", func(c *content) { c.Phases[0].Duration = &penstock.Duration{Time: -1} }, "phases[0].planned_duration: "},

	{"a task has a name", func(c *content) { firstTask(c).Name = "" }, "phases[0].tasks[0].name: must not be empty"},
	{"a task's description is bounded", func(c *content) { firstTask(c).Description = strings.Repeat("x", 1<<17) }, "phases[0].tasks[0].description: "},
	{"a task's owner has a type", func(c *content) { firstTask(c).Owner = penstock.Party{Type: "x", ID: "y"} }, "phases[0].tasks[0].owner.type: "},
	{"a task's kind is bounded", func(c *content) { firstTask(c).Kind = strings.Repeat("x", 256) }, "phases[0].tasks[0].kind: "},
	{"a task's class is clean", func(c *content) { firstTask(c).Class = "a\tb" }, "phases[0].tasks[0].class: "},
	{"a task's start is known", func(c *content) { firstTask(c).Start = "on_approval" }, "phases[0].tasks[0].start: "},
	{"a task's crash policy is known", func(c *content) { firstTask(c).Crash = "ignore" }, "phases[0].tasks[0].crash: "},
	{"retries are not negative", func(c *content) { firstTask(c).Retry.Max = -1 }, "phases[0].tasks[0].retry.max: "},
	{"retries are few", func(c *content) { firstTask(c).Retry.Max = 101 }, "phases[0].tasks[0].retry.max: "},
	{"a backoff is bounded", func(c *content) { firstTask(c).Retry.Backoff = 11 }, "phases[0].tasks[0].retry.backoff: "},
	{"a backoff is not negative", func(c *content) { firstTask(c).Retry.Backoff = -1 }, "phases[0].tasks[0].retry.backoff: "},
	{"a retry's delay is not negative", func(c *content) { firstTask(c).Retry.Delay.Days = -1 }, "phases[0].tasks[0].retry.delay: "},
	{"a timeout is not negative", func(c *content) { firstTask(c).Timeout.Time = -time.Hour }, "phases[0].tasks[0].timeout: "},
	{"a timeout is in whole microseconds", func(c *content) { firstTask(c).Timeout.Time = 1500 }, "phases[0].tasks[0].timeout: "},
	{"a timeout is bounded", func(c *content) { firstTask(c).Timeout.Days = 1 << 60 }, "phases[0].tasks[0].timeout: "},
	{"needs are few", func(c *content) {
		c.Phases[1].Tasks[0].Needs = slices.Repeat([]string{firstTask(c).Name}, 101)
	}, "phases[1].tasks[0].needs: 101"},
	{"a spec is a JSON object", func(c *content) { firstTask(c).Spec = json.RawMessage(`[1]`) }, "phases[0].tasks[0].spec: must be a JSON object"},
	{"a spec is JSON", func(c *content) { firstTask(c).Spec = json.RawMessage(`{"a"}`) }, "phases[0].tasks[0].spec: must be a JSON object"},
	{"a spec is one object", func(c *content) { firstTask(c).Spec = json.RawMessage(`{}{}`) }, "phases[0].tasks[0].spec: must be a JSON object"},
	{"an empty spec is none", func(c *content) { firstTask(c).Spec = json.RawMessage{} }, "phases[0].tasks[0].spec: must be a JSON object"},
	{"a spec is bounded", func(c *content) {
		firstTask(c).Spec = json.RawMessage(`{"a":"` + strings.Repeat("x", releaseplan.MaxSpec) + `"}`)
	}, "phases[0].tasks[0].spec: 65544 bytes"},
	{"a spec is not too deep", func(c *content) { firstTask(c).Spec = nested(51) }, "phases[0].tasks[0].spec: is nested more than 50 deep"},
	{"a spec is UTF-8", func(c *content) { firstTask(c).Spec = json.RawMessage("{\"a\":\"\xff\"}") }, "phases[0].tasks[0].spec: must be UTF-8"},
	{"a spec says nothing twice", func(c *content) { firstTask(c).Spec = json.RawMessage(`{"a":1,"a":2}`) }, "phases[0].tasks[0].spec: occurs twice"},
	{"a spec has numbers that all read alike", func(c *content) { firstTask(c).Spec = json.RawMessage(`{"a":9007199254740993}`) }, "phases[0].tasks[0].spec: "},
	{"a wait has a spec", func(c *content) { firstTask(c).Kind = releaseplan.Wait }, "phases[0].tasks[0].spec: must be a wait"},
	{"a wait waits for something", func(c *content) { bWait(c, `{}`) }, "phases[0].tasks[0].spec: needs either for or until"},
	{"a wait waits for one thing", func(c *content) { bWait(c, `{"for":"PT1S","until":"2026-01-01T00:00:00Z"}`) }, "phases[0].tasks[0].spec: needs either for or until"},
	{"a wait knows no other word", func(c *content) { bWait(c, `{"for":"PT1S","unless":1}`) }, "phases[0].tasks[0].spec: must be a wait"},
	{"a wait is an ISO 8601 duration", func(c *content) { bWait(c, `{"for":"1h"}`) }, "phases[0].tasks[0].spec: must be a wait"},

	{"a planned time has a start", func(c *content) { c.Planned = &releaseplan.PlannedTime{End: bNoon} }, "planned_time.start: must be set"},
	{"a planned time has an end or a duration", func(c *content) { c.Planned = &releaseplan.PlannedTime{Start: bNoon} }, "planned_time: needs an end or a duration"},
	{"the end is after the start", func(c *content) { c.Planned = &releaseplan.PlannedTime{Start: bNoon, End: bNoon} }, "planned_time.end: must be after the start"},
	{"the end is after the start once cut to microseconds", func(c *content) {
		c.Planned = &releaseplan.PlannedTime{Start: bNoon, End: bNoon.Add(999)}
	}, "planned_time.end: must be after the start"},
	{"a plan takes some time", func(c *content) { c.Planned = &releaseplan.PlannedTime{Start: bNoon, Duration: &penstock.Duration{}} }, "planned_time.duration: must be more than nothing"},
	{"a duration is not negative", func(c *content) {
		c.Planned = &releaseplan.PlannedTime{Start: bNoon, Duration: &penstock.Duration{Months: -1}}
	}, "planned_time.duration: "},
	{"a plan ends in a year of four digits", func(c *content) {
		c.Window = nil
		c.Planned = &releaseplan.PlannedTime{Start: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), Duration: &penstock.Duration{Days: 366}}
	}, "planned_time.duration: "},
	{"a time has a year of four digits", func(c *content) {
		c.Planned = &releaseplan.PlannedTime{Start: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), Duration: &penstock.Duration{Days: 1}}
	}, "planned_time.start: years 1 to 9999"},
	{"a time has a year of four digits in UTC", func(c *content) {
		c.Window = &releaseplan.Window{Start: time.Date(1, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))}
	}, "window.start: years 1 to 9999"},
	{"a task ends after its start", func(c *content) {
		firstTask(c).Planned = &releaseplan.PlannedTime{Start: bNoon, End: bNoon.Add(-1)}
	}, "phases[0].tasks[0].planned_time.end: must be after the start"},
	{"a window ends after its start", func(c *content) {
		c.Start, c.Window = releaseplan.Schedule{}, &releaseplan.Window{Start: bNoon, End: bNoon.Add(-time.Hour)}
	}, "window.end: must not be before the start"},
	{"a window is as long as the plan", func(c *content) {
		c.Start = releaseplan.Schedule{}
		c.Planned = &releaseplan.PlannedTime{Start: bNoon, Duration: &penstock.Duration{Days: 1}}
		c.Window = &releaseplan.Window{Start: bNoon, End: bNoon.Add(23 * time.Hour)}
	}, "window: is shorter than the plan"},
	{"a schedule lies in the window", func(c *content) {
		c.Planned = nil
		c.Window = &releaseplan.Window{Start: bNoon, End: bNoon.Add(time.Hour)}
		c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: bNoon.Add(time.Hour + time.Microsecond)}
	}, "start.at: must lie in the window"},
	{"a schedule has a time", func(c *content) { c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled} }, "start.at: must be set"},
	{"a time goes with a schedule", func(c *content) { c.Start = releaseplan.Schedule{Mode: releaseplan.OnApproval, At: bNoon} }, "start.at: goes with mode"},
	{"a start's mode is known", func(c *content) { c.Start.Mode = "auto" }, `start.mode: "auto" is not`},

	{"a quorum can be reached", func(c *content) { c.Approval.Nodes[0].K = 3 }, "approval.nodes[0].k: "},
	{"a quorum is somebody", func(c *content) { c.Approval.Nodes[0].K = 0 }, "approval.nodes[0].k: "},
	{"duplicates do not make a quorum", func(c *content) {
		c.Approval.Nodes[0] = approval.Node{Need: approval.KOf, K: 2, Approvers: []penstock.Party{penstock.UserParty("bob"), penstock.UserParty("bob")}}
	}, "approval.nodes[0].k: "},
	{"a native approval has one node", func(c *content) { c.Approval.Nodes = append(c.Approval.Nodes, c.Approval.Nodes[0]) }, "approval.nodes: "},
	{"nobody approves nothing", func(c *content) { c.Approval.Nodes[0].Approvers = nil }, "approval.nodes[0].approvers: "},

	{"a milestone has a name", func(c *content) { c.Milestones = []releaseplan.Milestone{{}} }, "milestones[0].name: must not be empty"},
	{"a milestone's id is a word", func(c *content) { c.Milestones = []releaseplan.Milestone{{ID: "a/b", Name: "x"}} }, "milestones[0].id: "},
	{"a milestone's id occurs once", func(c *content) { c.Milestones = []releaseplan.Milestone{{ID: "x", Name: "x"}, {ID: "x", Name: "y"}} }, "milestones[1].id: "},
	{"a milestone's name occurs once", func(c *content) { c.Milestones = []releaseplan.Milestone{{Name: "x"}, {Name: "x"}} }, "milestones[1].name: is there already"},
	{"a milestone starts by hand or by itself", func(c *content) { c.Milestones = []releaseplan.Milestone{{Name: "x", Start: releaseplan.OnApproval}} }, "milestones[0].start: "},
	{"an interval is more than nothing", func(c *content) { c.Milestones = []releaseplan.Milestone{{Name: "x", After: &penstock.Duration{}}} }, "milestones[0].after: must be more"},
	{"a milestone's description is bounded", func(c *content) {
		c.Milestones = []releaseplan.Milestone{{Name: "x", Description: strings.Repeat("x", 1<<17)}}
	}, "milestones[0].description: "},
	{"a milestone does not go back", func(c *content) {
		c.Milestones = []releaseplan.Milestone{{Name: "x", After: &penstock.Duration{Days: -1}}}
	}, "milestones[0].after: "},
	{"milestones are few", func(c *content) { c.Milestones = make([]releaseplan.Milestone, 101) }, "milestones: 101 are too many"},
	{"strategies are few", func(c *content) {
		c.Milestones = []releaseplan.Milestone{{Name: "x", Strategies: make([]rollout.Strategy, 51)}}
	}, "milestones[0].strategies: 51 are too many"},
	{"a strategy has a name", func(c *content) { strategy(c).Name = "" }, "milestones[0].strategies[0].name: must not be empty"},
	{"a strategy is bounded", func(c *content) { strategy(c).Title = strings.Repeat("x", releaseplan.MaxSpec) }, "milestones[0].strategies[0]: 65"},
	{"a strategy is UTF-8", func(c *content) { strategy(c).Parameters = rollout.Parameters{"groupId": "\xff"} }, "milestones[0].strategies[0]: must be UTF-8"},
	{"a strategy can be written", func(c *content) { strategy(c).SortOrder = math.NaN() }, "milestones[0].strategies[0]: cannot be written"},
	{"a target has a feature", func(c *content) { c.Target = &releaseplan.Target{Environment: "production"} }, "target.feature: must not be empty"},
	{"a target has an environment", func(c *content) { c.Target = &releaseplan.Target{Feature: "checkout"} }, "target.environment: must not be empty"},
	{"a target's names are bounded", func(c *content) {
		c.Target = &releaseplan.Target{Feature: "f", Environment: "e", Project: strings.Repeat("x", 101)}
	}, "target.project: must be at most 100"},

	{"a safeguard has a name", func(c *content) { safeguard(c).Name = "" }, "safeguards[0].name: must not be empty"},
	{"a safeguard's name occurs once", func(c *content) { safeguard(c); c.Safeguards = append(c.Safeguards, c.Safeguards[0]) }, "safeguards[1].name: is there already"},
	{"a safeguard has a metric", func(c *content) { safeguard(c).Metric.Name = "" }, "safeguards[0].metric.name: "},
	{"labels of a metric are few", func(c *content) {
		safeguard(c).Metric.Labels = map[string][]string{"zone": make([]string, 65)}
	}, "safeguards[0].metric.labels: "},
	{"a safeguard has a bound", func(c *content) { safeguard(c).Above = nil }, "safeguards[0]: needs either above or below"},
	{"a safeguard has one bound", func(c *content) { g := safeguard(c); g.Below = g.Above }, "safeguards[0]: needs either above or below"},
	{"a bound is a number", func(c *content) { *safeguard(c).Above = math.Inf(1) }, "safeguards[0].above: must be a number"},
	{"a safeguard is clear on the good side", func(c *content) { x := 2.0; safeguard(c).Clear = &x }, "safeguards[0].clear: must not be above"},
	{"a safeguard looks at some time", func(c *content) { safeguard(c).Window = penstock.Duration{} }, "safeguards[0].window: must be from 1 second"},
	{"a safeguard does not look back for ever", func(c *content) { safeguard(c).Window = penstock.Duration{Days: 32} }, "safeguards[0].window: must be from 1 second"},
	{"a safeguard acts", func(c *content) { safeguard(c).Action = "cry" }, "safeguards[0].action: "},
	{"a safeguard goes back to a milestone", func(c *content) { safeguard(c).Action = releaseplan.SafeguardBack }, "safeguards[0].back: "},
	{"only a safeguard that goes back says where", func(c *content) { safeguard(c).Back = "x" }, "safeguards[0].back: goes with"},
	{"safeguards are few", func(c *content) { c.Safeguards = make([]releaseplan.Safeguard, 21) }, "safeguards: 21 are too many"},
	{"samples are not fewer than none", func(c *content) { safeguard(c).MinSamples = -1 }, "safeguards[0].min_samples: "},
	{"an expose task names a milestone", func(c *content) { expose(c, `{"milestone":"none"}`) }, "phases[0].tasks[0].spec.milestone: "},
	{"an expose task has a spec", func(c *content) { expose(c, `{"mile":"x"}`) }, "phases[0].tasks[0].spec: must be"},

	{"a variable has a name", func(c *content) { c.Variables = []releaseplan.Variable{{Name: ""}} }, "variables[0].name: "},
	{"a variable's name begins with a letter", func(c *content) { c.Variables = []releaseplan.Variable{{Name: "1a"}} }, "variables[0].name: "},
	{"a variable's name is bounded", func(c *content) { c.Variables = []releaseplan.Variable{{Name: strings.Repeat("x", 129)}} }, "variables[0].name: "},
	{"a variable's name ends where it ends", func(c *content) { c.Variables = []releaseplan.Variable{{Name: "a\n"}} }, "variables[0].name: "},
	{"a variable occurs once", func(c *content) { c.Variables = []releaseplan.Variable{{Name: "a"}, {Name: "a"}} }, "variables[1].name: is there already"},
	{"a value is bounded", func(c *content) {
		c.Variables = []releaseplan.Variable{{Name: "a", Value: strings.Repeat("x", 4097)}}
	}, "variables[0].value: 4097 bytes"},
	{"a value is UTF-8", func(c *content) { c.Variables = []releaseplan.Variable{{Name: "a", Value: "\xff"}} }, "variables[0].value: must be UTF-8"},
	{"a secret value is bounded", func(c *content) {
		c.Variables = []releaseplan.Variable{{Name: "a", Value: strings.Repeat("x", 4097), Secret: true}}
	}, "variables[0].value: 4097 bytes"},
	{"variables are few", func(c *content) { c.Variables = make([]releaseplan.Variable, 1001) }, "variables: 1001 are too many"},
	{"secrets are few", func(c *content) { c.Variables = bSecrets(releaseplan.MaxSecrets + 1) }, "variables: 51 secret ones are too many"},
}

func bWait(c *content, spec string) {
	firstTask(c).Kind, firstTask(c).Spec = releaseplan.Wait, json.RawMessage(spec)
}

func bLabels(n int) map[string]string {
	labels := make(map[string]string, n)
	for i := range n {
		labels[fmt.Sprint("label", i)] = ""
	}
	return labels
}

func bSecrets(n int) (vars []releaseplan.Variable) {
	for i := range n {
		vars = append(vars, releaseplan.Variable{Name: fmt.Sprint("v", i), Secret: true})
	}
	return vars
}

// bFaults tells the faults of an error, one a line.
func bFaults(err error) (faults []string) {
	for _, f := range penstock.Faults(err) {
		faults = append(faults, f.Field+": "+f.Why)
	}
	return faults
}

func TestBadContentIsRefusedWithItsPath(t *testing.T) {
	for _, row := range badContents {
		t.Run(row.rule, func(t *testing.T) {
			c := bRich()
			row.spoil(&c)
			_, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Key: bKey}, c, bAnn, bNoon)
			field, why, _ := strings.Cut(row.want, ": ")
			faults := penstock.Faults(err)
			found := slices.ContainsFunc(faults, func(f *penstock.InvalidError) bool { return f.Field == field && strings.Contains(f.Why, why) })
			if !found || len(faults) > 2 || !errors.Is(err, penstock.ErrInvalid) { // one may follow from the other
				t.Errorf("got %q, want %s", bFaults(err), row.want)
			}
		})
	}
}

// An edit is checked as a new plan is, and leaves the plan alone.
func TestBadEditIsRefusedWithItsPath(t *testing.T) {
	p := bPlan(t, bRich())
	before := bExport(t, p)
	for _, row := range badContents {
		if strings.Contains(row.want, "number: ") {
			continue // an edit does not give numbers
		}
		t.Run(row.rule, func(t *testing.T) {
			next, changes, err := bTryEdit(p, bNoon, row.spoil)
			if !errors.Is(err, penstock.ErrInvalid) || next != p || changes != nil {
				t.Errorf("got %v, %d changes", err, len(changes))
			}
		})
	}
	if diff := cmp.Diff(string(before), string(bExport(t, p))); diff != "" {
		t.Errorf("a refused edit left a trace: %s", diff)
	}
}

func TestGoodContentHasNoFault(t *testing.T) {
	for _, c := range []content{{Name: "x"}, bRich(), bARP(), bSized(3, 4, releaseplan.Parallel)} {
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	edges := bRich()
	edges.Name = strings.Repeat("ä", releaseplan.MaxName)
	edges.Description = strings.Repeat("x", releaseplan.MaxDescription)
	edges.Labels = bLabels(releaseplan.MaxLabels)
	edges.Variables = bSecrets(releaseplan.MaxSecrets)
	firstTask(&edges).Spec = nested(50)
	firstTask(&edges).Retry = releaseplan.RetryPolicy{Max: releaseplan.MaxRetries, Backoff: 10, Delay: penstock.Duration{Days: penstock.MaxDuration}}
	edges.Start.At = edges.Window.End
	if err := edges.Validate(); err != nil {
		t.Errorf("at every bound: %v", err)
	}
}

func TestAllFaultsAreReportedAtOnce(t *testing.T) {
	c := content{
		Planned: &releaseplan.PlannedTime{}, Window: &releaseplan.Window{Start: bNoon, End: bNoon.Add(-1)}, Start: releaseplan.Schedule{Mode: "x"},
		Phases:     []releaseplan.Phase{{Kind: "x", Tasks: []releaseplan.Task{{ID: "x", Start: "x", Crash: "x", Retry: releaseplan.RetryPolicy{Max: -1, Backoff: -1}}}}},
		Milestones: []releaseplan.Milestone{{}}, Variables: []releaseplan.Variable{{}}, Listeners: []releaseplan.Listener{{}}, Gates: []releaseplan.Gate{{}},
		Labels: map[string]string{"b": "\xff", "a": "\xff"}, Approval: &approval.Policy{TimeoutMinutes: -1},
	}
	var got []string
	for _, f := range penstock.Faults(c.Validate()) {
		got = append(got, f.Field)
	}
	want := []string{"name", "planned_time.start", "planned_time", "window.end", "start.mode", "approval.timeout", "listeners[0].event", "gates[0].on", "labels", "labels",
		"phases[0].name", "phases[0].kind", "phases[0].tasks[0].id", "phases[0].tasks[0].name", "phases[0].tasks[0].start", "phases[0].tasks[0].crash",
		"phases[0].tasks[0].retry.max", "phases[0].tasks[0].retry.backoff", "milestones[0].name", "variables[0].name"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	first := c.Validate().Error()
	for range 20 {
		if c.Validate().Error() != first {
			t.Fatal("the same content has the same faults in the same order")
		}
	}
}
