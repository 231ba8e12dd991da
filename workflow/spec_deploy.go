package workflow

import (
	"encoding/json"
	"slices"

	"github.com/penstock-go/penstock"
)

// DeploySpec is the spec of a zadig-deploy: it puts services into an
// environment, each as a run of its own.
type DeploySpec struct {
	Follow
	Env        string   `json:"env,omitempty"`
	EnvSource  Source   `json:"env_source,omitempty"` // Fixed: a start cannot change Env
	Production bool     `json:"production,omitempty"`
	DeployType string   `json:"deploy_type,omitempty"`     // k8s or helm
	Contents   []string `json:"deploy_contents,omitempty"` // image, vars, config; none: image

	SkipRunCheck  bool `json:"skip_check_run_status,omitempty"`
	SkipHelmCheck bool `json:"skip_check_helm_workload_status,omitempty"`

	Services []DeployService `json:"services,omitempty"`
	Images   []ServiceImage  `json:"service_and_images,omitempty"` // if Services says nothing of modules

	Variables  []ServiceVariables `json:"service_variable_config,omitempty"`
	ValueMerge string             `json:"value_merge_strategy,omitempty"` // reuse-values or override
	YAMLMerge  string             `json:"yaml_merge_strategy,omitempty"`
	Version    string             `json:"version_name,omitempty"`
	Rest
}

// A DeployService is a service to be deployed, and how.
type DeployService struct {
	Service      string            `json:"service_name"`
	Strategy     string            `json:"deploy_strategy,omitempty"` // deploy, draft or import
	Modules      []DeployModule    `json:"modules,omitempty"`
	Deployed     bool              `json:"deployed,omitempty"`
	UpdateConfig bool              `json:"update_config,omitempty"`
	VariableKVs  []json.RawMessage `json:"variable_kvs,omitempty"` // JSON objects, kept as they are
	OverrideKVs  string            `json:"override_kvs,omitempty"`
	VariableYAML string            `json:"variable_yaml,omitempty"`
	ValueMerge   string            `json:"value_merge_strategy,omitempty"` // reuse-values or override
	Rest
}

// A DeployModule is a module of a service and its image.
type DeployModule struct {
	Module    string `json:"service_module"`
	Image     string `json:"image,omitempty"`
	ImageName string `json:"image_name,omitempty"`
	Rest
}

// A ServiceImage is a module and its image.
type ServiceImage struct {
	Service   string `json:"service_name"`
	Module    string `json:"service_module,omitempty"`
	Image     string `json:"image,omitempty"`
	ImageName string `json:"image_name,omitempty"`
	Rest
}

// ServiceVariables say where the variables of a service come from.
type ServiceVariables struct {
	Service string           `json:"service_name"`
	Configs []VariableConfig `json:"variable_configs,omitempty"`
	Rest
}

// A VariableConfig is one of them.
type VariableConfig struct {
	Key    string `json:"variable_key"`
	Source string `json:"source,omitempty"`
	Value  string `json:"value,omitempty"`
	Rest
}

// Check reports what is wrong with the spec.
func (s *DeploySpec) Check(c *Checker) {
	s.check(c, Runtime, Fixed, FromJob)
	c.Short("env", s.Env)
	c.OneOf("env_source", string(s.EnvSource), "", string(Runtime), string(Fixed))
	if s.Env == "" && s.EnvSource == Fixed {
		c.Fault("env", "must not be empty with env_source fixed")
	}
	c.OneOf("deploy_type", s.DeployType, "", "k8s", "helm")
	for i, what := range s.Contents {
		at := c.At("deploy_contents[%d]", i)
		at.OneOf("", what, "image", "vars", "config")
		if slices.Contains(s.Contents[:i], what) {
			at.Fault("", "%q is there already", short(what))
		}
	}
	c.OneOf("value_merge_strategy", s.ValueMerge, mergeStrategies()...)
	c.Short("yaml_merge_strategy", s.YAMLMerge)
	c.Short("version_name", s.Version)
	s.checkServices(c)
	s.checkImages(c)
	s.checkVariables(c)
	if s.Source == Fixed && len(s.chosen()) == 0 {
		c.Fault("services", "must not be empty with source fixed")
	}
}

