package workflow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/workflow"
)

// job returns a job.
func job(name, kind, spec string) workflow.Job {
	return workflow.Job{Name: name, Type: kind, Spec: json.RawMessage(spec)}
}

// flow returns a definition of stages that were written as lists of jobs.
func flow(stages ...[]workflow.Job) workflow.Definition {
	d := workflow.Definition{Project: "shop", Key: "w"}
	for i, jobs := range stages {
		d.Stages = append(d.Stages, workflow.Stage{Name: fmt.Sprint("s", i), Jobs: jobs})
	}
	return d
}

const (
	buildSpec  = `{"service_and_builds":[{"service_name":"web","service_module":"ui"},{"service_name":"api","service_module":"api"}]}`
	followSpec = `{"source":"fromjob","job_name":"%s","env":"qa","target_registry_id":"r"}`
)

func following(name, kind, from string) workflow.Job {
	return job(name, kind, fmt.Sprintf(followSpec, from))
}

// A job can follow one that ends before it starts: the jobs of a serial stage
// end one after another, those of a parallel one do not.
func TestAJobFollowsOneThatEndsBefore(t *testing.T) {
	build, deploy := job("build", "zadig-build", buildSpec), following("deploy", "zadig-deploy", "build")
	for _, c := range []struct {
		name     string
		d        workflow.Definition
		parallel bool
		why      string
	}{
		{"later stage", flow([]workflow.Job{build}, []workflow.Job{deploy}), true, ""},
		{"later in a serial stage", flow([]workflow.Job{build, deploy}), false, ""},
		{"beside it in a parallel stage", flow([]workflow.Job{build, deploy}), true, "it does not end before"},
		{"earlier in a serial stage", flow([]workflow.Job{deploy, build}), false, "it does not end before"},
		{"earlier stage", flow([]workflow.Job{deploy}, []workflow.Job{build}), false, "it does not end before"},
		{"itself", flow([]workflow.Job{following("deploy", "zadig-deploy", "deploy")}), false, "it does not end before"},
		{"nothing", flow([]workflow.Job{deploy}), false, "there is no such job"},
		{"no name", flow([]workflow.Job{following("deploy", "zadig-deploy", "")}), false, "must name the job"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.d.Stages[0].Parallel = c.parallel
			err := c.d.Validate(nil)
			if (c.why == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), "spec.job_name: ") || err != nil && !strings.Contains(err.Error(), c.why) {
				t.Errorf("got %v, want %q", err, c.why)
			}
		})
	}
}

