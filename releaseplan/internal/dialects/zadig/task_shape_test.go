package zadig_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/zadig"
	"github.com/penstock-go/penstock/workflow"
)

// The description of tasks agrees to nothing but what is answered. Loose on purpose are the members
// that are left out where the document does so, and the specs of jobs, of which the type is the host's;
// those of the document are in the next test.
func TestTheDescriptionOfTasksIsTight(t *testing.T) {
	f := newFloor(t)
	answer := taskOfTheDocument(t, f)
	begun := f.Do(http.MethodPost, tasks, starting("simple-service-demo", "build-images", "echo-hello"))
	f.await("build-images", 25, state(workflow.RunPassed)) // it cannot be canceled any more
	got := f.Mutations(t, answer, begun,
		f.Do(http.MethodGet, custom+"/build-images/tasks?projectKey=simple-service-demo", nil),
		f.Do(http.MethodGet, custom+"/build-images/task/24/manual-exec?projectKey=simple-service-demo", nil),
		f.cancels("build-images", 25), f.Do(http.MethodGet, tasks+"?taskId=99&workflowKey=build-images", nil),
	)
	if diff := cmp.Diff([]string{
		"Failure.extra may be missing", "Failure.extra may have more members", "Failure.type may be missing",
		"TaskJob.error may be missing", "TaskJob.spec may be anything", "TaskStage.approval may be missing",
	}, got); diff != "" {
		t.Error(diff)
	}
}

// No member of a spec of the document can be left out, be null, or be joined by another.
func TestTheSpecsOfTheDocumentAreTight(t *testing.T) {
	description := check.Describe(t, zadig.OpenAPI())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tasks, nil)
	if err != nil {
		t.Fatal(err)
	}
	agrees := func(body any) bool {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return description.Check(request, &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}}, text) == nil
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(example(t, "task-detail.200.json")), &body); err != nil {
		t.Fatal(err)
	}
	if !agrees(body) {
		t.Fatal("the example is not as described")
	}
	tried := 0
	var alter func(place string, v any)
	alter = func(place string, v any) {
		switch v := v.(type) {
		case []any:
			for i := range v {
				alter(fmt.Sprintf("%s[%d]", place, i), v[i])
			}
		case map[string]any:
			v["more"] = true
			if agrees(body) {
				t.Errorf("%s may have more", place)
			}
			delete(v, "more")
			for name, member := range v {
				tried++
				if v[name] = nil; agrees(body) {
					t.Errorf("%s.%s may be null", place, name)
				}
				delete(v, name)
				if name != "choice_option" && agrees(body) { // which only a choice has
					t.Errorf("%s.%s may be missing", place, name)
				}
				v[name] = member
				alter(place+"."+name, member)
			}
		}
	}
	for _, s := range body["stages"].([]any) {
		for _, j := range s.(map[string]any)["jobs"].([]any) {
			alter(fmt.Sprint(j.(map[string]any)["name"]), j.(map[string]any)["spec"])
		}
	}
	if tried < 60 {
		t.Errorf("only %d members were tried", tried)
	}
}
