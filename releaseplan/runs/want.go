package runs

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/workflow"
)

// A wanted run is what an attempt asks for.
type wanted struct {
	workflow string
	start    workflow.Start
	origin   workflow.Origin
}

// want reads what a job asks for.
func want(job *releaseplan.Job) (*wanted, error) {
	values, err := valuesOf(job)
	if err != nil {
		return nil, err
	}
	if _, err := decode(job.Task.Spec); err != nil { // before variables: what is not known is not filled in
		return nil, err
	}
	f, err := fill(job.Task.Spec, values)
	if err != nil {
		return nil, err
	}
	spec, err := decode(f.text)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(f.digest)
	w := &wanted{workflow: spec.Workflow,
		start: workflow.Start{Inputs: spec.Inputs, Remark: spec.Remark, Ticket: spec.Ticket, Secrets: f.secrets},
		origin: workflow.Origin{Plan: job.Plan.ID(), PlanName: job.Plan.Name(), Task: job.Task.ID, TaskName: job.Task.Name,
			Digest: hex.EncodeToString(sum[:])}}
	for _, name := range slices.Sorted(maps.Keys(spec.Parameters)) {
		w.start.Params = append(w.start.Params, spec.Parameters[name].argument(name))
	}
	if spec.PassApproval {
		w.origin.Approval, err = granted(job.Plan)
	}
	return w, err
}

// valuesOf returns the plan's variables: as they are, and with others in the place of secrets.
func valuesOf(job *releaseplan.Job) (sets, error) {
	digests := make(map[string]string)
	for _, v := range job.Plan.Content().Variables {
		if v.Secret {
			digests[v.Name] = v.Digest
		}
	}
	without, err := job.Plan.Variables(nil)
	if err != nil {
		return nil, err
	}
	with, err := job.Plan.Variables(digests)
	if err != nil {
		return nil, err
	}
	return sets{blank: without, marked: with, actual: job.Variables}, nil
}

// granted returns the plan's approval as it is passed on.
func granted(p *releaseplan.Plan) (*workflow.Granted, error) {
	policy, request := p.Content().Approval, p.Status().Request
	switch {
	case policy == nil || !policy.Required():
		return nil, penstock.Invalid("pass_approval", "the plan requires no approval that could be passed on")
	case request == nil || !request.Valid(p.Hash()):
		return nil, penstock.Invalid("pass_approval", "the plan's content is not approved as it is")
	}
	g := &workflow.Granted{At: request.ClosedAt(), Request: request.ID()}
	for _, vote := range request.Votes() {
		same := func(who penstock.Party) bool { return who.Key() == vote.Who.Key() }
		if vote.Decision == approval.Approve && !slices.ContainsFunc(g.By, same) {
			g.By = append(g.By, vote.Who)
		}
	}
	return g, nil
}
