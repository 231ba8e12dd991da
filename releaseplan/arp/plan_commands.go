package arp

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/excerpt"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// A remarkBody is what goes with most commands.
type remarkBody struct {
	Remark string `json:"remark,omitempty" doc:"why"`
}

// An executeBody is how a plan is started.
type executeBody struct {
	Planned *newStart `json:"new_planned_time,omitempty" doc:"of a plan that is started late; ignored if it is early"`
}

type newStart struct {
	Start *string `json:"start,omitempty" format:"date-time" doc:"after the planned start, and before now"`
}

// A duplicateBody is in what a copy differs.
type duplicateBody struct {
	Name        *string    `json:"name,omitempty" doc:"default: that of the plan, and (copy)"`
	Start       *string    `json:"planned_start_time,omitempty" format:"date-time" doc:"all times are shifted with it"`
	Owner       *reference `json:"owner,omitempty" doc:"default: that of the plan"`
	Folder      *reference `json:"folder,omitempty" doc:"default: that of the plan"`
	Description *string    `json:"description,omitempty" doc:"default: that of the plan"`
}

// A voteBody is a vote.
type voteBody struct {
	Decision string `json:"decision,omitempty" enum:"approve,reject" doc:"default: approve"`
	Comment  string `json:"comment,omitempty"`
}

// planCommands are the operations on plans that say no more than what to do.
func planCommands() []operation {
	var all []operation
	for _, c := range []struct {
		path, id, summary string
		action            releaseplan.Action
	}{
		{"archive", "archivePlan", "Put a plan away", releaseplan.Archive},
		{"unarchive", "unarchivePlan", "Take a plan out again", releaseplan.Unarchive},
		{"pause", "pausePlan", "Start nothing more; what runs ends", releaseplan.Pause},
		{"resume", "resumePlan", "Go on", releaseplan.Resume},
		{"cancel", "cancelPlan", "Stop a plan for good", releaseplan.Cancel},
		{"reset", "resetPlan", "Make a plan a draft again", releaseplan.Reopen},
		{"finalize", "finalizePlan", "End the planning", releaseplan.Finalize},
		{"request_approval", "requestApproval", "Ask the approvers", releaseplan.RequestApproval},
		{"withdraw", "withdrawRequest", "Take back the request for approval", releaseplan.Withdraw},
		{"recheck", "recheckPlan", "Repeat a check that failed", releaseplan.Recheck},
		{"finish", "finishPlan", "Let a plan with milestones end", releaseplan.Finish},
	} {
		all = append(all, operation{
			method: http.MethodPost, path: "/plans/{id}/" + c.path, id: c.id, summary: c.summary, body: remarkBody{}, bare: true, answer: releasePlan{},
			says: wording{c.path, noPlan, badData},
			handle: func(r *request) error {
				var b remarkBody
				if err := r.readThen(&b, true); err != nil {
					return err
				}
				return r.do(releaseplan.Command{Action: c.action, Remark: b.Remark})
			},
		})
	}
	return all
}

// do lets the plan do something, and answers with it.
func (r *request) do(c releaseplan.Command) error {
	p, err := r.keyed().Do(r.plan.ID(), c)
	return r.show(http.StatusOK, p, err)
}

func executePlan(r *request) error {
	var b executeBody
	if err := r.readThen(&b, true); err != nil {
		return err
	}
	c := releaseplan.Command{Action: releaseplan.Execute}
	if b.Planned != nil && b.Planned.Start != nil {
		var err error
		if c.Start, err = instant(*b.Planned.Start, "new_planned_time.start"); err != nil {
			return err
		}
	}
	p, err := r.keyed().Do(r.plan.ID(), c)
	return r.show(http.StatusOK, p, rest.Renamed(err, strings.NewReplacer("start", "new_planned_time.start").Replace))
}

func duplicatePlan(r *request) error {
	var b duplicateBody
	if err := r.readThen(&b, true); err != nil {
		return err
	}
	as := releaseplan.Copy{Description: b.Description}
	var faults []error
	if b.Name != nil {
		if as.Name = *b.Name; as.Name == "" {
			faults = append(faults, penstock.Invalid("name", "must not be empty"))
		}
	}
	if b.Start != nil {
		var err error
		as.Start, err = instant(*b.Start, "planned_start_time")
		faults = append(faults, err)
	}
	if b.Folder != nil {
		var err error
		as.Folder, err = r.folder(r.Context(), b.Folder)
		faults = append(faults, err)
	}
	owner, err := r.ownerOfCopy(b.Owner)
	as.Owner = owner.Party
	if err := errors.Join(append(faults, err)...); err != nil {
		return err
	}
	if !owner.Active {
		return &failed{http.StatusBadRequest, inactive, penstock.ErrInvalid}
	}
	p, err := r.keyed().Duplicate(r.plan.ID(), as)
	return r.show(http.StatusOK, p, err)
}