// Who can follow whom, by type.
func TestAJobFollowsOneThatFits(t *testing.T) {
	plain := map[string]string{
		"zadig-build":            buildSpec,
		"zadig-deploy":           `{"services":[{"service_name":"a","modules":[{"service_module":"a","image":"i"}]}]}`,
		"zadig-distribute-image": `{"source_registry_id":"a","target_registry_id":"b","targets":[{"service_name":"a","source_tag":"1"}]}`,
		"freestyle":              `{"script":"true"}`,
		"zadig-test":             `{"test_modules":[{"name":"a"}]}`,
		"zadig-scanning":         `{"scannings":[{"name":"a"}]}`,
		"custom-deploy":          `{"namespace":"a"}`,
		"sql":                    `{}`,
		"plugin":                 `{"plugin":{"name":"a","image":"b"}}`,
		"tapd":                   `{}`,
		"wait":                   `{"for":"P1D"}`,
		"http":                   `{"url":"http://a"}`,
		"approval":               `{"type":"native","native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"a"}]}}`,
	}
	services := map[string]string{
		"freestyle":      `{"freestyle_type":"service_freestyle","script":"true","services":[{"service_name":"a"}]}`,
		"zadig-test":     `{"test_type":"service_test","service_and_tests":[{"service_name":"a","name":"t"}]}`,
		"zadig-scanning": `{"scanning_type":"service_scanning","service_and_scannings":[{"service_name":"a","name":"t"}]}`,
		"zadig-deploy":   `{"deploy_contents":["vars"],"services":[{"service_name":"a"}]}`,
	}
	followers := map[string]string{
		"zadig-build":            `{"source":"fromjob","job_name":"from","service_and_builds_options":[{"service_name":"a"}]}`,
		"zadig-deploy":           `{"source":"fromjob","job_name":"from","env":"qa"}`,
		"zadig-distribute-image": `{"source":"fromjob","job_name":"from","target_registry_id":"b"}`,
		"freestyle":              `{"freestyle_type":"service_freestyle","source":"fromjob","job_name":"from","script":"true"}`,
		"zadig-test":             `{"test_type":"service_test","source":"fromjob","job_name":"from","service_and_tests":[{"service_name":"a","name":"t"}]}`,
		"zadig-scanning":         `{"scanning_type":"service_scanning","source":"fromjob","job_name":"from","service_and_scannings":[{"service_name":"a","name":"t"}]}`,
		"approval":               `{"type":"native","source":"fromjob","job_name":"from"}`,
	}
	images := []string{"zadig-build", "zadig-deploy", "zadig-distribute-image"}
	fits := map[string][]string{"approval": {"approval"}}
	for _, f := range []string{"zadig-deploy", "zadig-distribute-image"} {
		fits[f] = images
	}
	for _, f := range []string{"zadig-build", "freestyle", "zadig-test", "zadig-scanning"} {
		fits[f] = append([]string{"freestyle+", "zadig-test+", "zadig-scanning+", "zadig-deploy+"}, images...)
	}
	sources := make(map[string]workflow.Job)
	for kind, spec := range plain {
		sources[kind] = job("from", kind, spec)
	}
	for kind, spec := range services {
		sources[kind+"+"] = job("from", kind, spec)
	}
	for follower, spec := range followers {
		for name, from := range sources {
			d := flow([]workflow.Job{from, job("to", follower, spec)})
			err := d.Validate(nil)
			want := strings.Contains(" "+strings.Join(fits[follower], " ")+" ", " "+name+" ")
			if want != (err == nil) {
				t.Errorf("%s after %s: %v", follower, name, err)
			}
		}
	}
}

// An approval takes the approvers of one of the same type and application.
func TestAnApprovalFollowsOneOfItsType(t *testing.T) {
	const native = `{"type":"native","native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"a"}]}}`
	const lark = `{"type":"lark","lark_approval":{"approval_id":"x","approval_nodes":[{"type":"OR","approve_users":[{"user_id":"a"}]}]}}`
	for _, c := range []struct{ from, to, why string }{
		{native, `{"source":"fromjob","job_name":"a","type":"native"}`, ""},
		{lark, `{"source":"fromjob","job_name":"a","type":"lark"}`, ""},
		{lark, `{"source":"fromjob","job_name":"a","type":"lark","lark_approval":{"approval_id":"x"}}`, ""},
		{lark, `{"source":"fromjob","job_name":"a","type":"native"}`, "of another type"},
		{lark, `{"source":"fromjob","job_name":"a","type":"lark","lark_approval":{"approval_id":"y"}}`, "another application"},
	} {
		d := flow([]workflow.Job{job("a", "approval", c.from), job("b", "approval", c.to)})
		if err := d.Validate(nil); (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: got %v, want %q", c.to, err, c.why)
		}
	}
	second := `{"source":"fromjob","job_name":"%s","type":"native"}`
	d := flow([]workflow.Job{job("a", "approval", native), job("b", "approval", fmt.Sprintf(second, "a")), job("c", "approval", fmt.Sprintf(second, "b"))})
	if err := d.Validate(nil); err == nil || !strings.Contains(err.Error(), "which follows another itself") {
		t.Errorf("a follower is followed: %v", err)
	}
}

