package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func TestSpecIsChecked(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string][]string{
		`{"action": "deploy", "binary": "/bin/hello", "sha256": "aa"}`: nil,
		`{"action": "retire"}`:   nil,
		`{"action": "rollback"}`: nil,
		`{"action": "deploy"}`:   {"binary: must not be empty", "sha256: must not be empty"},
		`{"action": "explode"}`:  {`action: "explode" is not deploy, retire or rollback`},
	} {
		var s rollout
		if err := json.Unmarshal([]byte(spec), &s); err != nil {
			t.Fatal(err)
		}
		var c workflow.Checker
		s.Check(&c)
		var got []string
		for _, f := range penstock.Faults(c.Faults()) {
			got = append(got, f.Error())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", spec, diff)
		}
	}
}

// script returns the deployment of a shell script.
func script(t *testing.T, text string) rollout {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	// Another process writes it: a file that is open to write, in a child that is being
	// forked just then, cannot be run.
	write := exec.CommandContext(t.Context(), "sh", "-c", `cat >"$0" && chmod 700 "$0"`, file)
	write.Stdin = strings.NewReader("#!/bin/sh\n" + text)
	if err := write.Run(); err != nil {
		t.Fatal(err)
	}
	sum, err := hashOf(file)
	if err != nil {
		t.Fatal(err)
	}
	return rollout{Action: "deploy", Binary: file, SHA256: sum}
}

// do lets d carry out a job.
func do(t *testing.T, d *deployer, spec rollout) (map[string]string, error) {
	t.Helper()
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	return d.Execute(t.Context(), workflow.Execution{Spec: text, Log: new(bytes.Buffer)})
}

// server is what the test binary is for those who are to deploy one.
func server() {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(1)
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getenv("NAME")) }))
	fmt.Printf("listening on http://%s\n", listener.Addr())
	io.Copy(io.Discard, os.Stdin)
}

func TestDeployRetireAndRollback(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDeployer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	named := func(name string) rollout {
		return script(t, fmt.Sprintf("NAME=%s %s=server exec %s \"$@\"\n", name, role, self))
	}
	var all []*instance
	for _, step := range []struct {
		spec   rollout
		serves string
		gone   []bool // of those who were deployed so far
	}{
		{named("one"), "one", []bool{false}},
		{rollout{Action: "retire"}, "one", []bool{false}},
		{named("two"), "two", []bool{false, false}},
		{rollout{Action: "rollback"}, "one", []bool{false, true}},
		{named("three"), "three", []bool{false, true, false}},
		{rollout{Action: "retire"}, "three", []bool{true, true, false}},
		{named("four"), "four", []bool{true, true, false, false}},
		{named("five"), "five", []bool{true, true, true, false, false}},
	} {
		outputs, err := do(t, d, step.spec)
		if err != nil {
			t.Fatal(err)
		}
		if step.spec.Action == "deploy" {
			all = append(all, d.live.Load())
			if outputs["URL"] != d.url {
				t.Errorf("outputs %v", outputs)
			}
		}
		if v, err := d.version(t.Context()); v != step.serves || err != nil {
			t.Errorf("%s: %q serves, %v; want %q", step.spec.Action, v, err, step.serves)
		}
		var ended []bool
		for _, i := range all {
			ended = append(ended, gone(i.pid))
		}
		if diff := cmp.Diff(step.gone, ended); diff != "" {
			t.Errorf("%s, %s serves: who is gone (-want +got):\n%s", step.spec.Action, step.serves, diff)
		}
	}
	d.close()
	for _, i := range all {
		if !gone(i.pid) {
			t.Errorf("pid %d still runs", i.pid)
		}
	}
}

func TestWhatCannotBeDeployed(t *testing.T) {
	t.Parallel()
	d, err := newDeployer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	other := script(t, "exit 0")
	other.SHA256 = strings.Repeat("0", 64)
	for name, test := range map[string]struct {
		spec rollout
		says string
	}{
		"missing":             {rollout{Action: "deploy", Binary: "/nowhere", SHA256: "aa"}, "no such file"},
		"not as approved":     {other, "not the one that was approved"},
		"ends at once":        {script(t, "exit 0"), "did not tell where it listens"},
		"ends before healthy": {script(t, "echo listening on http://127.0.0.1:1"), "ended before it was healthy"},
		"nothing to go back":  {rollout{Action: "rollback"}, "no release to go back to"},
	} {
		_, err := do(t, d, test.spec)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", name, err, test.says)
		}
		if d.live.Load() != nil {
			t.Errorf("%s: it serves", name)
		}
	}
	if v, err := d.version(t.Context()); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("it serves %q, %v", v, err)
	}
}
