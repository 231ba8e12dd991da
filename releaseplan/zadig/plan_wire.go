package zadig

import "encoding/json"

// A planRow is what a list tells of a plan.
type planRow struct {
	ID          string `json:"id"`
	Index       int64  `json:"index" doc:"the number of the plan"`
	Name        string `json:"name"`
	Manager     string `json:"manager" doc:"who is in charge"`
	Description string `json:"description"`
	CreatedBy   string `json:"created_by"`
	CreateTime  int64  `json:"create_time" doc:"Unix time in seconds, as all times are"`
}

type planRows struct {
	List  []planRow `json:"list"`
	Total int       `json:"total" doc:"on all pages"`
}

// A planHead is what is known of a plan without its approval and jobs.
type planHead struct {
	planRow
	ManagerID     string `json:"manager_id"`
	StartTime     int64  `json:"start_time" doc:"of the window; with end_time 0: there is none"`
	EndTime       int64  `json:"end_time"`
	UpdatedBy     string `json:"updated_by"`
	UpdateTime    int64  `json:"update_time"`
	Status        string `json:"status" enum:"planning,finish_planning,wait_for_approval,executing,denied,timeout,success,cancel,wait_for_finish_planning_external_check,wait_for_finish_planning_external_check_failed,wait_for_execute_external_check,wait_for_execute_external_check_failed,wait_for_all_done_external_check,wait_for_all_done_external_check_failed"`
	PlanningTime  int64  `json:"planning_time" doc:"when the planning was over; 0: it is not"`
	ApprovalTime  int64  `json:"approval_time" doc:"when it was approved or denied"`
	ExecutingTime int64  `json:"executing_time" doc:"when the execution began"`
	SuccessTime   int64  `json:"success_time"`
}

// A planDetail is a plan.
type planDetail struct {
	planHead
	ScheduleTime int64         `json:"schedule_execute_time,omitempty" doc:"it is executed then; not there if it has no schedule"`
	Approval     *planApproval `json:"approval,omitempty" doc:"not there if it has none"`
	Jobs         []planJob     `json:"jobs"`
}

// A planItem is a plan in a list that tells more.
type planItem struct {
	planHead
	Version int64            `json:"version" doc:"of the content: 1, and one more with each edit"`
	Jira    *jiraAssociation `json:"jira_sprint_association"`
}

type planItems struct {
	List  []planItem `json:"list"`
	Total int        `json:"total"`
}

// A planView is a plan with all that is known of it.
type planView struct {
	planDetail
	Version int64            `json:"version" doc:"of the content: 1, and one more with each edit"`
	Jira    *jiraAssociation `json:"jira_sprint_association"`
	Hooks   *planHooks       `json:"hook_settings"`

	FinishPlanningTime int64  `json:"finish_planning_time"`
	FinishCheckTime    int64  `json:"wait_for_finish_planning_external_check_time" doc:"when the check had its answer"`
	ExecuteCheckTime   int64  `json:"wait_for_execute_external_check_time"`
	CompleteCheckTime  int64  `json:"wait_for_all_done_external_check_time"`
	CheckFailedReason  string `json:"external_check_failed_reason"`
	CheckProgress      string `json:"callback_description" doc:"how far a check is"`
	InstanceCode       string `json:"instance_code" doc:"of the check that waits for its answer, for who is in charge of the plan; empty otherwise"`
}

// A planHooks is what holds the plan until somebody outside has answered.
type planHooks struct {
	Enable   bool     `json:"enable"`
	Callback bool     `json:"enable_call_back"`
	Events   []string `json:"hook_events" enum:"finish_planning,start_execute,all_job_done"`
}

// A planCreated is the answer to who made a plan.
type planCreated struct {
	ID string `json:"id"`
}

// A planBody is a plan as it is sent.
type planBody struct {
	Name         string           `json:"name" need:"true"`
	Manager      string           `json:"manager,omitempty" doc:"the name of who is in charge; this or manager_id is required"`
	IdentityType string           `json:"manager_identity_type,omitempty" doc:"where the account lives: system, ldap, oauth, …"`
	ManagerID    string           `json:"manager_id,omitempty"`
	Description  string           `json:"description,omitempty"`
	StartTime    int64            `json:"start_time,omitempty"`
	EndTime      int64            `json:"end_time,omitempty"`
	ScheduleTime int64            `json:"schedule_execute_time,omitempty"`
	Approval     *approvalBody    `json:"approval,omitempty"`
	Jobs         []jobBody        `json:"jobs,omitempty"`
	Jira         *jiraAssociation `json:"jira_sprint_association,omitempty"`
	_            struct{}         `open:"true"`
}

// A planUpdate changes one thing of a plan.
type planUpdate struct {
	Verb    string          `json:"verb" need:"true" enum:"update_name,update_description,update_time_range,update_schedule_execute_time,update_manager,update_jira_sprint,create_release_job,update_release_job,delete_release_job,reorder_release_job,update_approval,delete_approval"`
	Spec    json.RawMessage `json:"spec,omitempty" open:"true" doc:"what the verb wants to know"`
	Version int64           `json:"version,omitempty" doc:"of the content that was edited; another one than the present is a conflict"`
	_       struct{}        `open:"true"`
}

type planCopy struct {
	Name string   `json:"name" need:"true"`
	_    struct{} `open:"true"`
}
