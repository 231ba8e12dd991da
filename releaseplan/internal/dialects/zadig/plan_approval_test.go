package zadig_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// twoOf is an approval of two out of ann, bob and the group sre, and whatever a client says of decisions.
const twoOf = `{"enabled":true,"status":"passed","type":"native","description":"please","native_approval":{"timeout":60,"needed_approvers":2,"reject_or_approve":"approve","instance_code":"forged",
	"approve_users":[{"user_id":"u-ann","user_name":"ann","reject_or_approve":"approve","comment":"forged","operation_time":1},{"type":"group","group_id":"g-sre","group_name":"sre","Reject_Or_Approve":"approve"}]}}`

func planWith(approval string) string {
	return `{"name":"x","manager":"admin","approval":` + approval + `,"jobs":[{"name":"a","type":"text","spec":{"content":"do"}}]}`
}

// A plan is approved by those whom it lists, once each, and executes with the deciding vote.
func TestPlanApprove(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(planWith(twoOf))
	yes := `{"approve":true,"comment":"ok"}`
	d.command(id, "approve", yes, as("ann")...).Want(http.StatusBadRequest)
	d.move(id, "executing").Want(http.StatusBadRequest)
	d.move(id, "wait_for_approval").Want(http.StatusOK)
	a := d.view(id)
	if a.Get("approval.status") != "" || a.Get("approval.native_approval.approve_users.0.reject_or_approve") != "" || a.Get("approval.native_approval.instance_code") == "forged" {
		t.Errorf("%s", a.Body)
	}
	before := d.export(id)
	d.command(id, "approve", yes, as("eve")...).Want(http.StatusForbidden)
	d.command(id, "approve", yes).Want(http.StatusForbidden)                // who is in charge
	d.command(id, "approve", yes, as("root")...).Want(http.StatusForbidden) // nor an admin
	d.command(id, "approve", `{"comment":"ok"}`, as("ann")...).Want(http.StatusBadRequest)
	d.command(id, "approve", `{"approve":"yes"}`, as("ann")...).Want(http.StatusBadRequest)
	d.command("nobody", "approve", yes, as("ann")...).Want(http.StatusNotFound)
	if diff := check.Diff(before, d.export(id)); diff != "" {
		t.Error(diff)
	}
	d.at(deskTime + 10)
	d.command(id, "approve", yes, as("ann")...).Want(http.StatusOK, succeeded)
	d.command(id, "approve", yes, as("ann")...).Want(http.StatusBadRequest)
	a = d.view(id)
	if a.Get("status") != "wait_for_approval" || a.Get("approval.native_approval.approve_users.0.operation_time") != float64(deskTime+10) || a.Get("approval.native_approval.approve_users.0.comment") != "ok" {
		t.Errorf("%s", a.Body)
	}
	d.command(id, "approve", yes, as("bob")...).Want(http.StatusOK, succeeded)
	a = d.view(id)
	for path, want := range map[string]any{"status": "executing", "approval.status": "passed", "approval.native_approval.reject_or_approve": "approve",
		"approval.native_approval.approve_users.2.user_name": "bob", "approval.native_approval.approve_users.1.group_name": "sre",
		"approval_time": float64(deskTime + 10), "executing_time": float64(deskTime + 10), "planning_time": float64(deskTime), "finish_planning_time": float64(deskTime), "jobs.0.status": "todo"} {
		if got := a.Get(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

// The first rejection denies the plan.
func TestPlanReject(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(planWith(twoOf))
	d.move(id, "wait_for_approval").Want(http.StatusOK)
	d.command(id, "approve", `{"approve":false,"comment":"no"}`, as("bob")...).Want(http.StatusOK)
	a := d.view(id)
	if a.Get("status") != "denied" || a.Get("approval.status") != "reject" || a.Get("approval.native_approval.reject_or_approve") != "reject" || a.Get("approval_time") == 0.0 {
		t.Errorf("%s", a.Body)
	}
}

// A plan that goes back to planning needs a new approval, whether or not it is edited.
func TestPlanStaleApproval(t *testing.T) {
	t.Parallel()
	for _, edit := range []bool{true, false} {
		d := newDesk(t)
		id := d.create(planWith(strings.Replace(twoOf, `"needed_approvers":2`, `"needed_approvers":1`, 1)))
		d.move(id, "wait_for_approval").Want(http.StatusOK)
		d.command(id, "approve", `{"approve":true}`, as("ann")...).Want(http.StatusOK)
		d.move(id, "planning").Want(http.StatusOK)
		a := d.view(id)
		if a.Get("approval.status") != "" || a.Get("approval.native_approval.approve_users.0.reject_or_approve") != "" || a.Get("approval_time") != 0.0 || a.Get("executing_time") != 0.0 {
			t.Errorf("%s", a.Body)
		}
		if edit {
			d.put(id, "update_release_job", `{"id":"`+d.job(id, 0)+`","name":"a","type":"text","spec":{"content":"do more"}}`).Want(http.StatusOK)
		}
		d.move(id, "finish_planning").Want(http.StatusOK)
		d.move(id, "executing").Want(http.StatusBadRequest)
		d.command(id, "execute", `{"id":"`+d.job(id, 0)+`"}`).Want(http.StatusBadRequest)
		d.move(id, "wait_for_approval").Want(http.StatusOK)
		if got := d.view(id).Get("approval.native_approval.approve_users.0.reject_or_approve"); got != "" {
			t.Errorf("the old vote counts: %v", got)
		}
	}
}

// An approval is not shown for content that was edited since, in whatever dialect.
func TestPlanApprovalOfOtherContent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(planWith(strings.Replace(twoOf, `"needed_approvers":2`, `"needed_approvers":1`, 1)))
	d.move(id, "wait_for_approval").Want(http.StatusOK)
	d.command(id, "approve", `{"approve":true}`, as("ann")...).Want(http.StatusOK)
	d.do(id, "admin", actions(releaseplan.Pause)...)
	if a := d.view(id); a.Get("approval.status") != "passed" {
		t.Fatalf("%s", a.Body)
	}
	if _, err := d.plans.Edit(t.Context(), id, 0, func(c *releaseplan.Content) error {
		c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: "more"})
		return nil
	}, deskPeople()["admin"]); err != nil {
		t.Fatal(err)
	}
	if a := d.view(id); a.Get("approval.status") != "" || a.Get("approval.native_approval.approve_users.0.reject_or_approve") != "" || a.Get("status") != "executing" {
		t.Errorf("%s", a.Body)
	}
}

