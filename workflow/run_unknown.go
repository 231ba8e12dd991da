package workflow

import (
	"errors"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock"
)

// A namedVariable is one that a graph needs, with the first place that names it.
type namedVariable struct {
	path, name string
}

// namedIn returns the variables that the jobs of a graph name, each once.
func namedIn(g *graph) (all []namedVariable) {
	seen := make(map[string]bool)
	look := func(path func() string, text string) {
		if !strings.Contains(text, braces) {
			return
		}
		for _, name := range References(text) {
			if !seen[name] && isRooted(name) {
				seen[name] = true
				all = append(all, namedVariable{path(), name})
			}
		}
	}
	for i := range g.nodes {
		n := &g.nodes[i]
		if !n.dynamic {
			continue
		}
		// A spec that cannot be read was told when it was expanded.
		_ = walkJSON(n.spec, func(at jsonPath, start, end int) {
			if raw := n.spec[start:end]; mayVary(raw) {
				look(func() string { return n.path + ".spec." + at.String() }, unquote(raw))
			}
		})
		if n.job.Execute == nil {
			continue
		}
		for j, rule := range n.job.Execute.Rules {
			look(func() string { return fmt.Sprintf("%s.execute_policy.rules[%d].field", n.path, j) }, rule.Field)
			look(func() string { return fmt.Sprintf("%s.execute_policy.rules[%d].value", n.path, j) }, rule.Value)
		}
	}
	return all
}

// unknown reports the variables that nothing will stand for in this run: what the host was to say and
// has not, and what a job was to tell that this start leaves out.
func (r *Run) unknown() error {
	if len(r.graph.named) == 0 {
		return nil
	}
	scope := r.variables()
	var faults []error
	for _, v := range r.graph.named {
		root, rest, _ := strings.Cut(v.name, ".")
		if root != "job" {
			if _, known := scope.Lookup(v.name); !known {
				faults = append(faults, penstock.Invalid(v.path, "the variable {{.%s}} has no value", short(v.name)))
			}
			continue
		}
		if job := parseJobVariable(rest).job; r.graph.leavesOut(job) {
			faults = append(faults, penstock.Invalid(v.path, "the variable {{.%s}} has no value: job %s is left out", short(v.name), job))
		}
		if len(faults) == maxVariableFaults {
			break
		}
	}
	return errors.Join(faults...)
}

// leavesOut reports whether a job of the definition is not among those of the run.
func (g *graph) leavesOut(job string) bool {
	for i := range g.nodes {
		if g.nodes[i].job.Name == job {
			return false
		}
	}
	known, _ := g.def.Job(job)
	return known != nil
}