func mergeStrategies() []string { return []string{"", "reuse-values", "override"} }

func (s *DeploySpec) checkServices(c *Checker) {
	if !c.Count("services", len(s.Services), MaxPieces) {
		return
	}
	seen := make(map[string]bool, len(s.Services))
	for i := range s.Services {
		at, d := c.At("services[%d]", i), &s.Services[i]
		at.checkService(d.Service, "", seen)
		at.OneOf("deploy_strategy", d.Strategy, "", "deploy", "draft", "import")
		at.OneOf("value_merge_strategy", d.ValueMerge, mergeStrategies()...)
		at.Text("override_kvs", d.OverrideKVs, MaxValue)
		at.Text("variable_yaml", d.VariableYAML, MaxValue)
		at.checkObjects("variable_kvs", d.VariableKVs, maxKeyVals)
		modules := make(map[string]bool, len(d.Modules))
		for j, m := range d.Modules {
			in := at.At("modules[%d]", j)
			in.Name("service_module", m.Module)
			if modules[m.Module] && m.Module != "" {
				in.Fault("service_module", "%q is there already", short(m.Module))
			}
			modules[m.Module] = true
			in.Text("image", m.Image, MaxValue)
			in.Short("image_name", m.ImageName)
		}
	}
}

func (s *DeploySpec) checkImages(c *Checker) {
	if !c.Count("service_and_images", len(s.Images), MaxPieces) {
		return
	}
	seen := make(map[string]bool, len(s.Images))
	for i, m := range s.Images {
		at := c.At("service_and_images[%d]", i)
		at.checkService(m.Service, m.Module, seen)
		at.Text("image", m.Image, MaxValue)
		at.Short("image_name", m.ImageName)
	}
}

func (s *DeploySpec) checkVariables(c *Checker) {
	if !c.Count("service_variable_config", len(s.Variables), MaxPieces) {
		return
	}
	seen := make(map[string]bool, len(s.Variables))
	for i, v := range s.Variables {
		at := c.At("service_variable_config[%d]", i)
		at.checkService(v.Service, "", seen)
		keys := make(map[string]bool, len(v.Configs))
		for j, k := range v.Configs {
			in := at.At("variable_configs[%d]", j)
			in.Name("variable_key", k.Key)
			if keys[k.Key] && k.Key != "" {
				in.Fault("variable_key", "%q is there already", short(k.Key))
			}
			keys[k.Key] = true
			in.OneOf("source", k.Source, "", "runtime", "fixed", "reference", "other")
			in.Text("value", k.Value, MaxValue)
		}
	}
}

// Fits returns why a job cannot be followed.
func (s *DeploySpec) Fits(from Spec) error { return fitsImages(from) }

// chosen returns the modules that the spec itself names. A service without any
// is there for its variables or configuration.
func (s *DeploySpec) chosen() (all []ServiceModule) {
	listed := make(map[string]bool, len(s.Services))
	for _, d := range s.Services {
		listed[d.Service] = true
		before := len(all)
		for _, m := range d.Modules {
			all = append(all, ServiceModule{d.Service, m.Module, m.Image})
		}
		for _, m := range s.Images {
			if len(d.Modules) == 0 && m.Service == d.Service {
				all = append(all, ServiceModule{m.Service, m.Module, m.Image})
			}
		}
		if len(all) == before {
			all = append(all, ServiceModule{Service: d.Service})
		}
	}
	for _, m := range s.Images {
		if !listed[m.Service] {
			all = append(all, ServiceModule{m.Service, m.Module, m.Image})
		}
	}
	return all
}

// images reports whether the images of services are deployed.
func (s *DeploySpec) images() bool {
	return len(s.Contents) == 0 || slices.Contains(s.Contents, "image")
}

// deployInput is what a start gives to a zadig-deploy.
type deployInput struct {
	Env      string `json:"env_name"`
	Services *[]struct {
		Service    string `json:"service_name"`
		Module     string `json:"service_module"`
		Image      string `json:"image_name"`
		ValueMerge string `json:"value_merge_strategy"`
	} `json:"service_list"`
}

