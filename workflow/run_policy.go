package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
)

// variables returns what the variables of the run stand for now.
func (r *Run) variables() *RunVariables {
	d := r.graph.def
	v := &RunVariables{Project: d.Project, ProjectName: r.start.ProjectName, Workflow: d.Key, WorkflowName: d.Name, Number: r.number,
		Creator:  penstock.Actor{ID: r.st.Created.By.ID, Name: r.st.Created.By.Name, Email: r.start.Email},
		FromPlan: r.start.Plan != "", Created: r.st.Created.At, URL: r.start.URL, Params: r.params, Host: r.start.Host, Payload: r.start.Payload,
		Jobs: make([]JobVariables, len(r.graph.nodes))}
	for i := range r.graph.nodes {
		n := &r.graph.nodes[i]
		v.Jobs[i] = JobVariables{Key: n.key, Inputs: n.values, Outputs: r.outputs[n.key], Status: r.st.Jobs[i].state(), Started: r.st.Jobs[i].Started}
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
	if n.policy != nil {
		if _, err := r.jobRequest(i, at); err != nil {
			return under("spec", err)
		}
	}
	if !n.dynamic {
		return nil
	}
	var policy error
	scope := r.variables()
	if p := n.job.Execute; p != nil && len(p.Rules) > 0 {
		_, _, policy = p.Runs(scope)
	}
	_, err := n.filled(scope)
	return errors.Join(under("execute_policy", policy), under("spec", err))
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
	return job.Execute != nil && len(job.Execute.Rules) > 0 || job.Type == "plugin" || bytes.Contains(spec, []byte("{{"))
}

// Execution returns what an executor is told about the attempt under way at the
// job with a key. Its Log is not set.
func (r *Run) Execution(key string) (Execution, error) {
	i, ok := r.graph.index[key]
	if !ok {
		return Execution{}, r.noJob(key)
	}
	n, s := &r.graph.nodes[i], &r.st.Jobs[i]
	spec := n.spec
	if n.dynamic {
		var err error
		if spec, err = n.filled(r.variables()); err != nil {
			return Execution{}, err
		}
	}
	d := r.graph.def
	return Execution{Run: r.id, Workflow: d.Key, Project: d.Project, Number: r.number, Job: n.key, Name: n.name, Type: n.job.Type,
		Attempt: s.Attempt.ID, N: s.Count, Spec: slices.Clone(spec), Storages: slices.Clone(d.Storages)}, nil
}