// A request that is taken back is not pending any more.
func TestPlanApprovalWithdrawn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(planWith(twoOf))
	d.move(id, "wait_for_approval").Want(http.StatusOK)
	d.command(id, "approve", `{"approve":true}`, as("ann")...).Want(http.StatusOK)
	d.do(id, "admin", actions(releaseplan.Withdraw)...)
	if a := d.view(id); a.Get("status") != "finish_planning" || a.Get("approval.status") != "" || a.Get("approval.native_approval.approve_users.0.reject_or_approve") != "" || a.Get("approval_time") != 0.0 {
		t.Errorf("%s", a.Body)
	}
}

// A request that nobody decides in time lapses.
func TestPlanApprovalLapses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(planWith(twoOf))
	d.move(id, "wait_for_approval").Want(http.StatusOK)
	d.at(deskTime + 3600)
	if a := d.view(id); a.Get("status") != "denied" || a.Get("approval.status") != "timeout" {
		t.Errorf("%s", a.Body)
	}
	d.command(id, "approve", `{"approve":true}`, as("ann")...).Want(http.StatusBadRequest)
}

// Each kind of approval comes back as it was sent, whether or not it is the one that is selected; members that nobody
// knows are kept, and what a client says of decisions is not.
func TestPlanApprovalKinds(t *testing.T) {
	t.Parallel()
	const (
		native   = `{"timeout":7,"approve_users":[{"user_id":"u-ann","user_name":"ann","reject_or_approve":"","comment":"","operation_time":0}],"needed_approvers":1,"reject_or_approve":"","instance_code":""}`
		lark     = `{"timeout":8,"approval_id":"app","default_approval_initiator":{"id":"ou-1","name":"Ann"},"approve_users":[],"approval_nodes":[{"approve_users":[{"id":"ou-2","name":"Bob","reject_or_approve":"","comment":"","operation_time":0}],"approve_groups":[{"group_id":"og-1","group_name":"ops"}],"type":"OR","reject_or_approve":""}],"instance_code":""}`
		dingtalk = `{"timeout":9,"approval_id":"ding","default_approval_initiator":null,"approval_nodes":[{"approve_users":[{"id":"d-1","name":"Dan","reject_or_approve":"","comment":"","operation_time":0}],"type":"AND","reject_or_approve":""}],"instance_code":""}`
		workwx   = `{"timeout":10,"approval_id":"wx","creator_user":{"id":"w-1","name":"Wu"},"approval_nodes":[{"users":[{"id":"w-2","name":"Xi","reject_or_approve":"","comment":"","operation_time":0}],"type":2,"reject_or_approve":""}],"instance_id":""}`
	)
	whole := func(enabled, kind string) string {
		return `{"enabled":` + enabled + `,"status":"","type":"` + kind + `","description":"","native_approval":` + native + `,"lark_approval":` + lark + `,"dingtalk_approval":` + dingtalk + `,"workwx_approval":` + workwx + `}`
	}
	for _, kind := range []string{"native", "lark", "lark_intl", "dingtalk", "workwx", ""} {
		t.Run("kind "+kind, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			want := whole(map[bool]string{true: "false", false: "true"}[kind == ""], kind)
			id := d.create(planWith(want))
			var got struct{ Approval rawText }
			d.Do(http.MethodGet, plansAt+"/"+id, nil).Want(http.StatusOK).Into(&got)
			if diff := check.Diff(want, string(got.Approval)); diff != "" {
				t.Error(diff)
			}
			p := d.plan(id)
			if policy := p.Content().Approval; string(policy.Kind) != kind || kind != "" && (len(policy.Nodes) != 1 || policy.TimeoutMinutes < 7) {
				t.Errorf("%+v", policy)
			}
			if kind != "native" && kind != "" { // nobody provides it
				d.move(id, "wait_for_approval").Want(http.StatusBadRequest)
			}
		})
	}
	t.Run("what is not known is kept", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		id := d.create(planWith(`{"enabled":false,"type":"native","lark_approval":{"timeout":1,"host":{"x":[1.50]},"approval_nodes":[{"type":"SEQUENTIAL","approve_node_type":"user_group","Reject_Or_Approve":"approve","approve_users":[{"id":"a","name":"A","phone":"1","comment":"forged"}]}],"instance_code":"forged"}}`))
		a := d.Do(http.MethodGet, plansAt+"/"+id, nil).Want(http.StatusOK)
		var got struct {
			Approval struct {
				Lark rawText `json:"lark_approval"`
			}
		}
		a.Into(&got)
		want := `{"timeout":1,"host":{"x":[1.50]},"approval_id":"","default_approval_initiator":null,"approve_users":[],"instance_code":"","approval_nodes":[{"type":"SEQUENTIAL","approve_node_type":"user_group","reject_or_approve":"",
			"approve_users":[{"id":"a","name":"A","phone":"1","comment":"","reject_or_approve":"","operation_time":0}]}]}`
		if diff := check.Diff(want, string(got.Approval.Lark)); diff != "" {
			t.Error(diff)
		}
		if strings.Contains(d.export(id), "forged") {
			t.Error("a decision was stored")
		}
	})
}

