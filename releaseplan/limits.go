package releaseplan

import "github.com/penstock-go/penstock/releaseplan/rollout"

// Bounds of a plan's content. What is larger is refused with an ErrInvalid that
// names the field.
const (
	MaxPhases      = 100
	MaxTasks       = 10_000 // in all phases
	MaxMilestones  = 100
	MaxSafeguards  = 20
	MaxVariables   = 1_000
	MaxSecrets     = 50 // variables that are secret
	MaxListeners   = 100
	MaxRecipients  = 100 // of one listener
	MaxNeeds       = 100 // of one task
	MaxLabels      = 64
	MaxStrategies  = rollout.MaxStrategies // of one milestone
	MaxName        = 255                   // characters
	maxNameBytes   = 1_000                 // so that stores can index it
	MaxDescription = 64 << 10              // bytes
	MaxSpec        = 64 << 10              // bytes
	MaxValue       = 4 << 10               // bytes of a variable
	MaxRemark      = 4 << 10               // bytes of a remark, comment or error
	MaxContent     = 8 << 20               // bytes of the whole as JSON
	MaxRetries     = 100
	MaxAttempts    = 1_000 // of one task
	maxDepth       = 50    // of a spec
	keptAttempts   = 16    // that a task's status shows; the trail has them all
)
