package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// gated puts a plan into a new database that waits for the answer of a check.
func gated(t *testing.T) (db, id string) {
	t.Helper()
	db = filepath.Join(t.TempDir(), "penstock.db")
	o, _ := parse([]string{"-db", db}, t.Output())
	h, err := open(t.Context(), o, crewed(t), newLog(t.Output(), 0))
	if err != nil {
		t.Fatal(err)
	}
	ann := penstock.Actor{ID: "ann"}
	p, err := h.plans.Create(t.Context(), releaseplan.Content{Name: "guarded", Folder: penstock.Folder{Name: "DEFAULT"}, Owner: penstock.UserParty("ann"),
		Gates:  []releaseplan.Gate{{On: releaseplan.GateFinalize}},
		Phases: []releaseplan.Phase{{Name: "p", Tasks: []releaseplan.Task{{Name: "t", Kind: releaseplan.Manual}}}}}, ann)
	if err == nil {
		p, err = h.plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Finalize}, ann)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	return db, p.ID()
}

// Who has the code of a check answers it, without a token, also where tokens are limited. Nobody
// else does, and nothing else can be done so.
func TestChecksAreAnswered(t *testing.T) {
	t.Parallel()
	db, id := gated(t)
	file := filepath.Join(t.TempDir(), "tokens.json")
	if err := os.WriteFile(file, []byte(crew), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, nil, "-db", db, "-tokens", file)
	one := "/api/aslan/release_plan/v1/" + id
	view := func() (plan struct {
		Status string `json:"status"`
		Code   string `json:"instance_code"`
	}) {
		status, _, text := s.ask(t, "ann-token-0000000", http.MethodGet, one, "")
		if err := json.Unmarshal([]byte(text), &plan); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s %v", status, text, err)
		}
		return plan
	}
	const waits = "wait_for_finish_planning_external_check"
	plan := view()
	if plan.Status != waits || plan.Code == "" {
		t.Fatalf("the plan is %+v", plan)
	}
	answer := func(code string) int {
		status, _, _ := s.ask(t, "", http.MethodPost, "/api/callback/release_plan", fmt.Sprintf(`{"release_plan_id":%q,"instance_code":%q,"hook_event":"finish_planning","result":"success"}`, id, code))
		return status
	}
	for _, code := range []string{"", "x", strings.Repeat("0", len(plan.Code)), plan.Code[1:]} {
		if status := answer(code); status != http.StatusForbidden || view().Status != waits {
			t.Errorf("%q is answered with %d", code, status)
		}
	}
	for _, token := range []string{"", callbackID, "Bearer " + callbackID} {
		if status, _, _ := s.ask(t, token, http.MethodGet, one, ""); status != http.StatusUnauthorized {
			t.Errorf("the plan is shown to %q: %d", token, status)
		}
	}
	if status := answer(plan.Code); status != http.StatusOK || view().Status != "finish_planning" {
		t.Errorf("the code is answered with %d, and the plan is %+v", status, view())
	}
	if status := answer(plan.Code); status != http.StatusForbidden {
		t.Errorf("the code again is answered with %d", status)
	}
}

// Who answers checks may do with plans what that takes, and nothing with anything else.
func TestWhatChecksMayDo(t *testing.T) {
	t.Parallel()
	h := &host{tokens: crewed(t)}
	for _, kind := range []string{"plan", "workflow", "template", "feature", "segment"} {
		for _, right := range rights() {
			may := kind == "plan" && (right == penstock.Read || right == penstock.Execute)
			if err := h.authorize(t.Context(), penstock.Actor{ID: callbackID}, right, penstock.Resource{Kind: kind, ID: "x", Project: "shop"}); (err == nil) != may {
				t.Errorf("%s of a %s: %v", right, kind, err)
			}
		}
	}
}
