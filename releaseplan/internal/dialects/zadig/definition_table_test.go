package zadig_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// wants is the body of an error.
func wants(code int, message, description string) string {
	return fmt.Sprintf(`{"code":%d,"message":%q,"description":%q,"extra":{},"type":"error"}`, code, message, description)
}

const nothing = "mongo: no documents in result"

// A shelfFault is a request that fails on a shelf that prepare has filled.
type shelfFault struct {
	operation, fault string
	prepare          func(s *shelf)
	method, path     string
	body             any
	token            string
	status           int
	want             string
}

// rowsOf makes rows of faults. What fails must change nothing: not one more commit is there.
func rowsOf(faults []shelfFault) []row {
	rows := make([]row, len(faults))
	for i, f := range faults {
		rows[i] = row{f.operation, f.fault, func(t *testing.T) {
			s := newShelf(t)
			if f.prepare != nil {
				f.prepare(s)
			}
			var headers []string
			if f.token != "" {
				headers = as(f.token)
			}
			before := s.store.written()
			s.Do(f.method, f.path, f.body, headers...).Want(f.status, f.want)
			if after := s.store.written(); after != before {
				t.Errorf("%d commits were made", after-before)
			}
		}}
	}
	return rows
}

// lint is what the description says of a definition that cannot be.
func lint(faults ...string) string {
	return wants(6545, "Lint workflow failed", strings.Join(faults, "\n"))
}

