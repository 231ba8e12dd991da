package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// lending is a definition of which the last job takes a repository from elsewhere. A
// parameter, a build of two services, and a script have some.
func lending(kind, spec string) *workflow.Definition {
	d := stages(
		serial("one", act("build", `{"docker_registry_id":"r","service_and_builds":[
			{"service_name":"web","service_module":"ui","repos":[{"repo_name":"lib","branch":"dev"},{"repo_name":"web","branch":"main","address":"https://g/web"}]},
			{"service_name":"api","service_module":"api","repos":[{"repo_name":"api","branch":"main"}]}]}`, ofType("zadig-build")),
			act("script", `{"script":"true","repos":[{"repo_name":"tools","tag":"v1"},{"source_from":"param","param_name":"src"}]}`, ofType("freestyle"))),
		serial("two", act("last", spec, ofType(kind))))
	d.Params = []workflow.Param{
		{Name: "src", Type: workflow.RepoParam, Repo: &workflow.Repository{CodeHostName: "gitlab", Namespace: "shop", Name: "src", Branch: "main", CheckoutPath: "elsewhere"}},
		{Name: "none", Type: workflow.RepoParam}, {Name: "text", Type: workflow.StringParam},
	}
	return d
}

// lastRepos are the repositories that the last jobs of a run work on, by key.
func lastRepos(t *testing.T, r *workflow.Run) map[string][]string {
	t.Helper()
	all := make(map[string][]string)
	for _, j := range r.Stages()[len(r.Stages())-1].Jobs {
		e, err := r.Execution(j.Key)
		if err != nil {
			t.Fatal(err)
		}
		var spec struct {
			Repos    []workflow.Repository `json:"repos"`
			Builds   []workflow.Build      `json:"service_and_builds"`
			Tests    []workflow.Test       `json:"test_modules"`
			Services []workflow.FreestyleService
		}
		if err := json.Unmarshal(e.Spec, &spec); err != nil {
			t.Fatal(err)
		}
		for _, b := range spec.Builds {
			spec.Repos = append(spec.Repos, b.Repos...)
		}
		for _, b := range spec.Tests {
			spec.Repos = append(spec.Repos, b.Repos...)
		}
		for _, b := range spec.Services {
			spec.Repos = append(spec.Repos, b.Repos...)
		}
		for _, x := range spec.Repos {
			all[j.Key] = append(all[j.Key], fmt.Sprintf("%s@%s in %q", x.Name, x.Ref(), x.CheckoutPath))
		}
	}
	return all
}

// A repository may be that of a parameter, or of a job before: with the same service, or the
// one that it names, by its place.
func TestRepositoriesFromElsewhere(t *testing.T) {
	t.Parallel()
	given := []workflow.Argument{{Name: "src", Type: workflow.RepoParam, Repo: &workflow.RepoInput{Namespace: "shop", Name: "src", Branch: "{{.workflow.params.text}}"}}}
	for _, row := range []struct {
		rule, kind, spec string
		params           []workflow.Argument
		want             map[string][]string
	}{
		{"of a parameter", "freestyle", `{"script":"true","repos":[{"source_from":"param","param_name":"src","checkout_path":"here"},{"repo_name":"own","branch":"x"}]}`, nil,
			map[string][]string{"last": {`src@main in "here"`, `own@x in ""`}}},
		{"of a parameter that a start gives, as data", "freestyle", `{"script":"true","repos":[{"source_from":"param","param_name":"src"}]}`, given,
			map[string][]string{"last": {`src@{{.workflow.params.text}} in ""`}}},
		{"in a step", "freestyle", `{"steps":[{"name":"git","type":"git","spec":{"repos":[{"source_from":"param","param_name":"src"}]}}]}`, nil, map[string][]string{}},
		{"of a job without services", "freestyle", `{"script":"true","repos":[{"source_from":"job","job_name":"script"}]}`, nil, map[string][]string{"last": {`tools@v1 in ""`}}},
		{"of a job that has it from a parameter", "freestyle", `{"script":"true","repos":[{"source_from":"job","job_name":"script","repo_index":1}]}`, nil, map[string][]string{"last": {`src@main in ""`}}},
		{"of a service that it names", "freestyle", `{"script":"true","repos":[{"source_from":"job","job_name":"build","service_name":"web","service_module":"ui","repo_index":1}]}`, nil,
			map[string][]string{"last": {`web@main in ""`}}},
		{"of the first service, if there is none", "freestyle", `{"script":"true","repos":[{"source_from":"job","job_name":"build"}]}`, nil, map[string][]string{"last": {`lib@dev in ""`}}},
		{"of the same service", "freestyle", `{"freestyle_type":"service_freestyle","script":"true","source":"fromjob","job_name":"build","repos":[{"source_from":"job","job_name":"build"}]}`, nil,
			map[string][]string{"last.web.ui": {`lib@dev in ""`}, "last.api.api": {`api@main in ""`}}},
		{"of a build", "zadig-build", `{"docker_registry_id":"r","service_and_builds":[{"service_name":"api","service_module":"api","repos":[{"source_from":"job","job_name":"build"}]}]}`, nil,
			map[string][]string{"last.api.api": {`api@main in ""`}}},
		{"of a test", "zadig-test", `{"test_modules":[{"name":"unit","repos":[{"source_from":"param","param_name":"src"},{"source_from":"job","job_name":"script","checkout_path":"t"}]}]}`, nil,
			map[string][]string{"last.unit": {`src@main in ""`, `tools@v1 in "t"`}}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			d := lending(row.kind, row.spec)
			s := newStory(t, d, workflow.Start{Params: row.params})
			if diff := cmp.Diff(row.want, lastRepos(t, s.r)); diff != "" {
				t.Error(diff)
			}
			s.tell("admit") // and the trail is folded with the same
			for _, stage := range s.r.Stages() {
				for _, j := range stage.Jobs {
					if e, err := s.r.Execution(j.Key); err != nil || strings.Contains(string(e.Spec), `"source_from":"param"`) {
						t.Errorf("%s gets %s, %v", j.Key, e.Spec, err)
					}
				}
			}
		})
	}
}

