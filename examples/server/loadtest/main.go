// Loadtest lets many clients use a server of examples/server at the same time, in all three dialects,
// and checks every answer: what was acknowledged must be there afterwards.
//
//	go run ./examples/server/loadtest -url http://127.0.0.1:8080 -token TOKEN -clients 200 -for 30s
//
// It leaves behind what it made. It is for one server or several over one database: -url can be a
// list, with commas, and each client has one of them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

const usage = `Loadtest lets many clients use a server at the same time, and checks every answer.

usage: loadtest -token TOKEN [flags]

  -url URLS        of the server, or of several, with commas; default: http://127.0.0.1:8080
  -token TOKEN     of somebody who may do everything; required
  -sdk TOKEN       of an SDK in the environment production; default: *:production.TOKEN
  -clients N       at the same time; default: 200
  -for DURATION    how long; what was begun then is ended, and checked; default: 30s
  -fast            end at the first fault
  -scripts         execute workflows that run scripts, too: the server needs -shell

exit status: 0 all is well; 1 a wrong answer, a lost update or a 5xx that is no 503 with Retry-After;
2 wrong usage
`

// options are what the command line says.
type options struct {
	urls       []string
	token, sdk string
	clients    int
	span       time.Duration
	scripts    bool
	fast       bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("loadtest", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { _, _ = io.WriteString(flags.Output(), usage) }
	urls := flags.String("url", "http://127.0.0.1:8080", "")
	flags.StringVar(&o.token, "token", "", "")
	flags.StringVar(&o.sdk, "sdk", "", "")
	flags.IntVar(&o.clients, "clients", 200, "")
	flags.DurationVar(&o.span, "for", 30*time.Second, "")
	flags.BoolVar(&o.fast, "fast", false, "")
	flags.BoolVar(&o.scripts, "scripts", false, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0 || o.token == "" || o.clients < 1 || o.span < 0:
		_, _ = fmt.Fprintln(stderr, "it needs a -token, at least one of -clients, and a -for that is not negative; see -h")
		return 2
	}
	if o.sdk == "" {
		o.sdk = "*:production." + o.token
	}
	for at := range strings.SplitSeq(*urls, ",") {
		o.urls = append(o.urls, strings.TrimSuffix(at, "/"))
	}
	t, err := load(ctx, o)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return t.report(stdout)
}
