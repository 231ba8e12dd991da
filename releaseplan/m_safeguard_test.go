package releaseplan_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

func TestSafeguardTripsAndClears(t *testing.T) {
	t.Parallel()
	above := func(g *releaseplan.Safeguard) {}
	aboveWithClear := func(g *releaseplan.Safeguard) { g.Clear = new(0.5) }
	below := func(g *releaseplan.Safeguard) { g.Above, g.Below = nil, new(1.0) }
	belowWithClear := func(g *releaseplan.Safeguard) { g.Above, g.Below, g.Clear = nil, new(1.0), new(1.5) }
	atZero := func(g *releaseplan.Safeguard) { g.Above = new(0.0) }
	const trips, clears, nothing = "safeguard.tripped", "safeguard.cleared", ""
	for _, row := range []struct {
		rule   string
		change func(*releaseplan.Safeguard)
		before []float64
		value  float64
		want   string
	}{
		{"above", above, nil, 1.0000001, trips},
		{"not at the bound", above, nil, 1, nothing},
		{"not below it", above, nil, -5, nothing},
		{"below", below, nil, 0.9999999, trips},
		{"not at the lower bound", below, nil, 1, nothing},
		{"not above the lower bound", below, nil, 9, nothing},
		{"above zero", atZero, nil, math.SmallestNonzeroFloat64, trips},
		{"only once", above, []float64{2}, 3, nothing},
		{"clear at the bound", above, []float64{2}, 1, clears},
		{"clear at the lower bound", below, []float64{0}, 1, clears},
		{"not clear above the bound", above, []float64{2}, 1.5, nothing},
		{"not clear between", aboveWithClear, []float64{2}, 0.75, nothing},
		{"clear at the level", aboveWithClear, []float64{2}, 0.5, clears},
		{"no level without a trip", aboveWithClear, nil, 0.75, nothing},
		{"not clear between, below", belowWithClear, []float64{0}, 1.25, nothing},
		{"clear at the level, below", belowWithClear, []float64{0}, 1.5, clears},
		{"again, once it was clear", aboveWithClear, []float64{2, 0.5}, 2, trips},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			a := aNew(t, mWatched(row.change)).act(releaseplan.Execute)
			for _, value := range row.before {
				a.wait(time.Minute).observe("errors", value)
			}
			a.wait(time.Second).observe("errors", row.value)
			got := nothing
			for _, c := range a.last {
				if c.Kind == releaseplan.SafeguardTripped || c.Kind == releaseplan.SafeguardCleared {
					got = string(c.Kind)
					if c.Trip.Sample.Value != row.value || c.Trip.Name != "errors" {
						t.Errorf("it tells %+v", c.Trip)
					}
				}
			}
			if got != row.want || row.want == nothing && len(a.last) > 0 {
				t.Errorf("%v: %q, want %q", a.last, got, row.want)
			}
		})
	}
}

func TestSafeguardJudgesOnlyWhatCounts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule   string
		sample releaseplan.Sample
		trips  bool
	}{
		{"enough samples", releaseplan.Sample{Value: 2, Count: 10}, true},
		{"too few samples", releaseplan.Sample{Value: 2, Count: 9}, false},
		{"no data", releaseplan.Sample{Value: 2}, false},
		{"of the milestone before, which this one followed by itself", releaseplan.Sample{Value: 2, Count: 10, From: aStart.Add(50 * time.Minute), To: aStart.Add(59 * time.Minute)}, true},
		{"of long ago", releaseplan.Sample{Value: 2, Count: 10, To: aStart.Add(54 * time.Minute)}, false},
		{"of before the first milestone", releaseplan.Sample{Value: 2, Count: 10, From: aStart.Add(-time.Second)}, false},
		{"since the live milestone", releaseplan.Sample{Value: 2, Count: 10, From: aStart.Add(time.Hour)}, true},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			a := aNew(t, mWatched(func(g *releaseplan.Safeguard) { g.MinSamples = 10 })).act(releaseplan.Execute).at(65 * time.Minute).advance()
			if a.sampled("errors", row.sample); (len(a.last) > 0) != row.trips {
				t.Errorf("changes %v", a.last)
			}
		})
	}
}

