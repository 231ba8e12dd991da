package servicetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

var (
	ann = penstock.Actor{ID: "ann", Name: "Ann"}
	bob = penstock.Actor{ID: "bob", Name: "Bob"}
)

// noon is when the clock of most tests stands.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// contentOf returns a plan of manual tasks in phases of a kind.
func contentOf(name string, phases, tasks int, kind releaseplan.PhaseKind) releaseplan.Content {
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

// service returns a Service over cfg, with a new store and a clock that
// stands still unless cfg has others.
func (on suite) service(t testing.TB, cfg releaseplan.Config) *releaseplan.Service {
	if cfg.Store == nil {
		cfg.Store = on.open(t)
	}
	if cfg.Now == nil {
		cfg.Now = clock
	}
	return releaseplan.New(cfg)
}

// must returns v, or fails the test.
func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// create files a plan.
func create(t testing.TB, s *releaseplan.Service, c releaseplan.Content) *releaseplan.Plan {
	t.Helper()
	p, err := s.Create(t.Context(), c, ann)
	return must(t, p, err)
}

// command makes a plan do a command, asked by Ann, who owns it.
func command(t testing.TB, s *releaseplan.Service, id string, c releaseplan.Command) *releaseplan.Plan {
	t.Helper()
	p, err := s.Do(t.Context(), id, c, ann)
	return must(t, p, err)
}

// executed files a plan and executes it.
func executed(t testing.TB, s *releaseplan.Service, c releaseplan.Content) *releaseplan.Plan {
	t.Helper()
	p := create(t, s, c)
	return command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Execute})
}

// anyOf asks any one of the approvers.
func anyOf(approvers ...penstock.Party) *approval.Policy {
	return &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.Any, Approvers: approvers}}}
}
