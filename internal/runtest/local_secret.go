package runtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/penstock-go/penstock/workflow"
)

func (on suite) testSecretsAreMasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const secret = "hunter2-hunter2"
		p := on.plant(t, workflow.Config{})
		d := oneByOne("build", "a", "b")
		d.Params = []workflow.Param{{Name: "token", Type: workflow.SecretParam}}
		d.Stages[0].Jobs[0].Spec = json.RawMessage(`{"script":"echo {{.workflow.params.token}}"}`)
		p.define(d)
		defer p.drive(workflow.NewLocal(p.Service, freestyle(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
			if e.Job == "b" {
				return nil, errors.New("wrong token " + secret)
			}
			if !strings.Contains(string(e.Spec), secret) {
				t.Errorf("the executor gets %s", e.Spec)
			}
			fmt.Fprintln(e.Log, "the token is", secret)
			return map[string]string{"SEEN": "it is " + secret}, nil
		})))()
		id := p.start("build", workflow.Start{Params: []workflow.Argument{{Name: "token", Value: secret}}}).ID()
		r := p.await(id)
		wantState(t, r, workflow.RunFailed)
		log, err := p.ReadLog(p.ctx, id, "a", 0, ann)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(log)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != "the token is ***\n" {
			t.Errorf("the log says %q", text)
		}
		outputs, err := p.Outputs(p.ctx, id, ann)
		if err != nil {
			t.Fatal(err)
		}
		if outputs["a"]["SEEN"] != "it is ***" {
			t.Errorf("the outputs are %v", outputs)
		}
		for _, kind := range []string{"workflow.run", "workflow.run.start", "workflow.run.outputs", "workflow.log"} {
			for _, record := range everything(t, p.store, kind) {
				if bytes.Contains(record.Body, []byte(secret)) {
					t.Errorf("%s holds the secret", record.Key)
				}
			}
		}
		for _, e := range everyEvent(t, p.store) {
			if bytes.Contains(e.Body, []byte(secret)) {
				t.Errorf("event %d holds the secret: %s", e.Position, e.Body)
			}
		}
		// A clone has it all the same.
		clone, err := p.Clone(p.ctx, id, ann)
		if err != nil {
			t.Fatal(err)
		}
		if clone.Number() != 2 {
			t.Errorf("the clone has number %d", clone.Number())
		}
		p.await(clone.ID())
	})
}
