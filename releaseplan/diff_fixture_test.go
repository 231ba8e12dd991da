package releaseplan_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/canonical"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A diffDice makes random valid contents. Whatever has no rule of its own here is
// filled in by its type, so that a member that comes later is not forgotten.
type diffDice struct{ *rand.Rand }

func newDiffDice(seed uint64) diffDice { return diffDice{rand.New(rand.NewPCG(seed, 11))} }

func pick[T any](d diffDice, all ...T) T { return all[d.IntN(len(all))] }

// some returns a few of n things, in any order.
func (d diffDice) some(n int) []int { return d.Perm(n)[:d.IntN(n+1)] }

func diffUUID(kind, n int) string { return fmt.Sprintf("0190b7a2-0000-7000-8000-%06d%06d", kind, n) }

// content makes a content of parts out of a small stock, so that two of them have many in common.
func (d diffDice) content() releaseplan.Content {
	var c releaseplan.Content
	d.fill(reflect.ValueOf(&c).Elem())
	if c.Start.Mode == releaseplan.Scheduled {
		c.Start.At = bNoon.Add(time.Duration(1+d.IntN(3)) * time.Hour)
	}
	for _, i := range d.some(4) {
		m := releaseplan.Milestone{ID: pick(d, "", fmt.Sprintf("m-%d", i)), Name: pick(d, fmt.Sprintf("step %d", i), fmt.Sprintf("Step <%d>", i))}
		d.fill(reflect.ValueOf(&m).Elem())
		for _, j := range d.some(3) {
			s := rollout.Strategy{ID: fmt.Sprintf("s-%d-%d", i, j)}
			d.fill(reflect.ValueOf(&s).Elem())
			m.Strategies = append(m.Strategies, s)
		}
		c.Milestones = append(c.Milestones, m)
	}
	for _, i := range d.some(3) {
		g := releaseplan.Safeguard{ID: pick(d, "", fmt.Sprintf("g-%d", i)), Name: fmt.Sprintf("guard %d", i)}
		d.fill(reflect.ValueOf(&g).Elem())
		if g.Above = pick(d, nil, new(2.0)); g.Above == nil {
			g.Below, g.Clear = new(1.0), pick(d, nil, new(3.5))
		} else {
			g.Below, g.Clear = nil, nil
		}
		if g.Action = ""; len(c.Milestones) > 0 && d.IntN(2) == 0 {
			g.Action, g.Back = releaseplan.SafeguardBack, c.Milestones[0].Name
		}
		c.Safeguards = append(c.Safeguards, g)
	}
	for _, i := range d.some(4) {
		v := releaseplan.Variable{Name: fmt.Sprintf("v.%d", i), Value: pick(d, "", "a", "<b>")}
		if d.IntN(3) == 0 {
			v.Value, v.Secret, v.Digest = "", true, pick(d, "", "0a", "0b")
		}
		c.Variables = append(c.Variables, v)
	}
	for _, i := range d.some(3) {
		g := releaseplan.Gate{On: []releaseplan.GateKind{"finalize", "execute", "complete"}[i]}
		d.fill(reflect.ValueOf(&g).Elem())
		c.Gates = append(c.Gates, g)
	}
	d.phases(&c)
	return c
}

func (d diffDice) phases(c *releaseplan.Content) {
	tasks := d.some(12)
	var before []string
	for _, i := range d.some(5) {
		p := releaseplan.Phase{ID: diffUUID(1, i), Name: pick(d, "build", "ship \"it\"")}
		if d.IntN(8) == 0 {
			p.ID = ""
		}
		d.fill(reflect.ValueOf(&p).Elem())
		n := d.IntN(len(tasks) + 1)
		for _, j := range tasks[:n] {
			t := releaseplan.Task{ID: diffUUID(2, j), Name: pick(d, "deploy", "smoke › test")}
			if d.IntN(8) == 0 {
				t.ID = ""
			}
			if d.fill(reflect.ValueOf(&t).Elem()); t.Kind == releaseplan.Wait {
				t.Spec = pick(d, json.RawMessage(`{"for":"PT1H"}`), json.RawMessage(`{"for":"P2D"}`))
			}
			if len(before) > 0 && d.IntN(3) == 0 {
				t.Needs = []string{pick(d, before...)}
			}
			p.Tasks = append(p.Tasks, t)
		}
		tasks = tasks[n:]
		for _, t := range p.Tasks {
			if t.ID != "" {
				before = append(before, t.ID)
			}
		}
		c.Phases = append(c.Phases, p)
	}
}

