package zadig

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

func listedTasks(list penstock.List[workflow.RunSummary]) taskList {
	return taskList{Total: list.Total, Tasks: eachOf(list.Items, func(run workflow.RunSummary) taskRow {
		return taskRow{
			WorkflowKey: run.Workflow, WorkflowName: run.Name, ProjectKey: run.Project, TaskID: run.Number,
			CreateTime: seconds(run.Status.Created.At), TaskCreator: run.Status.Created.By.Label(),
			StartTime: seconds(run.Status.Started), EndTime: seconds(run.Status.Ended), Status: taskStatus(run.Status.State),
		}
	})}
}

// shownTask is a run as people see it, without secrets.
func shownTask(run *workflow.Run) task {
	status, names, specs := run.Status(), jobNames(run), run.Specs()
	out := task{
		TaskID: run.Number(), WorkflowKey: run.Workflow(), ProjectKey: run.Resource().Project, Params: eachOf(run.Params(), shownParam),
		Status: taskStatus(status.State), TaskCreator: status.Created.By.Label(), Remark: status.Remark,
		CreateTime: seconds(status.Created.At), StartTime: seconds(status.Started), EndTime: seconds(status.Ended),
		Stages: []taskStage{},
	}
	for _, s := range run.Stages() {
		stage := taskStage{
			Name: s.Name, Status: stageStatus(s.State), StartTime: seconds(stageStart(s.Status)), EndTime: seconds(s.Status.Ended),
			Jobs: make([]typedJob, len(s.Jobs)),
		}
		if gate, err := run.Gate(s.Name); err == nil && gate.Approval.Required() {
			stage.Approval = shownApproval(gate.Approval, s.Status)
		}
		for i, j := range s.Jobs {
			stage.Jobs[i] = shownJob(names[j.Key], j, specs[j.Key], run.Outputs(j.Key))
		}
		out.Stages = append(out.Stages, stage)
	}
	return out
}

// stageStart is when the turn of a stage came, though it may have waited for its approval.
func stageStart(s workflow.StageStatus) time.Time {
	if s.Request != nil {
		return s.Request.OpenedAt()
	}
	return s.Started
}

func shownJob(name string, j workflow.JobView, spec json.RawMessage, outputs map[string]string) typedJob {
	out := typedJob{
		Name: name, Type: j.Type, Status: jobStatus(j.State), StartTime: seconds(j.Status.Started), EndTime: seconds(j.Status.Ended),
		Spec: shownSpec(j.Type, spec, outputs),
	}
	if j.Status.Error != "" || j.Type == "plugin" { // of which it is always there
		out.Error = &j.Status.Error
	}
	return out
}

// shownParam is a parameter of which secrets are masked already.
func shownParam(p workflow.Param) taskParam {
	out := taskParam{
		Name: p.Name, Description: p.Description, Type: string(p.Type), Value: p.Value, ChoiceOption: p.Options, ChoiceValue: p.Chosen,
		Default: p.Default, IsCredential: p.IsSecret(),
	}
	if p.Repo != nil {
		repo := shownRepo(*p.Repo)
		out.Repo = &repo
	}
	return out
}

// shownApproval is the approval of a stage: as it was asked for, or else as it will be.
func shownApproval(policy approval.Policy, s workflow.StageStatus) *taskApproval {
	out := &taskApproval{Enabled: true, ApproveUsers: []taskApprover{}, Timeout: policy.TimeoutMinutes, Description: policy.Description}
	if s.Request == nil {
		for _, node := range policy.Nodes {
			for _, who := range node.Approvers {
				out.ApproveUsers = append(out.ApproveUsers, taskApprover{UserName: who.Label()})
			}
			out.NeededApprovers += needed(node)
		}
		if !s.Granted.IsZero() {
			out.RejectOrApprove = string(approval.Approve)
		}
		return out
	}
	for _, node := range s.Request.Nodes() {
		out.NeededApprovers += node.Needed
		for _, who := range node.Approvers {
			out.ApproveUsers = append(out.ApproveUsers, shownApprover(who, node.Votes))
		}
	}
	switch s.Request.State() {
	case approval.Approved:
		out.RejectOrApprove = string(approval.Approve)
	case approval.Rejected:
		out.RejectOrApprove = string(approval.Reject)
	default: // it has come to nothing
	}
	return out
}

// needed is how many approvals a node takes, as far as the policy tells.
func needed(node approval.Node) int {
	switch node.Need {
	case approval.KOf:
		return node.K
	case approval.All:
		return len(node.Approvers)
	default:
		return 1
	}
}

func shownApprover(who penstock.Party, votes []approval.Vote) taskApprover {
	out := taskApprover{UserName: who.Label()}
	if i := slices.IndexFunc(votes, func(v approval.Vote) bool { return v.Who.ID == who.ID }); i >= 0 {
		out.RejectOrApprove, out.Comment, out.OperationTime = string(votes[i].Decision), votes[i].Comment, seconds(votes[i].At)
	}
	return out
}
