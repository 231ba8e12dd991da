package rollout_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// The public client specification runs if PENSTOCK_UNLEASH_SPEC names the folder
// of its files; without it, the suite of this package is all there is.
func TestClientSpecification(t *testing.T) {
	folder := os.Getenv("PENSTOCK_UNLEASH_SPEC")
	if folder == "" {
		t.Log("PENSTOCK_UNLEASH_SPEC names no folder: there is nothing to run")
		return
	}
	files, err := filepath.Glob(filepath.Join(folder, "[0-9][0-9]-*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no files of the specification: %v", folder, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) { specification(t, file) })
	}
}

func specification(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	type test struct {
		Description    string
		Context        rollout.Context
		ToggleName     string
		ExpectedResult json.RawMessage
	}
	var spec struct {
		State struct {
			rollout.State
			Events []event
		}
		Tests, VariantTests []test
	}
	if err := json.Unmarshal(data, &spec); err != nil {
		t.Fatal(err)
	}
	state := spec.State.State
	for _, e := range spec.State.Events {
		e.apply(&state)
	}
	e := rollout.Compile(state.Features, state.Segments, rollout.Options{})
	for _, x := range spec.Tests {
		want := string(x.ExpectedResult) == "true"
		if got := e.Enabled(x.ToggleName, &x.Context); got != want {
			t.Errorf("%s: %v, want %v\n%s", x.Description, got, want, e.Explain(x.ToggleName, &x.Context))
		}
	}
	for _, x := range spec.VariantTests {
		var want rollout.Selection
		if err := json.Unmarshal(x.ExpectedResult, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, e.Variant(x.ToggleName, &x.Context)); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", x.Description, diff, e.Explain(x.ToggleName, &x.Context))
		}
	}
	t.Logf("%d + %d cases", len(spec.Tests), len(spec.VariantTests))
}

// An event changes a state that is sent in parts.
type event struct {
	Type        string
	FeatureName string
	Feature     rollout.Feature
	SegmentID   int
	Segment     rollout.Segment
	Features    []rollout.Feature
	Segments    []rollout.Segment
}

func (e *event) apply(s *rollout.State) {
	switch e.Type {
	case "hydration":
		s.Features, s.Segments = e.Features, e.Segments
	case "feature-updated": // of two with a name the last counts
		s.Features = append(s.Features, e.Feature)
	case "segment-updated":
		s.Segments = append(s.Segments, e.Segment)
	case "feature-removed":
		s.Features = without(s.Features, func(f rollout.Feature) bool { return f.Name == e.FeatureName })
	case "segment-removed":
		s.Segments = without(s.Segments, func(x rollout.Segment) bool { return x.ID == e.SegmentID })
	}
}

func without[T any](all []T, gone func(T) bool) (kept []T) {
	for _, x := range all {
		if !gone(x) {
			kept = append(kept, x)
		}
	}
	return kept
}
