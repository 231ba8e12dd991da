package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

//go:embed pipeline.yaml
var definition []byte

//go:embed hello/*.go
var source embed.FS

// The people of the story: who starts releases, and who approves them.
var (
	ann = penstock.Actor{ID: "ann", Name: "Ann"}
	bob = penstock.Actor{ID: "bob", Name: "Bob"}
)

// A pipeline is a workflow, and an engine that carries its runs out.
type pipeline struct {
	workflows *workflow.Service
	workflow  string // its key
	stop      func()
	stopped   chan error
}

// openPipeline stores the definition and starts an engine for it. Jobs work in dir.
func openPipeline(ctx context.Context, dir string, d *deployer) (*pipeline, error) {
	types, err := workflow.NewTypes(workflow.JobType{Name: "blue-green", New: func() workflow.Spec { return new(rollout) }})
	if err != nil {
		return nil, err
	}
	workflows, err := workflow.New(workflow.Config{Store: memory.New(), Types: types})
	if err != nil {
		return nil, err
	}
	text, err := yaml.YAMLToJSON(definition)
	if err != nil {
		return nil, err
	}
	def, err := workflow.ParseDefinition(text)
	if err != nil {
		return nil, err
	}
	if _, err := workflows.Definitions().Create(ctx, def, ann); err != nil {
		return nil, err
	}
	executors, err := executor.Executors(executor.Config{
		Shell: executor.ShellConfig{
			Dir:      filepath.Join(dir, "jobs"),
			Inherit:  []string{"PATH", "HOME", "LANG", "GOROOT", "GOPATH", "GOCACHE", "XDG_CACHE_HOME"},
			Checkout: checkout,
		},
		HTTP: executor.HTTPConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	})
	if err != nil {
		return nil, err
	}
	executors["blue-green"] = d
	engine := workflow.NewLocal(workflows, executors)
	running, stop := context.WithCancel(context.WithoutCancel(ctx)) // an interrupt cancels the run, and the engine sees to it
	p := &pipeline{workflows: workflows, workflow: def.Key, stop: stop, stopped: make(chan error, 1)}
	go func() { p.stopped <- engine.Run(running) }()
	return p, nil
}

// close returns once the engine, and all that it started, has ended.
func (p *pipeline) close() error {
	p.stop()
	return <-p.stopped
}

// checkout puts the program's source into a directory, as a module of its own. Another
// host would call git.
func checkout(_ context.Context, repo workflow.Repository, dir string, log io.Writer) error {
	if repo.Name != "hello" || repo.Ref() != "main" {
		return fmt.Errorf("there is only the branch main of hello: %w", penstock.ErrNotFound)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	files, err := source.ReadDir("hello")
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := source.ReadFile("hello/" + f.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name()), text, 0o600); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintf(log, "%s of %s: %d files\n", repo.Ref(), repo.Name, len(files))
	return os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module hello\n\ngo 1.24\n"), 0o600)
}