// ownerOfCopy finds who a copy is to belong to: who is named, or the owner of the plan.
func (r *request) ownerOfCopy(named *reference) (penstock.PartyInfo, error) {
	if named != nil {
		return r.party(r.Context(), "owner", named)
	}
	owner := r.plan.Content().Owner
	info, err := r.Directory.Party(r.Context(), owner)
	if errors.Is(err, penstock.ErrNotFound) {
		return info, penstock.Invalid("owner", "%q is not known", excerpt.Line(owner.Label(), 64))
	}
	return info, err
}

func approvePlan(r *request) error {
	var b voteBody
	if err := r.readThen(&b, true); err != nil {
		return err
	}
	vote := approval.Decision(b.Decision)
	switch vote {
	case "":
		vote = approval.Approve
	case approval.Approve, approval.Reject:
	default:
		return penstock.Invalid("decision", "must be one of %s, %s", approval.Approve, approval.Reject)
	}
	return r.do(releaseplan.Command{Action: releaseplan.Vote, Vote: vote, Remark: b.Comment})
}

// What a variable can be called.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

const maxVariableName = 128

func setVariables(r *request) error {
	var all []variableBody
	if err := r.readThen(&all, false); err != nil {
		return err
	}
	if err := complete("", all); err != nil {
		return err
	}
	secret := make(map[string]bool)
	for _, x := range r.plan.Content().Variables {
		secret[x.Name] = x.Secret
	}
	c := releaseplan.Command{Action: releaseplan.SetVariables}
	var faults []string
	for _, x := range all {
		switch {
		case len(*x.Name) > maxVariableName:
			faults = append(faults, "variable name exceeds the maximum length")
		case !variableName.MatchString(*x.Name):
			faults = append(faults, "variable name contains invalid character")
		case secret[*x.Name] && *x.Value == secretMask: // as it was shown
		default:
			c.Variables = append(c.Variables, releaseplan.Variable{Name: *x.Name, Value: *x.Value})
		}
	}
	if len(faults) > 0 {
		body := badName
		body.Details = strings.Join(faults, "; ")
		return &failed{http.StatusBadRequest, body, penstock.ErrInvalid}
	}
	p, err := r.keyed().Do(r.plan.ID(), c)
	for _, f := range penstock.Faults(err) {
		if strings.HasSuffix(f.Field, "].name") && !errors.Is(err, penstock.ErrRefused) { // there is none
			body := badName
			body.Details = details(err)
			return &failed{http.StatusBadRequest, body, err}
		}
	}
	return r.show(http.StatusOK, p, err)
}

// A historyEntry is one fact in the life of a plan.
type historyEntry struct {
	ID     int64  `json:"id" doc:"from 1, without gaps"`
	Time   string `json:"time" format:"date-time"`
	Type   string `json:"type" doc:"what kind of fact it is"`
	By     string `json:"by" doc:"who did it"`
	Action string `json:"action" doc:"that did it; may be empty"`
	From   string `json:"from" doc:"the state before, in words of the service"`
	To     string `json:"to" doc:"the state after"`
	Object string `json:"object" doc:"the name of the task or milestone that it is about; may be empty"`
	Remark string `json:"remark"`
	Desc   string `json:"desc" doc:"for people"`
}

type historyList struct {
	HasMore bool           `json:"has_more"`
	Total   int64          `json:"total"`
	Data    []historyEntry `json:"data"`
}

func getHistory(r *request) error {
	page, err := r.page()
	if err != nil {
		return err
	}
	if err := r.read(); err != nil {
		return err
	}
	anchor, err := r.Plans.Anchor(r.Context(), r.plan.ID(), r.Actor)
	if err != nil {
		return err
	}
	after := anchor.Seq + int64(page.Offset)
	list := historyList{Total: r.plan.Status().Changes - anchor.Seq, Data: []historyEntry{}}
	if int64(page.Offset) < list.Total {
		entries, err := r.Plans.History(r.Context(), r.plan.ID(), after, page.Limit, r.Actor)
		if err != nil {
			return err
		}
		for _, e := range entries {
			list.Data = append(list.Data, historyEntry{
				ID: e.Seq, Time: e.At.UTC().Format(timeLayout), Type: string(e.Kind), By: e.By.Label(), Action: string(e.Action), From: e.From, To: e.To,
				Object: e.Name, Remark: e.Remark, Desc: e.String(),
			})
		}
	}
	list.HasMore = int64(page.Offset+len(list.Data)) < list.Total
	return r.JSON(http.StatusOK, list)
}