func TestSafeguardAction(t *testing.T) {
	t.Parallel()
	back := func(to string) func(*releaseplan.Safeguard) {
		return func(g *releaseplan.Safeguard) { g.Action, g.Back = releaseplan.SafeguardBack, to }
	}
	const when = "2h1m0s"
	for _, row := range []struct {
		rule   string
		change func(*releaseplan.Safeguard)
		live   string
		told   []string
	}{
		{"pause by default", func(*releaseplan.Safeguard) {}, "100%", nil},
		{"pause", func(g *releaseplan.Safeguard) { g.Action = releaseplan.SafeguardPause }, "100%", nil},
		{"back to the first", back("5%"), "5%", []string{when + " milestone.started 5%: safeguard errors"}},
		{"back to the one before", back("25%"), "25%", []string{when + " milestone.started 25%: safeguard errors"}},
		{"not back to what is live", back("100%"), "100%", nil},
		{"stop", func(g *releaseplan.Safeguard) { g.Action = releaseplan.SafeguardStop }, "", []string{when + " rollout.stopped 100%: safeguard errors"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			a := aNew(t, mWatched(row.change)).act(releaseplan.Execute).at(2*time.Hour+time.Minute).advance().observe("errors", 2.5)
			a.tells(append([]string{when + " safeguard.tripped errors: error_rate is 2.5, above 1", when + " rollout.paused: safeguard errors"}, row.told...)...)
			a.serves(row.live, "")
			steps := a.wait(100 * time.Hour).p.Status().Rollout
			if a.serves(row.live, ""); len(steps.Tripped) != 1 || steps.Paused.IsZero() {
				t.Errorf("rollout %+v", steps)
			}
		})
	}
}

// A safeguard that would go back to a later milestone than the live one only pauses.
func TestSafeguardNeverGoesForward(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched(func(g *releaseplan.Safeguard) { g.Action, g.Back = releaseplan.SafeguardBack, "25%" })).act(releaseplan.Execute)
	a.wait(time.Minute).observe("errors", 2).serves("5%", "paused not_started not_started")
	a.tells("1m0s safeguard.tripped errors: error_rate is 2, above 1", "1m0s rollout.paused: safeguard errors")
}

// While one has tripped nothing goes forward; back is always possible.
func TestNothingGoesForwardWhileASafeguardHasTripped(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched()).act(releaseplan.Execute).at(61*time.Minute).advance().observe("errors", 2)
	forward := releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "100%"}
	a.needs(forward, "every safeguard to be clear")
	a.needs(releaseplan.Command{Action: releaseplan.ResumeRollout}, "every safeguard to be clear")
	a.needs(releaseplan.Command{Action: releaseplan.CompleteMilestone}, "the rollout to be resumed")
	a.of(releaseplan.StartMilestone, "5%").serves("5%", "paused not_started not_started").wait(5*time.Hour).serves("5%", "")
	a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.ClearSafeguard, Safeguard: "errors"}, penstock.ErrInvalid) // why?
	a.do(releaseplan.Command{Action: releaseplan.ClearSafeguard, Safeguard: "errors", Remark: "a bad host"})
	a.tells("6h1m0s safeguard.cleared errors by ann: a bad host")
	a.refused(releaseplan.Command{Action: releaseplan.ClearSafeguard, Safeguard: "errors", Remark: "again"})
	a.wait(time.Hour).serves("5%", "paused not_started not_started") // it does not go on by itself
	a.do(forward).serves("100%", "completed completed paused")       // but by hand
	a.act(releaseplan.ResumeRollout).serves("100%", "completed completed active")
}

func TestSeveralSafeguards(t *testing.T) {
	t.Parallel()
	c := mWatched()
	c.Safeguards = append(c.Safeguards, releaseplan.Safeguard{Name: "orders", Metric: releaseplan.Metric{Name: "orders"}, Below: new(10.0), Window: aMinutes(1), Action: releaseplan.SafeguardBack, Back: "5%"})
	a := aNew(t, c).act(releaseplan.Execute).at(2*time.Hour).advance().wait(time.Second).observe("errors", 2)
	a.observe("orders", 5).tells("2h0m1s safeguard.tripped orders: orders is 5, below 10", "2h0m1s milestone.started 5%: safeguard orders") // it is paused already
	a.wait(time.Second).observe("errors", 0).tells("2h0m2s safeguard.cleared errors: error_rate is 0, clear at 1")
	a.needs(releaseplan.Command{Action: releaseplan.ResumeRollout}, "every safeguard to be clear")
	a.observe("orders", 10).tells("2h0m2s safeguard.cleared orders: orders is 10, clear at 10").act(releaseplan.ResumeRollout)
}

// A safeguard that is edited away while it has tripped stands in nobody's way; the
// rollout waits for somebody to resume it.
func TestSafeguardEditedAway(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched()).act(releaseplan.Execute).wait(time.Minute).observe("errors", 2).act(releaseplan.Pause)
	a.edit(func(c *releaseplan.Content) { c.Safeguards = nil }).act(releaseplan.Resume)
	a.wait(5*time.Hour).serves("5%", "paused not_started not_started").act(releaseplan.ResumeRollout)
	a.wait(time.Hour).serves("25%", "")
}

