package main

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// told simulates a story.
func told(t *testing.T, users int, seed uint64) *story {
	t.Helper()
	s, err := simulate(t.Context(), users, seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// first returns the first entry of a kind.
func (s *story) first(t *testing.T, kind releaseplan.ChangeKind) releaseplan.Entry {
	t.Helper()
	for _, e := range s.entries {
		if e.Kind == kind {
			return e
		}
	}
	t.Fatalf("nothing was %s", kind)
	return releaseplan.Entry{}
}

// Whatever chance does, the plan keeps its word.
func TestStory(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		s := told(t, 100_000, seed)
		if err := s.outcome(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var steps []string
		for i, e := range s.exposures {
			steps = append(steps, e.milestone)
			want := map[string]float64{"5 %": 0.05, "25 %": 0.25, "100 %": 1}[e.milestone]
			if got := float64(e.share) / float64(s.users); math.Abs(got-want) > 0.005 || want == 0 {
				t.Errorf("seed %d: %q gives it to %.4f of the users", seed, e.milestone, got)
			}
			if i > 0 && e.share > s.exposures[i-1].share {
				for u := range s.users {
					if s.exposures[i-1].has[u] && !e.has[u] {
						t.Fatalf("seed %d: user %d loses it when %q goes live", seed, u, e.milestone)
					}
				}
			}
		}
		if diff := cmp.Diff([]string{"5 %", "25 %", "5 %", "25 %", "100 %"}, steps); diff != "" {
			t.Errorf("seed %d: milestones (-want +got):\n%s", seed, diff)
		}
		if end := s.end(); end.share != s.users {
			t.Errorf("seed %d: %d users have it in the end", seed, end.share)
		}
		s.backs(t)
	}
}

// backs checks the way back: at the minute in which the error rate over the window
// goes above the bound, and not before.
func (s *story) backs(t *testing.T) {
	t.Helper()
	trip := s.first(t, releaseplan.SafeguardTripped)
	at := int(trip.At.Sub(s.begun)/time.Minute) - 1
	for i, m := range s.minutes[:at+1] {
		above := m.sample.Value > s.bound && m.sample.Count >= int64(s.users/100)
		if above != (i == at) {
			t.Errorf("minute %d: an error rate of %.4f, and the safeguard tripped in %d", i, m.sample.Value, at)
		}
		// Nothing is measured at the instant at which a milestone goes live.
		if width := m.sample.To.Sub(m.sample.From); width > 10*time.Minute || width <= 0 && m.sample.Count > 0 {
			t.Errorf("minute %d: measured over %s", i, width)
		}
	}
	if before, after := s.minutes[at].share, s.minutes[at+1].share; before < s.users/5 || after > s.users/18 {
		t.Errorf("%d users had it when the safeguard tripped, and %d a minute later", before, after)
	}
	resumed := s.first(t, releaseplan.RolloutResumed)
	for _, e := range s.exposures[3:] {
		if e.at.Before(resumed.At) {
			t.Errorf("%q went live at %s, before somebody resumed it", e.milestone, e.at)
		}
	}
	if cleared := s.first(t, releaseplan.SafeguardCleared); resumed.At.Before(cleared.At) {
		t.Error("it was resumed before the safeguard was clear")
	}
}

func TestSameSeedSameStory(t *testing.T) {
	t.Parallel()
	a, b, other := told(t, 10_000, 7), told(t, 10_000, 7), told(t, 10_000, 8)
	if svg(a) != svg(b) || chart(a, 80) != chart(b, 80) {
		t.Error("the same seed gave two stories")
	}
	if svg(a) == svg(other) {
		t.Error("another seed gave the same story")
	}
}

func TestOutcomeTellsWhatWasNotReached(t *testing.T) {
	t.Parallel()
	s := &story{state: releaseplan.Running, minutes: make([]minute, 48*60)}
	if err := s.outcome(); err == nil || err.Error() != "the plan is running after 48 h" {
		t.Errorf("%v", err)
	}
}

func TestLostCountsUsersAndTheLongestTime(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	s := &story{users: 4, begun: begin, minutes: make([]minute, 100)}
	for at, has := range map[int][]bool{0: {true, false, false, false}, 10: {true, true, true, false}, 20: {true, false, false, false}, 50: {true, true, false, true}} {
		s.exposures = append(s.exposures, exposure{at: begin.Add(time.Duration(at) * time.Minute), has: has})
	}
	slices.SortFunc(s.exposures, func(a, b exposure) int { return a.at.Compare(b.at) })
	if users, longest := s.lost(); users != 2 || longest != 80*time.Minute {
		t.Errorf("%d users, %s", users, longest)
	}
}
