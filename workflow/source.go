package workflow

import "strings"

// A Source says where a job takes from what it works on. The empty one means
// Runtime.
type Source string

// The sources.
const (
	Runtime Source = "runtime" // the spec, and what a start gives
	Fixed   Source = "fixed"   // the spec alone
	FromJob Source = "fromjob" // a job before this one
)

// Follow is the part of a spec that says where it takes from what it works on.
type Follow struct {
	Source        Source `json:"source,omitempty"`
	JobName       string `json:"job_name,omitempty"`        // for FromJob: the job
	OriginJobName string `json:"origin_job_name,omitempty"` // where that job has it from in the end; only shown
}

// FromJob names the job that this one follows; empty if there is none.
func (f Follow) FromJob() string {
	if f.Source != FromJob {
		return ""
	}
	return f.JobName
}

func (f Follow) check(c *Checker, allowed ...Source) {
	words := []string{""}
	for _, s := range allowed {
		words = append(words, string(s))
	}
	c.OneOf("source", string(f.Source), words...)
	if f.Source == FromJob && f.JobName == "" {
		c.Fault("job_name", "must name the job that this one follows")
	}
	c.Short("job_name", f.JobName)
	c.Short("origin_job_name", f.OriginJobName)
}

// hasVariable reports whether s is only known once its variables are.
func hasVariable(s string) bool { return strings.Contains(s, "{{.") }
