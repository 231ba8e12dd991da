package workflow

import (
	"errors"

	"github.com/penstock-go/penstock"
)

// A ServiceModule is what a job builds, tests or deploys: a part of a service.
type ServiceModule struct {
	Service string `json:"service_name"`
	Module  string `json:"service_module,omitempty"`
	Image   string `json:"image,omitempty"` // may hold variables
}

// Suffix returns what tells it apart from the others of a job.
func (s ServiceModule) Suffix() string {
	if s.Module == "" {
		return s.Service
	}
	return s.Service + "." + s.Module
}

// Services returns what the pieces work on, each once, in order. An image that
// is not known before the job has run is the variable that will hold it.
func (u Upstream) Services() []ServiceModule {
	var all []ServiceModule
	seen := make(map[string]bool)
	for _, p := range u.Pieces {
		for _, s := range p.Services {
			if seen[s.Suffix()] {
				continue
			}
			seen[s.Suffix()] = true
			if s.Image == "" {
				s.Image = "{{.job." + u.Job + "." + s.Suffix() + ".output.IMAGE}}"
			}
			all = append(all, s)
		}
	}
	return all
}

// chosen returns the services of the job that f follows, or a fault if that has
// none, as if it is skipped.
func (u Upstream) chosen(f Follow) ([]ServiceModule, error) {
	services := u.Services()
	if len(services) == 0 {
		return nil, penstock.Invalid("job_name", "job %s has no service to follow", f.JobName)
	}
	return services, nil
}

// checkService reports faults of the names of a service, and a second one of
// the same name in a list.
func (c *Checker) checkService(service, module string, seen map[string]bool) {
	c.Name("service_name", service)
	c.Short("service_module", module)
	key := ServiceModule{Service: service, Module: module}.Suffix()
	if seen[key] {
		c.Fault("", "service %s is there already", short(key))
	}
	seen[key] = true
}

// Why a job cannot be followed.
var (
	errNoServices = errors.New("which has no services")
	errNoImages   = errors.New("which makes no images")
)

// fitsServices returns why a job cannot follow one with the spec from for its
// services.
func fitsServices(from Spec) error {
	switch f := from.(type) {
	case *BuildSpec, *DistributeSpec, *DeploySpec:
		return nil
	case *FreestyleSpec:
		return servicesOnly(f.perService())
	case *TestSpec:
		return servicesOnly(f.perService())
	case *ScanningSpec:
		return servicesOnly(f.perService())
	case *CustomDeploySpec, *SQLSpec, *PluginSpec, *TapdSpec, *ApprovalSpec:
		return errNoServices
	case Expander:
		return nil
	default:
		return errNoServices
	}
}

// fitsImages is fitsServices for those that make or use images.
func fitsImages(from Spec) error {
	switch f := from.(type) {
	case *FreestyleSpec, *TestSpec, *ScanningSpec:
		return errNoImages
	case *DeploySpec:
		if !f.images() {
			return errNoImages
		}
	}
	return fitsServices(from)
}

func servicesOnly(ok bool) error {
	if ok {
		return nil
	}
	return errNoServices
}
