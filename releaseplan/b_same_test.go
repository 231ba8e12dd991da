package releaseplan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// bSamePlan fails the test unless two plans are equal in all that is told of them.
func bSamePlan(t testing.TB, want, got *releaseplan.Plan) {
	t.Helper()
	if want.ID() != got.ID() || want.Number() != got.Number() || want.Version() != got.Version() || want.Hash() != got.Hash() {
		t.Errorf("plan %s %d version %d hash %s, want %s %d version %d hash %s",
			got.ID(), got.Number(), got.Version(), got.Hash(), want.ID(), want.Number(), want.Version(), want.Hash())
	}
	if diff := cmp.Diff(want.Content(), got.Content()); diff != "" {
		t.Errorf("content: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(string(bExport(t, want)), string(bExport(t, got))); diff != "" {
		t.Errorf("export: -want +got:\n%s", diff)
	}
	for i := range want.Content().Phases {
		if want.PhaseState(i) != got.PhaseState(i) {
			t.Errorf("phase %d is %s, want %s", i, got.PhaseState(i), want.PhaseState(i))
		}
	}
	if diff := cmp.Diff(want.Tasks(), got.Tasks()); diff != "" {
		t.Errorf("tasks: -want +got:\n%s", diff)
	}
	if want.TaskCount() != got.TaskCount() {
		t.Errorf("counts %+v, want %+v", got.TaskCount(), want.TaskCount())
	}
}

func bExport(t testing.TB, p *releaseplan.Plan) []byte {
	t.Helper()
	doc, err := releaseplan.Export(p)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
