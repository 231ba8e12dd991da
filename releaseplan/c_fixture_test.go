package releaseplan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

var cAnn = penstock.Actor{ID: "ann", Name: "Ann"}

// cContent returns a plan of manual tasks in phases of a kind.
func cContent(name string, phases, tasks int, kind releaseplan.PhaseKind) releaseplan.Content {
	c := releaseplan.Content{Name: name}
	for i := range phases {
		phase := releaseplan.Phase{Name: fmt.Sprintf("phase %d", i+1), Kind: kind}
		for j := range tasks {
			phase.Tasks = append(phase.Tasks, releaseplan.Task{Name: fmt.Sprintf("task %d.%d", i+1, j+1)})
		}
		c.Phases = append(c.Phases, phase)
	}
	return c
}

// cService returns a Service over cfg, with a memory store and a clock that
// stands still unless cfg has others.
func cService(cfg releaseplan.Config) *releaseplan.Service {
	if cfg.Store == nil {
		cfg.Store = memory.New()
	}
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }
	}
	return releaseplan.New(cfg)
}

// cMust returns v, or fails the test.
func cMust[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// cCreate files a plan.
func cCreate(t testing.TB, s *releaseplan.Service, c releaseplan.Content) *releaseplan.Plan {
	t.Helper()
	p, err := s.Create(t.Context(), c, cAnn)
	return cMust(t, p, err)
}

// cRunning files a plan and executes it.
func cRunning(t testing.TB, s *releaseplan.Service, c releaseplan.Content) *releaseplan.Plan {
	t.Helper()
	p, err := s.Do(t.Context(), cCreate(t, s, c).ID(), releaseplan.Command{Action: releaseplan.Execute}, cAnn)
	return cMust(t, p, err)
}
