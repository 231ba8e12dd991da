package unleash

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// Intervals are shown in minutes, and never as less than they are.
func TestIntervalsInMinutes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		after penstock.Duration
		want  int64
	}{
		{penstock.Duration{Time: time.Second}, 1}, {penstock.Duration{Time: time.Minute}, 1}, {penstock.Duration{Time: time.Minute + 1000}, 2},
		{penstock.Duration{Days: 1}, 1440}, {penstock.Duration{Days: 1, Time: time.Hour}, 1500}, {penstock.Duration{Months: 1}, 31 * 1440},
	} {
		if got := toTransition(&test.after); got == nil || got.IntervalMinutes != test.want {
			t.Errorf("%s: got %v, want %d", test.after, got, test.want)
		}
	}
	if toTransition(nil) != nil || toTransition(&penstock.Duration{}) != nil {
		t.Error("there is an interval where there is none")
	}
	for minutes, ok := range map[int64]bool{1: true, maxInterval: true, 0: false, -1: false, maxInterval + 1: false, 1 << 62: false} {
		d, err := transitionCondition{minutes}.duration("x")
		if (err == nil) != ok {
			t.Errorf("%d minutes: %v", minutes, err)
		}
		if ok && toTransition(d).IntervalMinutes != minutes {
			t.Errorf("%d minutes come back as %v", minutes, toTransition(d))
		}
	}
}

// Sort orders are shown as they were given, unless the list says otherwise.
func TestSortOrders(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ given, want []int }{
		{nil, []int{}}, {[]int{9999}, []int{9999}}, {[]int{0, 0, 0}, []int{0, 0, 0}}, {[]int{-3, 4, 4}, []int{-3, 4, 4}}, {[]int{2, 1}, []int{0, 1}},
	} {
		var all []releaseplan.Milestone
		for _, n := range test.given {
			all = append(all, releaseplan.Milestone{SortOrder: n})
		}
		if d := cmp.Diff(test.want, sortOrders(all)); d != "" {
			t.Errorf("%v: %s", test.given, d)
		}
	}
}

// Windows come back as the range that they were made of; others as the next longer one.
func TestTimeRanges(t *testing.T) {
	t.Parallel()
	for window, want := range map[time.Duration]string{
		time.Second: "hour", time.Minute: "hour", time.Minute + time.Second: "day", 15 * time.Minute: "day", time.Hour: "week", 3 * time.Hour: "week",
		4 * time.Hour: "month", 24 * time.Hour: "month", 31 * 24 * time.Hour: "month",
	} {
		if got := toPlanSafeguard(&releaseplan.Safeguard{Window: penstock.FromTime(window)}, "p").ImpactMetric.TimeRange; got != want {
			t.Errorf("%s: got %s, want %s", window, got, want)
		}
	}
}

// A milestone made the next one start if that followed it by itself.
func TestExecutedAt(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	hour, at := penstock.Duration{Time: time.Hour}, func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	view := func(id string, started, ended time.Time) releaseplan.MilestoneView {
		return releaseplan.MilestoneView{Milestone: releaseplan.Milestone{ID: id}, Interval: &hour, Exposure: releaseplan.Exposure{Started: started, Ended: ended}}
	}
	var never time.Time
	for name, test := range map[string]struct {
		views  []releaseplan.MilestoneView
		status *releaseplan.RolloutStatus
		want   time.Time
	}{
		"never live":             {[]releaseplan.MilestoneView{view("a", never, never), view("b", never, never)}, nil, never},
		"live":                   {[]releaseplan.MilestoneView{view("a", start, never), view("b", never, never)}, &releaseplan.RolloutStatus{Live: "a"}, never},
		"by itself":              {[]releaseplan.MilestoneView{view("a", start, at(60)), view("b", at(60), never)}, &releaseplan.RolloutStatus{Live: "b", Before: start}, at(60)},
		"by hand":                {[]releaseplan.MilestoneView{view("a", start, at(60)), view("b", at(60), never)}, &releaseplan.RolloutStatus{Live: "b"}, never},
		"by itself, before":      {[]releaseplan.MilestoneView{view("a", start, at(60)), view("b", at(60), at(70)), view("c", at(70), never)}, &releaseplan.RolloutStatus{Live: "c"}, at(60)},
		"by hand, before":        {[]releaseplan.MilestoneView{view("a", start, at(59)), view("b", at(59), at(70)), view("c", at(70), never)}, &releaseplan.RolloutStatus{Live: "c"}, never},
		"by itself, another way": {[]releaseplan.MilestoneView{view("a", start, at(60)), view("b", never, never), view("c", at(60), never)}, &releaseplan.RolloutStatus{Live: "c", Before: start}, at(60)},
		"stopped":                {[]releaseplan.MilestoneView{view("a", start, at(90)), view("b", never, never)}, &releaseplan.RolloutStatus{}, never},
	} {
		if got := executedAt(test.views, 0, test.status); !got.Equal(test.want) {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}
