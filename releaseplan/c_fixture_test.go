package releaseplan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

var (
	cAnn = penstock.Actor{ID: "ann", Name: "Ann"}
	cBob = penstock.Actor{ID: "bob", Name: "Bob"}
)

// cNoon is when the clock of most tests stands.
var cNoon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func cClock() time.Time { return cNoon }

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
		cfg.Now = cClock
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

// cDo makes a plan do a command, asked by Ann, who owns it.
func cDo(t testing.TB, s *releaseplan.Service, id string, c releaseplan.Command) *releaseplan.Plan {
	t.Helper()
	p, err := s.Do(t.Context(), id, c, cAnn)
	return cMust(t, p, err)
}

// cRunning files a plan and executes it.
func cRunning(t testing.TB, s *releaseplan.Service, c releaseplan.Content) *releaseplan.Plan {
	t.Helper()
	p := cCreate(t, s, c)
	return cDo(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Execute})
}

// cPolicy asks any one of the approvers.
func cPolicy(approvers ...penstock.Party) *approval.Policy {
	return &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.Any, Approvers: approvers}}}
}
