package workflow

import (
	"encoding/json"
	"slices"

	"github.com/penstock-go/penstock"
)

// BuildSpec is the spec of a zadig-build: it builds modules of services, each
// as a run of its own.
type BuildSpec struct {
	Follow
	RefRepos bool    `json:"ref_repos,omitempty"` // take the repositories of the job that it follows
	Registry string  `json:"docker_registry_id,omitempty"`
	Address  string  `json:"registry,omitempty"`                   // how a start names the registry; a [Catalog] turns it into the id
	Builds   []Build `json:"service_and_builds,omitempty"`         // what is built, unless a start says so
	Defaults []Build `json:"default_service_and_builds,omitempty"` // if Builds is empty
	Options  []Build `json:"service_and_builds_options,omitempty"` // what a start chooses from; none: Builds and Defaults

	Declared []Output `json:"outputs,omitempty"` // of its builds, beside IMAGE, imageTag and PKG_FILE
	Rest
}

// A Build builds one module.
type Build struct {
	Service   string       `json:"service_name"`
	Module    string       `json:"service_module,omitempty"`
	Build     string       `json:"build_name,omitempty"` // of the host
	Image     string       `json:"image,omitempty"`
	Package   string       `json:"package,omitempty"`
	ImageName string       `json:"image_name,omitempty"`
	KeyVals   []KeyVal     `json:"key_vals,omitempty"`
	Repos     []Repository `json:"repos,omitempty"`
	Storage   *StorageUse  `json:"share_storage_info,omitempty"`
	Rest
}

// Check reports what is wrong with the spec.
func (s *BuildSpec) Check(c *Checker) {
	s.check(c, Runtime, FromJob)
	c.Short("docker_registry_id", s.Registry)
	c.Text("registry", s.Address, MaxValue)
	c.checkOutputs(s.Declared)
	for _, list := range s.lists() {
		if !c.Count(list.field, len(list.builds), MaxPieces) {
			continue
		}
		seen := make(map[string]bool, len(list.builds))
		for i := range list.builds {
			at, b := c.At("%s[%d]", list.field, i), &list.builds[i]
			at.checkService(b.Service, b.Module, seen)
			at.Short("build_name", b.Build)
			at.Text("image", b.Image, MaxValue)
			at.Text("package", b.Package, MaxValue)
			at.Short("image_name", b.ImageName)
			at.checkKeyVals("key_vals", b.KeyVals)
			at.checkRepos(b.Repos)
			b.Storage.check(at.At("share_storage_info"))
		}
	}
}

// A buildList is one of the lists of builds, by its member.
type buildList struct {
	field  string
	builds []Build
}

func (s *BuildSpec) lists() []buildList {
	return []buildList{
		{"service_and_builds", s.Builds}, {"default_service_and_builds", s.Defaults}, {"service_and_builds_options", s.Options},
	}
}

// Fits returns why a job cannot be followed.
func (s *BuildSpec) Fits(from Spec) error { return fitsServices(from) }

// Outputs returns the names of the outputs of each run.
func (s *BuildSpec) Outputs() []string {
	return outputNames([]string{"IMAGE", "imageTag", "PKG_FILE"}, s.Declared)
}

// options returns what can be built.
func (s *BuildSpec) options() []Build {
	if len(s.Options) > 0 {
		return s.Options
	}
	options := slices.Clone(s.Builds)
	for _, b := range s.Defaults {
		if findBuild(options, b.Service, b.Module) == nil {
			options = append(options, b)
		}
	}
	return options
}

func findBuild(all []Build, service, module string) *Build {
	i := slices.IndexFunc(all, func(b Build) bool { return b.Service == service && b.Module == module })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// buildInput is what a start gives to a zadig-build.
type buildInput struct {
	Registry string          `json:"registry"`
	Services *[]serviceInput `json:"service_list"`
}

type serviceInput struct {
	Service string      `json:"service_name"`
	Module  string      `json:"service_module"`
	Repos   []RepoInput `json:"repo_info"`
	Keys    []KeyInput  `json:"inputs"`
}

// TakeInputs takes {registry, service_list: [{service_name, service_module,
// repo_info, inputs}]}. The list replaces what would be built; its services have
// to be among the options.
func (s *BuildSpec) TakeInputs(parameters json.RawMessage) error {
	var in buildInput
	if err := DecodeInput(parameters, &in); err != nil {
		return err
	}
	var c Checker
	c.Text("registry", in.Registry, MaxValue)
	builds := s.Builds
	if in.Services != nil {
		if s.FromJob() != "" {
			c.Fault("service_list", "the services are those of job %s", s.JobName)
		}
		options, seen := s.options(), make(map[string]bool)
		builds = nil
		for i, given := range *in.Services {
			at := c.At("service_list[%d]", i)
			at.checkService(given.Service, given.Module, seen)
			option := findBuild(options, given.Service, given.Module)
			if option == nil {
				at.Fault("", "service %s is not among the options of the job", short(given.Service+"/"+given.Module))
				continue
			}
			b := *option
			b.Repos = at.putRepos(b.Repos, given.Repos)
			b.KeyVals = at.putKeys("inputs", b.KeyVals, given.Keys, true)
			builds = append(builds, b)
		}
	}
	if err := c.Faults(); err != nil {
		return err
	}
	s.Address, s.Builds = first(in.Registry, s.Address), builds
	if in.Services != nil {
		s.Options, s.Defaults = s.options(), nil // the choice is made, also of nothing
	}
	return nil
}

// Expand returns one run for each module that is built.
func (s *BuildSpec) Expand(from Upstream) ([]Piece, error) {
	builds := s.Builds
	if len(builds) == 0 {
		builds = s.Defaults
	}
	if s.FromJob() != "" {
		services, err := from.chosen(s.Follow)
		if err != nil {
			return nil, err
		}
		builds = nil
		for _, followed := range services {
			b := findBuild(s.options(), followed.Service, followed.Module)
			if b == nil {
				return nil, penstock.Invalid("", "service %s of job %s is not among the options of the job", short(followed.Suffix()), s.JobName)
			}
			builds = append(builds, *b)
		}
	}
	if len(builds) == 0 {
		return nil, penstock.Invalid("service_and_builds", "no service is chosen")
	}
	var all expansion
	pieces := make([]Piece, len(builds))
	for i, b := range builds {
		var c Checker
		c.At("service_and_builds[%d]", i).readyRepos(b.Repos)
		if err := c.Faults(); err != nil {
			return nil, err
		}
		one := *s
		one.Builds, one.Defaults, one.Options = []Build{b}, nil, nil
		text, err := all.encode(&one)
		if err != nil {
			return nil, err
		}
		service := ServiceModule{Service: b.Service, Module: b.Module}
		pieces[i] = Piece{
			Suffix: service.Suffix(), Spec: text, Services: []ServiceModule{service},
			Values: values(b.Service, b.Module, b.Repos, b.KeyVals),
		}
	}
	return pieces, nil
}
