package unleash

import (
	"cmp"
	"slices"
	"time"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A featureList are features of a project.
type featureList struct {
	Version  int             `json:"version" doc:"of the format"`
	Features []listedFeature `json:"features"`
}

// A listedFeature is a feature as lists show it.
type listedFeature struct {
	featureAbout
	Environments []featureSetting `json:"environments" doc:"all that there are, by their order"`
}

// A feature is a feature flag in all environments.
type feature struct {
	featureAbout
	Environments []featureEnvironment `json:"environments" doc:"all that there are, by their order"`
}

// featureAbout is what there is to say of a feature in all environments.
type featureAbout struct {
	Name           string         `json:"name" doc:"unique among all projects"`
	Type           string         `json:"type" doc:"release, experiment and the like"`
	Description    *string        `json:"description"`
	Project        string         `json:"project"`
	Archived       bool           `json:"archived"`
	Stale          bool           `json:"stale"`
	ImpressionData bool           `json:"impressionData"`
	Favorite       bool           `json:"favorite" doc:"never: nobody has favorites here"`
	CreatedAt      time.Time      `json:"createdAt"`
	CreatedBy      featureCreator `json:"createdBy"`
	ArchivedAt     *time.Time     `json:"archivedAt" doc:"null: it is not"`
	LastSeenAt     *time.Time     `json:"lastSeenAt" doc:"null always: no metrics are kept here"`
	Dependencies   []dependency   `json:"dependencies" doc:"what it asks of other features"`
}

// A featureCreator is who made a feature.
type featureCreator struct {
	ID       int64  `json:"id" doc:"0: nobody knows"`
	Name     string `json:"name"`
	ImageURL string `json:"imageUrl" doc:"empty: there is none"`
}

// A featureEnvironment is what a feature is in one environment, with its plans.
type featureEnvironment struct {
	featureSetting
	ReleasePlans []releasePlan `json:"releasePlans" doc:"one at most, and one that is completed and still served"`
}

// A featureSetting is what a feature is in one environment by itself.
type featureSetting struct {
	Name                 string            `json:"name"`
	FeatureName          string            `json:"featureName"`
	Type                 string            `json:"type" doc:"of the environment"`
	SortOrder            int               `json:"sortOrder" doc:"of the environment"`
	Enabled              bool              `json:"enabled"`
	HasStrategies        bool              `json:"hasStrategies"`
	HasEnabledStrategies bool              `json:"hasEnabledStrategies"`
	Strategies           []featureStrategy `json:"strategies" doc:"the feature's own, without those of live milestones"`
	Variants             []featureVariant  `json:"variants" doc:"for strategies without variants of their own"`
	VariantCount         int               `json:"variantCount" doc:"of those"`
	LastSeenAt           *time.Time        `json:"lastSeenAt" doc:"null always: no metrics are kept here"`
}

// A featureStrategy is one way for a feature to be on in an environment.
type featureStrategy struct {
	ID          string            `json:"id" doc:"a ULID"`
	FeatureName string            `json:"featureName"`
	Name        string            `json:"name" doc:"of the strategy type"`
	Title       *string           `json:"title"`
	Disabled    bool              `json:"disabled" doc:"it never matches"`
	SortOrder   float64           `json:"sortOrder"`
	Parameters  map[string]string `json:"parameters"`
	Constraints []constraint      `json:"constraints" doc:"all of them must hold"`
	Segments    []int             `json:"segments" doc:"ids"`
	Variants    []variant         `json:"variants"`
}

// createFeature is a feature as it is made.
type createFeature struct {
	Name           string  `json:"name"`
	Type           string  `json:"type" need:"false" doc:"default: release"`
	Description    *string `json:"description" need:"false"`
	ImpressionData bool    `json:"impressionData" need:"false"`
}

// updateFeature is what can be changed of a feature. What is left out stays.
type updateFeature struct {
	Name           *string `json:"name" need:"false" doc:"as it is"`
	Type           *string `json:"type" need:"false"`
	Description    *string `json:"description" need:"false"`
	Stale          *bool   `json:"stale" need:"false"`
	Archived       *bool   `json:"archived" need:"false"`
	ImpressionData *bool   `json:"impressionData" need:"false"`
}

const typeRelease = "release"

func (b *createFeature) flag(project string) rollout.Flag {
	f := rollout.Flag{Name: b.Name, Type: cmp.Or(b.Type, typeRelease), Project: project, ImpressionData: b.ImpressionData}
	if b.Description != nil {
		f.Description = *b.Description
	}
	return f
}

func (b *updateFeature) apply(f *rollout.Flag) error {
	set(&f.Type, b.Type)
	set(&f.Description, b.Description)
	set(&f.Stale, b.Stale)
	if b.Archived != nil {
		archive(f, *b.Archived)
	}
	set(&f.ImpressionData, b.ImpressionData)
	return nil
}

// set sets what there is a value for.
func set[T any](v, to *T) {
	if to != nil {
		*v = *to
	}
}

func toFeatureAbout(r *rollout.Record[rollout.Flag], by int64) featureAbout {
	f := &r.Value
	out := featureAbout{Name: f.Name, Type: cmp.Or(f.Type, typeRelease), Description: orNull(f.Description), Project: projectOf(f.Project), Archived: f.Archived,
		Stale: f.Stale, ImpressionData: f.ImpressionData, CreatedAt: r.Created.At, CreatedBy: featureCreator{ID: by, Name: r.Created.By.Label()}, Dependencies: toDependencies(f.Dependencies)}
	if f.Archived {
		out.ArchivedAt = timeOrNull(r.Updated.At)
	}
	return out
}

func toFeatureSettings(f *rollout.Flag, environments []rollout.Environment) []featureSetting {
	out := make([]featureSetting, len(environments))
	for i := range environments {
		out[i] = toFeatureSetting(f, &environments[i])
	}
	return out
}

func toFeatureSetting(f *rollout.Flag, e *rollout.Environment) featureSetting {
	s := f.Environments[e.Name]
	return featureSetting{Name: e.Name, FeatureName: f.Name, Type: e.Type, SortOrder: e.SortOrder, Enabled: s.Enabled, HasStrategies: len(s.Strategies) > 0,
		HasEnabledStrategies: anyEnabled(s.Strategies), Strategies: toFeatureStrategies(f.Name, s.Strategies), Variants: toFeatureVariants(s.Variants), VariantCount: len(s.Variants)}
}

func toFeatureStrategies(feature string, all []rollout.Strategy) []featureStrategy {
	out := make([]featureStrategy, len(all))
	for i := range all {
		out[i] = toFeatureStrategy(feature, &all[i])
	}
	return out
}

func toFeatureStrategy(feature string, s *rollout.Strategy) featureStrategy {
	out := featureStrategy{ID: s.ID, FeatureName: feature, Name: s.Name, Title: orNull(s.Title), Disabled: s.Disabled, SortOrder: s.SortOrder, Parameters: s.Parameters,
		Constraints: toConstraints(s.Constraints), Segments: notNil(s.Segments), Variants: toVariants(s.Variants, s.Parameters["stickiness"])}
	if out.Parameters == nil {
		out.Parameters = map[string]string{}
	}
	return out
}

// anyEnabled reports whether one of the strategies can match.
func anyEnabled(all []rollout.Strategy) bool {
	return slices.ContainsFunc(all, func(s rollout.Strategy) bool { return !s.Disabled })
}
