package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// ShellConfig says how scripts run.
type ShellConfig struct {
	// Dir is where attempts have their working directories and runs their shared
	// storages; required. It is made if it is not there. Processes that run jobs of the same
	// runs need the same Dir for storages to be shared.
	Dir string

	// Inherit names the variables of the process that scripts see, too. Nil means PATH,
	// HOME and LANG; an empty list means none. TMPDIR is never one of them.
	Inherit []string

	// Interpreters are the commands that run a script, by its script_type; the file with the script is
	// their last argument. A script that begins with #! says itself what runs it. Nil means sh for shell.
	Interpreters map[string][]string

	Grace  time.Duration // from SIGTERM to SIGKILL; 0 means 10 seconds
	MaxLog int64         // bytes that one job can write to its log, the rest is dropped; 0 means 64 MiB
	Keep   bool          // leave the directories of attempts to look at, with the secrets in their scripts

	// Checkout puts a repository into dir, an absolute path that may not be there yet.
	// Without it jobs with repositories are refused. Its errors must not hold secrets.
	Checkout func(ctx context.Context, repo workflow.Repository, dir string, log io.Writer) error

	// Install sees to it that a tool is there, and returns a directory that goes before
	// those in PATH, or nothing. Without it jobs that need tools are refused.
	Install func(ctx context.Context, tool workflow.Install, log io.Writer) (bin string, err error)

	// Upload takes what a job leaves behind out of dir, its working directory, once
	// all its steps are done. Without it jobs that leave something are refused.
	Upload func(ctx context.Context, files workflow.UploadSpec, dir string, log io.Writer) error
}

const (
	defaultGrace  = 10 * time.Second
	defaultMaxLog = 64 << 20
	scriptShell   = "shell" // the script_type of those that do not say
)

// A Shell carries out freestyle jobs: scripts, as processes of the operating system. It
// is safe for concurrent use, and keeps nothing of a job in memory.
//
// The steps of a job run one after another, in an empty working directory of their
// own; the first that fails ends the job. When the process of a step is over, or its context is, what is left
// of what it has started gets SIGTERM, after the grace period SIGKILL, and the step waits until all are gone:
// a script cannot leave a server behind.
//
// Every step is a session. On Linux its processes are those of the session, those that have the
// PENSTOCK_WORKSPACE of the attempt in their environment, in whatever session or group they are (setsid, set -m,
// timeout), and the descendants of both: only who leaves the session, hides the environment and
// loses its parent goes on. On other Unix systems they are those of the process group of the step.
//
// On Linux the process of a step also ends when the host is killed. What it has started ends when a Shell with the
// same Dir finds it on that machine: before it executes a further attempt at a job (crash policy
// repeat, and retry), before any other attempt if it has not looked for a minute, and by Forget. On other systems
// all that goes on.
//
// Scripts see the variables of their spec, those that the host lets them inherit, and:
//
//	PENSTOCK_PROJECT PENSTOCK_WORKFLOW   keys
//	PENSTOCK_RUN PENSTOCK_RUN_NUMBER     id and number of the run
//	PENSTOCK_JOB PENSTOCK_JOB_NAME       key of the job, and its name in the run
//	PENSTOCK_ATTEMPT PENSTOCK_ATTEMPT_NUMBER
//	PENSTOCK_WORKSPACE WORKSPACE         the working directory
//	PENSTOCK_OUTPUT                      the file for outputs
//	PENSTOCK_HOST                        the process that runs the job (Linux)
//	TMPDIR                               a directory that is removed with the working directory,
//	                                     unless the spec has another one
//	PENSTOCK_STORAGE_<NAME>              the directory of a shared storage, its name in
//	                                     capitals, with _ for what is no letter or digit
//
// Outputs are what a script appends to the file PENSTOCK_OUTPUT: lines NAME=value, and
// for a value of several lines NAME<<END, the lines, and END. The spec has to declare
// them; the last value of a name counts, also when the job fails.
//
// A storage is a directory of the run, for all jobs that use it. If its path is relative,
// begins with $WORKSPACE/, or lies in the working directory, there is a symbolic link at that
// place; no two of a job can lie in each other. Any other path is known by the variable only. A job
// that does not say which storages it uses sees all of the run.
type Shell struct {
	c         ShellConfig
	leftovers sweeper
}

// NewShell returns a Shell. What is wrong with the config is an ErrInvalid.
func NewShell(c ShellConfig) (*Shell, error) {
	var faults []error
	fault := func(field, why string) { faults = append(faults, penstock.Invalid(field, "%s", why)) }
	switch dir, err := filepath.Abs(c.Dir); {
	case c.Dir == "":
		fault("shell.dir", "must not be empty")
	case err != nil:
		fault("shell.dir", "has no absolute path")
	default:
		c.Dir = dir
	}
	if c.Grace < 0 {
		fault("shell.grace", "must not be negative")
	}
	if c.MaxLog < 0 {
		fault("shell.max_log", "must not be negative")
	}
	for _, kind := range slices.Sorted(maps.Keys(c.Interpreters)) {
		if words := c.Interpreters[kind]; len(words) == 0 || words[0] == "" {
			fault("shell.interpreters."+kind, "must not be empty")
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if c.Grace == 0 {
		c.Grace = defaultGrace
	}
	if c.MaxLog == 0 {
		c.MaxLog = defaultMaxLog
	}
	c.Inherit, c.Interpreters = slices.Clone(c.Inherit), maps.Clone(c.Interpreters) // the caller may change its own
	if c.Inherit == nil {
		c.Inherit = []string{"PATH", "HOME", "LANG"}
	}
	if c.Interpreters == nil {
		c.Interpreters = map[string][]string{scriptShell: {"sh"}}
	}
	return &Shell{c: c}, nil
}

// Execute runs the steps of a freestyle job. A step that fails is an [ExitError]; one that
// the host has nothing for is refused before anything is done, as an ErrInvalid.
// An attempt that was begun before is refused, as an ErrExists: nobody knows how far it came.
func (s *Shell) Execute(ctx context.Context, job workflow.Execution) (outputs map[string]string, err error) {
	var spec workflow.FreestyleSpec
	if err := decode(job, &spec); err != nil {
		return nil, err
	}
	steps, err := s.plan(&spec)
	if err != nil {
		return nil, err
	}
	ctx, cancel := within(ctx, &spec)
	defer cancel()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.leftovers.sweep(s.c.Dir, job.N > 1)
	log := newBoundedLog(job, s.c.MaxLog)
	defer log.close()
	a, err := s.begin(job, &spec, log)
	if err != nil {
		return nil, err
	}
	defer a.end()
	for _, step := range steps {
		fmt.Fprintf(log, "==> %s\n", step.name)
		if err = because(ctx, "step "+step.name, step.run(ctx, a)); err != nil {
			break
		}
	}
	outputs, fault := readOutputs(a.outputs, spec.Outputs())
	switch {
	case err == nil:
		err = fault
	case fault != nil:
		fmt.Fprintln(log, fault)
	}
	return outputs, err
}

// Forget removes the storages of a run, and what a host that was killed has left of it: Shell is a
// [workflow.Forgetter]. It is called when the run is over and will not be retried. It
// returns nil if there is nothing.
func (s *Shell) Forget(_ context.Context, run string) error {
	s.leftovers.sweep(s.c.Dir, true)
	return removeAll(s.runDir(run))
}

var _ workflow.Forgetter = (*Shell)(nil)
