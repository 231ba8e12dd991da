package rollout

// The limits on what is stored.
const (
	MaxName               = 100  // characters of a name, an id, a project or one of several values
	MaxStrategies         = 30   // of a feature
	MaxConstraints        = 30   // of a strategy or segment
	MaxValues             = 250  // of a constraint, an override, or variants of a dependency
	MaxStrategySegments   = 5    // segments of a strategy
	MaxStrategyParameters = 100  // of a strategy
	MaxDependencies       = 30   // of a feature
	MaxOverrides          = 30   // of a variant
	MaxSegmentValues      = 1000 // of all constraints of a segment
	MaxSegments           = 300
	MaxFeatures           = 5000
	TotalWeight           = 1000 // of the variants of a list
	MaxVariants           = TotalWeight
	MaxText               = 2000  // characters of a title, description or single value
	MaxParameterBytes     = 64000 // of the value of a parameter, which may be a list
	MaxPayloadBytes       = 64000 // of the value of a payload
)
