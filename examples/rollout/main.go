// Rollout shows a release plan that exposes a feature in three steps, and a
// safeguard that takes it back.
//
//	go run ./examples/rollout
//
// A simulated service has 100,000 users. A plan, made of a template, gives the new
// checkout to 5 %, 25 % and 100 % of them. At 25 % the new path cannot take the
// load and errors rise; a safeguard on the error rate goes back to 5 %; the team
// mends it, and the rollout ends at 100 %. Time is virtual, so a working day takes
// a second. What is drawn is what the plan served, evaluated for every user.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/penstock-go/penstock/examples/internal/console"
)

func main() {
	console.Main(func(ctx context.Context) int { return run(ctx, os.Args[1:], os.Stdout, os.Stderr) })
}

const usage = `Rollout shows a feature on its way to 100,000 simulated users: 5 %, 25 %, a safeguard
that goes back, a fix, 100 %. It draws who has the feature, and tells what happened.

usage: rollout [-svg FILE] [-users N] [-seed N] [-width N]

  -svg FILE   draw the chart as SVG, too; "" for none; default: rollout.svg
  -users N    how many users there are, 10000 to 1000000; default: 100000
  -seed N     what chance does; default: 1. The same seed gives the same story
  -width N    of the terminal's chart, 60 to 200 columns; default: 80

exit status: 0 the rollout was completed; 1 it was not, or FILE cannot be written;
2 wrong usage; 130 interrupted
`

// run is the program: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	begun := time.Now()
	flags := console.Flags("rollout", usage, stderr)
	file := flags.String("svg", "rollout.svg", "")
	users := flags.Int("users", 100_000, "")
	seed := flags.Uint64("seed", 1, "")
	width := flags.Int("width", 80, "")
	if code, ok := console.Parse(flags, args); !ok {
		return code
	}
	if err := errors.Join(within("users", *users, 10_000, 1_000_000), within("width", *width, 60, 200)); err != nil {
		return complain(stderr, console.ExitUsage, err)
	}
	s, err := simulate(ctx, *users, *seed)
	switch {
	case err != nil && ctx.Err() != nil:
		return complain(stderr, console.ExitInterrupted, errors.New("interrupted"))
	case err != nil:
		return complain(stderr, console.ExitFailed, err)
	}
	if err := tell(stdout, s, *width); err != nil {
		return complain(stderr, console.ExitFailed, err)
	}
	if *file != "" {
		if err := os.WriteFile(*file, []byte(svg(s)), 0o644); err != nil {
			return complain(stderr, console.ExitFailed, err)
		}
		_, _ = fmt.Fprintf(stdout, "The chart is in %s, too.\n", *file)
	}
	_, _ = fmt.Fprintf(stdout, "%s of virtual time took %.1f s.\n", span(s.length()), time.Since(begun).Seconds())
	if err := s.outcome(); err != nil {
		return complain(stderr, console.ExitFailed, err)
	}
	return console.ExitDone
}

// complain tells an error and returns the exit status.
func complain(stderr io.Writer, code int, err error) int {
	_, _ = fmt.Fprintln(stderr, err)
	return code
}

// within checks the value of a flag.
func within(name string, value, low, high int) error {
	if value < low || value > high {
		return fmt.Errorf("-%s: %d is not from %d to %d", name, value, low, high)
	}
	return nil
}