// What was measured while another milestone was live says nothing of the one that
// a person started.
func TestSafeguardJudgesNoOtherMilestone(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched()).act(releaseplan.Execute).at(5*time.Minute).of(releaseplan.StartMilestone, "25%").wait(time.Minute)
	a.sampled("errors", releaseplan.Sample{Value: 9, Count: 9, From: aStart.Add(4 * time.Minute), To: a.now}).tells()
	a.sampled("errors", releaseplan.Sample{Value: 9, Count: 9, To: aStart.Add(5 * time.Minute)}).tells()
	mOnly(t, a.refusedAs(penstock.System(), releaseplan.Command{Action: releaseplan.Observe, Safeguard: "errors",
		Sample: &releaseplan.Sample{Count: 1, From: a.now, To: a.now.Add(-time.Second)}}, penstock.ErrInvalid), "sample.to")
}

// One that became clear says nothing of the others.
func TestSafeguardsAreClearEachForItself(t *testing.T) {
	t.Parallel()
	c := mWatched()
	c.Safeguards = append(c.Safeguards, releaseplan.Safeguard{Name: "latency", Metric: releaseplan.Metric{Name: "latency"}, Above: new(1.0), Window: aMinutes(1)})
	a := aNew(t, c).act(releaseplan.Execute).wait(20*time.Minute).observe("latency", 2).wait(time.Minute).observe("latency", 0)
	for name, want := range map[string]time.Duration{"errors": 10 * time.Minute, "latency": 30 * time.Second} {
		q, ok := a.p.Query(name, a.now.Add(30*time.Second))
		if !ok || q.To.Sub(q.From) != want {
			t.Errorf("%s is measured over %v, want %v", name, q.To.Sub(q.From), want)
		}
	}
}

// Soon after a milestone went live little was measured: a safeguard is clear only
// when a whole window says so.
func TestSafeguardIsClearAfterAWholeWindow(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched(func(g *releaseplan.Safeguard) { g.Action, g.Back = releaseplan.SafeguardBack, "5%" }))
	a.act(releaseplan.Execute).at(61*time.Minute).advance().observe("errors", 2).serves("5%", "")
	measure := func() int {
		q, ok := a.p.Query("errors", a.now)
		if !ok {
			t.Fatal("nothing is to be measured")
		}
		a.sampled("errors", releaseplan.Sample{Count: 100, From: q.From, To: q.To})
		return len(a.p.Status().Rollout.Tripped)
	}
	if a.wait(10*time.Minute - time.Microsecond); measure() != 1 {
		t.Error("it is clear before a window has passed")
	}
	if a.wait(time.Microsecond); measure() != 0 {
		t.Error("it is not clear after a window without errors")
	}
}

// A draft can hold what nobody agreed to: there, going back needs an approval, and
// a safeguard that cannot go back stops.
func TestGoingBackServesOnlyWhatWasAgreedTo(t *testing.T) {
	t.Parallel()
	c := mWatched(func(g *releaseplan.Safeguard) { g.Action, g.Back = releaseplan.SafeguardBack, "5%" })
	c.Approval = aPolicy(1)
	a := aNew(t, c).act(releaseplan.Finalize, releaseplan.RequestApproval).vote(aBob, approval.Approve).act(releaseplan.Execute).at(time.Hour).advance().serves("25%", "")
	a.act(releaseplan.Reopen).edit(func(c *releaseplan.Content) { c.Milestones[0].Strategies[0].Parameters["rollout"] = "100" })
	a.needs(releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "5%"}, "an approval of the content as it is")
	a.observe("errors", 2).serves("", "")
}

// An edit of a draft does not let the next milestone start at once either.
func TestEditDoesNotShortenWhatHasPassed(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute).wait(30 * time.Minute).act(releaseplan.Reopen)
	shorten := func(minutes int) error {
		_, _, err := bTryEdit(a.p, a.now, func(c *releaseplan.Content) { c.Milestones[0].After = new(aMinutes(minutes)) })
		return err
	}
	mOnly(t, shorten(30), "milestones[0].after")
	mOnly(t, shorten(10), "milestones[0].after")
	if err := shorten(31); err != nil {
		t.Error(err)
	}
}

// A cancel tells that nothing is served any more.
func TestCancelTellsThatNothingIsServed(t *testing.T) {
	t.Parallel()
	aNew(t, mThree()).act(releaseplan.Execute).act(releaseplan.Cancel).tells("0s rollout.stopped 5% by ann").serves("", "")
}

