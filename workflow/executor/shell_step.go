package executor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/workflow"
)

// A step is one thing that a job does.
type step struct {
	name string
	run  func(context.Context, *attempt) error
}

// plan returns the steps of a job, or all that the host cannot do for it.
func (s *Shell) plan(spec *workflow.FreestyleSpec) ([]step, error) {
	var (
		c     workflow.Checker
		steps []step
	)
	if r := spec.Runtime; r != nil && len(r.Installs) > 0 {
		steps = append(steps, s.tools(c.At("spec.runtime.installs"), "tools", r.Installs))
	}
	repos := slices.Clone(spec.Repos)
	for _, service := range spec.Services {
		repos = append(repos, service.Repos...)
	}
	if len(repos) > 0 {
		steps = append(steps, s.git(c.At("spec.repos"), "git", repos))
	}
	if spec.Script != "" {
		steps = append(steps, s.script(c.At("spec.script_type"), "script", spec.ScriptType, spec.Script))
	}
	for i, def := range spec.Steps {
		switch at := c.At("spec.steps[%d]", i); def.Type {
		case workflow.StepTools:
			steps = append(steps, s.tools(at, def.Name, def.Spec.Installs))
		case workflow.StepGit:
			steps = append(steps, s.git(at, def.Name, def.Spec.Repos))
		case workflow.StepShell:
			steps = append(steps, s.script(at, def.Name, spec.ScriptType, def.Spec.Script))
		}
	}
	if u := spec.ObjectStorage; u != nil && u.Enabled {
		steps = append(steps, s.upload(c.At("spec.object_storage_upload"), *u))
	}
	return steps, c.Faults()
}

func (s *Shell) tools(c *workflow.Checker, name string, tools []workflow.Install) step {
	if s.c.Install == nil && len(tools) > 0 {
		c.Fault("", "step %s cannot install %s: the host has no Install", name, tools[0].Name)
	}
	return step{name, func(ctx context.Context, a *attempt) error {
		for _, tool := range tools {
			bin, err := s.c.Install(ctx, tool, a.log)
			if err != nil {
				return fmt.Errorf("tool %s: %w", tool.Name, err)
			}
			if bin != "" {
				a.env["PATH"] = strings.Trim(bin+string(filepath.ListSeparator)+a.env["PATH"], string(filepath.ListSeparator))
			}
		}
		return nil
	}}
}

func (s *Shell) git(c *workflow.Checker, name string, repos []workflow.Repository) step {
	dirs := make(map[string]bool, len(repos))
	for _, r := range repos {
		dir := checkoutDir(r)
		switch {
		case s.c.Checkout == nil:
			c.Fault("", "step %s cannot check %s out: the host has no Checkout", name, r.Name)
		case !filepath.IsLocal(dir):
			c.Fault("", "step %s cannot check %s out: its path leads out of the working directory", name, r.Name)
		case dirs[dir]:
			c.Fault("", "step %s checks two repositories out to %s", name, dir)
		}
		dirs[dir] = true
	}
	return step{name, func(ctx context.Context, a *attempt) error {
		for _, r := range repos {
			if err := s.c.Checkout(ctx, r, filepath.Join(a.work, checkoutDir(r)), a.log); err != nil {
				return fmt.Errorf("repository %s: %w", r.Name, err)
			}
		}
		return nil
	}}
}

// checkoutDir returns where a repository goes, within the working directory.
func checkoutDir(r workflow.Repository) string {
	if r.CheckoutPath != "" {
		return filepath.Clean(r.CheckoutPath)
	}
	return filepath.Clean(r.Name)
}

func (s *Shell) upload(c *workflow.Checker, files workflow.UploadSpec) step {
	if s.c.Upload == nil {
		c.Fault("", "cannot be done: the host has no Upload")
	}
	return step{"upload", func(ctx context.Context, a *attempt) error { return s.c.Upload(ctx, files, a.work, a.log) }}
}

func (s *Shell) script(c *workflow.Checker, name, kind, text string) step {
	if kind == "" {
		kind = scriptShell
	}
	args := shebang(text)
	if args == nil {
		args = s.c.Interpreters[kind]
	}
	if len(args) == 0 {
		c.Fault("", "step %s cannot run: the host has no interpreter for %s", name, kind)
	}
	return step{name, func(ctx context.Context, a *attempt) error {
		a.scripts++
		file := filepath.Join(a.root, fmt.Sprintf("script-%d%s", a.scripts, extension(kind)))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return fmt.Errorf("write the script: %w", err)
		}
		return run(ctx, &command{
			args:  append(slices.Clone(args), file),
			dir:   a.work,
			env:   a.environ(),
			mark:  "PENSTOCK_WORKSPACE=" + a.work,
			log:   a.log,
			grace: s.c.Grace,
		})
	}}
}

// shebang returns what a first line #! says, as the kernel reads it: a path, and what
// follows as one argument.
func shebang(script string) []string {
	line, ok := strings.CutPrefix(script, "#!")
	if !ok {
		return nil
	}
	line, _, _ = strings.Cut(line, "\n")
	path, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch arg = strings.TrimSpace(arg); {
	case path == "":
		return nil
	case arg == "":
		return []string{path}
	default:
		return []string{path, arg}
	}
}

func extension(kind string) string {
	switch kind {
	case "powershell":
		return ".ps1"
	case "batch_file":
		return ".bat"
	default:
		return ".sh"
	}
}
