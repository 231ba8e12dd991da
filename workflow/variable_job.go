package workflow

import (
	"strconv"
	"strings"
)

// A jobVariable is the name of a variable of a job, taken apart.
type jobVariable struct {
	job    string // its name
	suffix string // of one of its runs; empty: there is but one
	kind   jobVariableKind
	name   string // of an output, an input or a list
}

type jobVariableKind int

const (
	ofInput jobVariableKind = iota
	ofOutput
	ofStatus
	ofStart
	ofAll // a list of what all its runs have
)

// parseJobVariable takes what follows "job." apart.
func parseJobVariable(name string) jobVariable {
	parts := strings.Split(name, ".")
	v := jobVariable{job: parts[0]}
	n := len(parts)
	last := parts[n-1]
	switch {
	case n < 2:
		return v // no variable, as no input has an empty name
	case n > 2 && parts[n-2] == "output":
		v.kind, v.name, v.suffix = ofOutput, last, strings.Join(parts[1:n-2], ".")
	case n > 2 && parts[n-2] == "util" && last == "startTime":
		v.kind, v.name, v.suffix = ofStart, last, strings.Join(parts[1:n-2], ".")
	case last == "status":
		v.kind, v.name, v.suffix = ofStatus, last, strings.Join(parts[1:n-1], ".")
	case n == 2 && isList(last):
		v.kind, v.name = ofAll, last
	default:
		v.kind, v.name, v.suffix = ofInput, last, strings.Join(parts[1:n-1], ".")
	}
	return v
}

// isList reports whether a name is that of a list of what all runs of a job have.
func isList(name string) bool {
	return name == "SERVICES" || name == "BRANCHES" || name == "GITURLS" || name == "IMAGES"
}

// key returns the key of the run of the job.
func (v jobVariable) key() string { return joined(v.job, v.suffix) }

// job returns the value of a variable of a job.
func (r nested) job(v jobVariable) (string, bool) {
	if v.kind == ofAll {
		return r.list(v)
	}
	key := v.key()
	for i := range r.Jobs {
		j := &r.Jobs[i]
		if j.Key != key {
			continue
		}
		switch v.kind {
		case ofOutput:
			value, ok := j.Outputs[v.name]
			return value, ok
		case ofStatus:
			return string(j.Status), true
		case ofStart:
			return strconv.FormatInt(j.Started.Unix(), 10), !j.Started.IsZero()
		default:
			return r.input(j, v.name)
		}
	}
	return "", false
}

// input returns a value that is known before the job has run.
func (r nested) input(j *JobVariables, name string) (string, bool) {
	template, ok := j.Inputs[name]
	if !ok || name == "" {
		return "", false
	}
	return r.fill("job."+j.Key+"."+name, template)
}

// list joins what the runs of a job have.
func (r nested) list(v jobVariable) (string, bool) {
	var all []string
	found := false
	for i := range r.Jobs {
		j := &r.Jobs[i]
		if j.Key != v.job && !strings.HasPrefix(j.Key, v.job+".") {
			continue
		}
		value, ok := r.fill(v.name+" of "+j.Key, listed(j, v.name))
		if v.name == "IMAGES" {
			if found = true; j.Outputs["IMAGE"] == "" { // it was skipped, or made none
				continue
			}
			value, ok = j.Outputs["IMAGE"], true
		}
		if !ok {
			return "", false
		}
		all, found = append(all, value), true
	}
	return strings.Join(all, ","), found
}

// listed returns what one run of a job adds to a list; it may hold variables.
func listed(j *JobVariables, list string) string {
	switch list {
	case "SERVICES":
		if module := j.Inputs["SERVICE_MODULE"]; module != "" {
			return module + "/" + j.Inputs["SERVICE_NAME"]
		}
		return j.Inputs["SERVICE_NAME"]
	case "BRANCHES":
		return j.Inputs["BRANCH"]
	case "GITURLS":
		return j.Inputs["GITURL"]
	default:
		return ""
	}
}
