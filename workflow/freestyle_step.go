package workflow

// A FreestyleStep is one step of a [FreestyleSpec] of the older form.
type FreestyleStep struct {
	Name string            `json:"name"` // unique in the job
	Type FreestyleStepType `json:"type"`
	Spec FreestyleStepSpec `json:"spec,omitzero"`
	Rest
}

// A FreestyleStepType says what a step does.
type FreestyleStepType string

// The types of steps.
const (
	StepTools FreestyleStepType = "tools" // install tools
	StepGit   FreestyleStepType = "git"   // check repositories out
	StepShell FreestyleStepType = "shell" // run a script
)

// FreestyleStepSpec is what a step needs; its type says which member.
type FreestyleStepSpec struct {
	Installs []Install    `json:"installs,omitempty"`
	Repos    []Repository `json:"repos,omitempty"`
	Script   string       `json:"script,omitempty"`
	Rest
}

const maxSteps = 100

func checkSteps(c *Checker, steps []FreestyleStep) {
	if !c.Count("steps", len(steps), maxSteps) {
		return
	}
	seen := make(map[string]bool, len(steps))
	for i := range steps {
		at, s := c.At("steps[%d]", i), &steps[i]
		at.Name("name", s.Name)
		if seen[s.Name] && s.Name != "" {
			at.Fault("name", "%q is there already", short(s.Name))
		}
		seen[s.Name] = true
		at.OneOf("type", string(s.Type), string(StepTools), string(StepGit), string(StepShell))
		at.At("spec").checkInstalls("installs", s.Spec.Installs)
		at.At("spec").checkRepos(s.Spec.Repos)
		at.At("spec").Text("script", s.Spec.Script, MaxSpec)
		if s.Type == StepShell && s.Spec.Script == "" {
			at.Fault("spec.script", "must not be empty")
		}
	}
}
