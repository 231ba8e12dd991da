package releaseplan_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
)

// An evaluator that follows the recipe of Overlay is never behind what is served when a calendar
// opens, though no Runner stores what then starts.
func TestEvaluatorIsNeverBehindACalendar(t *testing.T) {
	t.Parallel()
	exposing := mThree()
	exposing.Phases = []releaseplan.Phase{aPhase(releaseplan.Sequential, "deploy!", "expose")}
	exposing.Phases[0].Tasks[1].Kind, exposing.Phases[0].Tasks[1].Spec = releaseplan.Expose, []byte(`{"milestone":"5%"}`)
	first := mThree()
	first.Phases = []releaseplan.Phase{aPhase(releaseplan.Sequential, "deploy!")}
	starting := mThree()
	starting.Start.Mode, starting.Approval = releaseplan.OnApproval, aPolicy(1)
	skip := releaseplan.Command{Action: releaseplan.Skip, Remark: "because"} // the first task
	for _, row := range []struct {
		rule     string
		content  releaseplan.Content
		commands map[time.Duration]releaseplan.Command
	}{
		{"an interval ends in the freeze", mThree(), nil},
		{"an override lets it go on", mThree(), map[time.Duration]releaseplan.Command{2 * time.Hour: overriding("freeze", 3*time.Hour)}},
		{"the first milestone is held back", first, map[time.Duration]releaseplan.Command{2 * time.Hour: skip}},
		{"a plan that starts once approved", starting, map[time.Duration]releaseplan.Command{
			0: {Action: releaseplan.Finalize}, time.Hour: {Action: releaseplan.RequestApproval}, 2 * time.Hour: {Action: releaseplan.Vote, Vote: approval.Approve}}},
		{"a task that exposes is held back", exposing, map[time.Duration]releaseplan.Command{2 * time.Hour: skip}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			now := aStart
			plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Calendars: fSet(t, fFreeze()), Now: func() time.Time { return now }})
			ctx := t.Context()
			row.content.Name = "plan"
			p, err := plans.Create(ctx, row.content, aAnn)
			if err == nil && row.content.Start.Mode != releaseplan.OnApproval {
				p, err = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Execute}, aAnn)
			}
			if err != nil {
				t.Fatal(err)
			}
			var compiled string
			var next time.Time
			revision := int64(-1)
			for ; now.Before(aStart.Add(8 * time.Hour)); now = now.Add(time.Minute) {
				if c, ok := row.commands[now.Sub(aStart)]; ok {
					if c.Action == releaseplan.Skip {
						c.Task = p.Tasks()[0].ID
					}
					by := aAnn
					if c.Action == releaseplan.Vote {
						by = aBob
					}
					if _, err := plans.Do(ctx, p.ID(), c, by); err != nil {
						t.Fatal(err)
					}
				}
				is, err := plans.ServingRevision(ctx, "production")
				if err != nil {
					t.Fatal(err)
				}
				if is != revision || !next.IsZero() && !next.After(now) {
					state := rollout.State{Features: []rollout.Feature{{Name: "checkout", Enabled: true}}}
					if next, err = plans.Overlay(ctx, &state, "production"); err != nil {
						t.Fatal(err)
					}
					revision, compiled = is, ""
					if all := state.Features[0].Strategies; len(all) > 0 {
						compiled = all[0].Parameters["rollout"]
					}
				}
				v, err := plans.Serving(ctx, "checkout", "production")
				if err != nil {
					t.Fatal(err)
				}
				served := ""
				if len(v.Strategies) > 0 {
					served = v.Strategies[0].Parameters["rollout"]
				}
				if served != compiled {
					t.Fatalf("after %v %q %% is served, and %q %% compiled", now.Sub(aStart), served, compiled)
				}
			}
			if compiled != "100" {
				t.Errorf("%s %% at the end", compiled)
			}
		})
	}
}
