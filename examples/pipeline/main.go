// Pipeline releases a small program for real, by a workflow: build, test and lint
// together, approval, deployment, smoke test, and what follows from that.
//
//	go run ./examples/pipeline
//	go run ./examples/pipeline -break
//
// The workflow is pipeline.yaml, the program is in the folder hello. Its version 1.0.0 serves
// on the loopback when the release of 1.1.0 begins; with -break the smoke test finds
// a defect that no unit test sees, and 1.0.0 serves again. It needs a Unix
// system and the go command, reaches nothing but the loopback, and leaves nothing behind.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/workflow"
)

// width of a heading, in characters.
const width = 80

func main() {
	console.Main(func(ctx context.Context) int { return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr) })
}

const usage = `Pipeline releases version 1.1.0 of a small program by a workflow, and shows its jobs.

usage: pipeline [-break] [-ask]

  -break   make a mistake in the build, which the smoke test finds: 1.0.0 serves again
  -ask     ask at the terminal whether to release; without it, bob approves by himself

exit status: 0 released; 1 rolled back, rejected or failed; 2 wrong usage; 130 interrupted.
Colours: only on a terminal, and not with NO_COLOR set.
`

// run is the program: it returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := console.Flags("pipeline", usage, stderr)
	defect := flags.Bool("break", false, "")
	asking := flags.Bool("ask", false, "")
	if code, ok := console.Parse(flags, args); !ok {
		return code
	}
	s := console.NewScreen(stdout, width)
	var ask question
	if *asking {
		ask = asker(stdin, s)
	}
	state, err := story(ctx, s, *defect, ask)
	switch {
	case err != nil && ctx.Err() == nil:
		_, _ = fmt.Fprintln(stderr, err)
		return console.ExitFailed
	case ctx.Err() != nil:
		return console.ExitInterrupted
	case state == workflow.RunPassed:
		return console.ExitDone
	default:
		return console.ExitFailed
	}
}
