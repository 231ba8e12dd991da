package releaseplan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

func days(n int) *penstock.Duration { return &penstock.Duration{Days: n} }

func TestEndWinsOverDuration(t *testing.T) {
	end := bNoon.AddDate(0, 0, 2)
	p := bPlan(t, content{Name: "x", Planned: &releaseplan.PlannedTime{Start: bNoon, End: end, Duration: days(9)}})
	if diff := cmp.Diff(&releaseplan.PlannedTime{Start: bNoon, End: end}, p.Content().Planned); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFinishAndLength(t *testing.T) {
	month := &penstock.Duration{Months: 1}
	for _, row := range []struct {
		rule   string
		t      releaseplan.PlannedTime
		finish time.Time
		length time.Duration
	}{
		{"nothing", releaseplan.PlannedTime{}, time.Time{}, 0},
		{"a start", releaseplan.PlannedTime{Start: bNoon}, time.Time{}, 0},
		{"a duration", releaseplan.PlannedTime{Duration: days(2)}, time.Time{}, 48 * time.Hour},
		{"an end", releaseplan.PlannedTime{Start: bNoon, End: bNoon.Add(time.Hour)}, bNoon.Add(time.Hour), time.Hour},
		{"both", releaseplan.PlannedTime{Start: bNoon, End: bNoon.Add(time.Hour), Duration: days(2)}, bNoon.Add(time.Hour), time.Hour},
		{"months are calendar months", releaseplan.PlannedTime{Start: bNoon, Duration: month}, bNoon.AddDate(0, 1, 0), 31 * 24 * time.Hour},
		{"a month of February", releaseplan.PlannedTime{Start: bNoon.AddDate(0, -3, 0), Duration: month}, bNoon.AddDate(0, -2, 0), 28 * 24 * time.Hour},
	} {
		if got := row.t.Finish(); !got.Equal(row.finish) {
			t.Errorf("%s: finish %s, want %s", row.rule, got, row.finish)
		}
		if got := row.t.Length(); got != row.length {
			t.Errorf("%s: length %s, want %s", row.rule, got, row.length)
		}
	}
}

func TestInstantsAreCutToMicrosecondsInUTC(t *testing.T) {
	odd := time.Date(2026, 5, 4, 14, 0, 0, 1_234_567, time.FixedZone("CEST", 7200))
	want := time.Date(2026, 5, 4, 12, 0, 0, 1_234_000, time.UTC)
	c := content{Name: "x", Planned: &releaseplan.PlannedTime{Start: odd, End: odd.Add(time.Hour)}, Window: &releaseplan.Window{Start: odd, End: odd.Add(2 * time.Hour)},
		Start:  releaseplan.Schedule{Mode: releaseplan.Scheduled, At: odd.Add(time.Minute)},
		Phases: []releaseplan.Phase{{Name: "p", Tasks: []releaseplan.Task{{Name: "t", Planned: &releaseplan.PlannedTime{Start: odd}}}}}}
	p, changes, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan"}, c, bAnn, odd)
	if err != nil {
		t.Fatal(err)
	}
	got := p.Content()
	for what, pair := range map[string][2]time.Time{
		"planned start": {got.Planned.Start, want}, "planned end": {got.Planned.End, want.Add(time.Hour)},
		"window start": {got.Window.Start, want}, "window end": {got.Window.End, want.Add(2 * time.Hour)},
		"schedule": {got.Start.At, want.Add(time.Minute)}, "task": {firstTask(&got).Planned.Start, want},
		"created": {p.Status().Created.At, want}, "change": {changes[0].At, want},
	} {
		if pair[0] != pair[1] { // the zone too
			t.Errorf("%s: %s, want %s", what, pair[0], pair[1])
		}
	}
}

// At is never before the plan's last event.
func TestTimeDoesNotGoBack(t *testing.T) {
	p := bPlan(t, bSized(1, 1, releaseplan.Free))
	p = bDo(t, p, releaseplan.Command{Action: releaseplan.Comment, Remark: "late"}, bNoon.Add(time.Hour))
	p = bDo(t, p, releaseplan.Command{Action: releaseplan.Comment, Remark: "its clock is slow"}, bNoon)
	if got := p.Status().Updated.At; !got.Equal(bNoon.Add(time.Hour)) {
		t.Errorf("updated %s", got)
	}
}

// Execute sets effective times: early, the start is now; late, it is a given one
// between the planned start and now, or stays. The duration is kept.
func TestExecuteSetsEffectiveTimes(t *testing.T) {
	hour := time.Hour
	for _, row := range []struct {
		rule      string
		at, start time.Duration // after noon, the planned start
		given     bool
		want      time.Duration // the effective start, after noon
		bad       bool
	}{
		{"early", -3 * hour, 0, false, -3 * hour, false},
		{"early, a given start is not asked for", -3 * hour, -4 * hour, true, -3 * hour, false},
		{"early by a microsecond", -time.Microsecond, 0, false, -time.Microsecond, false},
		{"on time", 0, 0, false, 0, false},
		{"on time, a given start is not asked for", 0, -hour, true, 0, false},
		{"late, not given", 5 * hour, 0, false, 0, false},
		{"late, given", 5 * hour, 2 * hour, true, 2 * hour, false},
		{"late, given with nanoseconds", 5 * hour, 2*hour + 999, true, 2 * hour, false},
		{"late, the first that can be", 5 * hour, time.Microsecond, true, time.Microsecond, false},
		{"late, the last that can be", 5 * hour, 5*hour - time.Microsecond, true, 5*hour - time.Microsecond, false},
		{"late, the planned start itself", 5 * hour, 0, true, 0, true},
		{"late, before the planned start", 5 * hour, -hour, true, 0, true},
		{"late, now", 5 * hour, 5 * hour, true, 0, true},
		{"late, to come", 5 * hour, 6 * hour, true, 0, true},
	} {
		t.Run(row.rule, func(t *testing.T) {
			c := bSized(1, 1, releaseplan.Sequential)
			c.Planned = &releaseplan.PlannedTime{Start: bNoon, Duration: days(2)}
			p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan"}, c, bAnn, bNoon.AddDate(0, -1, 0))
			if err != nil {
				t.Fatal(err)
			}
			execute := releaseplan.Command{Action: releaseplan.Execute}
			if row.given {
				execute.Start = bNoon.Add(row.start)
			}
			next, changes, err := p.Do(execute, bAnn, bNoon.Add(row.at))
			if row.bad {
				if faults := penstock.Faults(err); len(faults) != 1 || faults[0].Field != "start" || next != p || changes != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			start := bNoon.Add(row.want)
			if diff := cmp.Diff(&releaseplan.PlannedTime{Start: start, End: start.Add(48 * hour)}, next.Status().Effective); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(p.Content(), next.Content()); diff != "" {
				t.Errorf("the planned time is content and stays: %s", diff)
			}
			if got := bAct(t, next, bNoon.Add(9*hour), releaseplan.Reopen).Status().Effective; got != nil {
				t.Errorf("reopened, the times are the planned ones, not %v", got)
			}
		})
	}
}

func TestAStartNeedsAPlannedTime(t *testing.T) {
	p := bPlan(t, bSized(1, 1, releaseplan.Free))
	_, _, err := p.Do(releaseplan.Command{Action: releaseplan.Execute, Start: bNoon}, bAnn, bNoon.Add(time.Hour))
	if faults := penstock.Faults(err); !errors.Is(err, penstock.ErrInvalid) || len(faults) != 1 || faults[0].Field != "start" {
		t.Errorf("got %v", err)
	}
}

func TestWindowBoundsAreInclusive(t *testing.T) {
	w := &releaseplan.Window{Start: bNoon, End: bNoon.Add(time.Hour)}
	for _, row := range []struct {
		rule string
		w    *releaseplan.Window
		at   time.Time
		want bool
	}{
		{"none", nil, bNoon, true},
		{"before", w, bNoon.Add(-1), false},
		{"its first instant", w, bNoon, true},
		{"its last instant", w, bNoon.Add(time.Hour), true},
		{"after", w, bNoon.Add(time.Hour + 1), false},
		{"no start", &releaseplan.Window{End: bNoon}, time.Time{}, true},
		{"no end", &releaseplan.Window{Start: bNoon}, bNoon.AddDate(1000, 0, 0), true},
	} {
		if got := row.w.Open(row.at); got != row.want {
			t.Errorf("%s: %t", row.rule, got)
		}
	}
	c := bSized(1, 1, releaseplan.Free)
	c.Window = w
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan"}, c, bAnn, bNoon.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]error{-time.Microsecond: penstock.ErrRefused, 0: nil, time.Hour: nil, time.Hour + time.Microsecond: penstock.ErrRefused} {
		if _, _, err := p.Do(releaseplan.Command{Action: releaseplan.Execute}, bAnn, bNoon.Add(after)); !errors.Is(err, want) {
			t.Errorf("execute %s after the window opened: %v, want %v", after, err, want)
		}
	}
	var refused *penstock.RefusedError
	if _, _, err := p.Do(releaseplan.Command{Action: releaseplan.Execute}, bAnn, bNoon.Add(-time.Minute)); !errors.As(err, &refused) || !refused.Earliest.Equal(bNoon) {
		t.Errorf("before the window: %v, want a refusal until noon", err)
	}
}
