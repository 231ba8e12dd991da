package releaseplan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// Who may read a plan does not learn the code with which its check is answered.
func TestExportsKeepTheCode(t *testing.T) {
	t.Parallel()
	ctx, ann := t.Context(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	p, err := plans.Create(ctx, releaseplan.Content{Name: "Shop", Gates: []releaseplan.Gate{{On: releaseplan.GateExecute}},
		Phases: []releaseplan.Phase{{Name: "one", Tasks: []releaseplan.Task{{Name: "a"}}}}}, ann)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann); err != nil {
		t.Fatal(err)
	}
	code := p.Status().Gate.Code
	doc, err := plans.Export(ctx, p.ID(), ann)
	if err != nil || code == "" || strings.Contains(string(doc), code) {
		t.Fatalf("the code %q is in the export, or %v", code, err)
	}
	again, err := releaseplan.Import(doc)
	if err != nil || again.State() != releaseplan.ExecuteCheck {
		t.Fatalf("imported: %v, %v", again, err)
	}
	for _, guess := range []string{"", code} {
		if _, _, err := again.Do(releaseplan.Command{Action: releaseplan.AnswerGate, Code: guess, Answer: releaseplan.GatePass}, ann, p.Status().Updated.At); !errors.Is(err, penstock.ErrForbidden) && !errors.Is(err, penstock.ErrRefused) && !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("the code %q answers the check of the plan that was imported: %v", guess, err)
		}
	}
	if _, err := plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.AnswerGate, Code: code, Answer: releaseplan.GatePass}, ann); err != nil {
		t.Errorf("the code answers the check no more: %v", err)
	}
}