// fill sets every field that is not set and is not a list of parts.
func (d diffDice) fill(v reflect.Value) {
	for i := range v.NumField() {
		if f := v.Field(i); f.IsZero() {
			d.set(v.Type().Name()+"."+v.Type().Field(i).Name, f)
		}
	}
}

// set gives a value to a field, or none.
func (d diffDice) set(field string, v reflect.Value) {
	if made, ok := d.special(field, v.Type()); ok {
		if made != nil {
			v.Set(reflect.ValueOf(made))
		}
		return
	}
	if !strings.HasSuffix(field, "[]") && !strings.HasSuffix(field, "*") && field != "Safeguard.Metric" && d.IntN(3) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.set(field+"*", v.Elem())
	case reflect.Struct:
		d.fill(v)
	case reflect.String:
		v.SetString(pick(d, "a", "b", "<c>"))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(1 + d.IntN(3)))
	case reflect.Float64:
		v.SetFloat(float64(d.IntN(4)) / 2)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, i := range d.some(3) {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			k.SetString(pick(d, "team", "a b", `q"]`) + fmt.Sprint(i))
			d.set(field+"[]", e)
			v.SetMapIndex(k, e)
		}
	case reflect.Slice:
		for range d.IntN(3) {
			e := reflect.New(v.Type().Elem()).Elem()
			d.set(field+"[]", e)
			v.Set(reflect.Append(v, e))
		}
	default:
		panic("no random " + field)
	}
}

