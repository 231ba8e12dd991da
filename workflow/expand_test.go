package workflow_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

const chosenBuild = `{"docker_registry_id":"r","unknown":{"a":1},"service_and_builds_options":[{"service_name":"x"}],
	"service_and_builds":[{"service_name":"web","service_module":"ui","image":"","mine":7,"key_vals":[{"key":"K","value":"v"}],
	"repos":[{"repo_name":"lib","branch":"dev"},{"repo_name":"web","branch":"main","commit_id":"c1","address":"https://g","is_primary":true,"depth":1}]}]}`

// What one job is as several, by type: the suffixes, the values, and one spec.
func TestJobsExpand(t *testing.T) {
	native := job("a", "approval", `{"type":"native","native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"ann"}]}}`)
	for _, c := range []struct {
		name     string
		jobs     []workflow.Job
		suffixes []string
		values   map[string]string // of the first
		spec     string            // of the first
	}{
		{
			"build", []workflow.Job{job("b", "zadig-build", chosenBuild)}, []string{"web.ui"},
			map[string]string{
				"SERVICE_NAME": "web", "SERVICE_MODULE": "ui", "K": "v", "REPONAME": "web", "BRANCH": "main", "COMMITID": "c1", "GITURL": "https://g",
			},
			strings.Replace(chosenBuild, `"service_and_builds_options":[{"service_name":"x"}],`, "", 1),
		},
		{
			"build of defaults", []workflow.Job{job("b", "zadig-build", `{"default_service_and_builds":[{"service_name":"web"},{"service_name":"api"}]}`)},
			[]string{"web", "api"}, map[string]string{"SERVICE_NAME": "web"}, `{"service_and_builds":[{"service_name":"web"}]}`,
		},
		{
			"build that follows", []workflow.Job{job("b", "zadig-build", buildSpec), job("c", "zadig-build", `{"source":"fromjob","job_name":"b","service_and_builds_options":[
				{"service_name":"api","service_module":"api","build_name":"x"},{"service_name":"web","service_module":"ui","build_name":"y"}]}`)},
			[]string{"web.ui", "api.api"}, map[string]string{"SERVICE_NAME": "web", "SERVICE_MODULE": "ui"},
			`{"source":"fromjob","job_name":"b","service_and_builds":[{"service_name":"web","service_module":"ui","build_name":"y"}]}`,
		},
		{
			"deploy of defaults", []workflow.Job{job("d", "zadig-deploy", `{"env":"qa","services":[{"service_name":"web","modules":[{"service_module":"ui","image":"i1"},{"service_module":"db","image":"i2"}]}],
				"service_and_images":[{"service_name":"api","service_module":"api","image":"i3"}],"service_variable_config":[{"service_name":"api"},{"service_name":"web"}]}`)},
			[]string{"web", "api"}, map[string]string{"SERVICE_NAME": "web", "envName": "qa"},
			`{"env":"qa","services":[{"service_name":"web","modules":[{"service_module":"ui","image":"i1"},{"service_module":"db","image":"i2"}]}],"service_variable_config":[{"service_name":"web"}]}`,
		},
		{
			"deploy of variables", []workflow.Job{job("d", "zadig-deploy", `{"env":"qa","deploy_contents":["vars"],"services":[{"service_name":"web"}]}`)},
			[]string{"web"}, map[string]string{"SERVICE_NAME": "web", "envName": "qa"}, `{"env":"qa","deploy_contents":["vars"],"services":[{"service_name":"web"}]}`,
		},
		{
			"custom-deploy", []workflow.Job{job("d", "custom-deploy", `{"namespace":"n","targets":[{"target":"Deployment/web/ui","image":"i"},{"target":"statefulset/db/db","image":"j"}],"target_options":[{"target":"Deployment/web/ui"}]}`)},
			[]string{"deployment.web.ui", "statefulset.db.db"}, map[string]string{"IMAGE": "i"}, `{"namespace":"n","targets":[{"target":"Deployment/web/ui","image":"i"}]}`,
		},
		{
			"freestyle", []workflow.Job{job("f", "freestyle", `{"script":"true","envs":[{"key":"A","value":"b"}],"repos":[{"repo_name":"web","branch":"main"}]}`)},
			[]string{""}, map[string]string{"A": "b", "REPONAME": "web", "BRANCH": "main", "COMMITID": "", "GITURL": ""},
			`{"script":"true","envs":[{"key":"A","value":"b"}],"repos":[{"repo_name":"web","branch":"main"}]}`,
		},
		{
			"freestyle for services", []workflow.Job{job("b", "zadig-build", buildSpec), job("f", "freestyle", `{"freestyle_type":"service_freestyle","source":"fromjob","job_name":"b","script":"true",
				"services":[{"service_name":"web","service_module":"ui","key_vals":[{"key":"A","value":"b"}]}]}`)},
			[]string{"web.ui", "api.api"}, map[string]string{"A": "b", "SERVICE_NAME": "web", "SERVICE_MODULE": "ui"},
			`{"freestyle_type":"service_freestyle","source":"fromjob","job_name":"b","script":"true","services":[{"service_name":"web","service_module":"ui","key_vals":[{"key":"A","value":"b"}]}]}`,
		},
		{
			"test", []workflow.Job{job("t", "zadig-test", `{"test_modules":[{"name":"unit","key_vals":[{"key":"A","value":"b"}]},{"name":"smoke"}]}`)},
			[]string{"unit", "smoke"}, map[string]string{"A": "b"}, `{"test_modules":[{"name":"unit","key_vals":[{"key":"A","value":"b"}]}]}`,
		},
		{
			"test for services", []workflow.Job{job("b", "zadig-build", buildSpec), job("t", "zadig-test", `{"test_type":"service_test","source":"fromjob","job_name":"b","service_and_tests":[
				{"service_name":"web","service_module":"ui","name":"smoke"},{"service_name":"other","name":"smoke"},{"service_name":"api","service_module":"api","name":"load"}]}`)},
			[]string{"web.ui.smoke", "api.api.load"}, map[string]string{"SERVICE_NAME": "web", "SERVICE_MODULE": "ui"},
			`{"test_type":"service_test","source":"fromjob","job_name":"b","service_and_tests":[{"service_name":"web","service_module":"ui","name":"smoke"}]}`,
		},
		{
			"scanning of chosen services", []workflow.Job{job("s", "zadig-scanning", `{"scanning_type":"service_scanning","target_services":[{"service_name":"b"}],"service_and_scannings":[{"service_name":"a","name":"x"},{"service_name":"b","name":"y"}]}`)},
			[]string{"b.y"}, map[string]string{"SERVICE_NAME": "b"}, `{"scanning_type":"service_scanning","service_and_scannings":[{"service_name":"b","name":"y"}]}`,
		},
		{
			"distribute", []workflow.Job{job("s", "zadig-distribute-image", `{"source_registry_id":"q","target_registry_id":"r","targets":[{"service_name":"a","source_tag":"1"},{"service_name":"b","source_tag":"1"}]}`)},
			[]string{"a", "b"}, map[string]string{"SERVICE_NAME": "a"}, `{"source_registry_id":"q","target_registry_id":"r","targets":[{"service_name":"a","source_tag":"1"}]}`,
		},
		{"sql", []workflow.Job{job("s", "sql", `{"id":"d","sql":"select 1"}`)}, []string{""}, nil, `{"id":"d","sql":"select 1"}`},
		{
			"plugin", []workflow.Job{job("p", "plugin", `{"plugin":{"name":"a","image":"b","inputs":[{"name":"X","type":"string","required":true,"default":"y"}]}}`)},
			[]string{""}, map[string]string{"X": "y"}, `{"plugin":{"name":"a","image":"b","inputs":[{"name":"X","type":"string","required":true,"default":"y"}]}}`,
		},
		{"tapd", []workflow.Job{job("t", "tapd", `{"project_id":"1","status":"done","iterations":[{"iteration_id":"1"}]}`)}, []string{""}, nil, `{"project_id":"1","status":"done","iterations":[{"iteration_id":"1"}]}`},
		{
			"approval that follows", []workflow.Job{native, job("b", "approval", `{"source":"fromjob","job_name":"a","type":"native","timeout":5}`)},
			[]string{""}, nil, `{"source":"fixed","job_name":"a","type":"native","timeout":5,"native_approval":{"timeout":5,"needed_approvers":1,"approve_users":[{"user_id":"ann"}]}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			pieces, err := expandAll(t, c.jobs...)
			if err != nil {
				t.Fatal(err)
			}
			var suffixes []string
			for _, p := range pieces {
				suffixes = append(suffixes, p.Suffix)
			}
			if diff := cmp.Diff(c.suffixes, suffixes); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.values, pieces[0].Values); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(parsed(t, c.spec), parsed(t, string(pieces[0].Spec))); diff != "" {
				t.Error(diff)
			}
			one := c.jobs[len(c.jobs)-1]
			one.Spec = pieces[0].Spec
			spec, err := (*workflow.Types)(nil).Decode(&one)
			if err != nil {
				t.Fatal(err)
			}
			var check workflow.Checker
			if spec.Check(&check); check.Faults() != nil {
				t.Errorf("the spec of a piece is refused: %v", check.Faults())
			}
		})
	}
}

// What a start has not chosen is told by its path.
func TestJobsThatCannotExpand(t *testing.T) {
	build := job("b", "zadig-build", buildSpec)
	for _, c := range []struct {
		jobs []workflow.Job
		path string
	}{
		{[]workflow.Job{job("b", "zadig-build", `{"service_and_builds_options":[{"service_name":"a"}]}`)}, "service_and_builds"},
		{[]workflow.Job{job("b", "zadig-build", `{"service_and_builds":[{"service_name":"a","repos":[{"repo_name":"a"}]}]}`)}, "service_and_builds[0].repos[0].branch"},
		{[]workflow.Job{job("b", "zadig-build", `{"service_and_builds":[{"service_name":"a","repos":[{"repo_name":"a","branch":"b","enable_commit":true}]}]}`)}, "service_and_builds[0].repos[0].commit_id"},
		{[]workflow.Job{build, job("c", "zadig-build", `{"source":"fromjob","job_name":"b"}`)}, ""},
		{[]workflow.Job{job("c", "zadig-build", `{"source":"fromjob","job_name":"b"}`)}, "job_name"},
		{[]workflow.Job{job("d", "zadig-deploy", `{"services":[{"service_name":"a","modules":[{"service_module":"a","image":"i"}]}]}`)}, "env"},
		{[]workflow.Job{job("d", "zadig-deploy", `{"env":"qa"}`)}, "services"},
		{[]workflow.Job{job("d", "zadig-deploy", `{"env":"qa","services":[{"service_name":"a","modules":[{"service_module":"a"}]}]}`)}, "services"},
		{[]workflow.Job{job("d", "zadig-deploy", `{"env":"qa","source":"fromjob","job_name":"b"}`)}, "job_name"},
		{[]workflow.Job{job("d", "custom-deploy", `{"namespace":"n"}`)}, "targets"},
		{[]workflow.Job{job("d", "custom-deploy", `{"namespace":"n","targets":[{"target":"Deployment/a/b"}]}`)}, "targets[0].image"},
		{[]workflow.Job{job("f", "freestyle", `{"script":"a","repos":[{"repo_name":"a"}]}`)}, "repos[0].branch"},
		{[]workflow.Job{job("f", "freestyle", `{"steps":[{"name":"a","type":"git","spec":{"repos":[{"repo_name":"a"}]}}]}`)}, "steps[0].spec.repos[0].branch"},
		{[]workflow.Job{job("f", "freestyle", `{"freestyle_type":"service_freestyle","script":"a"}`)}, "services"},
		{[]workflow.Job{job("f", "freestyle", `{"freestyle_type":"service_freestyle","script":"a","source":"fromjob","job_name":"b"}`)}, "job_name"},
		{[]workflow.Job{build, job("t", "zadig-test", `{"test_type":"service_test","source":"fromjob","job_name":"b","service_and_tests":[{"service_name":"x","name":"y"}]}`)}, "service_and_tests"},
		{[]workflow.Job{job("t", "zadig-test", `{"test_type":"service_test","source":"fromjob","job_name":"b"}`)}, "job_name"},
		{[]workflow.Job{job("s", "zadig-scanning", `{"scannings":[{"name":"a","repos":[{"repo_name":"a"}]}]}`)}, "scannings[0].repos[0].branch"},
		{[]workflow.Job{job("s", "zadig-distribute-image", `{"source":"fromjob","job_name":"b"}`)}, "job_name"},
		{[]workflow.Job{job("s", "sql", `{"sql":"a"}`)}, "id"},
		{[]workflow.Job{job("s", "sql", `{"id":"a"}`)}, "sql"},
		{[]workflow.Job{job("p", "plugin", `{"plugin":{"inputs":[{"name":"X","type":"string","required":true}]}}`)}, "plugin.inputs[0].value"},
		{[]workflow.Job{job("t", "tapd", `{"status":"a","iterations":[{"iteration_id":"1"}]}`)}, "project_id"},
		{[]workflow.Job{job("t", "tapd", `{"project_id":"a","iterations":[{"iteration_id":"1"}]}`)}, "status"},
		{[]workflow.Job{job("t", "tapd", `{"project_id":"a","status":"b"}`)}, "iterations"},
		{[]workflow.Job{job("a", "approval", `{"source":"fromjob","job_name":"b","type":"native"}`)}, "job_name"},
	} {
		_, err := expandAll(t, c.jobs...)
		if !errors.Is(err, penstock.ErrInvalid) || !blames(err, c.path) {
			t.Errorf("%s: got %v, want a fault of %q", c.jobs[len(c.jobs)-1].Spec, err, c.path)
		}
	}
}

// Two pieces of a job share nothing that one could change.
func TestPiecesAreTheCallersOwn(t *testing.T) {
	pieces, err := expandAll(t, job("b", "zadig-build", buildSpec))
	if err != nil {
		t.Fatal(err)
	}
	pieces[0].Values["SERVICE_NAME"] = "x"
	pieces[0].Spec[0] = 'x'
	if pieces[1].Values["SERVICE_NAME"] != "api" || !json.Valid(pieces[1].Spec) {
		t.Error("the second piece changed with the first")
	}
}
