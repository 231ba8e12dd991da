package arp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// number reads a number of an answer.
func number(v any) int64 {
	n, _ := v.(float64)
	return int64(n)
}

// text is a member of an object of an answer, as text.
func text(v any, name string) string {
	object, _ := v.(map[string]any)
	s, _ := object[name].(string)
	return s
}

// member returns a member of an answer as JSON.
func member(t *testing.T, a *check.Answer, path string) string {
	t.Helper()
	out, err := json.Marshal(a.Get(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// rels are the names of actions.
func rels(actions any) (names []string) {
	all, _ := actions.([]any)
	for _, a := range all {
		names = append(names, text(a, "rel"))
	}
	return names
}

// names are those of the plans of a list.
func names(a *check.Answer) string {
	all, _ := a.Get("data").([]any)
	out := make([]string, len(all))
	for i, p := range all {
		out[i] = text(p, "name")
	}
	return strings.Join(out, " ")
}

// refused holds a failure against its code and words.
func refused(t *testing.T, a *check.Answer, status, code int, words string) {
	t.Helper()
	a.Want(status)
	if got := number(a.Get("code")); got != int64(code) {
		t.Errorf("code %d, want %d\n%s", got, code, a.Body)
	}
	if got := fmt.Sprint(a.Get("error")); got != words {
		t.Errorf("error %q, want %q", got, words)
	}
}

// onePhase is a phase of manual tasks.
func onePhase(kind releaseplan.PhaseKind, tasks ...string) []releaseplan.Phase {
	p := releaseplan.Phase{Name: "Phase", Kind: kind}
	for _, name := range tasks {
		p.Tasks = append(p.Tasks, releaseplan.Task{Name: name, Owner: penstock.UserParty(automic)})
	}
	return []releaseplan.Phase{p}
}
