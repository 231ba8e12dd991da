package template_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/template"
)

// large is the template called service with 10 phases of 20 tasks.
func large() template.Template {
	tpl := service()
	task := tpl.Content.Phases[0].Tasks[0]
	task.ID = ""
	for i := range 9 {
		p := releaseplan.Phase{Name: fmt.Sprint("phase ", i)}
		for j := range 20 {
			task.Name = fmt.Sprint("task ", j)
			p.Tasks = append(p.Tasks, task)
		}
		tpl.Content.Phases = append(tpl.Content.Phases, p)
	}
	return tpl
}

func BenchmarkInstantiate(b *testing.B) {
	tpl, a := large(), arguments()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tpl.Instantiate(a); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDiff(b *testing.B) {
	one, two := large(), large()
	two.Content.Phases = slices.Concat(two.Content.Phases[:1], two.Content.Phases[2:])
	b.ReportAllocs()
	for b.Loop() {
		if len(template.Diff(one, two)) != 1 {
			b.Fatal("one phase is gone")
		}
	}
}
