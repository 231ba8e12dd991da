package workflow

import (
	"fmt"
	"slices"
	"strings"
)

// ValidateVariables reports every variable of the definition that no run can
// know, each as an ErrInvalid with its path: stages[1].jobs[0].spec.script. It
// looks at specs, at the rules of execute policies, at the paths of shared storages, and at
// parameters that variables give; what is kept as it is, such as notifications, is not looked at.
//
// A spec and a rule may name the parameters, what the host calls parameter.GROUP.KEY,
// payload, what is always there, and what jobs before it have: outputs that their type
// tells (any, if it tells none), their state and what they work on. A storage is there before
// all jobs. A job is
// before another if it is in an earlier stage, or earlier in a stage that is not
// parallel.
func (d *Definition) ValidateVariables(types *Types) error { return d.validateVariables(types, nil) }

// ValidateVariablesIn is ValidateVariables for a run that is about to start:
// scope has to know everything but what jobs have.
func (d *Definition) ValidateVariablesIn(types *Types, scope Scope) error {
	return d.validateVariables(types, scope)
}

func (d *Definition) validateVariables(types *Types, scope Scope) error {
	l := variableLint{def: d, scope: scope, jobs: make(map[string]*knownJob)}
	l.known(types)
	for i := range d.Params {
		if p := &d.Params[i]; p.Source == FromReference {
			l.rank = -1
			l.text(func() string { return fmt.Sprintf("params[%d].value", i) }, p.Text())
		}
	}
	l.rank = 0
	for i := range d.Storages {
		l.text(func() string { return fmt.Sprintf("share_storages[%d].path", i) }, d.Storages[i].Path)
	}
	for i := range d.Stages {
		for j := range d.Stages[i].Jobs {
			l.job(fmt.Sprintf("stages[%d].jobs[%d].", i, j), &d.Stages[i].Jobs[j])
		}
	}
	return l.faults.err()
}

// A knownJob is what others can know of a job.
type knownJob struct {
	rank    int
	outputs []string
	silent  bool // the type does not tell its outputs
	several bool // it may be several runs
	never   bool // it is never a single run
}

type variableLint struct {
	def    *Definition
	scope  Scope // of the run that is about to start; nil: of any run
	jobs   map[string]*knownJob
	rank   int // of what is looked at; -1: a parameter
	faults filler
}

// known looks at what each job tells of itself.
func (l *variableLint) known(types *Types) {
	ranks := l.def.ranks()
	for i := range l.def.Stages {
		for j := range l.def.Stages[i].Jobs {
			if job := &l.def.Stages[i].Jobs[j]; l.jobs[job.Name] == nil {
				l.jobs[job.Name] = tell(types, job, ranks[job.Name])
			}
		}
	}
}

func tell(types *Types, job *Job, rank int) *knownJob {
	known := &knownJob{rank: rank, silent: true, several: true}
	spec, err := types.Decode(job)
	if err != nil {
		return known // which is a fault of its own
	}
	if lister, ok := spec.(OutputLister); ok {
		known.outputs, known.silent = lister.Outputs(), false
	}
	expander, ok := spec.(Expander)
	if known.several = ok; !ok {
		return known
	}
	if follower, ok := spec.(Follower); ok && follower.FromJob() != "" {
		return known
	}
	if pieces, err := expander.Expand(Upstream{}); err == nil && len(pieces) > 0 {
		single := slices.ContainsFunc(pieces, func(p Piece) bool { return p.Suffix == "" })
		known.several, known.never = !single, !single
	}
	return known
}

func (l *variableLint) job(path string, job *Job) {
	l.rank = l.jobs[job.Name].rank
	if len(job.Spec) > 0 {
		// A spec that cannot be read is a fault of its own.
		_ = walkJSON(job.Spec, func(at jsonPath, start, end int) {
			if raw := job.Spec[start:end]; mayVary(raw) {
				l.text(func() string { return path + "spec." + at.String() }, unquote(raw))
			}
		})
	}
	if job.Execute == nil {
		return
	}
	for i, r := range job.Execute.Rules {
		l.text(func() string { return fmt.Sprintf("%sexecute_policy.rules[%d].field", path, i) }, r.Field)
		l.text(func() string { return fmt.Sprintf("%sexecute_policy.rules[%d].value", path, i) }, r.Value)
	}
}

// text reports the faults of the variables of a text.
func (l *variableLint) text(field func() string, text string) {
	s := scan(text, inBraces(nil))
	for v, ok := s.next(); ok; v, ok = s.next() {
		if why := l.why(&v); why != "" {
			l.faults.fault(field, why)
		}
	}
}

// why returns what is wrong with a variable; empty: nothing.
func (l *variableLint) why(v *variable) string {
	switch {
	case v.literal:
		return ""
	case v.fault != "":
		return v.fault
	case !isRooted(v.name):
		return v.foreign()
	}
	root, rest, _ := strings.Cut(v.name, ".")
	param, isParam := strings.CutPrefix(v.name, "workflow.params.")
	why := ""
	switch {
	case root == "job":
		why = l.jobVariable(parseJobVariable(rest))
	case isParam:
		why = l.param(param)
	case l.scope != nil:
		if _, ok := l.scope.Lookup(v.name); !ok {
			why = "it has no value"
		}
	case root == "parameter" || root == "payload":
		if rest == "" {
			why = "there is no such variable"
		}
	default:
		if _, ok := new(RunVariables).Lookup(v.name); !ok {
			why = "there is no such variable"
		}
	}
	if why == "" {
		return ""
	}
	return v.String() + ": " + why
}

// param returns why a parameter cannot be named.
func (l *variableLint) param(name string) string {
	switch p := l.def.Param(name); {
	case p == nil:
		return "there is no such parameter"
	case p.Type == RepoParam:
		return "a repository has no text"
	case l.rank < 0 && p.Source == FromReference:
		return "that parameter is given by variables itself"
	default:
		return ""
	}
}

// jobVariable returns why a variable of a job cannot be named.
func (l *variableLint) jobVariable(v jobVariable) string {
	job, name := l.jobs[v.job], short(v.job)
	switch {
	case l.rank < 0:
		return "a parameter is known before jobs are"
	case job == nil:
		return "there is no such job"
	case job.rank >= l.rank:
		return "job " + name + " is not before this one"
	case v.kind == ofAll && !job.several:
		return "job " + name + " is a single run"
	case v.kind == ofAll:
		return ""
	case v.name == "" && v.kind == ofInput:
		return "there is no such variable"
	case v.suffix != "" && !job.several:
		return "job " + name + " is a single run"
	case v.suffix == "" && job.never:
		return "job " + name + " is several runs: say which, as job." + name + ".SERVICE.MODULE"
	case v.kind == ofOutput && !job.silent && !slices.Contains(job.outputs, v.name):
		return missingOutput(name, job.outputs)
	default:
		return ""
	}
}

func missingOutput(job string, outputs []string) string {
	if len(outputs) == 0 {
		return "job " + job + " has no outputs"
	}
	return "job " + job + " has the outputs " + short(strings.Join(outputs, ", "))
}
