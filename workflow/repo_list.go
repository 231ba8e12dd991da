package workflow

// A repoHolder is a spec that holds repositories.
type repoHolder interface{ repoLists() []repoList }

// A repoList is some of them, by the path in the spec.
type repoList struct {
	field   string
	repos   []Repository
	service ServiceModule // that they are of; zero: of all
}

func (s *BuildSpec) repoLists() (all []repoList) {
	for _, list := range s.lists() {
		for i := range list.builds {
			all = append(all, repoList{list.field + "[" + decimal(i) + "].repos", list.builds[i].Repos, ServiceModule{Service: list.builds[i].Service, Module: list.builds[i].Module}})
		}
	}
	return all
}

func (s *FreestyleSpec) repoLists() []repoList {
	all := []repoList{{"repos", s.Repos, ServiceModule{}}}
	for i := range s.Services {
		all = append(all, repoList{"services[" + decimal(i) + "].repos", s.Services[i].Repos, ServiceModule{Service: s.Services[i].Service, Module: s.Services[i].Module}})
	}
	for i := range s.Steps {
		all = append(all, repoList{"steps[" + decimal(i) + "].spec.repos", s.Steps[i].Spec.Repos, ServiceModule{}})
	}
	return all
}

func (s *TestSpec) repoLists() []repoList     { return s.suite().repoLists() }
func (s *ScanningSpec) repoLists() []repoList { return s.suite().repoLists() }

func (t testSuite) repoLists() (all []repoList) {
	for i := range t.plain {
		all = append(all, repoList{t.words.plain + "[" + decimal(i) + "].repos", t.plain[i].Repos, ServiceModule{}})
	}
	for i := range t.services {
		all = append(all, repoList{t.words.services + "[" + decimal(i) + "].repos", t.services[i].Repos, ServiceModule{Service: t.services[i].Service, Module: t.services[i].Module}})
	}
	return all
}
