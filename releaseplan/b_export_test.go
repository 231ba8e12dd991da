package releaseplan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

var update = flag.Bool("update", false, "write golden files anew")

// midRun is a plan with something of everything, in the middle of its run: a check
// was passed, an approval given, a task failed once, another runs under a lease.
func midRun(t testing.TB) (*releaseplan.Plan, []releaseplan.Change) {
	t.Helper()
	c := bRich()
	c.Variables = c.Variables[:2]
	c.Start = releaseplan.Schedule{}
	p, changes, err := releaseplan.NewPlan(releaseplan.Identity{ID: "01KQSH5ZG0W6B0X4V8Q2N3R7TC", Number: 42, Key: bKey}, c, bAnn, bNoon)
	if err != nil {
		t.Fatal(err)
	}
	do := func(after time.Duration, by penstock.Actor, c releaseplan.Command) {
		t.Helper()
		next, more, err := p.Do(c, by, bNoon.Add(after))
		if err != nil {
			t.Fatalf("%s: %v", c.Action, err)
		}
		p, changes = next, append(changes, more...)
	}
	answer := func(after time.Duration) {
		t.Helper()
		do(after, penstock.Actor{ID: "robot"}, releaseplan.Command{Action: releaseplan.AnswerGate, Code: p.Status().Gate.Code, Answer: releaseplan.GatePass, Remark: "green"})
	}
	do(1*time.Minute, bAnn, releaseplan.Command{Action: releaseplan.Finalize})
	answer(2 * time.Minute)
	do(3*time.Minute, bAnn, releaseplan.Command{Action: releaseplan.RequestApproval})
	do(4*time.Minute, bBob, releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve, Remark: "go"})
	do(5*time.Minute, bAnn, releaseplan.Command{Action: releaseplan.Execute})
	answer(6 * time.Minute)
	do(7*time.Minute, bAnn, releaseplan.Command{Action: releaseplan.Start, Task: bID(t, p, "compile"), Lease: "runner-1"})
	do(8*time.Minute, bAnn, releaseplan.Command{Action: releaseplan.Complete, Task: bID(t, p, "compile")})
	do(9*time.Minute, bAnn, releaseplan.Command{Action: releaseplan.Start, Task: bID(t, p, "test"), Lease: "runner-1"})
	do(10*time.Minute, bAnn, releaseplan.Command{Action: releaseplan.Fail, Task: bID(t, p, "test"), Remark: "<red> & dead"})
	do(12*time.Minute, bAnn, releaseplan.Command{Action: releaseplan.Start, Task: bID(t, p, "test"), Lease: "runner-2"})
	do(13*time.Minute, bAnn, releaseplan.Command{Action: releaseplan.Hold, Task: bID(t, p, "mail")})
	do(14*time.Minute, bAnn, releaseplan.Command{Action: releaseplan.Reassign, Task: bID(t, p, "mail"), Assignee: &penstock.Party{Type: penstock.Group, ID: "sre"}})
	return p, changes
}

