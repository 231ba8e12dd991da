package releaseplan_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// FuzzWalk takes plans of any shape through any commands at any times, and holds
// the invariants of rules 2 and 3 against each step.
func FuzzWalk(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, []byte{byte(seed), 1, 2, 3})
	}
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		aWalk(t, aNewDice(seed, data), 40, nil)
	})
}

func TestWalk(t *testing.T) {
	t.Parallel()
	seen := make(map[releaseplan.State]int)
	total := 0
	for seed := uint64(0); total < 3_000; seed++ {
		for s, n := range aWalk(t, aNewDice(seed, nil), 70, nil) {
			seen[s] += n
			total += n
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	states, _ := releaseplan.MachineStates()
	for _, s := range states {
		if seen[s] < 5 {
			t.Errorf("the walk was in %s only %d times", s, seen[s])
		}
	}
}

// aWalk makes one plan and so many steps. It returns how often the plan was in
// each state.
func aWalk(t *testing.T, d *aDice, steps int, calendars *calendar.Set) map[releaseplan.State]int {
	c := d.content()
	lazy, trail, err := releaseplan.NewPlan(releaseplan.Identity{ID: "walk", Key: []byte("0123456789abcdef"), Rules: &releaseplan.Rules{Calendars: calendars}}, c, aAnn, aStart)
	if err != nil { // a schedule outside the window
		if !errors.Is(err, penstock.ErrInvalid) {
			t.Fatal(err)
		}
		return nil
	}
	eager, now := lazy, aStart // eager wakes whenever it is to, lazy never does
	seen := make(map[releaseplan.State]int)
	for range steps {
		now = aLater(d, lazy, now)
		c, by := d.command(lazy.At(now), now)
		next, changes, err := lazy.Do(c, by, now)
		aOutcome(t, lazy, next, c, by, now, changes, err)
		aTrail(t, lazy, next, changes)
		aConsistent(t, next, now)
		mTrail(t, lazy, next, changes)
		mConsistent(t, next, now)
		fTrail(t, lazy, calendars, changes)

		eager = aWoken(t, eager, now)
		if eager, _, err = eager.Do(c, by, now); err == nil {
			trail = append(trail, changes...)
		}
		lazy = next
		if len(changes) > 0 {
			if late, onTime := aExport(t, lazy), aExport(t, eager); late != onTime {
				t.Errorf("who wakes late has another plan (-late +on time):\n%s", cmp.Diff(late, onTime))
			}
		}
		if d.oneIn(8) {
			aEnds(t, lazy, now)
			aSame(t, lazy, trail)
		}
		seen[lazy.State()]++
		for _, c := range changes { // states that pass by, too
			if c.Kind == releaseplan.PlanMoved {
				seen[releaseplan.State(c.From)]++
			}
		}
		if t.Failed() {
			t.Logf("after %s of %q by %s at %s:", c.Action, c.Task, by.ID, now.Sub(aStart))
			for _, c := range trail[max(0, len(trail)-25):] {
				t.Log(c.At.Sub(aStart), c)
			}
			t.FailNow()
		}
		if lazy.State().Final() && d.oneIn(4) {
			break
		}
	}
	aSame(t, lazy, trail)
	return seen
}

// aLater lets time pass: not at all, a little, much, or to the very instant at
// which something is due.
func aLater(d *aDice, p *releaseplan.Plan, now time.Time) time.Time {
	_, wake := p.Next(now)
	switch n := d.intn(12); {
	case n < 6:
		return now
	case n < 8:
		return now.Add(time.Duration(d.intn(10)) * time.Minute)
	case n == 8 && d.oneIn(6):
		return now.Add(time.Duration(d.intn(20)) * time.Hour)
	case wake.IsZero():
		return now.Add(time.Second)
	default:
		at := wake.Add(aPick(d, -time.Microsecond, 0, 0, time.Microsecond))
		if at.Before(now) || at.Sub(now) > 3*time.Hour && !d.oneIn(4) {
			return now
		}
		return at
	}
}

// aWoken advances p at every instant before now at which something is due.
func aWoken(t *testing.T, p *releaseplan.Plan, now time.Time) *releaseplan.Plan {
	looked := p.Status().Updated.At
	for range 1000 {
		_, wake := p.Next(looked)
		if wake.IsZero() || !wake.Before(now) {
			return p
		}
		next, changes, err := p.Do(releaseplan.Command{Action: releaseplan.Advance}, penstock.System(), wake)
		looked = wake
		if steps, _ := p.Next(wake); err == nil && len(changes) == 0 && len(steps) > 0 {
			continue // a calendar has opened for a Runner
		}
		if err != nil || len(changes) == 0 {
			t.Errorf("woke at %v for nothing: %v", wake.Sub(aStart), err)
			return p
		}
		p = next
	}
	t.Error("it wakes without end")
	return p
}

// aOutcome: refused means unchanged, every error is of a kind, and Can said so.
func aOutcome(t *testing.T, p, next *releaseplan.Plan, c releaseplan.Command, by penstock.Actor, now time.Time, changes []releaseplan.Change, err error) {
	t.Helper()
	if err != nil && (next != p || changes != nil) {
		t.Errorf("refused, but changed: %v", err)
	}
	kinds := []error{penstock.ErrRefused, penstock.ErrInvalid, penstock.ErrForbidden, penstock.ErrNotFound}
	if err != nil && !slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) }) {
		t.Errorf("an error of no kind: %v", err)
	}
	verdicts := p.Can(by, now)
	if slices.Contains(aTaskActions, c.Action) {
		var unknown error
		if verdicts, unknown = p.CanTask(c.Task, by, now); unknown != nil {
			t.Error(unknown)
		}
	}
	if c.Milestone != "" {
		if named, unknown := p.CanMilestone(c.Milestone, by, now); unknown == nil {
			verdicts = append(named, verdicts...)
		}
	}
	i := slices.IndexFunc(verdicts, func(v releaseplan.Verdict) bool { return v.Action == c.Action })
	if i < 0 || c.Attempt != "" || !c.Start.IsZero() || c.Interval != nil { // only the library asks; or what it is given decides
		return
	}
	switch v := verdicts[i]; {
	case v.Allowed && err != nil && errors.Is(err, penstock.ErrRefused):
		t.Errorf("Can allows %s, Do says %v", c.Action, err)
	case !v.Allowed && err == nil:
		t.Errorf("Can refuses %s for %v, Do does it: %v", c.Action, aRules(v), changes)
	}
}

