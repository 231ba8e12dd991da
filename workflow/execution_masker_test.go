package workflow_test

import (
	"context"
	"testing"

	"github.com/penstock-go/penstock/workflow"
)

// What an executor cuts off, it can mask before: a part of a secret would be found by nobody.
func TestAnExecutorCanMaskWhatItCuts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		params []workflow.Param
		want   string
	}{
		{"a secret of the run", []workflow.Param{{Name: "token", Type: workflow.SecretParam, Value: hush}}, "a ***"},
		{"no secret", nil, "a " + hush},
	} {
		var got string
		p := newPlant(t, workflow.Config{})
		d := oneByOne("k", "a")
		d.Params = test.params
		p.define(d)
		stop := p.drive(workflow.NewLocal(p.Service, map[string]workflow.Executor{
			"freestyle": workflow.ExecutorFunc(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
				got = e.Masker.Mask("a " + hush)
				return nil, nil
			}),
		}))
		r := p.await(p.start("k", workflow.Start{}).ID())
		stop()
		wantState(t, r, workflow.RunPassed)
		if got != test.want {
			t.Errorf("%s: got %q", test.name, got)
		}
	}
}
