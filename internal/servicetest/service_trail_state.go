package servicetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// A plan that is not what its trail makes of it is found, with where it differs and
// without what stands there.
func (on suite) testVerifyStateNamesWhatDiffers(t *testing.T) {
	for name, c := range map[string]struct {
		kind, part string
		change     func([]byte) []byte
		path       func(p *releaseplan.Plan) string
	}{
		"state":       {"plan", "", replacing(`"started":"2026`, `"started":"2025`), func(*releaseplan.Plan) string { return "status.started" }},
		"number":      {"plan", "", replacing(`"number":`, `"number":9`), func(*releaseplan.Plan) string { return "number" }},
		"description": {"plan.content", "", replacing(`"name":"release"`, `"name":"release","description":"forged"`), func(*releaseplan.Plan) string { return "content.description" }},
		"task":        {"plan.phase", "/1", replacing(`"name":"task 2.1"`, `"name":"forged"`), func(*releaseplan.Plan) string { return "content.phases[1].tasks[0].name" }},
		"status": {"plan.tasks", "/0/0", replacing(`"ended":"2026`, `"ended":"2025`), func(p *releaseplan.Plan) string {
			return "tasks." + p.Tasks()[0].ID + ".ended"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			st := on.open(t)
			s := on.service(t, releaseplan.Config{Store: st})
			p := executed(t, s, contentOf("release", 2, 3, releaseplan.Parallel))
			command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID})
			if _, err := s.VerifyState(t.Context(), p.ID(), ann); err != nil {
				t.Fatal(err)
			}
			spoil(t, st, store.Key{Kind: c.kind, ID: p.ID() + c.part}, c.change)
			_, err := s.VerifyState(t.Context(), p.ID(), ann)
			fault, ok := errors.AsType[*releaseplan.StateError](err)
			if !ok || !errors.Is(err, releaseplan.ErrTampered) || !slices.Contains(fault.Paths, c.path(p)) {
				t.Errorf("want %s: %v", c.path(p), err)
			}
			if _, err := s.Verify(t.Context(), p.ID(), ann); err != nil {
				t.Errorf("the trail is whole, but: %v", err)
			}
		})
	}
}
