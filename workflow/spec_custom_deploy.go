package workflow

import (
	"encoding/json"
	"slices"
	"strings"
)

// CustomDeploySpec is the spec of a custom-deploy: it sets images of
// containers in a Kubernetes namespace, each as a run of its own.
type CustomDeploySpec struct {
	Source        Source         `json:"source,omitempty"` // Runtime or Fixed
	Namespace     string         `json:"namespace,omitempty"`
	Cluster       string         `json:"cluster_id,omitempty"`
	Registry      string         `json:"docker_registry_id,omitempty"`
	SkipRunCheck  bool           `json:"skip_check_run_status,omitempty"`
	TimeoutMins   int            `json:"timeout,omitempty"` // minutes; 0 means any time
	Targets       []DeployTarget `json:"targets,omitempty"`
	TargetOptions []DeployTarget `json:"target_options,omitempty"` // what a start chooses from; none: anything
	Rest
}

// A DeployTarget is a container and its image.
type DeployTarget struct {
	Target    string `json:"target"` // type/workload/container: Deployment/web/nginx
	Image     string `json:"image,omitempty"`
	ImageName string `json:"image_name,omitempty"`
	Rest
}

// Check reports what is wrong with the spec.
func (s *CustomDeploySpec) Check(c *Checker) {
	c.OneOf("source", string(s.Source), "", string(Runtime), string(Fixed))
	c.Name("namespace", s.Namespace)
	c.Short("cluster_id", s.Cluster)
	c.Short("docker_registry_id", s.Registry)
	c.Range("timeout", s.TimeoutMins, 0, MaxTimeout)
	checkTargets(c, "targets", s.Targets)
	checkTargets(c, "target_options", s.TargetOptions)
	if s.Source == Fixed && len(s.Targets) == 0 {
		c.Fault("targets", "must not be empty with source fixed")
	}
}

func checkTargets(c *Checker, field string, targets []DeployTarget) {
	if !c.Count(field, len(targets), MaxPieces) {
		return
	}
	seen := make(map[string]bool, len(targets))
	for i, t := range targets {
		at := c.At("%s[%d]", field, i)
		checkTarget(at, t.Target)
		if key := targetKey(t.Target); seen[key] {
			at.Fault("target", "%q is there already", short(t.Target))
		} else {
			seen[key] = true
		}
		at.Text("image", t.Image, MaxValue)
		at.Short("image_name", t.ImageName)
	}
}

func checkTarget(c *Checker, target string) {
	c.Short("target", target)
	parts := strings.Split(target, "/")
	if len(parts) != 3 || slices.Contains(parts, "") {
		c.Fault("target", "%q is not type/workload/container", short(target))
		return
	}
	checkWorkload(c, "target", parts[0])
}

func checkWorkload(c *Checker, field, kind string) {
	if !strings.EqualFold(kind, "Deployment") && !strings.EqualFold(kind, "StatefulSet") {
		c.Fault(field, "%q is not Deployment or StatefulSet", short(kind))
	}
}

// targetKey is what a target has in common however its type is written.
func targetKey(target string) string {
	kind, rest, _ := strings.Cut(target, "/")
	return strings.ToLower(kind) + "." + strings.ReplaceAll(rest, "/", ".")
}

// Timeout returns the minutes that each run may take; 0 means any time.
func (s *CustomDeploySpec) Timeout() int { return s.TimeoutMins }

// customDeployInput is what a start gives to a custom-deploy.
type customDeployInput struct {
	Targets *[]struct {
		Kind      string `json:"workload_type"`
		Workload  string `json:"workload_name"`
		Container string `json:"container_name"`
		Image     string `json:"image_name"`
	} `json:"target_list"`
}

// TakeInputs takes {target_list: [{workload_type, workload_name, container_name,
// image_name}]}. The list replaces the targets.
func (s *CustomDeploySpec) TakeInputs(parameters json.RawMessage) error {
	var in customDeployInput
	if err := DecodeInput(parameters, &in); err != nil || in.Targets == nil {
		return err
	}
	var c Checker
	if s.Source == Fixed {
		c.Fault("target_list", "the targets are set by the workflow")
	}
	c.Count("target_list", len(*in.Targets), MaxPieces)
	var targets []DeployTarget
	seen := make(map[string]bool)
	for i, given := range *in.Targets {
		at := c.At("target_list[%d]", i)
		checkWorkload(at, "workload_type", given.Kind)
		checkPart(at, "workload_name", given.Workload)
		checkPart(at, "container_name", given.Container)
		at.Required("image_name", given.Image, MaxValue)
		target := s.target(given.Kind + "/" + given.Workload + "/" + given.Container)
		key := targetKey(target.Target)
		switch {
		case seen[key]:
			at.Fault("", "%s is given twice", short(target.Target))
		case len(s.TargetOptions) > 0 && !slices.ContainsFunc(s.TargetOptions, func(o DeployTarget) bool { return targetKey(o.Target) == key }):
			at.Fault("", "%s is not among the options of the job", short(target.Target))
		}
		seen[key] = true
		target.Image = given.Image
		targets = append(targets, target)
	}
	if err := c.Faults(); err != nil {
		return err
	}
	s.Targets = targets
	return nil
}

func checkPart(c *Checker, field, name string) {
	c.Name(field, name)
	if strings.Contains(name, "/") {
		c.Fault(field, "must not hold /")
	}
}

// target returns the target with that name as the spec has it.
func (s *CustomDeploySpec) target(name string) DeployTarget {
	for _, t := range append(slices.Clone(s.Targets), s.TargetOptions...) {
		if targetKey(t.Target) == targetKey(name) {
			return t
		}
	}
	return DeployTarget{Target: name}
}

// Expand returns one run for each target; its suffix is type.workload.container.
func (s *CustomDeploySpec) Expand(Upstream) ([]Piece, error) {
	var c Checker
	if len(s.Targets) == 0 {
		c.Fault("targets", "no target is chosen")
	}
	var all expansion
	pieces := make([]Piece, 0, len(s.Targets))
	for i, t := range s.Targets {
		if t.Image == "" {
			c.Fault("targets["+decimal(i)+"].image", "must be chosen")
		}
		one := *s
		one.Targets, one.TargetOptions = []DeployTarget{t}, nil
		text, err := all.encode(&one)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, Piece{
			Suffix: targetKey(t.Target), Spec: text,
			Values: map[string]string{"IMAGE": t.Image},
		})
	}
	if err := c.Faults(); err != nil {
		return nil, err
	}
	return pieces, nil
}

// Outputs returns nothing: a custom-deploy has none.
func (s *CustomDeploySpec) Outputs() []string { return nil }
