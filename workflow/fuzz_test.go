package workflow_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// Whatever is read is written as something that is read and written the same;
// a definition that is valid stays so, and each of its specs is written by its type as what it reads again.
func FuzzDefinition(f *testing.F) {
	full := definition(f, "full.json")
	for _, s := range full.Stages {
		for _, j := range s.Jobs { // small ones, so that what is tried is often valid
			d := flow([]workflow.Job{j})
			d.Params, d.Storages = full.Params[:1], full.Storages
			text, err := json.Marshal(d)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Add([]byte(`{"project":"p","name":"n","stages":[{"name":"s","jobs":[{"name":"j","type":"freestyle","spec":{"Script":"x","script_type":""}}]}]}`))
	f.Add([]byte(`{"stages":[{"approval":{"type":"lark_intl","lark_approval":{"approval_nodes":[{"type":"START"}]}}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := workflow.ParseDefinition(text)
		if err != nil {
			if len(penstock.Faults(err)) == 0 {
				t.Fatalf("no fault in %v", err)
			}
			return
		}
		first, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		refused := d.Validate(nil)
		if after, err := json.Marshal(d); err != nil || !bytes.Equal(first, after) {
			t.Fatalf("Validate changed it to %s, %v", after, err)
		}
		again, err := workflow.ParseDefinition(first)
		if err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		second, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(first), string(second)); diff != "" {
			t.Fatal(diff)
		}
		if refused != nil {
			return
		}
		if err := again.Validate(nil); err != nil {
			t.Fatalf("valid at first, and then %v", err)
		}
		for _, s := range d.Stages {
			for _, j := range s.Jobs {
				once := typed(t, j)
				j.Spec = once
				if diff := cmp.Diff(string(once), string(typed(t, j))); diff != "" {
					t.Fatal(diff)
				}
			}
		}
	})
}

// typed returns the spec of a job as its type writes it.
func typed(t *testing.T, j workflow.Job) json.RawMessage {
	t.Helper()
	spec, err := (*workflow.Types)(nil).Decode(&j)
	if err != nil {
		t.Fatal(err)
	}
	text, err := workflow.EncodeSpec(spec)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Parameters are taken or refused: no panic, and no change if refused.
func FuzzInputs(f *testing.F) {
	for kind, spec := range takers {
		f.Add(kind, spec, `{"service_list":[{"service_name":"a","repo_info":[{"repo_name":"b"}]}]}`)
		f.Add(kind, spec, `{"kv":[{"key":"a"}],"iterations":[{}],"testing_list":[{}]}`)
	}
	f.Fuzz(func(t *testing.T, kind, spec, parameters string) {
		if !json.Valid([]byte(spec)) {
			return
		}
		j := job("j", kind, spec)
		s, err := (*workflow.Types)(nil).Decode(&j)
		taker, ok := s.(workflow.InputTaker)
		if err != nil || !ok {
			return
		}
		before, err := workflow.EncodeSpec(s)
		if err != nil {
			return
		}
		if err := taker.TakeInputs(json.RawMessage(parameters)); err == nil {
			if e, ok := s.(workflow.Expander); ok {
				_, _ = e.Expand(workflow.Upstream{})
			}
			return
		}
		after, err := workflow.EncodeSpec(s)
		if err != nil || !bytes.Equal(before, after) {
			t.Fatalf("refused, and changed to %s, %v", after, err)
		}
	})
}
