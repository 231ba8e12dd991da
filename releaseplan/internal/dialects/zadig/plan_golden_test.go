package zadig_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// The list of document 000: the latest of 26 plans.
func TestPlanListGolden(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 25 {
		d.create(fmt.Sprintf(`{"name":"plan %d","manager":"admin"}`, i))
	}
	d.number(31)
	d.at(1693813370)
	d.next("64f58a7ac573f7325c2744b6")
	d.create(`{"name":"test-workflow-0904","manager":"admin"}`)
	d.Do(http.MethodGet, plansAt+"?pageNum=1&pageSize=1", nil).Want(http.StatusOK, golden(t, "plan-list.200.json"))
}

// The detail of document 000: a plan in planning that was edited.
func TestPlanDetailGolden(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.number(21)
	d.next("64f1a7cd1b7bd46ec353b50c")
	p := d.file(releaseplan.Content{
		Name: "plan-A", Window: &releaseplan.Window{Start: time.Unix(1693558721, 0), End: time.Unix(1694016000, 0)}, Start: releaseplan.Schedule{Mode: releaseplan.OnApproval},
		Approval: &approval.Policy{Enabled: true, Kind: approval.Native, TimeoutMinutes: 5,
			Nodes: []approval.Node{{Need: approval.KOf, K: 1, Approvers: []penstock.Party{{Type: penstock.User, ID: adminID, Name: "admin"}}}}},
		Phases: []releaseplan.Phase{{Name: "Jobs", Kind: releaseplan.Free, Tasks: []releaseplan.Task{{ID: "0b655ad6-5d08-4f1c-8ff6-7eb004c7c7bd", Name: "中间件变更"}}}},
	}, "admin")
	want := golden(t, "plan-detail.200.json")
	d.at(1693558750)
	var doc struct {
		Jobs []map[string]any
	}
	d.Do(http.MethodGet, plansAt+"/"+p.ID(), nil).Want(http.StatusOK)
	mustJSON(t, want, &doc)
	d.Do(http.MethodPut, plansUIAt+"/"+p.ID(), map[string]any{"verb": "update_release_job", "spec": doc.Jobs[0]}).Want(http.StatusOK, succeeded)
	d.Do(http.MethodGet, plansAt+"/"+p.ID(), nil).Want(http.StatusOK, want)
}

// The request of document 000 creates the plan that it describes.
func TestPlanCreateGolden(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.next("64f1a7cd1b7bd46ec353b50c")
	d.Do(http.MethodPost, plansAt, golden(t, "plan-create.request.json")).Want(http.StatusOK, golden(t, "plan-create.200.json"))
	d.Do(http.MethodGet, plansAt+"/64f1a7cd1b7bd46ec353b50c", nil).Want(http.StatusOK, golden(t, "plan-created.200.json"))
	p := d.plan("64f1a7cd1b7bd46ec353b50c")
	if c := p.Content(); c.Start.Mode != releaseplan.OnApproval || !c.Approval.Required() || c.Owner.ID != adminID {
		t.Errorf("it is %+v", c)
	}
}