// Safeguards watch whatever the plan is, as long as something is served.
func TestSafeguardWatchesWhatIsServed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule    string
		do      func(*aLife)
		watches bool
	}{
		{"nothing is live", func(a *aLife) {}, false},
		{"running", func(a *aLife) { a.act(releaseplan.Execute) }, true},
		{"paused", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.Pause) }, true},
		{"the rollout is paused", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.PauseRollout) }, true},
		{"a draft again", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.Reopen) }, true},
		{"stopped", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.StopRollout) }, false},
		{"completed", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.Finish) }, false},
		{"canceled", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.Cancel) }, false},
		{"archived", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.Archive) }, false},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			a := aNew(t, mWatched(func(g *releaseplan.Safeguard) { g.Action = releaseplan.SafeguardStop }))
			row.do(a)
			a.wait(time.Minute)
			steps, _ := a.p.Next(a.now)
			measures := len(steps) == 1 && steps[0].Kind == releaseplan.StepMeasure && steps[0].Safeguard == a.p.Content().Safeguards[0].ID
			if _, ok := a.p.Query("errors", a.now); ok != row.watches || measures != row.watches || !row.watches && len(steps) > 0 {
				t.Errorf("it asks: %v; steps %v", ok, steps)
			}
			if row.rule == "archived" {
				a.refusedAs(penstock.System(), releaseplan.Command{Action: releaseplan.Observe, Safeguard: "errors", Sample: &releaseplan.Sample{Value: 2, Count: 1}}, penstock.ErrRefused)
				return
			}
			if a.observe("errors", 2); (len(a.last) > 0) != row.watches {
				t.Errorf("changes %v", a.last)
			}
		})
	}
}

func TestSafeguardQuery(t *testing.T) {
	t.Parallel()
	c := mWatched(func(g *releaseplan.Safeguard) { g.Metric.Labels = map[string][]string{"zone": {"eu", "us"}} })
	a := aNew(t, c).act(releaseplan.Execute)
	if q, ok := a.p.Query("errors", a.now); ok {
		t.Errorf("it asks %+v of no time at all", q)
	}
	for _, row := range []struct{ at, from time.Duration }{
		{time.Microsecond, 0}, {4 * time.Minute, 0}, {10 * time.Minute, 0}, {11 * time.Minute, time.Minute},
		{time.Hour + time.Minute, time.Hour}, {time.Hour + 30*time.Minute, time.Hour + 20*time.Minute},
	} {
		a.at(row.at)
		q, ok := a.p.Query(a.p.Content().Safeguards[0].ID, a.now)
		name := "5%"
		if row.at > time.Hour {
			name = "25%"
		}
		want := releaseplan.MetricQuery{Metric: c.Safeguards[0].Metric, From: aStart.Add(row.from), To: a.now, Plan: "p1", Target: *c.Target, Milestone: name}
		if diff := cmp.Diff(want, q); !ok || diff != "" {
			t.Errorf("at %v: %v (-want +got):\n%s", row.at, ok, diff)
		}
		q.Metric.Labels["zone"][0] = "asia"
	}
	if got := a.p.Content().Safeguards[0].Metric.Labels["zone"][0]; got != "eu" {
		t.Errorf("a query's labels are the plan's own: %q", got)
	}
	if _, ok := a.p.Query("latency", a.now); ok {
		t.Error("it asks for a safeguard that is not there")
	}
	// What it asks for is what it judges.
	q, _ := a.p.Query("errors", a.now)
	if a.sampled("errors", releaseplan.Sample{Value: 2, Count: 1, From: q.From, To: q.To}); len(a.last) == 0 {
		t.Error("the answer to its query is of no use")
	}
}

func TestSamplesThatAreNone(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched()).act(releaseplan.Execute)
	for _, row := range []struct {
		sample *releaseplan.Sample
		field  string
	}{
		{nil, "sample"},
		{&releaseplan.Sample{Value: math.NaN(), Count: 1}, "sample.value"},
		{&releaseplan.Sample{Value: math.Inf(1), Count: 1}, "sample.value"},
		{&releaseplan.Sample{Value: math.Inf(-1), Count: 1}, "sample.value"},
		{&releaseplan.Sample{Count: -1}, "sample.count"},
		{&releaseplan.Sample{Count: math.MaxInt64}, "sample.count"},
		{&releaseplan.Sample{Count: 1, From: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}, "sample.from"},
		{&releaseplan.Sample{Count: 1, To: time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)}, "sample.to"},
	} {
		mOnly(t, a.refusedAs(penstock.System(), releaseplan.Command{Action: releaseplan.Observe, Safeguard: "errors", Sample: row.sample}, penstock.ErrInvalid), row.field)
	}
	mOnly(t, a.refusedAs(penstock.System(), releaseplan.Command{Action: releaseplan.Observe, Sample: &releaseplan.Sample{}}, penstock.ErrInvalid), "safeguard")
	a.refusedAs(aEve, releaseplan.Command{Action: releaseplan.Observe, Safeguard: "errors", Sample: &releaseplan.Sample{Value: 2, Count: 1}}, penstock.ErrForbidden)
	a.wait(time.Second).observe("errors", math.MaxFloat64) // the largest number is one, and is written as JSON
}
