package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// starter returns who started the run, without an e-mail.
func (r *Run) starter() penstock.Actor {
	return penstock.Actor{ID: r.st.Created.By.ID, Name: r.st.Created.By.Name}
}

// variables returns what the variables of the run stand for now.
func (r *Run) variables() *RunVariables {
	d := r.graph.def
	v := &RunVariables{Project: d.Project, ProjectName: r.start.ProjectName, Workflow: d.Key, WorkflowName: d.Name, Number: r.number,
		Creator:  penstock.Actor{ID: r.st.Created.By.ID, Name: r.st.Created.By.Name, Email: r.start.Email},
		FromPlan: r.start.Origin != nil, Created: r.st.Created.At, URL: r.start.URL, Params: r.params, Host: r.start.Host, Payload: r.start.Payload,
		Jobs: make([]JobVariables, len(r.graph.nodes))}
	for i := range r.graph.nodes {
		n := &r.graph.nodes[i]
		v.Jobs[i] = JobVariables{Key: n.key, Inputs: n.values, Outputs: r.outputs[n.key]}
		if len(r.jobs) > 0 { // or it is about to be created
			v.Jobs[i].Status, v.Jobs[i].Started = r.jobs[i].state(), r.jobs[i].Started
		}
	}
	return v
}

// unwanted returns why the execute policy of a job leaves it out, or "".
func (r *Run) unwanted(i int) string {
	policy := r.graph.nodes[i].job.Execute
	if policy == nil || len(policy.Rules) == 0 {
		return ""
	}
	if runs, why, err := policy.Runs(r.variables()); err == nil && !runs {
		return why
	}
	return ""
}

// unready returns the faults that keep a job from starting: variables that nothing
// stands for, and an approval that cannot be asked for.
func (r *Run) unready(i int, at time.Time) error {
	n := &r.graph.nodes[i]
	if n.policy != nil && !r.granted() {
		if _, err := r.jobRequest(i, at); err != nil {
			return under("spec", err)
		}
	}
	var storages error
	if n.executes() {
		_, storages = r.storages()
	}
	if !n.dynamic {
		return storages
	}
	var policy error
	scope := r.variables()
	if p := n.job.Execute; p != nil && len(p.Rules) > 0 {
		_, _, policy = p.Runs(scope)
	}
	_, err := n.filled(scope)
	return errors.Join(under("execute_policy", policy), under("spec", err), storages)
}

// filled returns the spec of a job with its variables filled in.
func (n *node) filled(scope Scope) (json.RawMessage, error) {
	if !n.dynamic {
		return n.spec, nil
	}
	if n.job.Type == "plugin" {
		return ExpandPlugin(n.spec, scope)
	}
	return ExpandSpec(n.spec, scope)
}

// isDynamic reports whether variables may have to be filled in for a job.
func isDynamic(job *Job, spec json.RawMessage) bool {
	return job.Execute != nil && len(job.Execute.Rules) > 0 || job.Type == "plugin" || bytes.Contains(spec, []byte(braces)) ||
		bytes.Contains(spec, []byte(`\u007b`)) || bytes.Contains(spec, []byte(`\u007B`)) // which is a brace
}

// storages returns what the jobs of the run share, with the variables of paths filled in.
func (r *Run) storages() ([]ShareStorage, error) {
	all := slices.Clone(r.graph.def.Storages)
	var scope *RunVariables
	var faults []error
	for i := range all {
		if !strings.Contains(all[i].Path, braces) {
			continue
		}
		if scope == nil {
			scope = r.variables()
		}
		var err error
		if all[i].Path, err = Expand(all[i].Path, scope); err == nil && all[i].Path != "" && all[i].Path[0] != '/' {
			err = penstock.Invalid("", "must be absolute")
		}
		faults = append(faults, under(fmt.Sprintf("share_storages[%d].path", i), err))
	}
	return all, errors.Join(faults...)
}

// Execution returns what an executor is told about the attempt under way at the
// job with a key, but for the secrets of the run, which are masked in the spec: an executor is
// told them by [Service.Execute]. Its Log is not set.
func (r *Run) Execution(key string) (Execution, error) {
	e, err := r.execution(key)
	if err != nil {
		return Execution{}, err
	}
	e.Spec = maskJSON(r.maskerWith(specSecrets(e.Spec)), e.Spec)
	return e, nil
}

// execution is Execution with everything.
func (r *Run) execution(key string) (Execution, error) {
	i, ok := r.graph.index[key]
	if !ok {
		return Execution{}, r.noJob(key)
	}
	n, s := &r.graph.nodes[i], r.jobs[i]
	spec := n.spec
	if n.dynamic {
		var err error
		if spec, err = n.filled(r.variables()); err != nil {
			return Execution{}, err
		}
	}
	storages, err := r.storages()
	if err != nil {
		return Execution{}, err
	}
	d := r.graph.def
	return Execution{Run: r.id, Workflow: d.Key, Project: d.Project, Number: r.number, Job: n.key, Name: n.name, Type: n.job.Type,
		Attempt: s.Attempt.ID, N: s.Count, Spec: slices.Clone(spec), Storages: storages}, nil
}
