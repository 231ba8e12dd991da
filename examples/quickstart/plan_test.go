package main

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval"
)

var update = flag.Bool("update", false, "write the golden files")

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func noEnv(string) string { return "" }

func TestBrokenFileTellsEveryFaultWithItsLine(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("testdata/broken.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = readPlan("broken.yaml", doc, noEnv, now)
	if err == nil {
		t.Fatal("no fault was found")
	}
	const golden = "testdata/broken.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, readErr := os.ReadFile(golden)
	if readErr != nil {
		t.Fatal(readErr)
	}
	if got := err.Error() + "\n"; got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestFaultsOfSmallFiles(t *testing.T) {
	t.Parallel()
	const head = "name: x\n"
	for name, test := range map[string]struct{ doc, want string }{
		"syntax":           {"name: x\nphases: [a, b\n", "f:2:9: sequence end token ']' not found"},
		"tab":              {"name: x\nphases:\n\t- name: y\n", "f:3:1: found character ' ' that cannot start any token"},
		"empty":            {"", "f:1:1: there is no plan in it"},
		"only a comment":   {"# soon\n", "f:1:1: there is no plan in it"},
		"no mapping":       {"- name: x\n", "f:1:1: must have members: approval, description, folder, gates, labels, listeners, milestones, name, notify_owner_on_error, origin, owner, phases, planned_time, safeguards, start, target, variables, window\nf:1:1: name: must not be empty"},
		"two documents":    {head + "---\nname: y\n", "f:3:1: there is more than one document in it"},
		"twice":            {head + "name: y\n", "f:2:1: name: is there already"},
		"alias":            {"name: &n x\ndescription: *n\n", "f:1:7: name: anchors, aliases and tags are not understood here\nf:2:14: description: anchors, aliases and tags are not understood here"},
		"not a list":       {head + "phases: {name: y}\n", "f:2:9: phases: must be a list"},
		"not a text":       {head + "description: [a]\n", "f:2:14: description: must be a text"},
		"secret not set":   {head + "variables:\n  - name: key\n    secret: true\n", "f:3:5: variables[0].value: the secret value of key is not set"},
		"another provider": {head + "approval: {enabled: true, kind: lark, nodes: [{need: any, approvers: [ann]}]}\n", `f:2:33: approval.kind: "lark" is not native: nobody here asks another system`},
		"hopeless quorum":  {head + "approval:\n  need: 3\n  approvers: [ann, bob]\n", "f:3:9: approval.nodes[0].k: must be at most the 2 distinct approvers, not 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readPlan("f", []byte(test.doc), noEnv, now)
			var faults *fileError
			if !errors.As(err, &faults) || err.Error() != test.want {
				t.Errorf("got:\n%v\nwant:\n%s", err, test.want)
			}
		})
	}
}

func TestReadPlan(t *testing.T) {
	t.Parallel()
	c, err := readPlan("f", []byte(`
name: 2.10
owner: group:sre
approval: {approvers: [ann, {type: user, id: bob, name: Bob}], timeout: 5}
planned_time: {duration: PT1M}
variables: [{name: key, secret: true}, {name: n, value: 010}]
phases:
  - name: p
    tasks:
      - name: t
        kind: shell
        timeout: PT1H
        spec: {run: "true"}
`), func(name string) string { return "env of " + name }, now)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "2.10" || c.Owner.Key() != "group:sre" || c.Variables[0].Value != "env of key" || c.Variables[1].Value != "010" {
		t.Errorf("texts: %+v", c)
	}
	if got := c.Planned.Start; !got.Equal(now.Add(lead)) {
		t.Errorf("planned start %v, want a minute from now", got)
	}
	p := c.Approval
	if !p.Enabled || p.Kind != approval.Native || p.TimeoutMinutes != 5 || len(p.Nodes) != 1 || p.Nodes[0].Need != approval.All || p.Nodes[0].Approvers[1].Name != "Bob" {
		t.Errorf("policy: %+v", p)
	}
	task := c.Phases[0].Tasks[0]
	if task.Timeout.Time != time.Hour || string(task.Spec) != `{"run":"true"}` {
		t.Errorf("task: %+v", task)
	}
}

func FuzzReadPlan(f *testing.F) {
	for _, name := range []string{"plan.yaml", "testdata/broken.yaml", "testdata/interactive.yaml"} {
		doc, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		_, err := readPlan("f", doc, noEnv, now)
		if err == nil {
			return
		}
		var faults *fileError
		if !errors.As(err, &faults) || len(faults.faults) == 0 {
			t.Fatalf("no faults are told: %v", err)
		}
		for _, f := range faults.faults {
			if f.line < 1 || f.column < 1 {
				t.Errorf("nowhere: %+v", f)
			}
		}
		if n := strings.Count(err.Error(), "\n"); n != len(faults.faults)-1 {
			t.Errorf("%d faults, but %d line breaks: %q", len(faults.faults), n, err)
		}
	})
}
