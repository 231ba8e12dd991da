package workflow

import "encoding/json"

// TestSpec is the spec of a zadig-test: it runs tests of the host, each as a run
// of its own.
type TestSpec struct {
	Kind string `json:"test_type,omitempty"` // empty, or service_test: for services
	Follow
	RefRepos       bool            `json:"ref_repos,omitempty"`         // take the repositories of the job that it follows
	Modules        []Test          `json:"test_modules,omitempty"`      // unless it is a service_test
	ServiceTests   []Test          `json:"service_and_tests,omitempty"` // of a service_test; with FromJob those of the services there
	TargetServices []TargetService `json:"target_services,omitempty"`   // of a service_test: which of them; none: all
	Declared       []Output        `json:"outputs,omitempty"`
	Rest
}

func (s *TestSpec) suite() testSuite {
	return testSuite{
		words:  testWords{"test_type", "service_test", "test_modules", "service_and_tests", "testing_list", "testing_name"},
		kind:   s.Kind,
		Follow: s.Follow, plain: s.Modules, services: s.ServiceTests, targets: s.TargetServices,
	}
}

func (s *TestSpec) with(t testSuite) *TestSpec {
	next := *s
	next.Modules, next.ServiceTests, next.TargetServices = t.plain, t.services, t.targets
	return &next
}

func (s *TestSpec) perService() bool { return s.suite().perService() }

// Check reports what is wrong with the spec.
func (s *TestSpec) Check(c *Checker) {
	s.suite().check(c)
	c.checkOutputs(s.Declared)
}

// Fits returns why a job cannot be followed.
func (s *TestSpec) Fits(from Spec) error { return fitsServices(from) }

// Outputs returns the names of the outputs of each run.
func (s *TestSpec) Outputs() []string { return outputNames(nil, s.Declared) }

// testInput is what a start gives to a zadig-test.
type testInput struct {
	Plain []struct {
		Name  string      `json:"testing_name"`
		Repos []RepoInput `json:"repo_info"`
		Keys  []KeyInput  `json:"inputs"`
	} `json:"testing_list"`
	Services []struct {
		serviceInput
		Name string `json:"testing_name"`
	} `json:"service_list"`
}

// TakeInputs takes {testing_list: [{testing_name, repo_info, inputs}]}, and of a
// service_test {service_list: [{service_name, service_module, testing_name,
// repo_info, inputs}]}, where no testing_name means every test of the service.
// Both change tests that the job has, and leave the others as they are.
func (s *TestSpec) TakeInputs(parameters json.RawMessage) error {
	var in testInput
	if err := DecodeInput(parameters, &in); err != nil {
		return err
	}
	suite, err := s.suite().take(in)
	if err == nil {
		*s = *s.with(suite)
	}
	return err
}

// Expand returns one run for each test; its suffix is the name of the test, in a
// service_test behind service.module.
func (s *TestSpec) Expand(from Upstream) ([]Piece, error) {
	return s.suite().expand(from, func(one testSuite) Spec { return s.with(one) })
}

func (s *TestSpec) storageUses() map[string]*StorageUse { return s.suite().storageUses() }