// special makes what cannot be just anything; nil leaves it as it is.
func (d diffDice) special(field string, of reflect.Type) (any, bool) {
	at := func(days int) time.Time { return bNoon.AddDate(0, 0, days) }
	switch field {
	case "Content.Phases", "Content.Milestones", "Content.Safeguards", "Content.Variables", "Content.Gates", "Phase.Tasks", "Milestone.Strategies",
		"Phase.ID", "Task.ID", "Milestone.ID", "Safeguard.ID", "Strategy.ID", "Task.Needs", "Safeguard.Back":
		return nil, true
	case "Content.Name":
		return pick(d, "Checkout", "Checkout 2"), true
	case "Content.Planned":
		week := penstock.Duration{Days: 7}
		return pick(d, nil, &releaseplan.PlannedTime{Start: at(1), Duration: &week}, &releaseplan.PlannedTime{Start: at(1), End: at(2 + d.IntN(2))}), true
	case "Content.Window":
		return pick(d, nil, &releaseplan.Window{Start: at(-9), End: at(40)}, &releaseplan.Window{Start: at(-8)}), true
	case "Content.Approval":
		return d.policy(), true
	case "Schedule.Mode":
		return pick(d, "", releaseplan.ByHand, releaseplan.OnApproval, releaseplan.Scheduled), true
	case "Schedule.At":
		return nil, true
	case "Task.Planned":
		return pick(d, nil, &releaseplan.PlannedTime{Start: at(3)}, &releaseplan.PlannedTime{Start: at(3), End: at(4 + d.IntN(2))}), true
	case "Phase.Kind":
		return pick(d, releaseplan.Parallel, releaseplan.Free, releaseplan.Sequential), true
	case "Task.Kind":
		return pick(d, "", "deploy", releaseplan.Manual, releaseplan.Wait), true
	case "Task.Start", "Milestone.Start":
		return pick(d, "", releaseplan.Automatic, releaseplan.ByHand), true
	case "Task.Crash":
		return pick(d, "", releaseplan.FailOnCrash, releaseplan.RepeatOnCrash), true
	case "Listener.Event":
		return pick(d, releaseplan.EventStarted, releaseplan.EventFailed), true
	case "Party.Type":
		return pick(d, "", penstock.User, penstock.Group), true
	case "Party.ID", "Target.Feature", "Target.Environment", "Origin.Template", "Metric.Name":
		return pick(d, "ann", "bob"), true
	case "Safeguard.Window":
		return pick(d, penstock.Duration{Days: 1}, penstock.Duration{Time: time.Minute}), true
	case "Strategy.Name":
		return pick(d, rollout.FlexibleRollout, "custom"), true
	case "Strategy.Parameters":
		return pick(d, nil, rollout.Parameters{"rollout": pick(d, "5", "50")}, rollout.Parameters{"rollout": "5", "groupId": "a<b"}), true
	case "Strategy.Constraints":
		return pick(d, nil, []rollout.Constraint{{ContextName: "userId", Operator: rollout.In, Values: []string{"1", pick(d, "2", "3")}}},
			[]rollout.Constraint{{ContextName: "age", Operator: rollout.NumGT, Value: "5", Inverted: true}}, []rollout.Constraint{{ContextName: "x", Operator: rollout.StartsWith, Values: []string{"y"}, CaseInsensitive: true}}), true
	case "Strategy.Segments":
		return pick(d, nil, []int{1}, []int{2, 1}), true
	case "Strategy.Variants":
		return pick(d, nil, []rollout.Variant{{Name: "red", Weight: d.IntN(1000), WeightType: rollout.WeightFix, Stickiness: "default", Payload: &rollout.Payload{Type: "string", Value: pick(d, "a", "b")},
			Overrides: []rollout.Override{{ContextName: "userId", Values: []string{"1"}}}}}), true
	}
	switch of {
	case reflect.TypeFor[time.Time]():
		return pick(d, time.Time{}, at(2), at(3)), true
	case reflect.TypeFor[penstock.Duration]():
		return pick(d, penstock.Duration{Days: 1}, penstock.Duration{Time: time.Hour}, penstock.Duration{Months: 2}), true
	case reflect.TypeFor[json.RawMessage]():
		return pick(d, nil, json.RawMessage(`{}`), json.RawMessage(`{"image":"a<b>","n":1.0}`), json.RawMessage(`{"n":1,"my key":[null],"id":null}`)), true
	}
	return nil, false
}

func (d diffDice) policy() *approval.Policy {
	p := &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.All, Approvers: []penstock.Party{penstock.UserParty("ann")}}}}
	switch d.IntN(4) {
	case 0:
		return nil
	case 1:
		return &approval.Policy{}
	case 2:
		p.Nodes[0].Need, p.Nodes[0].K = approval.KOf, 1
	}
	p.Description, p.TimeoutMinutes, p.App = pick(d, "", "please"), d.IntN(3), pick(d, "", "app")
	p.Initiator = pick(d, nil, new(penstock.UserParty("bob")))
	p.Separation = approval.Separation{NotAuthor: d.IntN(2) == 0, NotLastEditor: d.IntN(2) == 0, NotExecutor: d.IntN(2) == 0}
	p.Other = pick(d, nil, map[approval.Kind]json.RawMessage{approval.Lark: json.RawMessage(`{"timeout":5}`)})
	return p
}

// valid makes a content that is valid.
func (d diffDice) valid(t testing.TB) releaseplan.Content {
	t.Helper()
	c := d.content()
	if err := c.Validate(); err != nil {
		t.Fatalf("teach the dice what is valid: %v", err)
	}
	return c
}

// diffText is the canonical form of a content, by which plans compare it.
func diffText(t testing.TB, c releaseplan.Content) string {
	t.Helper()
	raw, err := canonical.JSON(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
