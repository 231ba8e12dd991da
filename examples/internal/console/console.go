// Package console has what the examples for people at a terminal begin and end with, and
// the screen that they write on.
package console

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit codes.
const (
	ExitDone        = 0
	ExitFailed      = 1   // what was to be done did not come to a good end
	ExitUsage       = 2   // the command line, or what it names, is wrong
	ExitInterrupted = 130 // as shells call it
)

// Main runs a program and ends the process with the code that it returns. The first
// signal to end cancels ctx, the second ends the process at once.
func Main(run func(ctx context.Context) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	code := run(ctx)
	stop()
	os.Exit(code)
}

// Flags returns the flags of a program, which tells its usage and what is wrong to w.
func Flags(name, usage string, w io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(w)
	flags.Usage = func() { _, _ = io.WriteString(w, usage) }
	return flags
}

// Parse reads a command line of flags alone. If the program must not go on, it was told
// why, and code is the one to end with.
func Parse(flags *flag.FlagSet, args []string) (code int, ok bool) {
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return ExitDone, false
	case err != nil:
		return ExitUsage, false
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(flags.Output(), "%q is not understood; see -h\n", flags.Arg(0))
		return ExitUsage, false
	default:
		return ExitDone, true
	}
}
