package releaseplan_test

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// A freeze holds back what would start, says until when, and can be overridden by who
// says why. What rolls back is exempt.
func ExamplePlan_Explain() {
	freeze, err := calendar.NewSet(calendar.Calendar{
		Name: "stock-taking", Zone: "UTC", Exempt: []string{"rollback"},
		Blackouts: []calendar.Blackout{{From: "2026-05-04", To: "2026-05-05"}}, // both days, whole
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "p1", Key: []byte("0123456789abcdef"), Rules: &releaseplan.Rules{Calendars: freeze}},
		releaseplan.Content{Name: "Checkout 2.4", Phases: []releaseplan.Phase{{Name: "production", Kind: releaseplan.Free, Tasks: []releaseplan.Task{
			{Name: "deploy"}, {Name: "undo", Class: "rollback"}}}}}, ann, noon)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := p.Explain(releaseplan.Execute, "", ann, noon)
	fmt.Println(v, err)
	opens, err := p.NextOpening("", 2*time.Hour, noon)
	fmt.Println("open for two hours:", opens.Format(time.RFC3339), err)

	p, changes, err := p.Do(releaseplan.Command{Action: releaseplan.OverrideCalendar, Calendar: "stock-taking",
		Until: noon.Add(time.Hour), Remark: "CVE-2026-1234"}, ann, noon)
	fmt.Println(changes[0], err)
	v, err = p.Explain(releaseplan.Execute, "", ann, noon)
	fmt.Println(v, err)
	// Output:
	// cannot execute: needs every calendar to be open (calendar "stock-taking" is closed until 2026-05-06T00:00:00Z); not before 2026-05-06T00:00:00Z <nil>
	// open for two hours: 2026-05-06T00:00:00Z <nil>
	// plan overrides calendar "stock-taking" until 2026-05-04T13:00:00Z by ann (CVE-2026-1234) <nil>
	// can execute <nil>
}
