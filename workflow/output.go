package workflow

import "regexp"

// An Output is a text that a job leaves for jobs after it: {{.job.NAME.output.X}}.
type Output struct {
	Name        string `json:"name"` // 1 to 64 letters, digits and _; unique in the job
	Description string `json:"description,omitempty"`
	Rest
}

const maxOutputs = 200 // of one job

var outputName = regexp.MustCompile(`^[a-zA-Z0-9_]{1,64}$`)

func (c *Checker) checkOutputs(outputs []Output) {
	if !c.Count("outputs", len(outputs), maxOutputs) {
		return
	}
	seen := make(map[string]bool, len(outputs))
	for i, o := range outputs {
		at := c.At("outputs[%d]", i)
		if !outputName.MatchString(o.Name) {
			at.Fault("name", "%q is not 1 to 64 letters, digits and _", short(o.Name))
		} else if seen[o.Name] {
			at.Fault("name", "%s is there already", o.Name)
		}
		seen[o.Name] = true
		at.Text("description", o.Description, MaxDescription)
	}
}

// outputNames returns names, and those of lists of outputs, each once.
func outputNames(names []string, lists ...[]Output) []string {
	seen := make(map[string]bool)
	for _, n := range names {
		seen[n] = true
	}
	for _, list := range lists {
		for _, o := range list {
			if !seen[o.Name] {
				names = append(names, o.Name)
			}
			seen[o.Name] = true
		}
	}
	return names
}
