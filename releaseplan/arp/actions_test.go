package arp

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// rels are the actions of a list, in order.
func rels(all []action) string {
	var out []string
	for _, a := range all {
		out = append(out, a.Rel)
	}
	return strings.Join(out, " ")
}

// The actions of a draft are those of the document, letter by letter.
func TestActionsOfADraft(t *testing.T) {
	can := map[releaseplan.Action]bool{
		releaseplan.Execute: true, releaseplan.Duplicate: true, releaseplan.Edit: true, releaseplan.ExportPlan: true, releaseplan.Archive: true,
		releaseplan.Finalize: true, releaseplan.Cancel: true, releaseplan.SetVariables: true, releaseplan.Delete: true, releaseplan.Comment: true,
	}
	got, err := json.MarshalIndent(offered(planOffers, can, true, planPath(1908)), "", "")
	if err != nil {
		t.Fatal(err)
	}
	const want = `[
{
"href": "api/data/v1/plans/1908/execute",
"method": "POST",
"rel": "execute",
"type": "System",
"desc": "Execute"
},
{
"href": "api/data/v1/plans/1908/duplicate",
"method": "POST",
"rel": "duplicate",
"type": "System",
"desc": "Duplicate"
},
{
"href": "api/data/v1/plans/1908",
"method": "POST",
"rel": "edit",
"type": "System",
"desc": "Edit"
},
{
"href": "api/data/v1/plans/1908/export",
"method": "GET",
"rel": "export",
"type": "System",
"desc": "Export"
},
{
"href": "api/data/v1/plans/1908/archive",
"method": "POST",
"rel": "archive",
"type": "System",
"desc": "Archive"
},
{
"rel": "add",
"type": "System",
"desc": "Add"
}
]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	can[releaseplan.Execute] = false // it needs an approval, say
	if got, want := rels(offered(planOffers, can, true, "")), "duplicate edit export archive add finalize"; got != want {
		t.Errorf("a draft that cannot be executed: %q, want %q", got, want)
	}
	if got, want := rels(offered(planOffers, can, false, "")), "duplicate edit export archive add finalize cancel variables delete"; got != want {
		t.Errorf("later: %q, want %q", got, want)
	}
	if got := offered(planOffers, nil, false, ""); got == nil || len(got) > 0 {
		t.Errorf("nothing can be done: %v", got)
	}
}

// Every action that is offered with a method is an operation.
func TestOffersAreOperations(t *testing.T) {
	there := make(map[string]bool)
	for _, op := range operations() {
		there[op.Method+" "+op.Path] = true
	}
	check := func(o offer, below string) {
		if o.method != "" && !there[o.method+" "+Base+below+o.path] {
			t.Errorf("%s: there is no %s %s", o.rel, o.method, below+o.path)
		}
		if o.path != "" && "/"+o.rel != o.path {
			t.Errorf("%s is at %s", o.rel, o.path)
		}
	}
	for _, o := range planOffers {
		check(o, "/plans/{id}")
	}
	for _, o := range taskOffers {
		check(o, "/plans/{id}/tasks/{task}")
	}
	if slices.ContainsFunc(planOffers, func(o offer) bool { return o.method == http.MethodPut }) {
		t.Error("this API has no PUT")
	}
}

// Structure can be changed behind what is begun, and in a draft everywhere.
func TestStructuralActions(t *testing.T) {
	task := func(phase, place int, s releaseplan.TaskState) releaseplan.TaskView {
		return releaseplan.TaskView{Phase: phase, Place: place, Status: releaseplan.TaskStatus{State: s}}
	}
	const all = "delete reorder edit"
	for name, row := range map[string]struct {
		f      frontier
		phases []string
		tasks  map[string]releaseplan.TaskView
	}{
		"a draft": {frontier{-1, -1, true}, []string{"edit delete reorder add", "edit delete reorder add"},
			map[string]releaseplan.TaskView{all: task(0, 0, releaseplan.TaskDone)}}, // reopened
		"nobody may": {frontier{-1, -1, false}, []string{"", ""}, map[string]releaseplan.TaskView{"": task(0, 0, releaseplan.TaskTodo)}},
		"under way": {frontier{1, 1, true}, []string{"edit", "edit add", "edit delete reorder add"}, map[string]releaseplan.TaskView{
			"": task(1, 1, releaseplan.TaskDone), "edit": task(1, 0, releaseplan.TaskTodo), all: task(1, 2, releaseplan.TaskFailed)}},
	} {
		t.Run(name, func(t *testing.T) {
			for i, want := range row.phases {
				if got := rels(row.f.phaseActions(i)); got != want {
					t.Errorf("phase %d: %q, want %q", i, got, want)
				}
			}
			for want, task := range row.tasks {
				if got := rels(row.f.taskActions(task)); got != want {
					t.Errorf("task %d.%d: %q, want %q", task.Phase, task.Place, got, want)
				}
			}
		})
	}
}