// An approval that cannot be is refused with the path of each fault.
func TestPlanApprovalFaults(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for approval, path := range map[string]string{
		`{"enabled":true,"type":"native"}`: "approval.type",
		`{"enabled":true,"type":"pager"}`:  "approval.type",
		`{"enabled":true,"type":"native","native_approval":{"needed_approvers":0,"approve_users":[{"user_id":"a"}]}}`:                                                        "approval.native_approval.needed_approvers",
		`{"enabled":true,"type":"native","native_approval":{"needed_approvers":2,"approve_users":[{"user_id":"a"},{"user_id":"a"}]}}`:                                        "approval.native_approval.needed_approvers",
		`{"enabled":true,"type":"native","native_approval":{"needed_approvers":1,"approve_users":[{"user_id":""}]}}`:                                                         "approval.nodes[0].approvers[0].id",
		`{"enabled":true,"type":"native","native_approval":{"needed_approvers":1,"approve_users":[{"type":"task_creator"}]}}`:                                                "approval.native_approval.approve_users[0].type",
		`{"enabled":true,"type":"native","native_approval":{"timeout":-1,"needed_approvers":1,"approve_users":[{"user_id":"a"}]}}`:                                           "approval.timeout",
		`{"enabled":true,"type":"lark","lark_approval":{"approval_nodes":[]}}`:                                                                                               "approval.lark_approval.approval_nodes",
		`{"enabled":true,"type":"lark","lark_approval":{"approval_nodes":[{"type":"SEQUENTIAL","approve_users":[{"id":"a"}]}]}}`:                                             "approval.lark_approval.approval_nodes[0].type",
		`{"enabled":true,"type":"dingtalk","dingtalk_approval":{"approval_nodes":[{"type":"AND","approve_users":[]}]}}`:                                                      "approval.dingtalk_approval.approval_nodes[0]",
		`{"enabled":true,"type":"dingtalk","dingtalk_approval":{"approval_nodes":[{"type":"AND","approve_users":[{"id":"a"}]},{"type":"OR","approve_users":[{"id":"a"}]}]}}`: "approval.nodes[1].approvers[0]",
		`{"enabled":true,"type":"workwx","workwx_approval":{"approval_nodes":[{"type":3,"users":[{"id":"a"}]}]}}`:                                                            "approval.workwx_approval.approval_nodes[0].type",
		`{"enabled":"yes"}`:                      "approval.enabled",
		`{"native_approval":{"timeout":"five"}}`: "approval.native_approval",
		`{"enabled":true,"type":7}`:              "approval.type",
		`[]`:                                     "approval",
	} {
		a := d.Do(http.MethodPost, plansAt, planWith(approval)).Want(http.StatusBadRequest)
		if got := a.Get("description").(string); !strings.Contains(got, path) {
			t.Errorf("%s: %s", approval, got)
		}
	}
	if list := d.Do(http.MethodGet, plansAt+"?pageNum=1&pageSize=1", nil); list.Get("total") != 0.0 {
		t.Errorf("%s", list.Body)
	}
}

// The separation of duties, which this dialect does not know, outlives an edit in it.
func TestPlanApprovalSeparation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := approved(content())
	c.Approval.Separation = approval.Separation{NotAuthor: true}
	id := d.file(c, "admin").ID()
	d.put(id, "update_approval", `{"approval":`+twoOf+`}`).Want(http.StatusOK)
	if got := d.plan(id).Content(); !got.Approval.Separation.NotAuthor || got.Start.Mode != releaseplan.OnApproval || got.Approval.Nodes[0].K != 2 {
		t.Errorf("%+v", got)
	}
}

// A rawText is JSON as it is.
type rawText []byte

func (r *rawText) UnmarshalJSON(text []byte) error {
	*r = append((*r)[:0], text...)
	return nil
}