// TakeInputs takes {env_name, service_list: [{service_name, service_module,
// image_name, value_merge_strategy}]}. The list replaces what would be deployed,
// also if it is empty.
func (s *DeploySpec) TakeInputs(parameters json.RawMessage) error {
	var in deployInput
	if err := DecodeInput(parameters, &in); err != nil {
		return err
	}
	var c Checker
	c.Short("env_name", in.Env)
	if in.Env != "" && in.Env != s.Env && s.EnvSource == Fixed {
		c.Fault("env_name", "the environment is set by the workflow")
	}
	services, images := s.Services, s.Images
	if in.Services != nil {
		switch {
		case s.FromJob() != "":
			c.Fault("service_list", "the services are those of job %s", s.JobName)
		case s.Source == Fixed:
			c.Fault("service_list", "the services are set by the workflow")
		}
		services, images = nil, nil
		seen := make(map[string]bool)
		for i, given := range *in.Services {
			at := c.At("service_list[%d]", i)
			at.checkService(given.Service, given.Module, seen)
			at.Text("image_name", given.Image, MaxValue)
			at.OneOf("value_merge_strategy", given.ValueMerge, mergeStrategies()...)
			j := slices.IndexFunc(services, func(d DeployService) bool { return d.Service == given.Service })
			if j < 0 {
				j, services = len(services), append(services, s.service(given.Service))
			}
			d := &services[j]
			d.ValueMerge = first(given.ValueMerge, d.ValueMerge)
			if given.Module != "" {
				d.Modules = append(d.Modules, DeployModule{Module: given.Module, Image: given.Image})
			} else if s.images() {
				at.Fault("service_module", "must not be empty")
			}
		}
	}
	if err := c.Faults(); err != nil {
		return err
	}
	s.Env, s.Services, s.Images = first(in.Env, s.Env), services, images
	return nil
}

// service returns how a service is deployed, without its modules.
func (s *DeploySpec) service(name string) DeployService {
	for _, d := range s.Services {
		if d.Service == name {
			d.Modules = nil
			return d
		}
	}
	return DeployService{Service: name}
}

// Expand returns one run for each service.
func (s *DeploySpec) Expand(from Upstream) ([]Piece, error) {
	var c Checker
	if s.Env == "" {
		c.Fault("env", "must be chosen")
	}
	modules := s.chosen()
	if s.FromJob() != "" {
		var err error
		modules, err = from.chosen(s.Follow)
		c.Err("", err)
	} else if len(modules) == 0 {
		c.Fault("services", "no service is chosen")
	}
	for _, m := range modules {
		if s.images() && (m.Image == "" || m.Module == "") {
			c.Fault("services", "service %s has no image", short(m.Suffix()))
		}
	}
	if err := c.Faults(); err != nil {
		return nil, err
	}
	var all expansion
	var pieces []Piece
	for len(modules) > 0 {
		name := modules[0].Service
		var own []ServiceModule
		own, modules = split(modules, name)
		piece, err := s.piece(&all, name, own)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece)
	}
	return pieces, nil
}

// split takes the modules of one service from the others.
func split(all []ServiceModule, service string) (own, others []ServiceModule) {
	for _, m := range all {
		if m.Service == service {
			own = append(own, m)
		} else {
			others = append(others, m)
		}
	}
	return own, others
}

// piece returns the run of one service.
func (s *DeploySpec) piece(all *expansion, service string, modules []ServiceModule) (Piece, error) {
	d := s.service(service)
	for _, m := range modules {
		if m.Module != "" {
			d.Modules = append(d.Modules, DeployModule{Module: m.Module, Image: m.Image})
		}
	}
	one := *s
	one.Services, one.Images = []DeployService{d}, nil
	one.Variables = slices.DeleteFunc(slices.Clone(s.Variables), func(v ServiceVariables) bool { return v.Service != service })
	text, err := all.encode(&one)
	if err != nil {
		return Piece{}, penstock.Invalid("services", "%v", err)
	}
	v := map[string]string{"SERVICE_NAME": service, "envName": s.Env}
	if len(modules) == 1 && modules[0].Module != "" {
		v["SERVICE_MODULE"] = modules[0].Module
		v["IMAGE"] = modules[0].Image
	}
	return Piece{Suffix: service, Spec: text, Services: modules, Values: v}, nil
}

// Outputs returns nothing: a zadig-deploy has none.
func (s *DeploySpec) Outputs() []string { return nil }
