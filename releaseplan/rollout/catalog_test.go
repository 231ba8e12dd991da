package rollout_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

func ofProject(project, name string, strategies ...rollout.Strategy) rollout.Feature {
	return rollout.Feature{Name: name, Project: project, Enabled: true, Strategies: strategies}
}

func depends(f rollout.Feature, on ...string) rollout.Feature {
	for _, name := range on {
		f.Dependencies = append(f.Dependencies, rollout.Dependency{Feature: name})
	}
	return f
}

func uses(segments ...int) rollout.Strategy {
	return rollout.Strategy{Name: rollout.Everyone, Segments: segments}
}

// What has a project is for that project; what has none is for all.
func TestValidateProjects(t *testing.T) {
	segments := []rollout.Segment{{ID: 1, Name: "all"}, {ID: 2, Name: "one", Project: "one"}, {ID: 3, Name: "two", Project: "two"}}
	faults(t, rollout.Validate([]rollout.Feature{
		ofProject("one", "parent"), ofProject("", "everywhere"),
		depends(ofProject("one", "a", uses(1, 2, 3)), "parent", "everywhere"),
		depends(ofProject("two", "b", uses(2)), "parent"),
		depends(ofProject("", "c", uses(1, 2)), "parent"),
	}, segments, nil),
		"features[2].strategies[0].segments[2]: belongs to another project",
		"features[3].strategies[0].segments[0]: belongs to another project",
		"features[3].dependencies[0].feature: belongs to another project",
		"features[4].strategies[0].segments[1]: belongs to another project",
		"features[4].dependencies[0].feature: belongs to another project",
	)
	catalog := &rollout.Catalog{Segment: func(id int) *rollout.Segment { return &segments[id-1] }}
	s := uses(1, 2, 3)
	faults(t, s.Validate(catalog)) // of which project it is nobody knows
	catalog.Project = "one"
	faults(t, s.Validate(catalog), "segments[2]: belongs to another project")
	s = uses(1, 1)
	faults(t, s.Validate(catalog), `segments[1]: "1" is there already`)
}

// The state wins over the catalog, which knows the rest.
func TestValidateStateBeforeCatalog(t *testing.T) {
	stored := map[string]*rollout.Feature{
		"was a child": {Name: "was a child", Dependencies: []rollout.Dependency{{Feature: "x"}}},
		"outside":     {Name: "outside"},
	}
	catalog := &rollout.Catalog{
		Segment: func(id int) *rollout.Segment {
			if id == 9 {
				return &rollout.Segment{ID: 9}
			}
			return nil
		},
		Feature:    func(name string) *rollout.Feature { return stored[name] },
		Dependents: func(string) []string { return []string{"child"} }, // in the state it is not, but for a
	}
	wasChild := ofProject("", "was-a-child")
	stored["was-a-child"] = stored["was a child"]
	features := []rollout.Feature{
		depends(ofProject("", "child", uses(1, 9)), "was-a-child", "outside"),
		wasChild,
		depends(ofProject("", "other", uses(8)), "nowhere"),
	}
	segments := []rollout.Segment{{ID: 1, Name: "new"}}
	faults(t, rollout.Validate(features, segments, catalog),
		"features[2].strategies[0].segments[0]: segment 8 is unknown",
		`features[2].dependencies[0].feature: feature "nowhere" is unknown`)
	catalog.Dependents = func(string) []string { return []string{"stored-child"} }
	faults(t, rollout.Validate(features[:2], segments, catalog),
		`features[0].dependencies: "stored-child" depends on this feature, which then must not depend on others`)
}

// Sizes that are above a limit already may stay, but not grow.
func TestValidateBefore(t *testing.T) {
	with := func(strategies, constraints, values int) *rollout.Feature {
		f := flag()
		for i := range strategies {
			s := everyone(slices.Repeat([]rollout.Constraint{in("userId", slices.Repeat([]string{"a"}, values)...)}, constraints)...)
			s.ID = fmt.Sprint(i)
			f.Strategies = append(f.Strategies, s)
		}
		return &f
	}
	for _, x := range []struct {
		rule   string
		was    *rollout.Feature
		is     *rollout.Feature
		faults []string
	}{
		{"as many strategies", with(32, 0, 0), with(32, 0, 0), nil},
		{"fewer strategies", with(32, 0, 0), with(31, 0, 0), nil},
		{"more strategies", with(32, 0, 0), with(33, 0, 0), []string{"strategies: 33 are too many: at most 32"}},
		{"as many constraints", with(1, 32, 1), with(1, 32, 1), nil},
		{"more constraints", with(1, 31, 1), with(1, 32, 1), []string{"strategies[0].constraints: 32 are too many: at most 31"}},
		{"as many values", with(1, 1, 300), with(1, 1, 300), nil},
		{"fewer values", with(1, 1, 300), with(1, 1, 251), nil},
		{"more values", with(1, 1, 300), with(1, 1, 301), []string{"strategies[0].constraints[0].values: 301 are too many: at most 300"}},
		{"values of constraints that moved", with(1, 1, 300), with(1, 2, 300), []string{
			"strategies[0].constraints[0].values: 300 are too many: at most 250", "strategies[0].constraints[1].values: 300 are too many: at most 250"}},
		{"a limit that was not reached stays", with(1, 1, 1), with(31, 0, 0), []string{"strategies: 31 are too many: at most 30"}},
	} {
		t.Run(x.rule, func(t *testing.T) {
			catalog := &rollout.Catalog{Before: x.was}
			faults(t, x.is.Validate(catalog), x.faults...)
			faults(t, rollout.Validate([]rollout.Feature{*x.is}, nil, catalog), under("features[0]", x.faults)...)
		})
	}
	other := with(32, 0, 0)
	other.Name = "other"
	faults(t, with(32, 0, 0).Validate(&rollout.Catalog{Before: other}), "strategies: 32 are too many: at most 30")
}

func under(path string, faults []string) (all []string) {
	for _, f := range faults {
		all = append(all, path+"."+f)
	}
	return all
}

// What the host says of parameters keeps its paths.
func TestValidateParametersOfAHost(t *testing.T) {
	d := rollout.Definition{Name: "byPlan", Parameters: []rollout.Parameter{{Name: "plan", Type: rollout.StringParameter, Required: true}}}
	s := strategy("byPlan", "colour", "red")
	faults(t, s.Validate(&rollout.Catalog{Parameters: func(s *rollout.Strategy) error { return d.Check(s.Parameters) }}),
		"parameters.plan: must not be empty", `parameters.colour: is no parameter of "byPlan"`)
	faults(t, s.Validate(&rollout.Catalog{Parameters: func(*rollout.Strategy) error { return errors.New("too red") }}), "parameters: too red")
}
