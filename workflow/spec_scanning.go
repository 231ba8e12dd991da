package workflow

import "encoding/json"

// ScanningSpec is the spec of a zadig-scanning: it runs code scannings of the
// host, each as a run of its own.
type ScanningSpec struct {
	Kind string `json:"scanning_type,omitempty"` // empty, or service_scanning: for services
	Follow
	RefRepos         bool            `json:"ref_repos,omitempty"`             // take the repositories of the job that it follows
	Scannings        []Test          `json:"scannings,omitempty"`             // unless it is a service_scanning
	ServiceScannings []Test          `json:"service_and_scannings,omitempty"` // of a service_scanning; with FromJob those of the services there
	TargetServices   []TargetService `json:"target_services,omitempty"`       // of a service_scanning: which of them; none: all
	Declared         []Output        `json:"outputs,omitempty"`
	Rest
}

func (s *ScanningSpec) suite() testSuite {
	return testSuite{
		words:  testWords{"scanning_type", "service_scanning", "scannings", "service_and_scannings", "scanning_list", "scanning_name"},
		kind:   s.Kind,
		Follow: s.Follow, plain: s.Scannings, services: s.ServiceScannings, targets: s.TargetServices,
	}
}

func (s *ScanningSpec) with(t testSuite) *ScanningSpec {
	next := *s
	next.Scannings, next.ServiceScannings, next.TargetServices = t.plain, t.services, t.targets
	return &next
}

func (s *ScanningSpec) perService() bool { return s.suite().perService() }

// Check reports what is wrong with the spec.
func (s *ScanningSpec) Check(c *Checker) {
	s.suite().check(c)
	c.checkOutputs(s.Declared)
}

// Fits returns why a job cannot be followed.
func (s *ScanningSpec) Fits(from Spec) error { return fitsServices(from) }

// Outputs returns the names of the outputs of each run.
func (s *ScanningSpec) Outputs() []string { return outputNames(nil, s.Declared) }

// scanningInput is a [testInput] in the words of a zadig-scanning.
type scanningInput struct {
	Plain []struct {
		Name  string      `json:"scanning_name"`
		Repos []RepoInput `json:"repo_info"`
		Keys  []KeyInput  `json:"inputs"`
	} `json:"scanning_list"`
	Services []struct {
		serviceInput
		Name string `json:"scanning_name"`
	} `json:"service_list"`
}

// TakeInputs takes {scanning_list: [{scanning_name, repo_info, inputs}]}, and of
// a service_scanning {service_list: [{service_name, service_module, scanning_name,
// repo_info, inputs}]}, as [TestSpec.TakeInputs] does.
func (s *ScanningSpec) TakeInputs(parameters json.RawMessage) error {
	var in scanningInput
	if err := DecodeInput(parameters, &in); err != nil {
		return err
	}
	suite, err := s.suite().take(testInput(in))
	if err == nil {
		*s = *s.with(suite)
	}
	return err
}

// Expand returns one run for each scanning; its suffix is the name of the
// scanning, in a service_scanning behind service.module.
func (s *ScanningSpec) Expand(from Upstream) ([]Piece, error) {
	return s.suite().expand(from, func(one testSuite) Spec { return s.with(one) })
}

func (s *ScanningSpec) storageUses() map[string]*StorageUse { return s.suite().storageUses() }
