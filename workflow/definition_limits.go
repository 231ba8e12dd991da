package workflow

// Bounds of a definition. What is larger is refused with an ErrInvalid that names
// the field.
const (
	MaxKey         = 63 // characters of the key of a workflow
	MaxStages      = 100
	MaxJobs        = 1_000 // in all stages
	MaxParams      = 200
	MaxOptions     = 1_000     // of one choice
	MaxStorages    = 100       // shared ones
	MaxNotify      = 100       // notifications of a definition or a job
	MaxRules       = 100       // of one execute policy
	MaxPeople      = 500       // whom a policy names
	MaxRetries     = 100       // of one job
	MaxName        = 255       // characters
	MaxDescription = 64 << 10  // bytes
	MaxValue       = 64 << 10  // bytes of a value of a parameter or variable
	MaxSpec        = 256 << 10 // bytes of one spec
	MaxDefinition  = 8 << 20   // bytes of the whole as JSON
	MaxPieces      = 1_000     // runs that one job expands to
	MaxTimeout     = 525_600   // minutes: a year
	maxNameBytes   = 1_000     // so that stores can index it
	maxVerbatim    = 64 << 10  // bytes of what is kept as it is
	maxDepth       = 50        // of JSON that is kept as it is
	maxChain       = 10        // jobs that follow each other by source fromjob
)
