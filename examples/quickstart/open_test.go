package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/releaseplan"
)

// opened opens the built-in plan in a database, as a process of its own would.
func opened(ctx context.Context, db string) (id, dir string, err error) {
	content, err := readPlan("plan.yaml", embedded, os.Getenv, time.Now())
	if err != nil {
		return "", "", err
	}
	k, err := keep(ctx, db, embedded, false)
	if err != nil {
		return "", "", err
	}
	defer k.close()
	s := &session{Screen: console.NewScreen(io.Discard, width), kept: k}
	_, _, err = s.open(ctx, content)
	return s.id, s.dir, err
}

func TestThoseThatStartAtOnceShareOnePlan(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "plans.db")
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			id, dir, err := opened(t.Context(), db)
			if err != nil || dir != db+".files" {
				t.Errorf("files in %s, %v", dir, err)
			}
			ids[i] = id
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("they opened %q", ids)
		}
	}
}

// Tasks work where their plan says, whoever carries them out.
func TestTaskWorksInTheDirectoryOfItsPlan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	task := releaseplan.Task{Name: "mark", Kind: shellKind, Spec: json.RawMessage(`{"run": "echo done > mark", "dir": "in"}`)}
	handle := func(labels map[string]string) error {
		p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan"}, releaseplan.Content{Name: "plan", Labels: labels}, penstock.Actor{ID: "ann"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return (&shell{show: func(_, line string) { t.Log(line) }}).Handle(t.Context(), releaseplan.Job{Plan: p, Task: task})
	}
	if err := handle(map[string]string{labelDir: dir}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "in", "mark")); err != nil {
		t.Error(err)
	}
	if err := handle(nil); err == nil || !strings.Contains(err.Error(), "has no directory") {
		t.Errorf("a plan without a directory: %v", err)
	}
}

// What a plan file says of the labels that are this program's does not count.
func TestPlanFileDoesNotChooseTheDirectory(t *testing.T) {
	t.Parallel()
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "plan.yaml")
	plan := "name: Shop\nlabels: {" + labelDir + ": /nowhere, team: shop}\nphases: [{name: p, tasks: [{name: t, kind: shell, spec: {run: pwd > here}}]}]\n"
	if err := os.WriteFile(file, []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t.Context(), t, "-plan", file, "-dir", dir).ends(t, console.ExitDone)
	if _, err := os.Stat(filepath.Join(dir, "here")); err != nil {
		t.Error(err)
	}
}
