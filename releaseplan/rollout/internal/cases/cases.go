// Package cases holds the features that rollout is measured with, beside its
// limits and beside other libraries.
package cases

import (
	"fmt"
	"strconv"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A Case is one feature and a context that has it.
type Case struct {
	Name    string
	Feature rollout.Feature
	Context rollout.Context
	Variant bool // it is about the variant
}

// All returns the cases (a) to (e).
func All() []Case {
	ann := rollout.Context{
		UserID: "user-4711", SessionID: "0f8fad5b-d9cb-469f-a165-70867728950e", Environment: "production", AppName: "shop",
		Properties: map[string]string{"country": "se", "version": "2.4.1", "plan": "gold"},
	}
	return []Case{
		{Name: "a_rollout25", Feature: feature("rollout25", flexible("25")), Context: ann},
		{Name: "b_rollout_in5_semver", Feature: feature("constraints", with(flexible("50"),
			rollout.Constraint{ContextName: "country", Operator: rollout.In, Values: []string{"de", "dk", "fi", "no", "se"}},
			rollout.Constraint{ContextName: "version", Operator: rollout.SemverGT, Value: "2.3.0"},
		)), Context: ann},
		{Name: "c_in1000", Feature: feature("allowed", with(rollout.Strategy{Name: rollout.Everyone},
			rollout.Constraint{ContextName: "userId", Operator: rollout.In, Values: Users()},
		)), Context: ann},
		{Name: "d_variants3", Feature: variants(feature("colors", flexible("100"))), Context: ann, Variant: true},
		{Name: "e_strategies10", Feature: feature("countries", ten()...), Context: ann},
	}
}

// Users returns a thousand user ids. The context's is one of them.
func Users() []string {
	users := make([]string, 1000)
	for i := range users {
		users[i] = "user-" + strconv.Itoa(4000+i)
	}
	return users
}

// Countries are those of case (e), one for each strategy.
func Countries() []string {
	return []string{"at", "be", "ch", "de", "dk", "es", "fi", "fr", "no", "se"}
}

func feature(name string, strategies ...rollout.Strategy) rollout.Feature {
	return rollout.Feature{Name: name, Enabled: true, Strategies: strategies}
}

// flexible returns a rollout whose group lets the context's user through.
func flexible(percentage string) rollout.Strategy {
	return rollout.Strategy{Name: rollout.FlexibleRollout, Parameters: map[string]string{
		"rollout": percentage, "stickiness": "userId", "groupId": "checkout-2026",
	}}
}

func with(s rollout.Strategy, constraints ...rollout.Constraint) rollout.Strategy {
	s.Constraints = constraints
	return s
}

func variants(f rollout.Feature) rollout.Feature {
	for i, name := range []string{"blue", "green", "red"} {
		f.Strategies[0].Variants = append(f.Strategies[0].Variants, rollout.Variant{
			Name: name, Weight: []int{334, 333, 333}[i], WeightType: rollout.WeightVariable, Stickiness: "userId",
			Payload: &rollout.Payload{Type: "string", Value: "#" + name},
		})
	}
	return f
}

func ten() (all []rollout.Strategy) {
	for _, country := range Countries() {
		all = append(all, with(rollout.Strategy{Name: rollout.Everyone},
			rollout.Constraint{ContextName: "country", Operator: rollout.In, Values: []string{country}}))
	}
	return all
}

// Many returns a state of n features of usual shapes, and ten segments.
func Many(n int) rollout.State {
	state := rollout.State{Version: 2}
	for id := range 10 {
		state.Segments = append(state.Segments, rollout.Segment{ID: id, Constraints: []rollout.Constraint{
			{ContextName: "plan", Operator: rollout.In, Values: []string{"gold", "silver"}},
			{ContextName: "email", Operator: rollout.EndsWith, Values: []string{"@example.com"}},
		}})
	}
	for i := range n {
		f := feature(fmt.Sprintf("service-%d.feature-%d", i%17, i), flexible(strconv.Itoa(i%101)))
		switch s := &f.Strategies[0]; i % 4 {
		case 1:
			s.Constraints = []rollout.Constraint{
				{ContextName: "country", Operator: rollout.In, Values: []string{"de", "dk", "fi", "no", "se"}},
				{ContextName: "version", Operator: rollout.SemverGT, Value: "2.3.0"},
			}
		case 2:
			s.Segments = []int{i % 10}
			f = variants(f)
		case 3:
			f.Strategies = append(f.Strategies, with(rollout.Strategy{Name: rollout.Everyone},
				rollout.Constraint{ContextName: "currentTime", Operator: rollout.DateAfter, Value: "2026-01-01T00:00:00Z"}))
		}
		state.Features = append(state.Features, f)
	}
	return state
}