func TestAChainOfFollowersIsNotTooLong(t *testing.T) {
	for _, c := range []struct {
		jobs int
		ok   bool
	}{{11, true}, {12, false}} {
		jobs := []workflow.Job{job("j0", "zadig-build", buildSpec)}
		for i := 1; i < c.jobs; i++ {
			jobs = append(jobs, following(fmt.Sprint("j", i), "zadig-deploy", fmt.Sprint("j", i-1)))
		}
		d := flow(jobs)
		if err := d.Validate(nil); (err == nil) != c.ok {
			t.Errorf("%d jobs: %v", c.jobs, err)
		}
	}
}

// expandAll returns what the last of jobs expands to, each following as it says.
func expandAll(t *testing.T, jobs ...workflow.Job) ([]workflow.Piece, error) {
	t.Helper()
	pieces := make(map[string][]workflow.Piece)
	var last []workflow.Piece
	for _, j := range jobs {
		spec, err := (*workflow.Types)(nil).Decode(&j)
		if err != nil {
			t.Fatal(err)
		}
		var from workflow.Upstream
		if f, ok := spec.(workflow.Follower); ok && f.FromJob() != "" {
			from = workflow.Upstream{Job: f.FromJob(), Pieces: pieces[f.FromJob()]}
		}
		e, ok := spec.(workflow.Expander)
		if !ok {
			t.Fatalf("%s does not expand", j.Type)
		}
		before, err := workflow.EncodeSpec(spec)
		if err != nil {
			t.Fatal(err)
		}
		last, err = e.Expand(from)
		after, _ := workflow.EncodeSpec(spec)
		if diff := cmp.Diff(string(before), string(after)); diff != "" {
			t.Errorf("Expand changed the spec of %s: %s", j.Name, diff)
		}
		if err != nil {
			return nil, err
		}
		pieces[j.Name] = last
	}
	return last, nil
}

// build ← distribute ← deploy: the images go down the chain.
func TestImagesGoDownAChain(t *testing.T) {
	pieces, err := expandAll(t,
		job("build", "zadig-build", buildSpec),
		job("sync", "zadig-distribute-image", `{"source":"fromjob","job_name":"build","target_registry_id":"r","targets":[{"service_name":"web","service_module":"ui","target_tag":"2"}]}`),
		job("deploy", "zadig-deploy", `{"source":"fromjob","job_name":"sync","env":"qa","services":[{"service_name":"web","variable_yaml":"a: b"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []workflow.Piece{
		{
			Suffix: "web", Services: []workflow.ServiceModule{{Service: "web", Module: "ui", Image: "{{.job.sync.web.ui.output.IMAGE}}"}},
			Values: map[string]string{"SERVICE_NAME": "web", "SERVICE_MODULE": "ui", "envName": "qa", "IMAGE": "{{.job.sync.web.ui.output.IMAGE}}"},
		},
		{
			Suffix: "api", Services: []workflow.ServiceModule{{Service: "api", Module: "api", Image: "{{.job.sync.api.api.output.IMAGE}}"}},
			Values: map[string]string{"SERVICE_NAME": "api", "SERVICE_MODULE": "api", "envName": "qa", "IMAGE": "{{.job.sync.api.api.output.IMAGE}}"},
		},
	}
	specs := []string{
		`{"source":"fromjob","job_name":"sync","env":"qa","services":[{"service_name":"web","modules":[{"service_module":"ui","image":"{{.job.sync.web.ui.output.IMAGE}}"}],"variable_yaml":"a: b"}]}`,
		`{"source":"fromjob","job_name":"sync","env":"qa","services":[{"service_name":"api","modules":[{"service_module":"api","image":"{{.job.sync.api.api.output.IMAGE}}"}]}]}`,
	}
	for i := range pieces {
		if diff := cmp.Diff(parsed(t, specs[i]), parsed(t, string(pieces[i].Spec))); diff != "" {
			t.Error(diff)
		}
		pieces[i].Spec = nil
	}
	if diff := cmp.Diff(want, pieces); diff != "" {
		t.Error(diff)
	}
}