func definitionRows() []row {
	there := func(s *shelf) { s.create("demo", "dev") }
	missing := wants(6542, "Find workflow failed", nothing)
	noRight := func(right string) string { return wants(403, "Forbidden", "no "+right+" right") }
	noYAML := wants(415, "Unsupported Media Type", "Unsupported Media Type")
	broken := strings.ReplaceAll(definition("", "a b"), `"wait"`, `"dance"`)
	brokenFaults := lint("project: project should not be empty", `name: "a b" is not 1 to 63 letters, digits and hyphens`, `stages[0].jobs[0].type: job type not supported: "dance"`)
	faults := []shelfFault{
		{"listWorkflows", "no project", nil, "GET", "/openapi/workflows", nil, "", 400, wants(400, "Bad Request", "projectKey is required")},
		{"listWorkflows", "empty project", nil, "GET", "/openapi/workflows?projectKey=", nil, "", 400, wants(400, "Bad Request", "projectKey is required")},
		{"listWorkflows", "unknown view", there, "GET", "/openapi/workflows?projectKey=demo&viewName=x", nil, "", 400, wants(6541, "List workflows failed", nothing)},
		{"listWorkflows", "unknown token", nil, "GET", "/openapi/workflows?projectKey=demo", nil, "forged", 401, wants(401, "Unauthorized", "nobody known asks")},

		{"getWorkflow", "no project", there, "GET", custom + "/dev/detail", nil, "", 400, wants(400, "Bad Request", "projectKey is required")},
		{"getWorkflow", "unknown workflow", there, "GET", custom + "/devs/detail?projectKey=demo", nil, "", 400, missing},
		{"getWorkflow", "another project's workflow", there, "GET", custom + "/dev/detail?projectKey=shop", nil, "", 400, missing},
		{"getWorkflow", "no right", there, "GET", custom + "/dev/detail?projectKey=demo", nil, "other", 403, noRight("read")},
		{"getWorkflow", "no right, and another project is claimed", there, "GET", custom + "/dev/detail?projectKey=elsewhere", nil, "other", 403, noRight("read")},

		{"listDefinitions", "a view of no project", there, "GET", definitions + "?viewName=x", nil, "", 400, wants(6541, "List workflows failed", "project: must not be empty with a view")},
		{"listDefinitions", "unknown view", there, "GET", definitions + "?projectName=demo&viewName=x", nil, "", 400, wants(6541, "List workflows failed", nothing)},

		{"getDefinition", "no project", there, "GET", definitions + "/dev", nil, "", 400, wants(400, "Bad Request", "projectName is required")},
		{"getDefinition", "unknown workflow", there, "GET", definitions + "/devs?projectName=demo", nil, "", 400, missing},
		{"getDefinition", "another project's workflow", there, "GET", definitions + "/dev?projectName=shop", nil, "", 400, missing},
		{"getDefinition", "no right", there, "GET", definitions + "/dev?projectName=demo", nil, "other", 403, noRight("read")},

		{"deleteWorkflow", "no workflow", there, "DELETE", custom + "?projectKey=demo", nil, "", 400, wants(400, "Bad Request", "workflowKey is required")},
		{"deleteWorkflow", "no project", there, "DELETE", custom + "?workflowKey=dev", nil, "", 400, wants(400, "Bad Request", "projectKey is required")},
		{"deleteWorkflow", "unknown workflow", there, "DELETE", custom + "?projectKey=demo&workflowKey=devs", nil, "", 400, wants(6543, "Delete workflow failed", nothing)},
		{"deleteWorkflow", "another project's workflow", there, "DELETE", custom + "?projectKey=shop&workflowKey=dev", nil, "", 400, wants(6543, "Delete workflow failed", nothing)},
		{"deleteWorkflow", "no right at all", there, "DELETE", custom + "?projectKey=elsewhere&workflowKey=dev", nil, "other", 403, noRight("read")},
		{"deleteWorkflow", "only the right to read", there, "DELETE", custom + "?projectKey=demo&workflowKey=dev", nil, "reader", 403, noRight("delete")},
	}
	for operation, path := range map[string]string{"createWorkflow": definitions, "createCustomWorkflow": custom} {
		faults = append(faults,
			shelfFault{operation, "not JSON", nil, "POST", path, "name: dev\n", "", 400, wants(400, "Bad Request", "the body must be JSON")},
			shelfFault{operation, "no body", nil, "POST", path, "", "", 400, wants(400, "Bad Request", "the body must be JSON, and is empty")},
			shelfFault{operation, "every fault is told", nil, "POST", path, broken, "", 400, brokenFaults},
			shelfFault{operation, "a member of another type", nil, "POST", path, `{"name": 1, "stages": [{"jobs": {}}]}`, "", 400, lint("name: must not be a JSON number", "stages[0].jobs: must not be a JSON object")},
			shelfFault{operation, "the identifier is taken", there, "POST", path, definition("demo", "dev"), "", 400, wants(6540, "Create or update workflow failed", "workflow dev: already exists")},
			shelfFault{operation, "the identifier is taken elsewhere", there, "POST", path, definition("shop", "dev"), "", 400, wants(6540, "Create or update workflow failed", "workflow dev: already exists")},
			shelfFault{operation, "the name is taken", there, "POST", path, strings.ReplaceAll(definition("demo", "other"), "other name", "dev name"), "", 400, wants(6540, "Create or update workflow failed", `a workflow with the name "dev name": already exists`)},
			shelfFault{operation, "no right", nil, "POST", path, definition("demo", "dev"), "other", 403, noRight("edit")},
		)
	}
	for operation, path := range map[string]string{"updateWorkflow": definitions, "updateCustomWorkflow": custom} {
		faults = append(faults,
			shelfFault{operation, "no project", there, "PUT", path + "/dev", definition("demo", "dev"), "", 400, wants(400, "Bad Request", "projectName is required")},
			shelfFault{operation, "unknown workflow", there, "PUT", path + "/devs?projectName=demo", definition("demo", "devs"), "", 400, missing},
			shelfFault{operation, "another project's workflow", there, "PUT", path + "/dev?projectName=shop", definition("shop", "dev"), "", 400, missing},
			shelfFault{operation, "not JSON", there, "PUT", path + "/dev?projectName=demo", "name: dev\n", "", 400, wants(400, "Bad Request", "the body must be JSON")},
			shelfFault{operation, "every fault is told", there, "PUT", path + "/dev?projectName=demo", strings.ReplaceAll(broken, `"a b"`, `"dev"`), "", 400, lint(`stages[0].jobs[0].type: job type not supported: "dance"`)},
			shelfFault{operation, "another identifier", there, "PUT", path + "/dev?projectName=demo", definition("demo", "devs"), "", 400, lint("name: cannot be changed")},
			shelfFault{operation, "to another project", there, "PUT", path + "/dev?projectName=demo", definition("shop", "dev"), "", 400, lint("project: cannot be changed")},
			shelfFault{operation, "no right", there, "PUT", path + "/dev?projectName=demo", definition("demo", "dev"), "reader", 403, noRight("edit")},
			shelfFault{operation, "no right, and another project is claimed", there, "PUT", path + "/dev?projectName=elsewhere", definition("elsewhere", "dev"), "other", 403, noRight("edit")},
		)
	}
	rows := rowsOf(faults)
	for operation, at := range map[string][2]string{"createWorkflow": {"POST", definitions}, "createCustomWorkflow": {"POST", custom},
		"updateWorkflow": {"PUT", definitions + "/dev?projectName=demo"}, "updateCustomWorkflow": {"PUT", custom + "/dev?projectName=demo"}} {
		rows = append(rows, row{operation, "YAML", func(t *testing.T) {
			s := newShelf(t)
			for _, media := range []string{"application/yaml", "text/yaml", "text/plain", "application/x-www-form-urlencoded", "x"} {
				s.Do(at[0], at[1], "name: dev\n", "Content-Type", media).Want(http.StatusUnsupportedMediaType, noYAML)
			}
		}})
	}
	return rows
}