// What others can refer to is that of the repository which was taken.
func TestVariablesOfARepositoryFromElsewhere(t *testing.T) {
	t.Parallel()
	d := lending("freestyle", `{"script":"{{.job.from.REPONAME}} {{.job.from.BRANCH}}"}`)
	d.Stages[0].Jobs = append(d.Stages[0].Jobs, act("from", `{"script":"true","repos":[{"source_from":"param","param_name":"src"}]}`, ofType("freestyle")))
	s := newStory(t, d, workflow.Start{})
	e, err := s.r.Execution("last")
	if err != nil || !strings.Contains(string(e.Spec), `"src main"`) {
		t.Errorf("got %s, %v", e.Spec, err)
	}
}

func TestRepositoriesFromElsewhereAreChecked(t *testing.T) {
	t.Parallel()
	free := func(repo string) (string, string) { return "freestyle", `{"script":"true","repos":[` + repo + `]}` }
	for _, row := range []struct {
		rule, repo string
		lint       bool // it is told already when the definition is made
		path       string
	}{
		{"no such parameter", `{"source_from":"param","param_name":"x"}`, true, "param_name"},
		{"a parameter that is no repository", `{"source_from":"param","param_name":"text"}`, true, "param_name"},
		{"a parameter without a value", `{"source_from":"param","param_name":"none"}`, false, "param_name"},
		{"no such job", `{"source_from":"job","job_name":"x"}`, true, "job_name"},
		{"itself", `{"source_from":"job","job_name":"last"}`, true, "job_name"},
		{"a job without repositories", `{"source_from":"job","job_name":"pause"}`, true, "job_name"},
		{"a place that cannot be", `{"source_from":"job","job_name":"script","repo_index":-1}`, true, "repo_index"},
		{"a place too far", `{"source_from":"job","job_name":"script","repo_index":2}`, false, "repo_index"},
		{"another service", `{"source_from":"job","job_name":"build","service_name":"web","service_module":"x"}`, true, "service_name"},
		{"a service of a job that has none", `{"source_from":"job","job_name":"script","service_name":"web"}`, true, "service_name"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			d := lending(free(row.repo))
			d.Stages[0].Jobs = append(d.Stages[0].Jobs, waitFor("pause", `{"for":"PT1M"}`))
			types := runActTypes(t)
			err := d.Validate(types)
			if row.lint {
				if path := "stages[1].jobs[0].spec.repos[0]." + row.path; !blames(err, path) {
					t.Errorf("got %v, want a fault of %s", err, path)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = workflow.NewRun(workflow.RunIdentity{ID: "r"}, d, types, workflow.Start{}, ann, noon)
			if path := "stages[1].jobs[0].repos[0]." + row.path; !errors.Is(err, penstock.ErrInvalid) || !blames(err, path) {
				t.Errorf("got %v, want a fault of %s", err, path)
			}
		})
	}
	// The choice of a start counts.
	d := lending(free(`{"source_from":"job","job_name":"build","service_name":"web","service_module":"ui"}`))
	_, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r"}, d, runActTypes(t), workflow.Start{
		Inputs: []workflow.JobInput{input("build", `{"service_list":[{"service_name":"api","service_module":"api"}]}`)}}, ann, noon)
	if !blames(err, "stages[1].jobs[0].repos[0].service_name") {
		t.Errorf("of a service that is not chosen: %v", err)
	}
}

// The Catalog is asked about the repository that was taken, and a store keeps which it was.
func TestAServiceTakesRepositoriesFromElsewhere(t *testing.T) {
	d := lending("freestyle", `{"script":"true","repos":[{"source_from":"param","param_name":"src"}]}`)
	arg := func(branch string) workflow.Start {
		return workflow.Start{Params: []workflow.Argument{{Name: "src", Repo: &workflow.RepoInput{Namespace: "shop", Name: "src", Branch: branch}}}}
	}
	p := newPlant(t, workflow.Config{CacheBytes: -1, Catalog: knows{"r", "gitlab"}})
	p.define(d)
	for _, branch := range []string{"one", "two"} { // of the same definition
		r := p.get(p.start("build", arg(branch)).ID())
		if got := lastRepos(t, r)["last"]; len(got) != 1 || got[0] != "src@"+branch+` in ""` {
			t.Errorf("got %v", got)
		}
	}
	p = newPlant(t, workflow.Config{Catalog: knows{"r"}})
	p.define(d)
	if _, err := p.Start(p.ctx, "build", arg("one"), ann); !errors.Is(err, penstock.ErrNotFound) || !strings.Contains(err.Error(), "gitlab") {
		t.Errorf("an unknown code host: %v", err)
	}
}
