// Package enginetest tells whether a [workflow.Engine] can be relied on: whatever happens
// to its wakes and to its process, every run comes to its end, and no attempt is
// executed twice.
package enginetest

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/penstock-go/penstock/workflow"
)

// A Driver is an Engine that drives runs while Run runs.
type Driver interface {
	workflow.Engine

	// Run drives runs until ctx ends, and returns nil once it has stopped.
	Run(ctx context.Context) error
}

// Config is what Run needs to know. Only New is required.
type Config struct {
	// New returns a driver of the runs of a Service, which is not attached to it.
	New func(s *workflow.Service, executors map[string]workflow.Executor) Driver

	// Virtual lets each test run in a bubble of testing/synctest, where time costs
	// nothing. It takes a driver that does all its work in goroutines of its own.
	Virtual bool
}

// Run tests drivers, each case in a subtest. Without Virtual, a driver should look for lost
// wakes, and for processes that died, at least every few hundred milliseconds.
func Run(t *testing.T, cfg Config) {
	for _, c := range []struct {
		name string
		test func(t testing.TB, cfg Config)
	}{
		{"Passes", passes},
		{"LostWakes", func(t testing.TB, cfg Config) { mangled(t, cfg, lost) }},
		{"DoubledWakes", func(t testing.TB, cfg Config) { mangled(t, cfg, doubled) }},
		{"LateWakes", func(t testing.TB, cfg Config) { mangled(t, cfg, late) }},
		{"ReorderedWakes", func(t testing.TB, cfg Config) { mangled(t, cfg, reordered()) }},
		{"SeveralEngines", several},
		{"CrashBeforeCommit", func(t testing.TB, cfg Config) { crashes(t, cfg, false) }},
		{"CrashAfterCommit", func(t testing.TB, cfg Config) { crashes(t, cfg, true) }},
		{"LostAnswers", flaky},
	} {
		t.Run(c.name, func(t *testing.T) {
			if cfg.Virtual {
				synctest.Test(t, func(t *testing.T) { c.test(t, cfg) })
			} else {
				c.test(t, cfg)
			}
		})
	}
}
