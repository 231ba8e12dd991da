package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/workflow"
)

// The versions of the story: one that serves, and the one that is to replace it.
const (
	before = "1.0.0"
	after  = "1.1.0"
)

// story releases one version quietly and the next for all to see, and returns how the
// second release ended. Whatever it started has ended when it returns.
func story(ctx context.Context, s *console.Screen, defect bool, ask question) (_ workflow.RunState, err error) {
	dir, err := os.MkdirTemp("", "pipeline-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d, err := newDeployer(ctx)
	if err != nil {
		return "", err
	}
	defer d.close()
	p, err := openPipeline(ctx, dir, d)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, p.close()) }()

	s.Line("hello %s is released first, quietly and without tests, to have something to go back to.", before)
	var first strings.Builder // nobody wants to see it, unless it goes wrong
	skip := true
	run, err := p.release(ctx, console.NewScreen(&first, width), nil, workflow.Start{
		Params: []workflow.Argument{{Name: "version", Value: before}},
		Inputs: []workflow.JobInput{{Job: "test", Skip: &skip}, {Job: "lint", Skip: &skip}},
	})
	if err != nil {
		return "", err
	}
	if run.State() != workflow.RunPassed {
		s.Text(first.String())
		return run.State(), nil
	}
	was, err := d.version(ctx)
	if err != nil {
		return "", err
	}
	s.Line("%s serves at %s (pid %d).", was, d.url, d.live.Load().pid)
	start := workflow.Start{Params: []workflow.Argument{{Name: "version", Value: after}}, Remark: "release " + after}
	if defect {
		s.Line("%s", s.Paint(console.Amber, "-break: the build stamps main.Version, not main.version: no compiler and no unit test notices."))
		start.Params = append(start.Params, workflow.Argument{Name: "stamp", Value: "main.Version"})
	}
	if run, err = p.release(ctx, s, ask, start); err != nil {
		return "", err
	}
	table(s, run)
	if ctx.Err() != nil {
		return run.State(), nil
	}
	is, err := d.version(ctx)
	if err != nil {
		return "", err
	}
	s.Line("\n%s served before, %s serves now. Run %d: %s.", was, is, run.Number(), s.Paint(styleOf(run.State()), string(run.State())))
	return run.State(), nil
}
