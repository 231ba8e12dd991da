package arp_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// edited lets adm change the content of a plan.
func (f *fixture) edited(p *releaseplan.Plan, change func(*releaseplan.Content)) *releaseplan.Plan {
	f.t.Helper()
	c := f.reload(p).Content()
	change(&c)
	return f.do(p, releaseplan.Command{Action: releaseplan.Edit, Content: &c, Remark: "as agreed"})
}

// guarded is a plan that takes the approval of adm, with a secret.
func (f *fixture) guarded() *releaseplan.Plan {
	f.t.Helper()
	return f.basic(func(c *releaseplan.Content) {
		c.Approval = &approval.Policy{Enabled: true, Kind: approval.Native,
			Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty(adm)}}}}
		c.Variables = append(c.Variables, releaseplan.Variable{Name: "token", Value: "s3cret", Secret: true})
	})
}

// TestVersionsAreListed: who changed a plan when, the latest first.
func TestVersionsAreListed(t *testing.T) {
	f := newFixture(t)
	p := f.basic()
	f.at(begin.AddDate(0, 0, 1))
	f.edited(p, func(c *releaseplan.Content) { c.Name, c.Phases[0].Tasks[0].Name = "q", "first" })
	f.edited(p, func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Disabled = true })
	a := f.get(at(p, "/versions")).Want(http.StatusOK)
	if diff := check.Diff(`[
		{"id": 3, "time": "2017-07-02T12:00:00Z", "by": "2/ADM/ADM", "remark": "as agreed", "differences": 1},
		{"id": 2, "time": "2017-07-02T12:00:00Z", "by": "2/ADM/ADM", "remark": "as agreed", "differences": 2},
		{"id": 1, "time": "2017-07-01T12:00:00Z", "by": "2/ADM/ADM", "remark": "", "differences": 0}]`, member(t, a, "data")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	a = f.get(at(p, "/versions?start_at=1&max_results=1")).Want(http.StatusOK)
	if a.Get("data.0.id") == nil || a.Get("has_more") != true || number(a.Get("total")) != 3 || number(a.Get("data.0.id")) != 2 {
		t.Errorf("the second: %s", a.Body)
	}
	f.get(at(p, "/versions?start_at=9223372036854775807")).Want(http.StatusOK)
}

// TestVersionsDiffer: in what two versions differ, for programs and for people.
func TestVersionsDiffer(t *testing.T) {
	f := newFixture(t)
	p := f.guarded()
	task := p.Content().Phases[0].Tasks[0]
	f.edited(p, func(c *releaseplan.Content) {
		c.Labels = map[string]string{"team": "shop"}
		c.Phases[0].Tasks[0].Name = "first"
		c.Variables[1].Value = "another s3cret"
		c.Variables = append(c.Variables, releaseplan.Variable{Name: "key", Value: "s3cret", Secret: true})
	})
	path := "phases[" + p.Content().Phases[0].ID + "].tasks[" + task.ID + "].name"
	a := f.get(at(p, "/diff")).Want(http.StatusOK)
	for i, want := range []string{
		`{"type": "Added", "path": "labels.team", "object": "", "before": null, "after": "shop", "needs_approval": false, "desc": "+ plan: labels.team \"shop\""}`,
		`{"type": "Renamed", "path": "` + path + `", "object": "phase \"` + p.Content().Phases[0].Name + `\" › task \"first\"", "before": "` + task.Name + `", "after": "first", "needs_approval": true,
			"desc": "~ phase \"` + p.Content().Phases[0].Name + `\" › task \"first\": name \"` + task.Name + `\" → \"first\""}`,
		`{"type": "Changed", "path": "variables[token].digest", "object": "variable \"token\"", "before": null, "after": null, "needs_approval": true, "desc": "~ variable \"token\": secret value changed"}`,
		`{"type": "Added", "path": "variables[key]", "object": "variable \"key\"", "before": null, "after": {"name": "key", "secret": true}, "needs_approval": true, "desc": "+ variable \"key\""}`,
	} {
		if diff := check.Diff(want, member(t, a, "data."+string(rune('0'+i)))); diff != "" {
			t.Errorf("%d: -want +got:\n%s", i, diff)
		}
	}
	if number(a.Get("from")) != 1 || number(a.Get("to")) != 2 || number(a.Get("total")) != 4 || a.Get("approval") != nil || strings.Contains(string(a.Body), "s3cret") {
		t.Errorf("all: %s", a.Body)
	}
	if a := f.get(at(p, "/diff?from=2&to=1")).Want(http.StatusOK); a.Get("data.0.type") != "Removed" {
		t.Errorf("back: %s", a.Body)
	}
	if a := f.get(at(p, "/diff?from=2&to=2")).Want(http.StatusOK); number(a.Get("total")) != 0 {
		t.Errorf("itself: %s", a.Body)
	}
	f.untouched(func() {
		for query, want := range map[string]string{"from=x": "from: 'x'", "from=0": "from: '0'", "to=-1": "to: '-1'", "since=ever": "since: 'ever'", "since=approval&to=1": "since: 'approval'"} {
			refused(t, f.get(at(p, "/diff?", query)), http.StatusBadRequest, 134541, "Invalid value for parameter "+want)
		}
		refused(t, f.get(at(p, "/diff?from=7")), http.StatusNotFound, 134541, "The version does not exist.")
		refused(t, f.get(at(p, "/diff?to=9223372036854775807")), http.StatusNotFound, 134541, "The version does not exist.")
		refused(t, f.get(at(p, "/diff?since=approval")), http.StatusNotFound, 134541, "The release plan was never approved.")
		refused(t, f.get("/plans/4711/diff"), http.StatusNotFound, 100001, "The release plan with ID 4711 does not exist")
		refused(t, f.get("/plans/4711/versions"), http.StatusNotFound, 100001, "The release plan with ID 4711 does not exist")
	})
}

// TestVersionsDifferSinceApproval: what an approver reads.
func TestVersionsDifferSinceApproval(t *testing.T) {
	f := newFixture(t)
	p := f.guarded()
	f.do(p, releaseplan.Command{Action: releaseplan.Finalize}, releaseplan.Command{Action: releaseplan.RequestApproval},
		releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve}, releaseplan.Command{Action: releaseplan.Reopen})
	f.edited(p, func(c *releaseplan.Content) { c.Description = "said" })
	a := f.get(at(p, "/diff?since=approval")).Want(http.StatusOK)
	if a.Get("approval.holds") != true || number(a.Get("total")) != 1 || a.Get("data.0.needs_approval") != false {
		t.Errorf("words: %s", a.Body)
	}
	f.edited(p, func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Disabled = true })
	a = f.get(at(p, "/diff?since=approval")).Want(http.StatusOK)
	if diff := check.Diff(`{"time": "2017-07-01T12:00:00Z", "by": ["2/ADM/ADM"], "holds": false}`, member(t, a, "approval")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if number(a.Get("from")) != 1 || number(a.Get("to")) != 3 || number(a.Get("total")) != 2 || a.Get("data.0.needs_approval") != true || a.Get("data.1.needs_approval") != false {
		t.Errorf("deeds: %s", a.Body)
	}
}
