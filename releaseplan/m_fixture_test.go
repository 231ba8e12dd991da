package releaseplan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// mContent is a plan that exposes a feature in steps, each given as "name" or
// "name interval": "5% 1h".
func mContent(steps ...string) releaseplan.Content {
	c := releaseplan.Content{Target: &releaseplan.Target{Feature: "checkout", Environment: "production"}}
	for _, step := range steps {
		name, interval, timed := strings.Cut(step, " ")
		m := releaseplan.Milestone{Name: name, Strategies: []rollout.Strategy{
			{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": strings.TrimSuffix(name, "%")}}}}
		if timed {
			d, err := time.ParseDuration(interval)
			if err != nil {
				panic(err)
			}
			m.After = new(penstock.FromTime(d))
		}
		c.Milestones = append(c.Milestones, m)
	}
	return c
}

// mThree is served for an hour at each of its milestones but the last.
func mThree() releaseplan.Content { return mContent("5% 1h", "25% 1h", "100%") }

// mWatched is mThree with a safeguard that pauses.
func mWatched(change ...func(*releaseplan.Safeguard)) releaseplan.Content {
	c := mThree()
	g := releaseplan.Safeguard{Name: "errors", Metric: releaseplan.Metric{Name: "error_rate"}, Above: new(1.0), Window: aMinutes(10)}
	for _, f := range change {
		f(&g)
	}
	c.Safeguards = []releaseplan.Safeguard{g}
	return c
}

func (a *aLife) milestone(name string) releaseplan.MilestoneView {
	a.Helper()
	return mView(a, a.p, name, a.now)
}

// serves checks which milestone is live, "" being none, as the plan is now, and
// the states of all, in order, as their first letters or "–".
func (a *aLife) serves(live, states string) *aLife {
	a.Helper()
	p := a.p.At(a.now)
	r := p.Status().Rollout
	if r == nil {
		r = &releaseplan.RolloutStatus{}
	}
	if r.Name != live {
		a.Errorf("after %v %q is live, want %q", a.now.Sub(aStart), r.Name, live)
	}
	var got []string
	for _, m := range p.Milestones(a.now) {
		got = append(got, string(m.State))
	}
	if diff := cmp.Diff(strings.Fields(states), got); states != "" && diff != "" {
		a.Errorf("after %v, states (-want +got):\n%s", a.now.Sub(aStart), diff)
	}
	return a
}

// of asks for an action on a milestone.
func (a *aLife) of(do releaseplan.Action, milestone string) *aLife {
	a.Helper()
	return a.do(releaseplan.Command{Action: do, Milestone: milestone, Remark: "because"})
}

// observe tells a value of a safeguard's metric, on 100 samples up to now.
func (a *aLife) observe(safeguard string, value float64) *aLife {
	a.Helper()
	return a.sampled(safeguard, releaseplan.Sample{Value: value, Count: 100, To: a.now})
}

func (a *aLife) sampled(safeguard string, s releaseplan.Sample) *aLife {
	a.Helper()
	return a.doAs(penstock.System(), releaseplan.Command{Action: releaseplan.Observe, Safeguard: safeguard, Sample: &s})
}

// tells checks the latest command's changes of milestones, as mTold writes them.
func (a *aLife) tells(want ...string) *aLife {
	a.Helper()
	if diff := cmp.Diff(want, mTold(a.last)); diff != "" {
		a.Errorf("told (-want +got):\n%s", diff)
	}
	return a
}

// mTold writes changes of milestones, rollout and safeguards as "when kind name
// by: remark".
func mTold(changes []releaseplan.Change) (all []string) {
	for _, c := range changes {
		kind := string(c.Kind)
		if !strings.HasPrefix(kind, "milestone.") && !strings.HasPrefix(kind, "rollout.") && !strings.HasPrefix(kind, "safeguard.") {
			continue
		}
		s := fmt.Sprintf("%v %s", c.At.Sub(aStart), kind)
		if c.Name != "" {
			s += " " + c.Name
		}
		if c.By.ID != "" && c.By.ID != penstock.SystemID {
			s += " by " + c.By.ID
		}
		if c.Remark != "" {
			s += ": " + c.Remark
		}
		all = append(all, s)
	}
	return all
}

// mHistory is when each milestone went live, by the trail: "0s 5%".
func (a *aLife) mHistory() (all []string) {
	for _, c := range a.trail {
		if c.Kind == releaseplan.ExposureStarted {
			all = append(all, fmt.Sprintf("%v %s", c.At.Sub(aStart), c.Name))
		}
	}
	return all
}

// history checks when milestones went live, now that what is due has happened.
func (a *aLife) history(want ...string) *aLife {
	a.Helper()
	a.advance()
	if diff := cmp.Diff(want, a.mHistory()); diff != "" {
		a.Errorf("went live (-want +got):\n%s", diff)
	}
	return a
}

func mOnly(t testing.TB, err error, field string) {
	t.Helper()
	faults := penstock.Faults(err)
	if len(faults) != 1 || faults[0].Field != field {
		t.Errorf("faults %v, want one of %s", err, field)
	}
}

func mView(t testing.TB, p *releaseplan.Plan, name string, now time.Time) releaseplan.MilestoneView {
	t.Helper()
	v, err := p.Milestone(name, now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
