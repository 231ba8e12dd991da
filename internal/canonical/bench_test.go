package canonical_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/internal/canonical"
)

type phase struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Tasks []task `json:"tasks"`
}

type task struct {
	Name        string            `json:"name"`
	Kind        string            `json:"kind"`
	Description string            `json:"description"`
	Timeout     float64           `json:"timeout"`
	Retries     int               `json:"retries"`
	Needs       []string          `json:"needs"`
	Spec        map[string]string `json:"spec"`
}

// plan has 10 phases of 20 tasks, about 54 KB as JSON.
func plan() []phase {
	phases := make([]phase, 10)
	for i := range phases {
		phases[i] = phase{Name: fmt.Sprintf("phase %d", i), Kind: "parallel"}
		for j := range 20 {
			phases[i].Tasks = append(phases[i].Tasks, task{
				Name: fmt.Sprintf("deploy service %d", j), Kind: "workflow", Timeout: 1.5, Retries: 3,
				Description: "Rolls the service out to one region after the other, watching the error rate as it goes.",
				Needs:       []string{"build", "verify"},
				Spec:        map[string]string{"workflow": "deploy", "region": "eu-central", "image": "registry/service"},
			})
		}
	}
	return phases
}

func BenchmarkTransform(b *testing.B) {
	doc, err := json.Marshal(plan())
	if err != nil {
		b.Fatal(err)
	}
	sorted, err := canonical.Transform(doc)
	if err != nil {
		b.Fatal(err)
	}
	for name, doc := range map[string][]byte{"plan": doc, "sorted": sorted} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if _, err := canonical.Transform(doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("by map", func(b *testing.B) { // the way of encoding/json, which is not even canonical
		b.ReportAllocs()
		b.SetBytes(int64(len(doc)))
		for b.Loop() {
			var v any
			if err := json.Unmarshal(doc, &v); err != nil {
				b.Fatal(err)
			}
			if _, err := json.Marshal(v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkJSON(b *testing.B) {
	b.ReportAllocs()
	v := plan()
	for b.Loop() {
		if _, err := canonical.JSON(v); err != nil {
			b.Fatal(err)
		}
	}
}
