package arp_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/arp"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// loose is all that the description leaves open: no other member of an answer can go, be null or
// have another type unseen.
var loose = []string{
	"Action.href may be missing", // the document has actions without
	"Action.method may be missing",
	"ActualTime.end may be null", // not yet
	"ActualTime.start may be null",
	"Difference.after may be anything",  // it is the library's
	"Difference.before may be anything", // it is the library's
	"ListedPlan.actions may be missing", // nobody asked for them
	"ListedPlan.folder may be null",     // of plans from elsewhere, as are the times that are not known
	"ListedPlan.listeners may be missing",
	"ListedPlan.phases may be missing",
	"ListedPlan.summary may be missing",
	"Opening.time may be null",      // never
	"PlanDiff.approval may be null", // nobody asked for it
	"PlannedTime.duration may be null",
	"PlannedTime.end may be null",
	"PlannedTime.start may be null",
	"Refusal.earliest may be null", // time alone will not do it
	"ReleasePlan.folder may be null",
	"TaskDetail.assignee may be null",
	"TaskDetail.claimed_by may be null",
	"TaskDetail.spec may be anything", // it is the host's
	"Verdict.earliest may be null",
	"Verification.anchor may be null", // nothing was pruned
	"Verification.fault may be null",  // nothing is wrong
	"Verification.head may be null",   // something is
	"exportPlan 200 may be anything",  // it is the library's
}

// TestNoAnswerCanChangeUnseen alters the answer of every example of the document, and of every row of
// the table.
func TestNoAnswerCanChangeUnseen(t *testing.T) {
	doc := check.Describe(t, arp.OpenAPI())
	var answers []*check.Answer
	for _, g := range goldens() {
		answers = append(answers, g.answer(newFixtureOf(t, doc)))
	}
	for _, e := range endpoints() {
		f := newFixtureOf(t, doc)
		path, body := e.request(f)
		method, _, _ := strings.Cut(e.operation, " ")
		answers = append(answers, f.Do(method, arp.Base+path, body))
	}
	f := newFixtureOf(t, doc)
	f.basic()
	answers = append(answers, f.get("/plans?include=Actions,Phases,Summary,Listeners").Want(http.StatusOK))
	answers = slices.DeleteFunc(answers, func(a *check.Answer) bool { return !strings.HasPrefix(string(a.Body), "{") }) // the texts that tell of a delete
	if diff := cmp.Diff(loose, f.Mutations(t, answers...)); diff != "" {
		t.Errorf("-meant +found:\n%s", diff)
	}
	if len(answers) < 60 {
		t.Errorf("%d answers", len(answers))
	}
}
