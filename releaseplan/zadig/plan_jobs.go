package zadig

import (
	"encoding/json"
	"errors"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/workflow"
)

// A jobFacts is what is known of a workflow job from elsewhere.
type jobFacts struct {
	definition *workflow.Definition // nil: not known
	secrets    jobSecrets
	status     string // of the run
	number     int64  // of the run
}

// toJob returns a task as a job of a kind. edited says that the plan was, since it was made.
func toJob(kind string, v releaseplan.TaskView, edited bool, facts jobFacts) planJob {
	s := v.Status
	head := jobHead{ID: v.ID, Name: v.Name, Status: jobWord(v.State), LastStatus: jobWord(s.LastStatus),
		Updated: s.Updated || s.LastStatus == "" && edited, ExecutedBy: s.ExecutedBy.Label(), ExecutedTime: seconds(s.ExecutedAt)}
	if !v.Owner.IsZero() {
		head.Manager, head.ManagerID = v.Owner.Label(), v.Owner.ID
	}
	switch kind {
	case jobText:
		return planJob{textJob{head, kind, textSpec{Content: contentOf(v.Task), Remark: s.Remark}}}
	case jobWorkflow:
		spec := specOf(v.Task)
		return planJob{workflowJob{head, kind, workflowSpec{Workflow: toJobWorkflow(spec, facts.definition, facts.secrets), Status: facts.status, TaskID: facts.number}}}
	default:
		return planJob{otherJob{head, otherKind(kind), anyObject{v.Spec}}}
	}
}

// contentOf is what a task tells a person to do.
func contentOf(t releaseplan.Task) string {
	var spec struct{ Content *string }
	if json.Unmarshal(t.Spec, &spec) == nil && spec.Content != nil {
		return *spec.Content
	}
	return t.Description
}

// specOf is which workflow a task starts; nothing if it cannot be read.
func specOf(t releaseplan.Task) runs.Spec {
	var spec runs.Spec
	if json.Unmarshal(t.Spec, &spec) != nil {
		return runs.Spec{}
	}
	return spec
}

// A library reads what jobs refer to, everything once.
type library struct {
	*api
	call        *rest.Call
	definitions map[string]*workflow.Definition
	secrets     map[*workflow.Definition]jobSecrets
	names       map[string]string
}

func (a *api) library(c *rest.Call) *library {
	return &library{a, c, make(map[string]*workflow.Definition), make(map[*workflow.Definition]jobSecrets), make(map[string]string)}
}

// definition returns a workflow as the actor may see it; nil if there is none to be seen.
func (l *library) definition(key string) (*workflow.Definition, error) {
	if l.Workflows == nil || key == "" {
		return nil, nil
	}
	if d, ok := l.definitions[key]; ok {
		return d, nil
	}
	r, err := l.Workflows.Definitions().Get(l.call.Context(), key, l.call.Actor)
	switch {
	case err == nil:
		l.definitions[key] = &r.Value
	case errors.Is(err, penstock.ErrNotFound), errors.Is(err, penstock.ErrForbidden), errors.Is(err, penstock.ErrInvalid):
		l.definitions[key] = nil
	default:
		return nil, err
	}
	return l.definitions[key], nil
}

// secretsOf returns the secrets of a definition. If it is not to be seen, there may be any.
func (l *library) secretsOf(d *workflow.Definition) jobSecrets {
	s, ok := l.secrets[d]
	if !ok {
		s = secretsOf(d)
		s.hidden = d == nil && l.Workflows != nil
		l.secrets[d] = s
	}
	return s
}

// job shows a task.
func (l *library) job(p *releaseplan.Plan, v releaseplan.TaskView) (planJob, error) {
	kind := l.kindWord(v.Kind)
	var facts jobFacts
	if kind == jobWorkflow {
		d, err := l.definition(specOf(v.Task).Workflow)
		if err != nil {
			return planJob{}, err
		}
		facts.definition, facts.secrets = d, l.secretsOf(d)
		if facts.status, facts.number, err = l.run(v.Status); err != nil {
			return planJob{}, err
		}
	}
	return toJob(kind, v, p.Version() > 1, facts), nil
}

// run returns the state and number of the run of the latest attempt, if the actor may see it.
func (l *library) run(s releaseplan.TaskStatus) (status string, number int64, err error) {
	if l.Workflows == nil || len(s.Attempts) == 0 || s.State == releaseplan.TaskTodo {
		return "", 0, nil
	}
	r, err := l.Workflows.Get(l.call.Context(), s.Attempts[len(s.Attempts)-1].ID, l.call.Actor)
	switch {
	case err == nil:
		return taskStatus(r.State()), r.Number(), nil
	case errors.Is(err, penstock.ErrNotFound), errors.Is(err, penstock.ErrForbidden):
		return "", 0, nil
	default:
		return "", 0, err
	}
}

// jobs shows all tasks of a plan, in order.
func (l *library) jobs(p *releaseplan.Plan) ([]planJob, error) {
	out := []planJob{}
	for _, v := range p.Tasks() {
		job, err := l.job(p, v)
		if err != nil {
			return nil, err
		}
		out = append(out, job)
	}
	return out, nil
}

// manager is the name of who is in charge: as the directory knows it, or else as it was.
func (l *library) manager(owner penstock.Party) (string, error) {
	if name, ok := l.names[owner.Key()]; ok {
		return name, nil
	}
	info, err := l.Directory.Party(l.call.Context(), owner)
	switch {
	case errors.Is(err, penstock.ErrNotFound):
		info.Party = owner
	case err != nil:
		return "", err
	}
	l.names[owner.Key()] = info.Label()
	return info.Label(), nil
}

// detail shows a plan.
func (l *library) detail(p *releaseplan.Plan) (planDetail, error) {
	manager, err := l.manager(p.Content().Owner)
	if err != nil {
		return planDetail{}, err
	}
	jobs, err := l.jobs(p)
	if err != nil {
		return planDetail{}, err
	}
	return toPlanDetail(p, manager, jobs), nil
}