// Exports are kept by people: what was written once is read for good.
func TestExportIsGolden(t *testing.T) {
	const file = "testdata/plan.export.json"
	p, _ := midRun(t)
	got := bExport(t, p)
	if *update {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, got, "", "  "); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(pretty.Bytes(), '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var golden bytes.Buffer
	if err := json.Compact(&golden, doc); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(golden.String(), string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	read, err := releaseplan.Import(golden.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	bSamePlan(t, p, read)
	indented, err := releaseplan.Import(doc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(golden.String(), string(bExport(t, indented))); diff != "" {
		t.Errorf("white space makes a difference: -want +got:\n%s", diff)
	}
}

// bLives are plans at points of their lives.
func bLives(t testing.TB) map[string]*releaseplan.Plan {
	p, _ := midRun(t)
	return map[string]*releaseplan.Plan{
		"a draft": bPlan(t, bRich()), "no task": bPlan(t, content{Name: "x"}), "mid-run": p,
		"paused": bAct(t, p, bNoon.Add(time.Hour), releaseplan.Pause), "canceling": bAct(t, p, bNoon.Add(time.Hour), releaseplan.Cancel),
		"expired": p.At(bNoon.AddDate(1, 0, 0)), "stopping": bTask(t, p, releaseplan.Abort, "test", bNoon.Add(time.Hour)),
	}
}

func TestImportOfExportIsThePlan(t *testing.T) {
	for name, p := range bLives(t) {
		t.Run(name, func(t *testing.T) {
			doc := bExport(t, p)
			if !bytes.Equal(doc, bExport(t, p)) {
				t.Error("two exports differ")
			}
			read, err := releaseplan.Import(doc)
			if err != nil {
				t.Fatal(err)
			}
			if name == "a draft" { // with a secret, which is forgotten
				again, err := releaseplan.Import(bExport(t, read))
				if err != nil {
					t.Fatal(err)
				}
				p, read = read, again
			}
			bSamePlan(t, p, read)
			at := bNoon.AddDate(0, 0, 3)
			wantSteps, wantWake := p.Next(at)
			gotSteps, gotWake := read.Next(at)
			if diff := cmp.Diff(wantSteps, gotSteps); diff != "" || !wantWake.Equal(gotWake) {
				t.Errorf("next: wake %s, want %s: %s", gotWake, wantWake, diff)
			}
			if diff := cmp.Diff(bVerdicts(p, bAnn, at), bVerdicts(read, bAnn, at)); diff != "" {
				t.Errorf("verdicts: %s", diff)
			}
		})
	}
}

func TestFoldOfChangesIsThePlan(t *testing.T) {
	p, changes := midRun(t)
	for what, more := range map[string]releaseplan.Command{
		"comment": {Action: releaseplan.Comment, Remark: "x"}, "cancel": {Action: releaseplan.Cancel}, "pause": {Action: releaseplan.Pause}, "reopen": {Action: releaseplan.Fail, Task: bID(t, p, "test")},
	} {
		next, tail, err := p.Do(more, bAnn, bNoon.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		all := slices.Concat(changes, tail)
		folded, err := releaseplan.Fold(all)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		bSamePlan(t, next, folded)
		doc, err := json.Marshal(all) // as they are stored
		if err != nil {
			t.Fatal(err)
		}
		var read []releaseplan.Change
		if err := json.Unmarshal(doc, &read); err != nil {
			t.Fatal(err)
		}
		if folded, err = releaseplan.Fold(read); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		bSamePlan(t, next, folded)
	}
}

func TestFoldRefusesWhatMakesNoPlan(t *testing.T) {
	_, changes := midRun(t)
	for rule, bad := range map[string][]releaseplan.Change{
		"nothing":               nil,
		"no birth":              changes[1:],
		"two births":            {changes[0], changes[0]},
		"a birth of nothing":    {{Kind: releaseplan.PlanCreated}},
		"an unknown kind":       {changes[0], {Kind: "plan.exploded"}},
		"an unknown task":       {changes[0], {Kind: releaseplan.TaskMoved, Task: "x", Status: &releaseplan.TaskStatus{State: releaseplan.TaskDone}}},
		"no status":             {changes[0], {Kind: releaseplan.TaskMoved, Task: changes[0].Birth.Content.Phases[0].Tasks[0].ID}},
		"an unknown state":      {changes[0], {Kind: releaseplan.TaskMoved, Task: changes[0].Birth.Content.Phases[0].Tasks[0].ID, Status: &releaseplan.TaskStatus{State: "x"}}},
		"an unknown plan state": {changes[0], {Kind: releaseplan.PlanMoved, To: "x"}},
		"no request":            {changes[0], {Kind: releaseplan.PlanMoved, To: string(releaseplan.AwaitingApproval)}},
		"no revision":           {changes[0], {Kind: releaseplan.PlanEdited}},
		"another hash":          {changes[0], {Kind: releaseplan.PlanEdited, Revision: &releaseplan.Revision{Version: 2, Hash: "x"}}},
		"an unknown phase":      {changes[0], {Kind: releaseplan.PlanEdited, Revision: &releaseplan.Revision{Version: 2, Phased: true, Phases: []releaseplan.PhaseRevision{{ID: "x"}}}}},
	} {
		if p, err := releaseplan.Fold(bad); !errors.Is(err, penstock.ErrInvalid) || p != nil {
			t.Errorf("%s: %v", rule, err)
		}
	}
}
