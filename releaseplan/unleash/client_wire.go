package unleash

import (
	"cmp"
	"maps"
	"slices"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// clientFeatures are what an SDK evaluates.
type clientFeatures struct {
	Version  int             `json:"version" doc:"of the format"`
	Features []clientFeature `json:"features"`
	Segments []clientSegment `json:"segments,omitempty" doc:"that strategies refer to; not sent to SDKs that do not know them"`
	Query    clientQuery     `json:"query" doc:"what the features were selected by"`
}

// A clientQuery says which features a client was given.
type clientQuery struct {
	Environment string   `json:"environment"`
	Project     []string `json:"project,omitempty" doc:"left out: those of all"`
	NamePrefix  string   `json:"namePrefix,omitempty"`
	Inline      bool     `json:"inlineSegmentConstraints" doc:"the constraints of segments are among those of the strategies"`
}

// A clientFeature is a feature in the environment of the client.
type clientFeature struct {
	Name           string           `json:"name"`
	Type           string           `json:"type"`
	Description    string           `json:"description,omitempty"`
	Project        string           `json:"project"`
	Enabled        bool             `json:"enabled"`
	Stale          bool             `json:"stale"`
	ImpressionData bool             `json:"impressionData"`
	Strategies     []clientStrategy `json:"strategies" doc:"alternatives: one that matches is enough; if there are none, it is on for everyone"`
	Variants       []featureVariant `json:"variants" doc:"for strategies without variants of their own"`
	Dependencies   []dependency     `json:"dependencies,omitempty"`
}

// A clientStrategy is one way for a feature to be on.
type clientStrategy struct {
	Name        string            `json:"name"`
	Parameters  map[string]string `json:"parameters"`
	Constraints []constraint      `json:"constraints"`
	Segments    []int             `json:"segments,omitempty"`
	Variants    []variant         `json:"variants"`
}

// A dependency asks something of another feature.
type dependency struct {
	Feature  string   `json:"feature"`
	Enabled  bool     `json:"enabled"`
	Variants []string `json:"variants,omitempty"`
}

// A clientSegment is a list of constraints that strategies refer to.
type clientSegment struct {
	ID          int          `json:"id"`
	Name        string       `json:"name"`
	Constraints []constraint `json:"constraints"`
}

// toClientFeature returns a feature as SDKs evaluate it alike. Strategies that match nobody are
// left out, for SDKs do not know what disabled means; if none is left, the feature is off, for
// without strategies it would be on for everyone.
func toClientFeature(f *rollout.Feature, segments map[int]clientSegment) clientFeature {
	out := clientFeature{Name: f.Name, Type: cmp.Or(f.Type, "release"), Description: f.Description, Project: projectOf(f.Project),
		Enabled: f.Enabled, Stale: f.Stale, ImpressionData: f.ImpressionData,
		Strategies: make([]clientStrategy, 0, len(f.Strategies)), Variants: toFeatureVariants(f.Variants), Dependencies: toDependencies(f.Dependencies)}
	for i := range f.Strategies {
		s := &f.Strategies[i]
		known := !slices.ContainsFunc(s.Segments, func(id int) bool { _, ok := segments[id]; return !ok })
		if !s.Disabled && known {
			out.Strategies = append(out.Strategies, toClientStrategy(s, f.Name))
		}
	}
	if len(f.Strategies) > 0 && len(out.Strategies) == 0 {
		out.Enabled = false
	}
	return out
}

func toDependencies(all []rollout.Dependency) []dependency {
	out := make([]dependency, len(all))
	for i, d := range all {
		out[i] = dependency{Feature: d.Feature, Enabled: d.Enabled == nil || *d.Enabled, Variants: d.Variants}
	}
	return out
}

// toClientStrategy returns a strategy with what it goes by if nothing is said: SDKs differ in that,
// and some do not survive it.
func toClientStrategy(s *rollout.Strategy, feature string) clientStrategy {
	parameters := make(map[string]string, len(s.Parameters)+2)
	maps.Copy(parameters, s.Parameters)
	gradual := s.Name == rollout.GradualUserID || s.Name == rollout.GradualSessionID // those draw by an empty group too
	if s.Name == rollout.FlexibleRollout || len(s.Variants) > 0 && !gradual {
		parameters["groupId"] = cmp.Or(parameters["groupId"], feature)
	}
	if s.Name == rollout.FlexibleRollout {
		parameters["stickiness"] = cmp.Or(parameters["stickiness"], rollout.StickyDefault)
	}
	return clientStrategy{Name: s.Name, Parameters: parameters, Constraints: toConstraints(s.Constraints),
		Segments: s.Segments, Variants: toVariants(s.Variants, s.Parameters["stickiness"])}
}

// notNil returns a list that JSON writes as [] if it is empty.
func notNil[E any](list []E) []E {
	if list == nil {
		return []E{}
	}
	return list
}

// projectDefault is that of what belongs to none: in this dialect everything has a project.
const projectDefault = "default"

func projectOf(stored string) string { return cmp.Or(stored, projectDefault) }
