package plantest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// Freeze returns a calendar named "freeze" that is closed to every plan from one time up to another. Tasks of
// the class "rollback" are exempt. It is made for releaseplan.Config.Calendars and releaseplan.Rules. It fails the test
// unless until is after from.
func Freeze(t testing.TB, from, until time.Time) *calendar.Set {
	t.Helper()
	set, err := calendar.NewSet(calendar.Calendar{Name: "freeze", Exempt: []string{"rollback"}, Blackouts: []calendar.Blackout{{Start: from, End: until}}})
	if err != nil {
		t.Fatalf("plantest: %v", err)
	}
	return set
}

// rulesOf returns the rules of a plan that no Service keeps: those of the frozen ones have a
// [Freeze] of two hours.
func rulesOf(t testing.TB, s Situation) *releaseplan.Rules {
	t.Helper()
	if s != Frozen && s != FrozenRunning {
		return nil
	}
	return &releaseplan.Rules{Calendars: Freeze(t, Start(), Start().Add(2*time.Hour))}
}

var errOpen = errors.New("no calendar is closed to it: a Service needs one, such as Freeze")

// frozen leads to where only a calendar is in the way of the execution.
func (l *life) frozen() error {
	station := releaseplan.Finalized
	if policy := l.p.Content().Approval; policy != nil && policy.Required() {
		station = releaseplan.Approved
	}
	if err := l.to(station); err != nil {
		return err
	}
	return l.closedTo(releaseplan.Execute, "")
}

// frozenRunning lets the plan run under an override, and ends that.
func (l *life) frozenRunning() error {
	err := l.then(l.closedTo(releaseplan.Execute, ""),
		releaseplan.Command{Action: releaseplan.OverrideCalendar, Until: l.now().Add(24 * time.Hour), Remark: "for a test"})
	if err == nil {
		err = l.to(releaseplan.Running)
	}
	err = l.then(err, releaseplan.Command{Action: releaseplan.EndOverride, Remark: "for a test"})
	if err != nil {
		return err
	}
	for _, t := range l.p.Tasks() {
		if err = l.closedTo(releaseplan.Start, t.ID); err == nil {
			return nil
		}
	}
	return errOpen
}

// closedTo returns nil if a calendar stands against an action of the owner's.
func (l *life) closedTo(do releaseplan.Action, task string) error {
	v, err := l.p.Explain(do, task, Owner(), l.now())
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(v.Refusals, func(r releaseplan.Refusal) bool {
		_, frozen := errors.AsType[*releaseplan.FrozenError](r.Err)
		return frozen
	}) {
		return errOpen
	}
	return nil
}
