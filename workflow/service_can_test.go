package workflow_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

// What the Authorizer forbids, Can refuses; any other error of it fails Can.
func TestCanTellsWhatTheAuthorizerForbids(t *testing.T) {
	down := errors.New("the user table is down")
	var withheld penstock.Right
	var broken bool
	p := newPlant(t, workflow.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
		switch {
		case right != withheld:
			return nil
		case broken:
			return down
		default:
			return &penstock.ForbiddenError{Right: right, On: on}
		}
	}})
	stage := serial("one", larkJob("ask"), waitFor("w", `{"for":"PT5M"}`, onError(workflow.ManualCheck, 0, "ann")))
	stage.Approval = &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("bob")}}}}
	p.define(stages(stage))
	id := p.start("build", workflow.Start{}).ID()
	root := penstock.Actor{ID: "root", Admin: true}
	before, err := p.Can(p.ctx, id, root)
	if err != nil {
		t.Fatal(err)
	}
	for _, right := range []penstock.Right{penstock.Execute, penstock.Approve, penstock.Delete} {
		withheld, broken = right, false
		verdicts, err := p.Can(p.ctx, id, root)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range verdicts {
			forbidden := slices.ContainsFunc(v.Refusals, func(r workflow.Refusal) bool {
				return r.Rule == "permitted" && r.Needs == "the "+string(right)+" right on workflow \"build\"" && errors.Is(r.Err, penstock.ErrForbidden)
			})
			if is := v.Action.Right() == right; forbidden != is || v.Allowed != (before[i].Allowed && !is) {
				t.Errorf("without the right to %s, %s is allowed: %t, %+v", right, v.Action, v.Allowed, v.Refusals)
			}
		}
		broken = true
		if _, err := p.Can(p.ctx, id, root); !errors.Is(err, down) {
			t.Errorf("the Authorizer fails, and Can says %v", err)
		}
	}
}

// A queued run tells what keeps it waiting.
func TestCanTellsWhatAQueuedRunWaitsFor(t *testing.T) {
	for _, row := range []struct {
		rule  string
		limit int // of all
		then  int // the limit of the workflow, after two runs were started
		wants string
	}{
		{"its workflow is full", 0, 1, "another run of the workflow to end or to pause"},
		{"all are full", 1, -1, "a run of any workflow to end or to pause"},
		{"its workflow must not run any more", 0, 0, "a concurrency_limit that is not 0"},
		{"nothing", 0, 2, ""},
	} {
		p := newPlant(t, workflow.Config{Limit: row.limit})
		d := oneByOne("build", "a")
		one := 1
		d.ConcurrencyLimit = &one
		p.define(d)
		first, second := p.start("build", workflow.Start{}), p.start("build", workflow.Start{})
		p.update(func(d *workflow.Definition) { d.ConcurrencyLimit = &row.then })
		verdicts, err := p.Can(p.ctx, second.ID(), ann)
		if err != nil {
			t.Fatal(err)
		}
		v := verdicts[len(verdicts)-1]
		if v.Action != workflow.Admit || v.Allowed != (row.wants == "") || row.wants != "" && (len(v.Refusals) != 1 || v.Refusals[0].Rule != "limit" || v.Refusals[0].Needs != row.wants) {
			t.Errorf("%s: Can says %+v", row.rule, v)
		}
		if verdicts, err = p.Can(p.ctx, first.ID(), ann); err != nil || slices.ContainsFunc(verdicts, func(v workflow.Verdict) bool { return v.Action == workflow.Admit }) {
			t.Errorf("%s: of the run under way Can says %+v, %v", row.rule, verdicts, err)
		}
	}
}
