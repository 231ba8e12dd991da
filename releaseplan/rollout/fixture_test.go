package rollout_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// now is the current time of every evaluator in these tests.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// options draw 4322 (of 10,000) or 22 (of 100) wherever something is drawn.
func options() rollout.Options {
	return rollout.Options{
		Hostname: "Web-1",
		Now:      func() time.Time { return now },
		Random:   func(n uint32) uint32 { return 4321 % n },
	}
}

// flag returns an enabled feature called f.
func flag(strategies ...rollout.Strategy) rollout.Feature {
	return rollout.Feature{Name: "f", Enabled: true, Strategies: strategies}
}

// everyone returns a default strategy with the constraints.
func everyone(constraints ...rollout.Constraint) rollout.Strategy {
	return rollout.Strategy{Name: rollout.Everyone, Constraints: constraints}
}

// nobody returns a strategy that never matches.
func nobody() rollout.Strategy { return everyone(in("userId")) }

func in(field string, values ...string) rollout.Constraint {
	return rollout.Constraint{ContextName: field, Operator: rollout.In, Values: values}
}

func strategy(name string, parameters ...string) rollout.Strategy {
	s := rollout.Strategy{Name: name, Parameters: map[string]string{}}
	for i := 0; i < len(parameters); i += 2 {
		s.Parameters[parameters[i]] = parameters[i+1]
	}
	return s
}

func user(id string) *rollout.Context { return &rollout.Context{UserID: id} }

func props(pairs ...string) *rollout.Context {
	ctx := &rollout.Context{Properties: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		ctx.Properties[pairs[i]] = pairs[i+1]
	}
	return ctx
}

// enabled compiles and evaluates the feature called f.
func enabled(t *testing.T, want bool, ctx *rollout.Context, features ...rollout.Feature) {
	t.Helper()
	e := rollout.Compile(features, nil, options())
	if e.Enabled("f", ctx) != want {
		t.Errorf("want %v: %s", want, e.Explain("f", ctx))
	}
}
