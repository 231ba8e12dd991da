package plantest

// What walks ask for.
var (
	PlanActions      = planActions
	TaskActions      = taskActions
	MilestoneActions = milestoneActions
)
