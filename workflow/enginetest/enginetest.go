// Package enginetest tells whether a [workflow.Engine] can be relied on: whatever happens
// to its wakes and to its process, every run comes to its end, and no attempt is
// executed twice.
package enginetest

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
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

	// Store returns an empty store, and sees to its end with tb.Cleanup. With Virtual it is
	// called in the bubble. Default: one in memory.
	Store func(tb testing.TB) store.Store

	// Virtual lets each test run in a bubble of testing/synctest, where time costs
	// nothing. It takes a driver that does all its work in goroutines of its own.
	Virtual bool
}

// Run tests drivers, each case in a subtest. Without Virtual, a driver should look for lost
// wakes, and for processes that died, at least every few hundred milliseconds.
func Run(t *testing.T, cfg Config) {
	if cfg.Store == nil {
		cfg.Store = func(testing.TB) store.Store { return memory.New() }
	}
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
		{"LostAnswers", flaky},
	} {
		cfg.run(t, c.name, func(t testing.TB) { c.test(t, cfg) })
	}
	for _, c := range []struct {
		name   string
		follow script
		after  bool
	}{
		{"CrashBeforeCommit", goOn, false},
		{"CrashAfterCommit", goOn, true},
		{"CrashBeforeCommitOfACancel", goBack, false},
		{"CrashAfterCommitOfACancel", goBack, true},
	} {
		t.Run(c.name, func(t *testing.T) { crashes(t, cfg, c.follow, c.after) })
	}
}

// run runs a test, in a bubble if time is virtual.
func (cfg Config) run(t *testing.T, name string, test func(testing.TB)) {
	t.Run(name, func(t *testing.T) {
		if cfg.Virtual {
			synctest.Test(t, func(t *testing.T) { test(t) })
		} else {
			test(t)
		}
	})
}
