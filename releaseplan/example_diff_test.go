package releaseplan_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// checkout is a plan's content with two phases.
func checkout() releaseplan.Content {
	return releaseplan.Content{Name: "Checkout 2.4", Phases: []releaseplan.Phase{
		{ID: "0190b7a2-0000-7000-8000-000000000001", Name: "staging", Tasks: []releaseplan.Task{
			{ID: "0190b7a2-0000-7000-8000-000000000011", Name: "deploy"},
			{ID: "0190b7a2-0000-7000-8000-000000000012", Name: "smoke test"}}},
		{ID: "0190b7a2-0000-7000-8000-000000000002", Name: "production"},
	}}
}

// Differences are told by ids: a task that moved and got another name is still the same task.
func ExampleDiff() {
	before, after := checkout(), checkout()
	staging, production := &after.Phases[0], &after.Phases[1]
	production.Tasks = append(production.Tasks, staging.Tasks[1], releaseplan.Task{Name: "announce"})
	staging.Tasks = staging.Tasks[:1]
	production.Tasks[0].Name = "smoke test, again"

	for _, d := range releaseplan.Diff(before, after) {
		fmt.Printf("%-7s %s\n", d.Kind, d)
	}
	// Output:
	// moved   > phase "production" › task "smoke test, again" from phase "staging", place 2 → 1
	// renamed ~ phase "production" › task "smoke test, again": name "smoke test" → "smoke test, again"
	// added   + phase "production" › task "announce"
}

// A delta makes one content another. What it does not fit stays as it is.
func ExamplePatch() {
	before, after := checkout(), checkout()
	after.Phases[0].Tasks[0].Name = "deploy to staging"
	delta := releaseplan.Diff(before, after)

	patched, err := releaseplan.Patch(before, delta)
	fmt.Println(patched.Phases[0].Tasks[0].Name, err)
	undone, err := releaseplan.Patch(patched, releaseplan.Diff(after, before))
	fmt.Println(undone.Phases[0].Tasks[0].Name, err)
	_, err = releaseplan.Patch(patched, delta)
	fmt.Println(errors.Is(err, penstock.ErrConflict), err)
	// Output:
	// deploy to staging <nil>
	// deploy <nil>
	// true phases[0190b7a2-0000-7000-8000-000000000001].tasks[0190b7a2-0000-7000-8000-000000000011].name: has another value: changed by someone else
}

// Who is to approve again is told what changed since, and what of it takes an approval.
func ExampleService_DiffSinceApproval() {
	ctx, ann, bob := context.Background(), penstock.Actor{ID: "ann"}, penstock.Actor{ID: "bob"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Now: func() time.Time { return time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC) }})
	c := checkout()
	c.Approval = &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.All, Approvers: []penstock.Party{penstock.UserParty("bob")}}}}
	p, err := plans.Create(ctx, c, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, command := range []releaseplan.Command{{Action: releaseplan.Finalize}, {Action: releaseplan.RequestApproval},
		{Action: releaseplan.Vote, Vote: approval.Approve}, {Action: releaseplan.Reopen}} {
		by := ann
		if command.Action == releaseplan.Vote {
			by = bob
		}
		if _, err := plans.Do(ctx, p.ID(), command, by); err != nil {
			fmt.Println(err)
			return
		}
	}
	_, err = plans.Edit(ctx, p.ID(), 0, func(c *releaseplan.Content) error {
		c.Labels = map[string]string{"team": "shop"}
		c.Phases[0].Tasks[1].Disabled = true
		return nil
	}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	since, err := plans.DiffSinceApproval(ctx, p.ID(), bob)
	fmt.Println(since, err)
	// Output:
	// version 1 was approved at 2026-05-04T12:00:00Z by bob; version 2 needs a new approval
	// what was agreed to:
	//   + phase "staging" › task "smoke test": disabled true
	// what takes no approval:
	//   + plan: labels.team "shop" <nil>
}

// Blame names who last changed what.
func ExampleService_Blame() {
	ctx, ann, bob := context.Background(), penstock.Actor{ID: "ann"}, penstock.Actor{ID: "bob", Admin: true}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	p, err := plans.Create(ctx, checkout(), ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = plans.Edit(ctx, p.ID(), 0, func(c *releaseplan.Content) error {
		c.Phases[0].Tasks[0].Class = "standard"
		return nil
	}, bob)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, err := plans.Blame(ctx, p.ID(), ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range rows {
		if b.Version.Number > 1 {
			fmt.Println(b.Version.By.Label(), b.Kind, b.Path)
		}
	}
	all, err := plans.Versions(ctx, p.ID(), penstock.Page{}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range all.Items {
		fmt.Println("version", v.Number, "by", v.By.Label()+":", v.Differences)
	}
	// Output:
	// bob added phases[0190b7a2-0000-7000-8000-000000000001].tasks[0190b7a2-0000-7000-8000-000000000011].class
	// version 2 by bob: 1
	// version 1 by ann: 0
}
