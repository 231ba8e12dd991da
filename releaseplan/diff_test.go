package releaseplan_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// diffEdited is bRich as a plan has it, and as somebody may have left it.
func diffEdited(t testing.TB) (a, b releaseplan.Content) {
	t.Helper()
	p := bPlan(t, bRich())
	p = bEdit(t, p, bNoon, func(c *releaseplan.Content) {
		c.Phases[1].Tasks = append(c.Phases[1].Tasks, releaseplan.Task{Name: "tweet"}, releaseplan.Task{Name: "party"}, releaseplan.Task{Name: "rest", Kind: releaseplan.Wait, Spec: json.RawMessage(`{"for":"PT1H"}`)})
	})
	a = p.Content()
	p = bEdit(t, p, bNoon, func(c *releaseplan.Content) {
		c.Name, c.Description = "Checkout 2.5", ""
		c.Labels = map[string]string{"team": "pay", "two words": "x"}
		c.Window.End = c.Window.End.AddDate(0, 0, 1)
		c.Approval.TimeoutMinutes = 30
		build, announce := &c.Phases[0], &c.Phases[1]
		test := build.Tasks[1]
		build.Tasks = slices.Delete(build.Tasks, 1, 3) // and lint
		test.Name, test.Retry.Max, test.Listeners = "test <again>", 3, nil
		test.Spec = json.RawMessage(`{"run":"go test -race","n":1.0,"my key":true}`)
		announce.Tasks = append([]releaseplan.Task{announce.Tasks[2], announce.Tasks[0], announce.Tasks[1], announce.Tasks[3], test}, releaseplan.Task{Name: "clean up"})
		announce.Tasks[3].Spec = json.RawMessage(`{"for":"PT2H"}`)
		announce.Duration = new(penstock.Duration{Days: 2})
		c.Milestones[0].Strategies[0].Parameters = rollout.Parameters{"rollout": "20"}
		c.Milestones[0].After = nil
		*c.Safeguards[0].Above = 0.02
		c.Variables = append(c.Variables[1:], releaseplan.Variable{Name: "zone", Value: "b"})
		c.Variables[1].Value = "another s3cret"
		c.Gates = c.Gates[:2]
		c.Listeners[0].Recipients = append(c.Listeners[0].Recipients, penstock.GroupParty("sre"))
	})
	return a, p.Content()
}

// The text form is what people read: every kind of difference of every kind of part.
func TestDiffReads(t *testing.T) {
	a, b := diffEdited(t)
	d := diffTurns(t, a, b)
	diffTurns(t, b, a)
	if strings.Contains(d.String(), "s3cret") {
		t.Error("a secret is told")
	}
	want, err := os.ReadFile("testdata/diff.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), d.String()+"\n"); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// As few parts as possible move: those that keep their order among each other stay.
func TestDiffMovesFewParts(t *testing.T) {
	names := func(order string) (c releaseplan.Content) {
		c.Name = "x"
		for _, name := range order {
			c.Variables = append(c.Variables, releaseplan.Variable{Name: string(name)})
		}
		return c
	}
	for _, row := range []struct{ before, after, moved string }{
		{"abcde", "abcde", ""}, {"abcde", "bcdea", "a"}, {"abcde", "eabcd", "e"}, {"abcde", "acbde", "b"},
		{"abcde", "edcba", "edcb"}, {"abcde", "xbyd", ""}, {"abcdef", "dabefc", "dc"}, {"", "ab", ""}, {"ab", "", ""},
	} {
		a, b := names(row.before), names(row.after)
		var moved string
		for _, x := range diffTurns(t, a, b) {
			if x.Kind == releaseplan.Moved {
				moved += strings.Trim(strings.TrimPrefix(x.Path, "variables"), "[]")
			}
		}
		if len(moved) != len(row.moved) {
			t.Errorf("%s → %s moves %q, want %q or as few", row.before, row.after, moved, row.moved)
		}
	}
}

// Ten thousand tasks in reversed order, and each in another phase, take no quadratic time.
func TestDiffOfManyMoves(t *testing.T) {
	a := bPlan(t, bSized(2, releaseplan.MaxTasks/2, releaseplan.Free)).Content()
	b := bPlan(t, bSized(2, releaseplan.MaxTasks/2, releaseplan.Free)).Content()
	for i := range b.Phases {
		slices.Reverse(b.Phases[i].Tasks)
	}
	b.Phases[0].Tasks, b.Phases[1].Tasks = b.Phases[1].Tasks, b.Phases[0].Tasks
	began := time.Now()
	d := diffTurns(t, a, b)
	if len(d) != releaseplan.MaxTasks {
		t.Errorf("%d differences", len(d))
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

// A secret value is told by its digest at most; one that has entered no plan not at all.
func TestDiffTellsNoSecret(t *testing.T) {
	variable := func(v ...releaseplan.Variable) releaseplan.Content {
		return releaseplan.Content{Name: "x", Variables: v}
	}
	plain := releaseplan.Variable{Name: "v", Value: "hunter2"}
	unsealed := releaseplan.Variable{Name: "v", Value: "hunter2", Secret: true}
	other := releaseplan.Variable{Name: "v", Value: "hunter3", Secret: true}
	sealed := releaseplan.Variable{Name: "v", Secret: true, Digest: "0a"}
	open := releaseplan.Variable{Name: "v", Value: "open"}
	for name, row := range map[string]struct {
		a, b releaseplan.Content
		want releaseplan.Variable // what Patch makes of it
		n    int
	}{
		"added":         {variable(), variable(unsealed), releaseplan.Variable{Name: "v", Secret: true}, 1},
		"removed":       {variable(unsealed), variable(open), open, 2},
		"changed":       {variable(unsealed), variable(other), releaseplan.Variable{Name: "v", Secret: true}, 1},
		"hidden":        {variable(plain), variable(other), releaseplan.Variable{Name: "v", Secret: true}, 2},
		"sealed":        {variable(plain), variable(sealed), sealed, 3},
		"set":           {variable(sealed), variable(unsealed), releaseplan.Variable{Name: "v", Secret: true}, 2},
		"made public":   {variable(sealed), variable(open), open, 3},
		"another":       {variable(sealed), variable(releaseplan.Variable{Name: "v", Secret: true, Digest: "0b"}), releaseplan.Variable{Name: "v", Secret: true, Digest: "0b"}, 1},
		"hidden as was": {variable(plain), variable(unsealed), unsealed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := releaseplan.Diff(row.a, row.b)
			doc, err := json.Marshal(d)
			if err != nil || strings.Contains(string(doc)+d.String(), "hunter") {
				t.Errorf("%v: told: %s\n%s", err, doc, d)
			}
			if len(d) != row.n {
				t.Errorf("%d differences, want %d:\n%s", len(d), row.n, d)
			}
			got, err := releaseplan.Patch(row.a, d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(diffText(t, variable(row.want)), diffText(t, got)); diff != "" {
				t.Errorf("patched (-want +got):\n%s", diff)
			}
		})
	}
}
