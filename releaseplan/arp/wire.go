package arp

import "encoding/json"

// An entity is a reference to something else.
type entity struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// A listOwner is an owner as lists show one.
type listOwner struct {
	Type string `json:"type" enum:"User,UserGroup"`
	ID   int64  `json:"id" doc:"0 if the directory does not know them any more"`
	Name string `json:"name"`
}

// A party is a user or group.
type party struct {
	Name        string `json:"name" doc:"unique"`
	DisplayName string `json:"display_name"`
	IsActive    bool   `json:"is_active"`
	Type        string `json:"type" enum:"User,UserGroup"`
}

// A plannedTime is when something is meant to happen: null if that is not known.
type plannedTime struct {
	Start    *string `json:"start" format:"date-time" doc:"UTC"`
	End      *string `json:"end" format:"date-time" doc:"UTC"`
	Duration *string `json:"duration" format:"duration" doc:"ISO 8601, days are the largest unit"`
}

// An actualTime is when something did happen.
type actualTime struct {
	Start *string `json:"start" format:"date-time" doc:"UTC; null: it has not begun"`
	End   *string `json:"end" format:"date-time" doc:"UTC; null: it has not ended"`
}

// An action is something that can be done with what it is in, now.
type action struct {
	Href   string `json:"href,omitempty" doc:"relative to the server"`
	Method string `json:"method,omitempty" enum:"GET,POST,DELETE"`
	Rel    string `json:"rel" doc:"what it is"`
	Type   string `json:"type" enum:"System"`
	Desc   string `json:"desc" doc:"for people"`
}

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value" doc:"****** for a secret one that is set"`
}

// A variableBody is a variable as it is read.
type variableBody struct {
	Name  *string `json:"name,omitempty" need:"true"`
	Value *string `json:"value,omitempty" need:"true" doc:"it may hold the values of others: {another_variable}"`
}

type listener struct {
	Event             string  `json:"event" enum:"Start,Pause,Failure,Finish,Cancel,Expiration,Waiting"`
	Recipients        []party `json:"recipients" doc:"none at all: the owner"`
	InvalidRecipients []party `json:"invalid_recipients" doc:"unknown or inactive: they hear of nothing"`
}

// A releasePlan is a plan in full.
type releasePlan struct {
	ID          int64       `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Archived    bool        `json:"archived"`
	Status      string      `json:"status" enum:"Draft,Running,Paused,Failed,Completed,Canceled"`
	PlannedTime plannedTime `json:"planned_time"`
	Folder      *entity     `json:"folder" doc:"null: in none"`
	Owner       party       `json:"owner"`
	NotifyOwner bool        `json:"notify_owner_on_error"`
	Variables   []variable  `json:"variables"`
	Listeners   []listener  `json:"listeners"`
	Actions     []action    `json:"actions"`
	Phases      []phase     `json:"phases"`
}

type phase struct {
	ID          int64       `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Owner       party       `json:"owner" doc:"that of the plan, if it has none of its own"`
	PlannedTime plannedTime `json:"planned_time"`
	Status      string      `json:"status" enum:"Draft,Waiting,Running,Paused,Failed,Completed,Canceled"`
	Type        string      `json:"type" enum:"Sequential,Parallel"`
	Tasks       []task      `json:"tasks"`
	Actions     []action    `json:"actions"`
}

type task struct {
	ID          int64       `json:"id"`
	Plan        entity      `json:"plan"`
	Phase       entity      `json:"phase"`
	Name        string      `json:"name"`
	Type        string      `json:"type" doc:"Manual, Wait, Milestone, or the kind of what carries it out"`
	Description string      `json:"description"`
	Owner       party       `json:"owner" doc:"that of the phase, if it has none of its own"`
	Status      string      `json:"status" enum:"Draft,Waiting,Running,Paused,Disabled,Skipped,Completed,Failed,Canceled"`
	PlannedTime plannedTime `json:"planned_time"`
	Actions     []action    `json:"actions"`
	Listeners   []listener  `json:"listeners"`
}

// A taskDetail is a task in full.
type taskDetail struct {
	task
	Spec       json.RawMessage `json:"spec" open:"true" doc:"what its type wants to know; null: nothing"`
	Needs      []int64         `json:"needs" doc:"ids of tasks that are to be settled first"`
	Disabled   bool            `json:"disabled"`
	Held       bool            `json:"held"`
	Remark     string          `json:"remark" doc:"why it is as it is"`
	Assignee   *party          `json:"assignee"`
	ClaimedBy  *party          `json:"claimed_by"`
	Attempts   int             `json:"attempts" doc:"how often it was begun"`
	ActualTime actualTime      `json:"actual_time" doc:"of the latest attempt"`
}

// A listedPlan is a plan in a list.
type listedPlan struct {
	Status      string       `json:"status" enum:"Draft,Running,Paused,Failed,Completed,Canceled"`
	PlannedTime plannedTime  `json:"planned_time"`
	ID          int64        `json:"id"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Archived    bool         `json:"archived"`
	Owner       listOwner    `json:"owner"`
	Folder      *entity      `json:"folder" doc:"null: in none"`
	Actions     []action     `json:"actions,omitzero" doc:"include=Actions"`
	Phases      []phase      `json:"phases,omitzero" doc:"include=Phases"`
	Listeners   []listener   `json:"listeners,omitzero" doc:"include=Listeners"`
	Summary     *planSummary `json:"summary,omitempty" doc:"include=Summary"`
}

// A planSummary is how far a plan is.
type planSummary struct {
	Tasks              taskCounts `json:"tasks"`
	CalculatedDuration string     `json:"calculated_duration" format:"duration" doc:"how long its tasks took, all together"`
	ActualTime         actualTime `json:"actual_time"`
}

// taskCounts are how many of the enabled tasks are in which state.
type taskCounts struct {
	Total     int `json:"total"`
	Waiting   int `json:"waiting" doc:"to be done"`
	Running   int `json:"running"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
	Skipped   int `json:"skipped"`
	Canceled  int `json:"canceled"`
}

type planList struct {
	HasMore bool         `json:"has_more"`
	Total   int          `json:"total"`
	Data    []listedPlan `json:"data"`
}

type phaseList struct {
	HasMore bool    `json:"has_more"`
	Total   int     `json:"total"`
	Data    []phase `json:"data"`
}

type taskList struct {
	HasMore bool   `json:"has_more"`
	Total   int    `json:"total"`
	Data    []task `json:"data"`
}
