package releaseplan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// What the trail keeps of a calendar that was in the way names it, its reason and its opening.
func TestTheTrailSaysWhichCalendarWasInTheWay(t *testing.T) {
	t.Parallel()
	const want = `calendar "freeze" is closed (stock-taking) until 2026-05-04T12:00:00Z`
	a := fNew(t, aScheduled(), fFreeze()).act(releaseplan.Finalize).at(2 * time.Hour).advance()
	if got := a.last[0]; got.Kind != releaseplan.PlanMissed || got.Remark != want {
		t.Errorf("a schedule: %q", got.Remark)
	}
	c := mThree()
	c.Milestones[1].At = aStart.Add(2 * time.Hour)
	m := fNew(t, c, fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).at(2 * time.Hour).advance()
	if got := m.last[0]; got.Kind != releaseplan.ExposureMissed || got.Remark != want {
		t.Errorf("an appointment: %q", got.Remark)
	}
}

// However many calendars there are and however long their reasons, what is told of them, and
// what is kept, is bounded.
func TestWhatIsToldOfManyCalendarsIsBounded(t *testing.T) {
	t.Parallel()
	var many []calendar.Calendar
	for i := range 200 {
		c := fClosed(fmt.Sprintf("%03d%s", i, strings.Repeat("é", 200)), [2]int{1, 3})
		c.Reason = strings.Repeat("because ", 100)
		many = append(many, c)
	}
	c := mThree()
	c.Milestones[1].At = aStart.Add(2 * time.Hour)
	m := fNew(t, c, many...).act(releaseplan.Finalize, releaseplan.Execute).at(2 * time.Hour).advance()
	if remark := m.last[0].Remark; len(remark) > releaseplan.MaxRemark || !strings.Contains(remark, "2026-05-04T12:00:00Z") {
		t.Errorf("%d bytes are kept: %q", len(remark), remark)
	}
	s := fNew(t, aScheduled(), many...).act(releaseplan.Finalize).at(2 * time.Hour).advance()
	if remark := s.last[0].Remark; len(remark) > releaseplan.MaxRemark {
		t.Errorf("%d bytes are kept", len(remark))
	}
	r := m.refusal(releaseplan.CompleteMilestone, "")
	if text := r.Err.Error(); len(text) > releaseplan.MaxRemark || !strings.HasSuffix(text, "197 more") {
		t.Errorf("%d bytes are told: %q", len(text), text)
	}
	if frozen, ok := errors.AsType[*releaseplan.FrozenError](r.Err); !ok || len(frozen.Closures) != 200 {
		t.Errorf("the error has not all of them: %v", r.Err)
	}
}

// What a document tells of overrides is bounded like what commands say; it is sealed as whoever
// forges it would.
func TestForgedOverridesAreFoundByWhatTheySay(t *testing.T) {
	t.Parallel()
	a := fNew(t, fPlan(), fFreeze()).at(90 * time.Minute).do(overriding("freeze", 2*time.Hour))
	for rule, tt := range map[string]struct {
		member string
		value  any
		ok     bool
	}{
		"as it was":         {"reason", "security fix", true},
		"no reason":         {"reason", "", false},
		"an end before":     {"until", "2026-05-04T09:00:00Z", false},
		"a year and more":   {"until", "2036-05-04T11:00:00Z", false},
		"a name of 300":     {"calendar", strings.Repeat("x", 300), false},
		"a reason of 5,000": {"reason", strings.Repeat("x", 5000), false},
		"of no known begin": {"at", "0001-01-01T00:00:00Z", false},
	} {
		var doc map[string]any
		if err := json.Unmarshal([]byte(aExport(t, a.p)), &doc); err != nil {
			t.Fatal(err)
		}
		override := doc["status"].(map[string]any)["overrides"].([]any)[0].(map[string]any)
		override[tt.member] = tt.value
		if _, err := releaseplan.Import(bSeal(t, doc)); (err == nil) != tt.ok || err != nil && !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%s: %v", rule, err)
		} else if err != nil && !strings.Contains(err.Error(), "override") {
			t.Errorf("%s: refused for something else: %v", rule, err)
		}
	}
}
