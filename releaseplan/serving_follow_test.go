package releaseplan_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
)

// An evaluator that follows the recipe of Overlay is never behind what is served,
// though no Runner stores what time does.
func TestEvaluatorIsNeverBehind(t *testing.T) {
	t.Parallel()
	command := func(do releaseplan.Action) releaseplan.Command { return releaseplan.Command{Action: do} }
	for _, row := range []struct {
		rule     string
		after    time.Duration
		commands []releaseplan.Command
	}{
		{"nobody does anything", 0, nil},
		{"the rollout is paused and resumed", 30 * time.Minute, []releaseplan.Command{command(releaseplan.PauseRollout), command(releaseplan.ResumeRollout)}},
		{"the plan is paused and resumed", 30 * time.Minute, []releaseplan.Command{command(releaseplan.Pause), command(releaseplan.Resume)}},
		{"a shorter interval", 11 * time.Minute, []releaseplan.Command{{Action: releaseplan.SetInterval, Interval: new(aMinutes(20))}}},
		{"an appointment", 11 * time.Minute, []releaseplan.Command{{Action: releaseplan.StartMilestone, Milestone: "100%", Start: aStart.Add(20 * time.Minute)}}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			now := aStart
			plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Now: func() time.Time { return now }})
			ctx := t.Context()
			c := mThree()
			c.Name = "plan"
			p, err := plans.Create(ctx, c, aAnn)
			if err == nil {
				p, err = plans.Do(ctx, p.ID(), command(releaseplan.Execute), aAnn)
			}
			if err != nil {
				t.Fatal(err)
			}
			var compiled string
			var next time.Time
			revision := int64(-1)
			commands := row.commands
			for ; now.Before(aStart.Add(5 * time.Hour)); now = now.Add(time.Minute) {
				if len(commands) > 0 && !now.Before(aStart.Add(row.after)) {
					if _, err := plans.Do(ctx, p.ID(), commands[0], aAnn); err != nil {
						t.Fatal(err)
					}
					commands = commands[1:]
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
					revision, compiled = is, state.Features[0].Strategies[0].Parameters["rollout"]
				}
				v, err := plans.Serving(ctx, "checkout", "production")
				if err != nil {
					t.Fatal(err)
				}
				if served := v.Strategies[0].Parameters["rollout"]; served != compiled {
					t.Fatalf("after %v %s %% is served, and %s %% compiled", now.Sub(aStart), served, compiled)
				}
			}
			if compiled != "100" {
				t.Errorf("%s %% at the end", compiled)
			}
		})
	}
}

// What is served is what people have, whatever an edit has made of it since.
func TestWarningsBeginWithWhatIsServed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule string
		edit func(*releaseplan.Content)
		want []string
	}{
		{"the live one is as it was", func(*releaseplan.Content) {}, nil},
		{"the live one serves fewer", func(c *releaseplan.Content) { c.Milestones[1].Strategies[0].Parameters["rollout"] = "10" }, []string{"milestones[1]"}},
		{"the live one is gone", func(c *releaseplan.Content) { c.Milestones = c.Milestones[:1] }, []string{"milestones[0]"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			a := aNew(t, mThree()).act(releaseplan.Execute).at(time.Hour).act(releaseplan.Reopen).edit(row.edit)
			var fields []string
			for _, w := range a.p.Warnings(nil) {
				fields = append(fields, w.Field)
			}
			if len(fields) != len(row.want) || len(fields) > 0 && fields[0] != row.want[0] {
				t.Errorf("warnings of %v, want %v", fields, row.want)
			}
		})
	}
}
