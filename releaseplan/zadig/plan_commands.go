package zadig

import (
	"net/http"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

func planCommandOperations() []rest.Operation[*api] {
	command := func(path, id, summary string, body any, handle func(*api, *rest.Call) error) rest.Operation[*api] {
		return rest.Operation[*api]{Operation: openapi.Operation{Method: http.MethodPost, Path: pathPlansUI + "/{id}/" + path, ID: id, Summary: summary, Tag: tagPlans,
			Body: body, Fails: bodyFails, Answers: answers(success{})}, Handle: handle, Keyed: true}
	}
	callback := func(path, id string) rest.Operation[*api] {
		return rest.Operation[*api]{Operation: openapi.Operation{Method: http.MethodPost, Path: path, ID: id, Tag: tagPlans,
			Summary: "The answer of a check from outside; its code takes the place of a token",
			Body:    planCallback{}, Fails: bodyFails, Answers: answers(success{})}, Handle: (*api).answerCheck, Open: true, As: callback, Keyed: true}
	}
	return []rest.Operation[*api]{
		command("status/{status}", "movePlan", "Move a release plan to another status", nil, (*api).movePlan),
		command("execute", "executePlanJob", "Carry out a job", jobCommand{}, (*api).executePlanJob),
		command("retry", "retryPlanJob", "Carry out a workflow job that failed once more", jobCommand{}, (*api).retryPlanJob),
		command("skip", "skipPlanJob", "Pass over a job", jobCommand{}, (*api).skipPlanJob),
		command("approve", "approvePlan", "Approve a release plan, or reject it", planVote{}, (*api).approvePlan),
		callback("/api/callback/release_plan", "answerPlanCheck"),
		callback("/openapi/callback/release_plan", "answerPlanCheckOpen"),
	}
}

// A jobCommand names a job, and says what there is to say about it.
type jobCommand struct {
	ID   string `json:"id" need:"true"`
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty" doc:"if it is there, that of the job"`
	Spec struct {
		Remark string   `json:"remark,omitempty"`
		_      struct{} `open:"true"`
	} `json:"spec,omitzero"`
	_ struct{} `open:"true"`
}

type planVote struct {
	Approve *bool    `json:"approve,omitempty" need:"true"`
	Comment string   `json:"comment,omitempty"`
	_       struct{} `open:"true"`
}

// moves are where a plan can be moved to by hand, and by what. It finalizes on the way if need be.
var moves = map[string]map[string][]releaseplan.Action{
	planPlanning: {
		planFinished:  {releaseplan.Finalize},
		planAwaits:    {releaseplan.Finalize, releaseplan.RequestApproval},
		planExecuting: {releaseplan.Finalize, releaseplan.Execute},
	},
	planFinished:       {planPlanning: {releaseplan.Reopen}, planAwaits: {releaseplan.RequestApproval}, planExecuting: {releaseplan.Execute}},
	planAwaits:         {planPlanning: {releaseplan.Reopen}, planExecuting: {releaseplan.Execute}, planCancel: {releaseplan.Cancel}},
	planExecuting:      {planPlanning: {releaseplan.Reopen}, planSuccess: {releaseplan.Finish}, planCancel: {releaseplan.Cancel}},
	planTimeout:        backOrCancel,
	planDenied:         backOrCancel,
	planFinishCheck:    backOrCancel,
	planFinishFailed:   backOrCancel,
	planExecuteCheck:   backOrCancel,
	planExecuteFailed:  backOrCancel,
	planCompleteCheck:  backOrCancel,
	planCompleteFailed: backOrCancel,
}

var backOrCancel = map[string][]releaseplan.Action{planPlanning: {releaseplan.Reopen}, planCancel: {releaseplan.Cancel}}

func (a *api) movePlan(c *rest.Call) error {
	target := c.Path("status")
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	now := planWord(p.State())
	actions, ok := moves[now][target]
	switch {
	case !slices.Contains(planWords, target):
		return penstock.Invalid("status", "%s is no status", clipped(target))
	case now == target:
		return refused("status", p, "current status can not equal to target status %s", target)
	case !ok:
		return refused("status", p, "can't convert plan status %s to %s", now, target)
	}
	if target == planExecuting && p.Content().Start.Mode == releaseplan.OnApproval && !needsApproval(p) {
		actions = actions[:1] // it executes by itself then
	}
	_, err = a.keyed(c).Do(p.ID(), script(actions))
	return succeed(c, err)
}

// needsApproval reports whether a plan requires an approval.
func needsApproval(p *releaseplan.Plan) bool {
	policy := p.Content().Approval
	return policy != nil && policy.Required()
}

// script is actions one after another, in one commit.
func script(actions []releaseplan.Action) releaseplan.Command {
	c := releaseplan.Command{Action: actions[0]}
	for _, next := range actions[1:] {
		c.Then = append(c.Then, releaseplan.Command{Action: next})
	}
	return c
}

func (a *api) approvePlan(c *rest.Call) error {
	var body planVote
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	if body.Approve == nil {
		return penstock.Invalid("approve", "must be true or false")
	}
	vote := releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Reject, Remark: body.Comment}
	if *body.Approve {
		vote.Vote = approval.Approve
	}
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	_, err = a.keyed(c).Do(p.ID(), vote)
	return succeed(c, unless(err, p, planAwaits, "approve"))
}
