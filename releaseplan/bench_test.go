package releaseplan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// benchSizes are phases × tasks in each.
var benchSizes = [][2]int{{1, 1}, {10, 20}, {50, 100}}

// eachSize runs a benchmark on a plan of every size.
func eachSize(b *testing.B, run func(b *testing.B, c releaseplan.Content)) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			b.ReportAllocs()
			run(b, bSized(size[0], size[1], releaseplan.Parallel))
		})
	}
}

// halfway returns a running plan in which everything up to the middle is done, and
// the first task behind it.
func halfway(b *testing.B, c releaseplan.Content) (*releaseplan.Plan, releaseplan.TaskView) {
	p := bAct(b, bPlan(b, c), bNoon, releaseplan.Execute)
	tasks := p.Tasks()
	for _, t := range tasks[:len(tasks)/2] {
		p = bDo(b, p, releaseplan.Command{Action: releaseplan.Start, Task: t.ID, Lease: "runner"}, bNoon)
		p = bDo(b, p, releaseplan.Command{Action: releaseplan.Complete, Task: t.ID}, bNoon.Add(time.Second))
	}
	return p, tasks[len(tasks)/2]
}

func BenchmarkPlanDoStart(b *testing.B) {
	eachSize(b, func(b *testing.B, c releaseplan.Content) {
		p, task := halfway(b, c)
		at := bNoon.Add(time.Minute)
		for b.Loop() {
			if _, _, err := p.Do(releaseplan.Command{Action: releaseplan.Start, Task: task.ID, Lease: "runner"}, bAnn, at); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPlanDoComplete(b *testing.B) {
	eachSize(b, func(b *testing.B, c releaseplan.Content) {
		p, task := halfway(b, c)
		p = bDo(b, p, releaseplan.Command{Action: releaseplan.Start, Task: task.ID, Lease: "runner"}, bNoon.Add(time.Minute))
		at := bNoon.Add(2 * time.Minute)
		for b.Loop() {
			if _, _, err := p.Do(releaseplan.Command{Action: releaseplan.Complete, Task: task.ID}, bAnn, at); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPlanCan(b *testing.B) {
	eachSize(b, func(b *testing.B, c releaseplan.Content) {
		p, _ := halfway(b, c)
		at := bNoon.Add(time.Minute)
		for b.Loop() {
			p.Can(bAnn, at)
		}
	})
}

func BenchmarkPlanNext(b *testing.B) {
	eachSize(b, func(b *testing.B, c releaseplan.Content) {
		p, _ := halfway(b, c)
		at := bNoon.Add(time.Minute)
		for b.Loop() {
			p.Next(at)
		}
	})
}

// A new plan is checked, given ids, written as JSON and hashed.
func BenchmarkNewPlan(b *testing.B) {
	eachSize(b, func(b *testing.B, c releaseplan.Content) {
		for b.Loop() {
			bPlan(b, c)
		}
	})
}

func BenchmarkPlanDoEdit(b *testing.B) {
	eachSize(b, func(b *testing.B, c releaseplan.Content) {
		p := bPlan(b, c)
		next := p.Content()
		next.Phases[0].Tasks[0].Description = "another"
		for b.Loop() {
			bDo(b, p, releaseplan.Command{Action: releaseplan.Edit, Content: &next}, bNoon)
		}
	})
}

func BenchmarkExport(b *testing.B) {
	eachSize(b, func(b *testing.B, c releaseplan.Content) {
		p, _ := halfway(b, c)
		for b.Loop() {
			doc, err := releaseplan.Export(p)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(doc)))
		}
	})
}

func BenchmarkImport(b *testing.B) {
	eachSize(b, func(b *testing.B, c releaseplan.Content) {
		p, _ := halfway(b, c)
		doc, err := releaseplan.Export(p)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(doc)))
		for b.Loop() {
			if _, err := releaseplan.Import(doc); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The whole life of a plan of which every task was done.
func BenchmarkFold(b *testing.B) {
	eachSize(b, func(b *testing.B, c releaseplan.Content) {
		p, changes, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Key: bKey}, c, bAnn, bNoon)
		if err != nil {
			b.Fatal(err)
		}
		do := func(c releaseplan.Command) {
			next, more, err := p.Do(c, bAnn, bNoon)
			if err != nil {
				b.Fatal(err)
			}
			p, changes = next, append(changes, more...)
		}
		do(releaseplan.Command{Action: releaseplan.Execute})
		for _, t := range p.Tasks() {
			do(releaseplan.Command{Action: releaseplan.Start, Task: t.ID, Lease: "runner"})
			do(releaseplan.Command{Action: releaseplan.Complete, Task: t.ID})
		}
		for b.Loop() {
			if _, err := releaseplan.Fold(changes); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(changes)), "changes")
	})
}
