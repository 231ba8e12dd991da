package workflow

import (
	"encoding/json"
	"slices"
)

// FreestyleSpec is the spec of a freestyle: it runs scripts. Either Script or
// Steps says what; the members that belong to Steps are those of older definitions.
type FreestyleSpec struct {
	Kind string `json:"freestyle_type,omitempty"` // empty, or service_freestyle: once for each service
	Follow
	RefRepos      bool               `json:"ref_repos,omitempty"` // take the repositories of the job that it follows
	Services      []FreestyleService `json:"services,omitempty"`  // of a service_freestyle
	Script        string             `json:"script,omitempty"`
	ScriptType    string             `json:"script_type,omitempty"` // shell, batch_file or powershell; empty: shell
	Repos         []Repository       `json:"repos,omitempty"`
	Envs          []KeyVal           `json:"envs,omitempty"`
	ObjectStorage *UploadSpec        `json:"object_storage_upload,omitempty"`
	Runtime       *RuntimeSpec       `json:"runtime,omitempty"`
	Advanced      *AdvancedSpec      `json:"advanced_setting,omitempty"`

	Steps      []FreestyleStep `json:"steps,omitempty"`
	Properties *AdvancedSpec   `json:"properties,omitempty"`
	Declared   []Output        `json:"outputs,omitempty"`
	Rest
}

// A FreestyleService is a service that a script runs for.
type FreestyleService struct {
	Service string       `json:"service_name"`
	Module  string       `json:"service_module,omitempty"`
	Repos   []Repository `json:"repos,omitempty"`
	KeyVals []KeyVal     `json:"key_vals,omitempty"`
	Rest
}

const serviceFreestyle = "service_freestyle"

func (s *FreestyleSpec) perService() bool { return s.Kind == serviceFreestyle }

// Check reports what is wrong with the spec.
func (s *FreestyleSpec) Check(c *Checker) {
	c.OneOf("freestyle_type", s.Kind, "", serviceFreestyle)
	s.check(c, Runtime, FromJob)
	if s.FromJob() != "" && !s.perService() {
		c.Fault("source", "fromjob goes with freestyle_type %s only", serviceFreestyle)
	}
	s.checkServices(c)
	switch {
	case s.Script == "" && len(s.Steps) == 0:
		c.Fault("script", "must not be empty")
	case s.Script != "" && len(s.Steps) > 0:
		c.Fault("steps", "go without a script only")
	}
	c.Text("script", s.Script, MaxSpec)
	c.OneOf("script_type", s.ScriptType, "", "shell", "batch_file", "powershell")
	c.checkRepos(s.Repos)
	c.checkKeyVals("envs", s.Envs)
	s.ObjectStorage.check(c.At("object_storage_upload"))
	s.Runtime.check(c.At("runtime"))
	s.Advanced.check(c.At("advanced_setting"))
	s.Properties.check(c.At("properties"))
	c.checkOutputs(s.Declared)
	checkSteps(c, s.Steps)
}

func (s *FreestyleSpec) checkServices(c *Checker) {
	if len(s.Services) > 0 && !s.perService() {
		c.Fault("services", "go with freestyle_type %s only", serviceFreestyle)
	}
	if !c.Count("services", len(s.Services), MaxPieces) {
		return
	}
	seen := make(map[string]bool, len(s.Services))
	for i := range s.Services {
		at, f := c.At("services[%d]", i), &s.Services[i]
		at.checkService(f.Service, f.Module, seen)
		at.checkRepos(f.Repos)
		at.checkKeyVals("key_vals", f.KeyVals)
	}
}

// Fits returns why a job cannot be followed.
func (s *FreestyleSpec) Fits(from Spec) error { return fitsServices(from) }

// Outputs returns the names of the outputs.
func (s *FreestyleSpec) Outputs() []string {
	var advanced, properties []Output
	if s.Advanced != nil {
		advanced = s.Advanced.Outputs
	}
	if s.Properties != nil {
		properties = s.Properties.Outputs
	}
	return outputNames(nil, s.Declared, advanced, properties)
}

// Timeout returns the minutes that each run may take.
func (s *FreestyleSpec) Timeout() int { return timeoutOf(s.Advanced, s.Properties) }

// Variables returns the variables that the scripts see.
func (s *FreestyleSpec) Variables() []KeyVal {
	all := slices.Clone(s.Envs)
	if s.Properties != nil {
		all = append(all, s.Properties.Envs...)
	}
	for _, f := range s.Services { // of a run there is one at most
		all = append(all, f.KeyVals...)
	}
	return all
}

// Scripts returns the scripts, one after another.
func (s *FreestyleSpec) Scripts() []string {
	if s.Script != "" {
		return []string{s.Script}
	}
	var scripts []string
	for _, step := range s.Steps {
		if step.Type == StepShell {
			scripts = append(scripts, step.Spec.Script)
		}
	}
	return scripts
}

// freestyleInput is what a start gives to a freestyle.
type freestyleInput struct {
	Keys     []KeyInput      `json:"kv"`
	Repos    *[]RepoInput    `json:"repo_info"`
	Services *[]serviceInput `json:"services"`
}

