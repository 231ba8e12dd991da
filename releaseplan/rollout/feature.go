package rollout

// A State is all that an evaluator needs, as the client API sends it. Its JSON is
// taken as SDKs take it: unknown members are passed over, null is nothing, the
// values of parameters, constraints, overrides and payloads may be any scalar
// (50 is "50"), and weights and the version may be texts or have a fraction of 0.
// Ids of segments are integers.
type State struct {
	Version  FormatVersion `json:"version"`
	Features List[Feature] `json:"features"`
	Segments []Segment     `json:"segments,omitempty"`
}

// A Feature is a flag in one environment. Its strategies are alternatives: one
// that matches is enough.
type Feature struct {
	Name           string         `json:"name"`
	Type           string         `json:"type,omitempty"` // release, experiment, … ; not evaluated
	Description    string         `json:"description,omitempty"`
	Project        string         `json:"project,omitempty"`
	Enabled        bool           `json:"enabled"`
	Stale          bool           `json:"stale,omitempty"`
	ImpressionData bool           `json:"impressionData,omitempty"`
	Strategies     List[Strategy] `json:"strategies"`
	Variants       []Variant      `json:"variants,omitempty"` // for strategies without variants of their own
	Dependencies   []Dependency   `json:"dependencies,omitempty"`
}

// A Dependency asks something of another feature, for the same context.
type Dependency struct {
	Feature  string   `json:"feature"`
	Enabled  *bool    `json:"enabled,omitempty"`  // nil or true: it must be on; false: it must be off
	Variants []string `json:"variants,omitempty"` // if any, and it must be on: its variant must be one of these
}

// wantsOff reports whether the other feature must be off.
func (d *Dependency) wantsOff() bool { return d.Enabled != nil && !*d.Enabled }

// A Segment is a list of constraints with an id that strategies refer to. All of
// them must hold; a segment without constraints holds for everyone.
type Segment struct {
	ID          int              `json:"id"`
	Name        string           `json:"name,omitempty"`
	Description string           `json:"description,omitempty"`
	Project     string           `json:"project,omitempty"` // empty for all projects
	Constraints List[Constraint] `json:"constraints"`
}