// aConsistent: counters are right, Next is in step with Do, and what is archived
// or at its end is left alone by time.
func aConsistent(t *testing.T, p *releaseplan.Plan, now time.Time) {
	t.Helper()
	if why := releaseplan.Inconsistent(p); why != "" {
		t.Error(why)
	}
	p = p.At(now)
	steps, wake := p.Next(now)
	if !wake.IsZero() && !wake.After(now) {
		t.Errorf("it is %v and wakes at %v", now, wake)
	}
	if (p.Archived() || p.State().Final()) && (len(steps) > 0 || !wake.IsZero() || p.At(now.AddDate(9, 0, 0)) != p) {
		t.Errorf("time does something to a plan that is archived or at its end: %v", steps)
	}
	for _, s := range steps {
		if s.Kind != releaseplan.StepStart {
			continue
		}
		c := releaseplan.Command{Action: releaseplan.Start, Task: s.Task, Lease: "r"}
		if _, _, err := p.Do(c, penstock.System(), now); err != nil {
			t.Errorf("Next says start, Do says %v", err)
		}
	}
}

// aEnds: cancel works in every state but canceling and the final ones, and from
// everywhere a final state is reached.
func aEnds(t *testing.T, p *releaseplan.Plan, now time.Time) {
	t.Helper()
	do := func(c releaseplan.Command) {
		next, _, err := p.Do(c, penstock.System(), now)
		if err != nil {
			t.Fatalf("%s is %s: %s: %v", p, p.State(), c.Action, err)
		}
		p = next
	}
	if p.Archived() {
		do(releaseplan.Command{Action: releaseplan.Unarchive})
	}
	if p = p.At(now); !p.State().Final() && p.State() != releaseplan.Canceling {
		do(releaseplan.Command{Action: releaseplan.Cancel})
	}
	for _, task := range p.Tasks() {
		if task.State == releaseplan.TaskCanceling {
			do(releaseplan.Command{Action: releaseplan.Fail, Task: task.ID})
		}
	}
	if !p.State().Final() {
		t.Errorf("it is %s for ever", p.State())
	}
}
