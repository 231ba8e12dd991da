package workflow_test

import (
	"strings"
	"testing"
)

// What of a job type is not already told by the size and type of each field.
func TestRulesOfSpecs(t *testing.T) {
	const (
		build    = "stages[0].jobs[0].spec"
		ask      = "stages[0].jobs[1].spec"
		sync     = "stages[0].jobs[2].spec"
		script   = "stages[0].jobs[3].spec"
		steps    = "stages[0].jobs[4].spec"
		test     = "stages[1].jobs[0].spec"
		unit     = "stages[1].jobs[1].spec"
		scan     = "stages[1].jobs[2].spec"
		migrate  = "stages[1].jobs[4].spec"
		greet    = "stages[1].jobs[5].spec"
		track    = "stages[1].jobs[6].spec"
		pause    = "stages[1].jobs[7].spec"
		call     = "stages[1].jobs[9].spec"
		deploy   = "stages[2].jobs[0].spec"
		setImage = "stages[2].jobs[1].spec"
	)
	one := build + ".service_and_builds[0]"
	testRules(t, []rule{
		{"a build has a source", build + ".source", []string{`""`, `"runtime"`}, []string{`"fixed"`, `"x"`}, ""},
		{"a build that follows names the job", build + ".job_name", []string{`""`}, []string{`7`}, ""},
		{"modules of a build are distinct", build + ".service_and_builds_options[1]", []string{`{"service_name":"api","service_module":"b"}`}, []string{`{"service_name":"web","service_module":"web"}`}, ""},
		{"a module has a service", one + ".service_name", []string{`"a"`}, []string{`""`}, ""},
		{"variables are distinct", one + ".key_vals[1].key", []string{`"b"`}, []string{`"username"`, `""`, `"a=b"`, `"a b"`}, ""},
		{"variables have a source that is known", one + ".key_vals[0].source", []string{`""`, `"fixed"`, `"reference"`, `"other"`}, []string{`"x"`}, ""},
		{"the value of a choice is an option", one + ".key_vals[1].value", []string{`"high"`, `""`, `"{{.workflow.params.env}}"`}, []string{`"middle"`}, ""},
		{"a choice has options", one + ".key_vals[1].choice_option", []string{`["low"]`}, []string{`[]`}, ""},
		{"what is chosen are options", one + ".key_vals[2].choice_value", []string{`["a","b"]`}, []string{`["c"]`}, one + ".key_vals[2].choice_value[0]"},
		{"a repository has a name", one + ".repos[0].repo_name", []string{`"a"`}, []string{`""`, ``}, ""},
		{"repositories are checked out beside each other", one + ".repos[1].checkout_path", []string{`"b"`}, []string{`"web"`}, ""},
		{"repositories stay in the working directory", one + ".repos[0].checkout_path", []string{`"a/b"`, `"./a"`, `"{{.workflow.params.tag}}/a"`, `"a{{.x"`}, []string{`"/a"`, `"../a"`, `"a/../.."`, `"../../{{.x"`, `"/etc/{{.workflow.params.tag}}"`}, ""},
		{"a repository from a parameter names it", one + ".repos[1].param_name", []string{`"code"`}, []string{`"env"`, `"none"`, `""`}, ""},
		{"a repository has a source that is known", one + ".repos[0].source_from", []string{`""`, `"runtime"`, `"fixed"`}, []string{`"x"`}, ""},
		{"pull requests are counted from 1", one + ".repos[0].prs", []string{`[1]`}, []string{`[0]`}, ""},
		{"shared storages are those of the workflow", one + ".share_storage_info.share_storages[0].name", []string{`"cache"`}, []string{`"other"`, `""`}, ""},
		{"names of outputs are letters, digits and _", build + ".outputs[0].name", []string{`"a"`, `"A_1"`, `"` + strings.Repeat("x", 64) + `"`}, []string{`""`, `"a-b"`, `"a.b"`, `"` + strings.Repeat("x", 65) + `"`}, ""},
		{"outputs are distinct", build + ".outputs", []string{`[{"name":"A"},{"name":"a"}]`}, []string{`[{"name":"A"},{"name":"A"}]`}, build + ".outputs[1].name"},

		{"an approval has a source", ask + ".source", []string{`""`, `"runtime"`, `"fixed"`}, []string{`"x"`}, ""},
		{"an approval has a type", ask + ".type", nil, []string{`""`, ``}, ""},
		{"an approval has a time", ask + ".timeout", []string{`0`, `1`, `525600`}, []string{`-1`, `525601`}, ""},
		{"an approval has nodes", ask + ".lark_approval.approval_nodes", nil, []string{`[]`}, ""},
		{"marks of start and end are no nodes", ask + ".lark_approval.approval_nodes[0]", []string{`{"type":"START"}`}, []string{`{"type":"AND"}`}, ask + ".lark_approval.approval_nodes[0].approve_users"},
		{"a node needs all, any or some", ask + ".lark_approval.approval_nodes[0].type", []string{`"AND"`, `"OR"`}, []string{`"SEQUENTIAL"`, `""`}, ""},
		{"some of a node are not more than there are", ask + ".lark_approval.approval_nodes[1].k", []string{`1`}, []string{`0`, `2`}, ""},

		{"a distribution has a source", sync + ".source", []string{`""`, `"runtime"`}, []string{`"fixed"`}, ""},
		{"a distribution has a method", sync + ".distribute_method", []string{`""`, `"image_push"`, `"cloud_sync"`}, []string{`"x"`}, ""},
		{"a distribution has a target", sync + ".target_registry_id", nil, []string{`""`, ``}, ""},
		{"a distribution that follows none has a registry", sync + ".source_registry_id", nil, []string{`""`}, ""},
		{"a distribution that follows none has targets", sync + ".targets", nil, []string{`[]`}, ""},
		{"a target has a source", sync + ".targets[0]", []string{`{"service_name":"a","source_image":"b"}`}, []string{`{"service_name":"a"}`}, sync + ".targets[0].source_tag"},
		{"targets are distinct", sync + ".targets", []string{`[{"service_name":"a","source_tag":"1"},{"service_name":"b","source_tag":"1"}]`}, []string{`[{"service_name":"a","source_tag":"1"},{"service_name":"a","source_tag":"2"}]`}, sync + ".targets[1]"},
		{"a rule for tags is given", sync + ".target_image_tag_rule", nil, []string{`""`}, ""},
		{"a distribution takes a time", sync + ".timeout", []string{`0`, `525600`}, []string{`-1`, `525601`}, ""},

		{"a freestyle is plain or for services", script + ".freestyle_type", nil, []string{`"x"`}, ""},
		{"a plain freestyle has no services", script + ".freestyle_type", nil, []string{`""`}, script + ".services"},
		{"a freestyle has a source", script + ".source", []string{`""`}, []string{`"fixed"`}, ""},
		{"a freestyle has a script", script + ".script", nil, []string{`""`, ``}, ""},
		{"a freestyle has a script or steps", script + ".steps", []string{`[]`}, []string{`[{"name":"a","type":"shell","spec":{"script":"b"}}]`}, ""},
		{"a script is of a type that is known", script + ".script_type", []string{`""`, `"shell"`, `"batch_file"`, `"powershell"`}, []string{`"perl"`}, ""},
		{"services of a freestyle are distinct", script + ".services", []string{`[{"service_name":"a"},{"service_name":"b"}]`}, []string{`[{"service_name":"a"},{"service_name":"a"}]`}, script + ".services[1]"},
		{"variables of a freestyle are distinct", script + ".envs", []string{`[{"key":"A","value":""},{"key":"a","value":""}]`}, []string{`[{"key":"A","value":""},{"key":"A","value":""}]`}, script + ".envs[1].key"},
		{"a file that is kept has a name", script + ".object_storage_upload.upload_detail[0].file_path", nil, []string{`""`}, ""},
		{"an infrastructure is known", script + ".runtime.infrastructure", []string{`""`, `"vm"`}, []string{`"cloud"`}, ""},
		{"an image is of a source that is known", script + ".runtime.image_from", []string{`""`, `"koderover"`}, []string{`"x"`}, ""},
		{"a tool has a name", script + ".runtime.installs[0].name", nil, []string{`""`}, ""},
		{"a label has a name", script + ".runtime.vm_labels[0]", nil, []string{`""`}, ""},
		{"a freestyle takes a time", script + ".advanced_setting.timeout", []string{`0`, `525600`}, []string{`-1`, `525601`}, ""},
		{"a cache is of a type that is known", script + ".advanced_setting.cache_dir_type", []string{`""`, `"workspace"`}, []string{`"x"`}, ""},
		{"a cache of one's own has a directory", script + ".advanced_setting.cache_user_dir", nil, []string{`""`}, ""},
		{"a request is an object", script + ".advanced_setting.res_req_spec", []string{`{}`, `null`}, []string{`[]`}, ""},
		{"storages of a freestyle are the workflow's", script + ".advanced_setting.share_storage_info.share_storages[0].name", nil, []string{`"other"`}, ""},
		{"a step has a type", steps + ".steps[0].type", []string{`"tools"`}, []string{`""`, `"docker"`}, ""},
		{"a step has a name of its own", steps + ".steps[1].name", []string{`"g"`}, []string{`""`, `"tools"`}, ""},
		{"a shell step has a script", steps + ".steps[2].spec.script", nil, []string{`""`}, ""},
		{"a git step has repositories with names", steps + ".steps[1].spec.repos[0].repo_name", nil, []string{`""`}, ""},
		{"outputs of the older form are checked", steps + ".properties.outputs[0].name", []string{`"ok"`}, []string{`"not ok"`}, ""},

		{"a test is plain or for services", test + ".test_type", nil, []string{`"x"`}, ""},
		{"a plain test follows none", test + ".test_type", nil, []string{`""`}, test + ".source"},
		{"a plain test has tests", test + ".test_type", nil, []string{`""`}, test + ".test_modules"},
		{"a test for services has tests", test + ".service_and_tests", nil, []string{`[]`}, ""},
		{"a test has a source", unit + ".source", []string{`""`, `"runtime"`, `"fixed"`}, []string{`"x"`}, ""},
		{"a test has a name", unit + ".test_modules[0].name", nil, []string{`""`}, ""},
		{"tests are distinct", unit + ".test_modules", []string{`[{"name":"a"},{"name":"b"}]`}, []string{`[{"name":"a"},{"name":"a"}]`}, unit + ".test_modules[1].name"},
		{"tests of services are distinct", test + ".service_and_tests", []string{`[{"service_name":"a","name":"x"},{"service_name":"b","name":"x"}]`}, []string{`[{"service_name":"a","name":"x"},{"service_name":"a","name":"x"}]`}, test + ".service_and_tests[1].name"},
		{"chosen services are distinct", test + ".target_services", []string{`[{"service_name":"a"}]`}, []string{`[{"service_name":"a"},{"service_name":"a"}]`}, test + ".target_services[1]"},
		{"a plain test chooses no services", unit + ".target_services", []string{`[]`}, []string{`[{"service_name":"a"}]`}, ""},
		{"a repository of a job before it is taken", test + ".service_and_tests[0].repos[0].job_name", []string{`"build"`}, []string{`"deploy"`, `"none"`, `""`}, ""},
		{"a scanning is plain or for services", scan + ".scanning_type", nil, []string{`"x"`, `"service_test"`}, ""},
		{"a scanning for services has scannings", scan + ".service_and_scannings", nil, []string{`[]`}, ""},

		{"a sql has a source", migrate + ".source", []string{`""`, `"runtime"`}, []string{`"fromjob"`}, ""},
		{"a sql has a type", migrate + ".type", []string{`""`, `"mariadb"`, `"postgresql"`, `"sqlite"`}, []string{`"oracle"`}, ""},
		{"a fixed sql has a database", migrate, []string{`{"source":"fixed","id":"d"}`, `{"source":"fixed","database_name":"d"}`, `{}`}, []string{`{"source":"fixed"}`}, migrate + ".id"},
		{"a sql takes a time", migrate + ".timeout", []string{`0`}, []string{`-1`, `525601`}, ""},
		{"a sql logs some rows", migrate + ".max_rows", []string{`0`, `1000000`}, []string{`-1`, `1000001`}, ""},

		{"a plugin has a name", greet + ".plugin.name", nil, []string{`""`}, ""},
		{"a plugin has an image", greet + ".plugin.image", nil, []string{`""`}, ""},
		{"a plugin has the inputs that it names", greet + ".plugin.args[0]", []string{`"$(inputs.CONTENT)"`, `"$(inputs."`}, []string{`"$(inputs.X)"`}, ""},
		{"an environment variable has the inputs that it names", greet + ".plugin.envs[0].value", []string{`"$(inputs.CONTENT)$(inputs.CONTENT)"`}, []string{`"$(inputs.CONTENT)$(inputs.X)"`}, ""},
		{"an environment variable has a name", greet + ".plugin.envs[0].name", nil, []string{`""`}, ""},
		{"inputs of a plugin are distinct", greet + ".plugin.inputs", nil, []string{`[{"name":"CONTENT","type":"string"},{"name":"CONTENT","type":"string"}]`}, greet + ".plugin.inputs[1].name"},
		{"an input of a plugin has a type", greet + ".plugin.inputs[0].type", []string{`"text"`}, []string{`"x"`}, ""},
		{"outputs of a plugin have names", greet + ".plugin.outputs[0].name", nil, []string{`"a b"`}, ""},

		{"a tapd has a source", track + ".source", []string{`"runtime"`, `"fixed"`, `""`}, []string{`"fromjob"`}, ""},
		{"a fixed tapd has a project", track + ".project_id", nil, []string{`""`}, ""},
		{"a fixed tapd has a status", track + ".status", nil, []string{`""`}, ""},
		{"a fixed tapd has iterations", track + ".iterations", nil, []string{`[]`}, ""},
		{"iterations are distinct", track + ".iterations", nil, []string{`[{"iteration_id":"1"},{"iteration_id":"1"}]`}, track + ".iterations[1].iteration_id"},

		{"a wait has a time", pause, []string{`{"for":"P1D"}`, `{"until":"2027-01-01T00:00:00Z"}`}, []string{`{}`, `{"for":"P1D","until":"2027-01-01T00:00:00Z"}`}, ""},
		{"a wait is at most a year", pause + ".for", []string{`"P366D"`}, []string{`"P367D"`}, ""},

		{"a method is known", call + ".method", []string{`"POST"`, `"PUT"`, `"PATCH"`, `"DELETE"`}, []string{`"post"`, `"CONNECT"`}, ""},
		{"an address is http or https", call + ".url", []string{`"http://a/b"`, `"{{.workflow.params.tag}}/b"`}, []string{`""`, `"ftp://a"`, `"/a"`, `"https://ann:secret@a"`, `"http://[a"`}, ""},
		{"a header has a name", call + ".headers", []string{`{"A-b":"c"}`}, []string{`{"":"a"}`, `{"a b":"c"}`}, ""},
		{"a header is one line", call + ".headers.X-Token", nil, []string{`"a\nb"`}, ""},
		{"a body goes with a method that sends one", call + ".method", nil, []string{`"GET"`, `""`, `"HEAD"`}, call + ".body"},
		{"a status is one of HTTP", call + ".expect.status[0]", []string{`100`, `599`}, []string{`99`, `600`}, ""},
		{"a status is expected once", call + ".expect.status[1]", nil, []string{`200`}, ""},
		{"a call takes a time", call + ".timeout", []string{`0`}, []string{`-1`, `525601`}, ""},

		{"a deployment has a source", deploy + ".source", []string{`""`, `"fixed"`}, []string{`"x"`}, ""},
		{"a deployment of a type", deploy + ".deploy_type", []string{`""`, `"helm"`}, []string{`"vm"`}, ""},
		{"an environment has a source", deploy + ".env_source", []string{`""`, `"fixed"`}, []string{`"fromjob"`}, ""},
		{"a fixed environment is given", deploy, []string{`{"env":"qa","env_source":"fixed"}`}, []string{`{"env_source":"fixed"}`}, deploy + ".env"},
		{"contents are known", deploy + ".deploy_contents[0]", []string{`"image"`}, []string{`"secrets"`}, ""},
		{"contents are distinct", deploy + ".deploy_contents[1]", nil, []string{`"image"`}, ""},
		{"fixed services are given", deploy, []string{`{"source":"fixed","services":[{"service_name":"a"}]}`}, []string{`{"source":"fixed"}`}, deploy + ".services"},
		{"services are distinct", deploy + ".services", []string{`[{"service_name":"a"},{"service_name":"b"}]`}, []string{`[{"service_name":"a"},{"service_name":"a"}]`}, deploy + ".services[1]"},
		{"modules of a service are distinct", deploy + ".services[0].modules", []string{`[{"service_module":"a"},{"service_module":"b"}]`}, []string{`[{"service_module":"a"},{"service_module":"a"}]`}, deploy + ".services[0].modules[1].service_module"},
		{"a strategy is known", deploy + ".services[0].deploy_strategy", []string{`""`, `"draft"`, `"import"`}, []string{`"x"`}, ""},
		{"a strategy to merge is known", deploy + ".services[0].value_merge_strategy", []string{`""`, `"reuse-values"`}, []string{`"x"`}, ""},
		{"a strategy to merge all is known", deploy + ".value_merge_strategy", []string{`""`, `"override"`}, []string{`"x"`}, ""},
		{"variables of a service are objects", deploy + ".services[0].variable_kvs[0]", []string{`{}`}, []string{`1`}, ""},
		{"default images are distinct", deploy + ".service_and_images", nil, []string{`[{"service_name":"a"},{"service_name":"a"}]`}, deploy + ".service_and_images[1]"},
		{"variables have a source", deploy + ".service_variable_config[0].variable_configs[0].source", []string{`""`, `"other"`}, []string{`"x"`}, ""},
		{"variables are configured once", deploy + ".service_variable_config[0].variable_configs", nil, []string{`[{"variable_key":"a"},{"variable_key":"a"}]`}, deploy + ".service_variable_config[0].variable_configs[1].variable_key"},

		{"a custom deployment has a source", setImage + ".source", []string{`""`, `"fixed"`}, []string{`"fromjob"`}, ""},
		{"a custom deployment has a namespace", setImage + ".namespace", nil, []string{`""`}, ""},
		{"a custom deployment takes a time", setImage + ".timeout", []string{`0`}, []string{`-1`, `525601`}, ""},
		{"a target is type/workload/container", setImage + ".targets[0].target", []string{`"statefulset/a/b"`}, []string{`""`, `"a"`, `"Deployment/a"`, `"Deployment//b"`, `"Job/a/b"`, `"Deployment/a/b/c"`}, ""},
		{"targets of a deployment are distinct", setImage + ".target_options[1].target", nil, []string{`"deployment/web/web"`}, ""},
		{"fixed targets are given", setImage, []string{`{"namespace":"a"}`}, []string{`{"namespace":"a","source":"fixed"}`}, setImage + ".targets"},
	})
}
