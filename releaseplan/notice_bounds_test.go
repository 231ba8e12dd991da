package releaseplan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/noticetest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// Those who are told with all who are left are told of the same tasks.
func TestWhatIsTooMuchIsToldInOneNotice(t *testing.T) {
	t.Parallel()
	c := aContent(releaseplan.Phase{Name: "phase"})
	const extra = 5
	for i := range releaseplan.MaxNotices + extra {
		c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: "t", Listeners: []releaseplan.Listener{
			{Event: releaseplan.EventCanceled, Recipients: []penstock.Party{penstock.UserParty(fmt.Sprint(i)), penstock.UserParty("ops")}}}})
	}
	a := aNew(t, c)
	before := a.p
	a.act(releaseplan.Cancel)
	told := a.told(before)
	if len(told) != releaseplan.MaxNotices+1 {
		t.Fatalf("%d notices", len(told))
	}
	last := told[releaseplan.MaxNotices]
	if len(last.Facts.Tasks) != extra || len(last.Recipients) != extra+1 || last.Title != noticetest.Named("5 tasks of plan P were canceled") {
		t.Errorf("%q tells %v of %d tasks", last.Title, noticeTo(last), len(last.Facts.Tasks))
	}
	if first := told[0]; len(first.Facts.Tasks) != 1 || !slices.Equal(noticeTo(first), []string{"user:0", "user:ops"}) {
		t.Errorf("%q tells %v", first.Title, noticeTo(first))
	}
}

// A plan to which nobody listens pays nothing for those who could.
func TestNobodyListensAndNothingIsAllocated(t *testing.T) {
	off := false
	c := aContent(aPhase(releaseplan.Parallel, "deploy", "smoke"))
	a := aNew(t, c)
	before := a.p
	a.act(releaseplan.Execute).lease("deploy").on(releaseplan.Complete, "deploy")
	quiet := aNew(t, releaseplan.Content{NotifyOwnerOnError: &off, Phases: c.Phases})
	quietBefore := quiet.p
	quiet.act(releaseplan.Execute).lease("deploy").on(releaseplan.Fail, "deploy")
	for name, f := range map[string]func() ([]store.Event, error){
		"nothing failed": func() ([]store.Event, error) { return releaseplan.Notices(before, a.p, a.trail[1:]) },
		"no notices":     func() ([]store.Event, error) { return releaseplan.Notices(quietBefore, quiet.p, quiet.trail[1:]) },
	} {
		if n := testing.AllocsPerRun(100, func() {
			if events, err := f(); err != nil || events != nil {
				t.Error(events, err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestNoticeDataIsPlainJSON(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Sequential, "deploy")))
	before := a.p
	a.act(releaseplan.Execute).lease("deploy").on(releaseplan.Fail, "deploy")
	var fields map[string]any
	if err := json.Unmarshal(a.told(before)[1].Data, &fields); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"at": "2026-05-04T09:00:00Z", "by": map[string]any{"id": "system"}, "event": "failed",
		"plan": map[string]any{"id": "p1", "name": "Checkout 2.4", "number": 7.0, "state": "failed"}}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}
