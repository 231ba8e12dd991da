// Embed is a small service that keeps release plans in its own database, beside
// its own table: filing a release commits a row and a plan in one transaction, so
// that never one is there without the other.
//
//	go run ./examples/embed
//	go run ./examples/embed -db postgres://localhost/releases
//
// It says what to send to it. It ends with Ctrl-C, once what runs has ended.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the process at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const usage = `Embed is a small service that keeps release plans beside its own rows.

usage: embed [-db FILE|URL] [-listen ADDRESS]

  -db FILE|URL      where to keep everything: FILE (SQLite) or postgres://… (PostgreSQL);
                    default: releases.db
  -listen ADDRESS   where to listen; default: 127.0.0.1:8080; with port 0 a free one

exit status: 0 ended by a signal; 1 failed; 2 wrong usage
`

// patience is how long requests and tasks may take to end after a signal.
const patience = 10 * time.Second

// run is the program: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("embed", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { _, _ = io.WriteString(flags.Output(), usage) }
	at := flags.String("db", "releases.db", "")
	address := flags.String("listen", "127.0.0.1:8080", "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "%q is not understood; see -h\n", flags.Arg(0))
		return 2
	}
	if err := serve(ctx, *at, *address, log.New(stdout, "", 0)); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// serve answers requests and carries plans out until ctx ends.
func serve(ctx context.Context, at, address string, out *log.Logger) (err error) {
	d, err := openDesk(ctx, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	out.Printf("plans and rows are kept in %s", d.db.Name)
	out.Printf("listening on http://%s; file a release, show it, carry it out:", listener.Addr())
	out.Printf(`  curl -H 'X-User: ann' -d '{"service": "shop", "name": "2.4"}' http://%s/releases`, listener.Addr())
	out.Printf("  curl -H 'X-User: ann' http://%s/releases/ID", listener.Addr())
	out.Printf("  curl -H 'X-User: ann' -X POST http://%s/releases/ID/execute", listener.Addr())
	out.Printf("  curl -H 'X-User: ann' -X DELETE http://%s/releases/ID", listener.Addr())

	deploy := releaseplan.HandlerFunc(func(ctx context.Context, job releaseplan.Job) error {
		out.Printf("%s: %s %s", job.Task.Name, job.Variables["service"], job.Variables["name"])
		return ctx.Err() // here a release would do its work
	})
	runner := releaseplan.NewRunner(d.plans, map[string]releaseplan.Handler{deployKind: deploy})
	runner.Drain = patience
	runner.Log = slog.New(slog.NewTextHandler(out.Writer(), nil)) // of a database that is away
	server := &http.Server{Handler: d.handler(out), ReadTimeout: patience, WriteTimeout: patience}

	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	wg.Go(func() { stop(runner.Run(work)) })
	wg.Go(func() { stop(server.Serve(listener)) })
	<-work.Done()
	out.Print("ending: what runs may end first")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err = server.Shutdown(grace)
	wg.Wait()
	if ctx.Err() == nil { // nobody asked for the end
		err = errors.Join(context.Cause(work), err)
	}
	return err
}
