package releaseplan_test

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

var (
	ann  = penstock.Actor{ID: "ann"}
	noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
)

// A check by someone outside holds the plan until it is answered with its
// one-time code.
func ExampleGate() {
	p, err := draft(releaseplan.Content{
		Name:   "Checkout 2.4",
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "deploy"}}}},
		Gates:  []releaseplan.Gate{{On: releaseplan.GateExecute, Timeout: penstock.Duration{Time: time.Hour}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, _, err = p.Do(releaseplan.Command{Action: releaseplan.Execute}, ann, noon)
	fmt.Println(p.State(), err)
	fmt.Println("in an hour:", p.At(noon.Add(time.Hour)).State())

	robot := penstock.Actor{ID: "change-desk"}
	_, _, err = p.Do(releaseplan.Command{Action: releaseplan.AnswerGate, Answer: releaseplan.GatePass, Code: "a guess"}, robot, noon)
	fmt.Println(err)
	p, _, err = p.Do(releaseplan.Command{Action: releaseplan.AnswerGate, Answer: releaseplan.GatePass, Code: p.Status().Gate.Code}, robot, noon)
	fmt.Println(p.State(), err)
	// Output:
	// execute_check <nil>
	// in an hour: execute_check_failed
	// no execute right on plan "Checkout 2.4"
	// running <nil>
}

// Executed early, the plan is to run from now on, for as long as was planned.
func ExamplePlan_PhaseSpan() {
	week, days := penstock.Duration{Days: 7}, penstock.Duration{Days: 3}
	p, err := draft(releaseplan.Content{
		Name:    "Checkout 2.4",
		Planned: &releaseplan.PlannedTime{Start: noon.AddDate(0, 0, 2), Duration: &week},
		Phases: []releaseplan.Phase{
			{Name: "staging", Duration: &days, Tasks: []releaseplan.Task{{Name: "try"}}},
			{Name: "production", Duration: &days, Tasks: []releaseplan.Task{{Name: "deploy"}}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func() {
		for i, phase := range p.Content().Phases {
			s := p.PhaseSpan(i).Planned
			fmt.Println(phase.Name, s.Start.Format(time.DateOnly), s.End.Format(time.DateOnly))
		}
	}
	show()
	p, _, err = p.Do(releaseplan.Command{Action: releaseplan.Execute}, ann, noon)
	if err != nil {
		fmt.Println(err)
		return
	}
	show()
	// Output:
	// staging 2026-05-06 2026-05-09
	// production 2026-05-09 2026-05-12
	// staging 2026-05-04 2026-05-07
	// production 2026-05-07 2026-05-10
}

// An edit brings the whole content as it shall be. What changes nothing is no
// edit; who edited an old version is told.
func ExamplePlan_Do_edit() {
	p, err := draft(releaseplan.Content{Name: "Checkout 2.4"})
	if err != nil {
		fmt.Println(err)
		return
	}
	c := p.Content()
	c.Phases = []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "deploy"}}}}
	edit := releaseplan.Command{Action: releaseplan.Edit, Content: &c, IfVersion: p.Version()}
	p, changes, err := p.Do(edit, ann, noon)
	fmt.Println(p.Version(), changes, err)
	_, _, err = p.Do(edit, ann, noon)
	fmt.Println(err)
	edit.IfVersion = 0
	c = p.Content()
	p, changes, err = p.Do(edit, ann, noon)
	fmt.Println(p.Version(), changes, err)
	// Output:
	// 2 [plan edited by ann] <nil>
	// plan checkout has version 2, not 1: changed by someone else
	// 2 [] <nil>
}

// An exported plan is a document for tools: it is read as the same plan, unless
// it was altered.
func ExampleImport() {
	p, err := draft(releaseplan.Content{Name: "Checkout 2.4"})
	if err != nil {
		fmt.Println(err)
		return
	}
	doc, err := releaseplan.Export(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	read, err := releaseplan.Import(doc)
	fmt.Println(read, read.Hash() == p.Hash(), err)
	doc[len(doc)/2]++
	_, err = releaseplan.Import(doc)
	fmt.Println(err != nil)
	// Output:
	// Checkout 2.4: draft true <nil>
	// true
}

// The changes of a plan are its audit trail, and the plan itself.
func ExampleFold() {
	p, changes, err := releaseplan.NewPlan(releaseplan.Identity{ID: "checkout"}, releaseplan.Content{Name: "Checkout 2.4",
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "deploy"}}}}}, ann, noon)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range []releaseplan.Command{{Action: releaseplan.Execute}, {Action: releaseplan.Complete, Task: p.Tasks()[0].ID, Remark: "by hand"}} {
		var more []releaseplan.Change
		if p, more, err = p.Do(c, ann, noon); err != nil {
			fmt.Println(err)
			return
		}
		changes = append(changes, more...)
	}
	for _, c := range changes {
		fmt.Println(c)
	}
	folded, err := releaseplan.Fold(changes)
	fmt.Println(folded, err)
	// Output:
	// plan created by ann
	// plan draft → execute check by ann
	// plan execute check → running
	// task "deploy" todo → done by ann (by hand)
	// plan running → complete check
	// plan complete check → completed
	// Checkout 2.4: completed <nil>
}
