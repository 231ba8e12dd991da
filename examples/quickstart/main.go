// Quickstart runs a release plan from a YAML file for real, and shows it.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -db plans.db
//
// The plan is plan.yaml: it is finalized, approved by two of three people, and then
// carried out, with shell commands as tasks. What happens is told while it happens;
// at the end come a timeline and the audit trail. With -db the plan is kept: a run that
// was interrupted or killed goes on where it was when it is started again. It needs a
// Unix system.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/penstock-go/penstock/examples/internal/console"
)

//go:embed plan.yaml
var embedded []byte

func main() {
	console.Main(func(ctx context.Context) int { return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr) })
}

const usage = `Quickstart runs a release plan for real and shows it: progress, timeline, audit trail.

usage: quickstart [-plan FILE] [-interactive] [-dir DIR] [-db FILE|URL [-new]]

  -plan FILE     run this plan instead of the one that is built in
  -interactive   ask at the terminal for votes, for what people do, and after a failure
                 for retry, skip or abort; without it, scripted people do the usual
  -dir DIR       work in DIR and keep what is there; default: a directory that is removed,
                 or with -db one that is kept: FILE.files, or a temporary one for a URL
  -db FILE|URL   keep the plan in FILE (SQLite) or at postgres://… (PostgreSQL). Run again
                 with the same -db and plan file after an interrupt or a crash, and it goes
                 on where it was; a plan at its end is followed by a new one. A password
                 is better kept in PGPASSWORD or ~/.pgpass than in URL
  -new           with -db: cancel the plan that is unfinished there, and begin a new one

A plan file is YAML with the members of releaseplan.Content; see plan.yaml. Tasks are of
kind shell (spec: run, dir), wait (spec: for, until) or manual. A shell task finds the
plan's variables in its environment; a secret one without a value is taken from there.

exit status: 0 completed; 1 failed, denied, expired or canceled; 2 wrong usage or a plan
file with faults; 130 interrupted. Colours: only on a terminal, and not with NO_COLOR set.
`

// run is the program: it returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := console.Flags("quickstart", usage, stderr)
	file := flags.String("plan", "", "")
	interactive := flags.Bool("interactive", false, "")
	dir := flags.String("dir", "", "")
	at := flags.String("db", "", "")
	anew := flags.Bool("new", false, "")
	if code, ok := console.Parse(flags, args); !ok {
		return code
	}
	if *anew && *at == "" {
		return complain(stderr, console.ExitUsage, errors.New("-new needs -db: without it there is no plan to give up"))
	}
	name, doc := "plan.yaml", embedded
	if *file != "" {
		var err error
		if doc, err = readFile(*file); err != nil {
			return complain(stderr, console.ExitUsage, err)
		}
		name = *file
	}
	content, err := readPlan(name, doc, os.Getenv, time.Now())
	if err != nil {
		return complain(stderr, console.ExitUsage, err)
	}
	s := &session{Screen: console.NewScreen(stdout, width), interactive: *interactive, people: script{after: pause}}
	if *at == "" {
		place, tidy, err := workplace(*dir)
		if err != nil {
			return complain(stderr, console.ExitUsage, err)
		}
		defer tidy()
		s.dir = place
	} else {
		if s.kept, err = keep(ctx, *at, doc, *anew); err != nil {
			return complain(stderr, console.ExitUsage, err)
		}
		defer func() { _ = s.kept.close() }() // everything is committed
		if s.dir, err = absolute(*dir); err != nil {
			return complain(stderr, console.ExitUsage, err)
		}
	}
	if *interactive {
		listening, stop := context.WithCancel(ctx)
		defer stop()
		s.people = terminal{Screen: s.Screen, lines: listen(listening, stdin)}
	}
	p, resumed, err := s.open(ctx, content)
	if err != nil {
		return complain(stderr, console.ExitFailed, err)
	}
	p, err = s.run(ctx, p, resumed)
	if err != nil {
		return complain(stderr, console.ExitFailed, err)
	}
	whole := context.WithoutCancel(ctx) // what was interrupted is shown as well
	timeline(s.Screen, p)
	if err := errors.Join(trail(whole, s.Screen, s.plans, s.id, s.operator), s.outcome(whole, p, *file)); err != nil {
		return complain(stderr, console.ExitFailed, err)
	}
	switch {
	case p.State() == "completed":
		return console.ExitDone
	case ctx.Err() != nil:
		return console.ExitInterrupted
	default:
		return console.ExitFailed
	}
}

// complain tells an error and returns the exit status.
func complain(stderr io.Writer, code int, err error) int {
	_, _ = fmt.Fprintln(stderr, err)
	if faults, ok := errors.AsType[*fileError](err); ok {
		_, _ = fmt.Fprintf(stderr, "%s; nothing was started\n", count(len(faults.faults), "fault"))
	}
	return code
}

// workplace returns the directory that tasks work in, and what to do at the end.
func workplace(dir string) (string, func(), error) {
	if dir != "" {
		dir, err := made(dir)
		return dir, func() {}, err
	}
	dir, err := os.MkdirTemp("", "quickstart-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}
