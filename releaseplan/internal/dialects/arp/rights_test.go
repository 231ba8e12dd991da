package arp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// inVault denies rights on what is in the folder VAULT.
func inVault(rights ...penstock.Right) func(penstock.Actor, penstock.Right, penstock.Resource) bool {
	return func(_ penstock.Actor, right penstock.Right, on penstock.Resource) bool {
		for _, r := range rights {
			if right == r && on.Folder.ID == "vault" {
				return true
			}
		}
		return false
	}
}

// vaultPlan is a plan in the folder VAULT, with much to hide.
func (f *fixture) vaultPlan(then ...releaseplan.Command) *releaseplan.Plan {
	f.t.Helper()
	owner := penstock.UserParty(automic)
	return f.plan(0, releaseplan.Content{
		Name: "hidden-plan", Description: "hidden-text", Folder: penstock.Folder{ID: "vault"}, Planned: span("2017-07-12T09:12:03Z", "P21D"),
		Variables: []releaseplan.Variable{{Name: "hidden_name", Value: "hidden-value"}},
		Listeners: []releaseplan.Listener{{Event: releaseplan.EventFailed, Recipients: []penstock.Party{penstock.UserParty(mailbox)}}},
		Phases:    []releaseplan.Phase{{Name: "hidden-phase", Tasks: []releaseplan.Task{{Name: "hidden-task", Owner: owner}, {Name: "hidden-other", Owner: owner}}}},
	}, then...)
}

// TestWhatMayNotBeReadIsNotTold: every operation on a plan that may not be read answers that, and
// nothing of the plan.
func TestWhatMayNotBeReadIsNotTold(t *testing.T) {
	f := newFixture(t)
	p := f.vaultPlan()
	f.deny(inVault(penstock.Read))
	want := fmt.Sprintf("You do not have read access right on the Release plan 'Release Plan %d'.", p.Number())
	for _, op := range operations(t) {
		if !strings.Contains(op.path, "{id}") {
			continue
		}
		t.Run(op.String(), func(t *testing.T) {
			f.untouched(func() {
				for _, text := range []string{`{}`, `{"name": "x"}`, `{`} {
					a := f.Do(op.method, op.fill(p), text)
					refused(t, a, http.StatusForbidden, 1000, want)
					if strings.Contains(string(a.Body), "hidden") || strings.Contains(string(a.Body), "VAULT") || strings.Contains(string(a.Body), "vault") {
						t.Errorf("it leaks: %s", a.Body)
					}
				}
			})
		})
	}
}

// rightOf is the right that an operation takes besides that to read; empty: none.
func rightOf(op operation) penstock.Right {
	if op.method == http.MethodGet {
		return ""
	}
	last := op.path[strings.LastIndex(op.path, "/")+1:]
	switch last {
	case "archive", "unarchive":
		return penstock.Delete
	case "approve":
		return penstock.Approve
	case "duplicate", "variables", "phases", "tasks", "reorder", "finalize", "request_approval", "withdraw", "reset", "{phase}", "{task}":
		return penstock.Edit
	case "{id}":
		if op.method == http.MethodDelete {
			return penstock.Delete
		}
		return penstock.Edit
	case "calendar_overrides", "{calendar}":
		return penstock.Admin
	default:
		return penstock.Execute
	}
}

// TestRightsAreOfTheFolder: who has not the right on the folder that a plan is in is told so.
func TestRightsAreOfTheFolder(t *testing.T) {
	f := newFixture(t)
	p := f.vaultPlan(releaseplan.Command{Action: releaseplan.Execute})
	all := []penstock.Right{penstock.Admin, penstock.Edit, penstock.Execute, penstock.Approve, penstock.Delete}
	f.deny(inVault(all...))
	for _, op := range operations(t) {
		right := rightOf(op)
		if right == "" || !strings.Contains(op.path, "{id}") {
			continue
		}
		t.Run(op.String(), func(t *testing.T) {
			f.untouched(func() {
				a := f.Do(op.method, op.fill(p), fitting(op)).Want(http.StatusForbidden)
				if number(a.Get("code")) != 1000 || !strings.HasPrefix(fmt.Sprint(a.Get("error")), "You do not have ") || !strings.HasSuffix(fmt.Sprint(a.Get("error")), " access right on the folder VAULT.") {
					t.Errorf("%s", a.Body)
				}
				if got := strings.Fields(fmt.Sprint(a.Get("error")))[4]; got != string(right) {
					t.Errorf("the right is %s, want %s", got, right)
				}
			})
		})
	}
	t.Run("what may be read is shown without what may not be done", func(t *testing.T) {
		a := f.get(at(p)).Want(http.StatusOK)
		for path, want := range map[string]string{"actions": "duplicate export", "phases.0.actions": "", "phases.0.tasks.0.actions": ""} {
			if got := strings.Join(rels(a.Get(path)), " "); got != want {
				t.Errorf("%s are %q, want %q", path, got, want)
			}
		}
	})
}

