package workflow

import "slices"

// A Test is a test or a code scanning of the host, by itself or for a service.
type Test struct {
	Service string       `json:"service_name,omitempty"`
	Module  string       `json:"service_module,omitempty"`
	Name    string       `json:"name"`
	Project string       `json:"project_name,omitempty"` // where it is; empty: the workflow's
	KeyVals []KeyVal     `json:"key_vals,omitempty"`
	Repos   []Repository `json:"repos,omitempty"`
	Storage *StorageUse  `json:"share_storage_info,omitempty"`
	Rest
}

func (t *Test) suffix() string {
	if t.Service == "" {
		return t.Name
	}
	return ServiceModule{Service: t.Service, Module: t.Module}.Suffix() + "." + t.Name
}

// A TargetService is a service that is chosen to be tested.
type TargetService struct {
	Service string `json:"service_name"`
	Module  string `json:"service_module,omitempty"`
	Rest
}

// A testSuite is what a [TestSpec] and a [ScanningSpec] have in common.
type testSuite struct {
	words testWords
	kind  string
	Follow
	plain, services []Test
	targets         []TargetService
}

// testWords are the members in which the two differ.
type testWords struct{ kind, perService, plain, services, list, name string }

func (t testSuite) perService() bool { return t.kind == t.words.perService }

func (t testSuite) check(c *Checker) {
	w := t.words
	c.OneOf(w.kind, t.kind, "", w.perService)
	t.Follow.check(c, Runtime, Fixed, FromJob)
	if t.perService() {
		if len(t.services) == 0 {
			c.Fault(w.services, "must not be empty with %s %s", w.kind, w.perService)
		}
	} else {
		if len(t.plain) == 0 {
			c.Fault(w.plain, "must not be empty")
		}
		if t.FromJob() != "" {
			c.Fault("source", "fromjob goes with %s %s only", w.kind, w.perService)
		}
		if len(t.targets) > 0 {
			c.Fault("target_services", "go with %s %s only", w.kind, w.perService)
		}
	}
	checkTests(c, w.plain, t.plain, false)
	checkTests(c, w.services, t.services, true)
	seen := make(map[string]bool, len(t.targets))
	if c.Count("target_services", len(t.targets), MaxPieces) {
		for i, m := range t.targets {
			c.At("target_services[%d]", i).checkService(m.Service, m.Module, seen)
		}
	}
}

func checkTests(c *Checker, field string, tests []Test, perService bool) {
	if !c.Count(field, len(tests), MaxPieces) {
		return
	}
	seen := make(map[string]bool, len(tests))
	for i := range tests {
		at, t := c.At("%s[%d]", field, i), &tests[i]
		at.Name("name", t.Name)
		if perService {
			at.checkService(t.Service, t.Module, make(map[string]bool))
		}
		if seen[t.suffix()] && t.Name != "" {
			at.Fault("name", "%q is there already", short(t.suffix()))
		}
		seen[t.suffix()] = true
		at.Short("project_name", t.Project)
		at.checkKeyVals("key_vals", t.KeyVals)
		at.checkRepos(t.Repos)
		t.Storage.check(at.At("share_storage_info"))
	}
}

// testGiven is what a start gives to a test.
type testGiven struct {
	serviceInput
	name string // empty: every test of the service
}

// take returns t with what a start gives.
func (t testSuite) take(in testInput) (testSuite, error) {
	var plain, services []testGiven
	for _, one := range in.Plain {
		plain = append(plain, testGiven{serviceInput{Repos: one.Repos, Keys: one.Keys}, one.Name})
	}
	for _, one := range in.Services {
		services = append(services, testGiven{one.serviceInput, one.Name})
	}
	var c Checker
	switch {
	case len(plain) > 0 && t.perService():
		c.Fault(t.words.list, "goes without %s %s only", t.words.kind, t.words.perService)
	case len(services) > 0 && !t.perService():
		c.Fault("service_list", "goes with %s %s only", t.words.kind, t.words.perService)
	default:
		t.plain = takeTests(&c, t.words.list, t.words.name, t.plain, plain)
		t.services = takeTests(&c, "service_list", t.words.name, t.services, services)
	}
	return t, c.Faults()
}

// takeTests changes the tests that are named. A test cannot be named twice.
func takeTests(c *Checker, list, name string, tests []Test, given []testGiven) []Test {
	next, used := slices.Clone(tests), make(map[int]bool)
	for i, in := range given {
		at, found := c.At("%s[%d]", list, i), false
		for j := range next {
			t := &next[j]
			if t.Service != in.Service || t.Module != in.Module || in.name != "" && t.Name != in.name {
				continue
			}
			if used[j] {
				at.Fault(name, "%q is given twice", short(t.suffix()))
			}
			found, used[j] = true, true
			t.Repos = at.putRepos(t.Repos, in.Repos)
			t.KeyVals = at.putKeys("inputs", t.KeyVals, in.Keys, true)
		}
		switch {
		case !found && in.Service != "":
			at.Fault("", "the job has no such test of service %s", short(in.Service+"/"+in.Module))
		case !found:
			at.Fault(name, "%q is not a test of the job", short(in.name))
		}
	}
	return next
}

// expand returns one piece for each test; spec makes the spec of one.
func (t testSuite) expand(from Upstream, spec func(one testSuite) Spec) ([]Piece, error) {
	var c Checker
	field, tests := t.words.plain, t.plain
	if t.perService() {
		field = t.words.services
		tests = t.of(&c, from)
	}
	var all expansion
	pieces := make([]Piece, len(tests))
	for i, test := range tests {
		c.At("%s[%d]", field, i).readyRepos(test.Repos)
		one := t
		one.plain, one.services, one.targets = nil, nil, nil
		if t.perService() {
			one.services = []Test{test}
			pieces[i].Services = []ServiceModule{{Service: test.Service, Module: test.Module}}
		} else {
			one.plain = []Test{test}
		}
		var err error
		if pieces[i].Spec, err = all.encode(spec(one)); err != nil {
			return nil, err
		}
		pieces[i].Suffix = test.suffix()
		pieces[i].Values = values(test.Service, test.Module, test.Repos, test.KeyVals)
	}
	if err := c.Faults(); err != nil {
		return nil, err
	}
	return pieces, nil
}

// of returns the tests of the services that are chosen.
func (t testSuite) of(c *Checker, from Upstream) []Test {
	chosen := make([]ServiceModule, len(t.targets))
	for i := range t.targets {
		chosen[i] = ServiceModule{Service: t.targets[i].Service, Module: t.targets[i].Module}
	}
	if t.FromJob() != "" {
		var err error
		chosen, err = from.chosen(t.Follow)
		c.Err("", err)
	} else if len(chosen) == 0 {
		return t.services
	}
	var tests []Test
	for _, test := range t.services {
		if slices.ContainsFunc(chosen, func(m ServiceModule) bool { return m.Service == test.Service && m.Module == test.Module }) {
			tests = append(tests, test)
		}
	}
	if len(tests) == 0 {
		c.Fault(t.words.services, "no test is for the services that are chosen")
	}
	return tests
}

func (t testSuite) storageUses() map[string]*StorageUse {
	uses := make(map[string]*StorageUse)
	for i, test := range t.plain {
		uses[t.words.plain+"["+decimal(i)+"].share_storage_info"] = test.Storage
	}
	for i, test := range t.services {
		uses[t.words.services+"["+decimal(i)+"].share_storage_info"] = test.Storage
	}
	return uses
}