// TakeInputs takes {kv: [{key, value}], repo_info: […]}, of which the second
// replaces the repositories, and of a service_freestyle {services: [{service_name,
// service_module, repo_info, inputs}]}, which replaces the services.
func (s *FreestyleSpec) TakeInputs(parameters json.RawMessage) error {
	var in freestyleInput
	if err := DecodeInput(parameters, &in); err != nil {
		return err
	}
	var c Checker
	next := *s
	next.putVariables(&c, in.Keys)
	if in.Repos != nil {
		next.putRepositories(&c, *in.Repos)
	}
	if in.Services != nil {
		switch {
		case !s.perService():
			c.Fault("services", "go with freestyle_type %s only", serviceFreestyle)
		case s.FromJob() != "":
			c.Fault("services", "are those of job %s", s.JobName)
		}
		next.Services = s.putServices(&c, *in.Services)
	}
	if err := c.Faults(); err != nil {
		return err
	}
	*s = next
	return nil
}

func (s *FreestyleSpec) putVariables(c *Checker, given []KeyInput) {
	if s.Properties == nil || len(s.Properties.Envs) == 0 {
		s.Envs = c.putKeys("kv", s.Envs, given, false)
		return
	}
	all := c.putKeys("kv", append(slices.Clone(s.Envs), s.Properties.Envs...), given, false)
	properties := *s.Properties
	s.Envs, properties.Envs = all[:len(s.Envs)], all[len(s.Envs):]
	s.Properties = &properties
}

// putRepositories replaces the repositories; of one that was there the rest stays.
func (s *FreestyleSpec) putRepositories(c *Checker, given []RepoInput) {
	step := slices.IndexFunc(s.Steps, func(step FreestyleStep) bool { return step.Type == StepGit })
	old := s.Repos
	if step >= 0 {
		old = s.Steps[step].Spec.Repos
	} else if len(s.Steps) > 0 {
		c.Fault("repo_info", "the job has no git step")
	}
	repos := make([]Repository, len(given))
	for i, in := range given {
		c.At("repo_info[%d]", i).checkRepoInput(in)
		var r Repository
		if j := slices.IndexFunc(old, in.names); j >= 0 {
			r = old[j]
		}
		repos[i] = in.onto(r)
	}
	if step < 0 {
		s.Repos = repos
		return
	}
	s.Steps = slices.Clone(s.Steps)
	s.Steps[step].Spec.Repos = repos
}

func (s *FreestyleSpec) putServices(c *Checker, given []serviceInput) []FreestyleService {
	next := make([]FreestyleService, 0, len(given))
	seen := make(map[string]bool, len(given))
	for i, in := range given {
		at := c.At("services[%d]", i)
		at.checkService(in.Service, in.Module, seen)
		j := slices.IndexFunc(s.Services, func(f FreestyleService) bool { return f.Service == in.Service && f.Module == in.Module })
		if j < 0 {
			at.Fault("", "service %s is not among those of the job", short(in.Service+"/"+in.Module))
			continue
		}
		f := s.Services[j]
		f.Repos = at.putRepos(f.Repos, in.Repos)
		f.KeyVals = at.putKeys("inputs", f.KeyVals, in.Keys, true)
		next = append(next, f)
	}
	return next
}

// Expand returns one run, or one for each service of a service_freestyle.
func (s *FreestyleSpec) Expand(from Upstream) ([]Piece, error) {
	var c Checker
	c.readyRepos(s.Repos)
	for i, step := range s.Steps {
		c.At("steps[%d].spec", i).readyRepos(step.Spec.Repos)
	}
	services := s.Services
	if s.FromJob() != "" {
		services = nil
		followed, err := from.chosen(s.Follow)
		c.Err("", err)
		for _, m := range followed {
			f := FreestyleService{Service: m.Service, Module: m.Module}
			if j := slices.IndexFunc(s.Services, func(o FreestyleService) bool { return o.Service == m.Service && o.Module == m.Module }); j >= 0 {
				f = s.Services[j]
			}
			services = append(services, f)
		}
	} else if s.perService() && len(services) == 0 {
		c.Fault("services", "no service is chosen")
	}
	if !s.perService() {
		services = []FreestyleService{{}}
	}
	var all expansion
	pieces := make([]Piece, len(services))
	for i, f := range services {
		c.At("services[%d]", i).readyRepos(f.Repos)
		one := *s
		if s.perService() {
			m := ServiceModule{Service: f.Service, Module: f.Module}
			one.Services = []FreestyleService{f}
			pieces[i].Suffix, pieces[i].Services = m.Suffix(), []ServiceModule{m}
		}
		var err error
		if pieces[i].Spec, err = all.encode(&one); err != nil {
			return nil, err
		}
		pieces[i].Values = values(f.Service, f.Module, append(slices.Clone(f.Repos), s.Repos...), one.Variables())
	}
	if err := c.Faults(); err != nil {
		return nil, err
	}
	return pieces, nil
}

func (s *FreestyleSpec) storageUses() map[string]*StorageUse {
	return settingStorages(s.Advanced, s.Properties)
}
