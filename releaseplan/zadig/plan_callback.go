package zadig

import (
	"errors"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// A planCallback is what a check from outside answers.
type planCallback struct {
	Plan        string   `json:"release_plan_id" need:"true"`
	Code        string   `json:"instance_code" need:"true"`
	Event       string   `json:"hook_event" enum:"finish_planning,start_execute,all_job_done"`
	Result      string   `json:"result" enum:"success,failed,executing"`
	Reason      string   `json:"failed_reason,omitempty"`
	Description string   `json:"description,omitempty"`
	_           struct{} `open:"true"`
}

// command returns the answer as a command.
func (b planCallback) command() (releaseplan.Command, error) {
	c := releaseplan.Command{Action: releaseplan.AnswerGate, Code: b.Code}
	switch b.Result {
	case "success":
		c.Answer, c.Remark = releaseplan.GatePass, b.Description
	case "failed":
		c.Answer, c.Remark = releaseplan.GateFail, b.Reason
	case "executing":
		c.Answer, c.Remark = releaseplan.GateProgress, b.Description
	default:
		return c, penstock.Invalid("result", "must be success, failed or executing")
	}
	if n := len(c.Remark); n > releaseplan.MaxRemark {
		return c, penstock.Invalid("", "%d bytes are too many for what is said: at most %d", n, releaseplan.MaxRemark)
	}
	for _, row := range gateEvents {
		if row.event == b.Event {
			return c, nil
		}
	}
	return c, penstock.Invalid("hook_event", "must be finish_planning, start_execute or all_job_done")
}

// answerCheck answers the check that waits for it. The code decides, which is of one check of one
// plan; who has a wrong one is not told why it is wrong, nor whether there is such a plan.
func (a *api) answerCheck(c *rest.Call) error {
	var body planCallback
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	if len(body.Code) > maxCode || len(body.Plan) > maxCode {
		return noCheck()
	}
	command, err := body.command()
	if err != nil {
		return err
	}
	p, err := a.keyed(c).Get(body.Plan)
	if err == nil {
		g := p.Status().Gate
		if g == nil || !slices.ContainsFunc(gateEvents, func(row gateEvent) bool { return row.on == g.On && row.event == body.Event }) {
			err = penstock.ErrForbidden
		}
	}
	if err == nil {
		_, err = a.keyed(c).Do(body.Plan, command)
	}
	for _, kind := range []error{penstock.ErrNotFound, penstock.ErrForbidden, penstock.ErrRefused, penstock.ErrInvalid} {
		if errors.Is(err, kind) {
			return noCheck()
		}
	}
	return succeed(c, err)
}

// maxCode bounds what a code and the id of a plan can be, in bytes.
const maxCode = 255

// noCheck says the same whatever is wrong.
func noCheck() error {
	return &failed{code: codeForbidden, why: "no check waits for an answer with this code", err: penstock.ErrForbidden}
}

// callback is who answers checks, to an Authorizer: it has a code, and no name.
var callback = penstock.Actor{ID: "zadig:callback", Name: "callback"}