// fitting is a body that an operation takes.
func fitting(op operation) any {
	last := op.path[strings.LastIndex(op.path, "/")+1:]
	switch {
	case !op.body:
		return nil
	case last == "variables":
		return `[{"name": "hidden_name", "value": "x"}]`
	case last == "reorder":
		return `{"position": 1}`
	case last == "calendar_overrides":
		return `{"reason": "no", "until": "2017-07-02T00:00:00Z"}`
	case last == "skip" || last == "fail" || last == "abort":
		return `{"remark": "no"}`
	case last == "assign":
		return `{"assignee": "2/ADM/ADM"}`
	case last == "duplicate" || last == "{id}" || last == "phases" || last == "tasks" || last == "{phase}" || last == "{task}":
		return `{"name": "x"}`
	default:
		return `{}`
	}
}

// TestWhereAPlanGoesCounts: it takes the right to edit in the folder that a plan is created in,
// copied to or moved to.
func TestWhereAPlanGoesCounts(t *testing.T) {
	f := newFixture(t)
	p := f.plan1908()
	doc := string(f.get(at(f.vaultPlan(), "/export")).Body)
	f.deny(inVault(penstock.Edit))
	const want = "You do not have edit access right on the folder VAULT."
	f.untouched(func() {
		refused(t, f.post("/plans", body(`"folder": "VAULT"`)), http.StatusForbidden, 1000, want)
		refused(t, f.post(at(p), `{"folder": "VAULT"}`), http.StatusForbidden, 1000, want)
		refused(t, f.post(at(p, "/duplicate"), `{"name": "x", "folder": {"id": 666}}`), http.StatusForbidden, 1000, want)
		refused(t, f.post("/plans/import", doc), http.StatusForbidden, 1000, want)
	})
	t.Run("what a request claims does not", func(t *testing.T) {
		hidden := f.vaultPlan
		f.deny(nil)
		q := hidden()
		f.deny(inVault(penstock.Edit))
		f.untouched(func() {
			refused(t, f.post(at(q), `{"folder": "DEFAULT"}`), http.StatusForbidden, 1000, want)
			refused(t, f.post(at(q), `{"folder": "DEFAULT", "name": "x"}`), http.StatusForbidden, 1000, want)
		})
	})
}

// TestStrangersOwnNothing: without an Authorizer's word the rules of ownership still hold.
func TestStrangersOwnNothing(t *testing.T) {
	f := newFixture(t)
	p := f.vaultPlan(releaseplan.Command{Action: releaseplan.Execute})
	for _, op := range operations(t) {
		right := rightOf(op)
		if right == "" || !strings.Contains(op.path, "{id}") || strings.HasSuffix(op.path, "/duplicate") {
			continue
		}
		t.Run(op.String(), func(t *testing.T) {
			f.untouched(func() {
				a := f.Do(op.method, op.fill(p), fitting(op), as(stranger)...)
				if a.Status == http.StatusForbidden {
					refused(t, a, http.StatusForbidden, 1000, fmt.Sprintf("You do not have %s access right on the folder VAULT.", right))
				} else { // the state comes first
					a.Want(http.StatusBadRequest)
				}
			})
		})
	}
}

// TestPathsNameWhatIsThere: a task or phase of another plan is not found below this one.
func TestPathsNameWhatIsThere(t *testing.T) {
	f := newFixture(t)
	mine, other := f.plan1908(), f.vaultPlan()
	for _, op := range operations(t) {
		if !strings.Contains(op.path, "{task}") && !strings.Contains(op.path, "{phase}") {
			continue
		}
		t.Run(op.String(), func(t *testing.T) {
			f.untouched(func() {
				path := strings.Replace(op.fill(other), fmt.Sprintf("/plans/%d/", other.Number()), fmt.Sprintf("/plans/%d/", mine.Number()), 1)
				failure(t, f.Do(op.method, path, fitting(op)), http.StatusNotFound)
				failure(t, f.Do(op.method, strings.NewReplacer("{id}", "1908", "{phase}", "7", "{task}", "7").Replace(op.path), fitting(op)), http.StatusNotFound)
			})
		})
	}
}
