// Server serves release plans and workflows over HTTP, in the three dialects at once: Automic's
// below /api/data/v1, Zadig's below /openapi and /api/aslan, Unleash's below /api/admin and
// /api/client.
//
//	go run ./examples/server
//	go run ./examples/server -db postgres://localhost/releases -tokens tokens.json
//
// It says what to send to it. It ends with Ctrl-C: requests and jobs that are under way may end
// first. A job that does not in time is begun anew at the next start if its crash policy is to
// repeat; otherwise it has failed, and can be retried.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the process at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, status := parse(args, stderr)
	if status >= 0 {
		return status
	}
	if err := serve(ctx, o, stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// serve answers requests and carries plans and runs out until ctx ends.
func serve(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	log := newLog(stderr, o.level)
	tokens, err := readTokens(o.tokens, log)
	if err != nil {
		return err
	}
	traces, err := traced(ctx, log)
	if err != nil {
		return err
	}
	defer func() { traces.close(ctx) }()
	h, err := open(ctx, o, tokens, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", o.addr)
	if err != nil {
		return err
	}
	front := newFront(h, log, o, traces) //nolint:contextcheck // requests have their own
	server := &http.Server{
		Handler:           front,
		ReadHeaderTimeout: o.times.header,
		ReadTimeout:       o.times.read,
		WriteTimeout:      o.times.write,
		IdleTimeout:       o.times.idle,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	welcome(stdout, listener.Addr(), h.db.Name, tokens)

	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	var wg sync.WaitGroup
	wg.Go(func() { stop(h.carryOut(work)) })
	wg.Go(func() { stop(server.Serve(listener)) })
	select {
	case <-work.Done(): // by itself: that is an error
		err = context.Cause(work)
	case <-ctx.Done():
		log.Info("ending", "linger", o.linger, "drain", o.drain)
		front.drain()
		linger(work, o.linger)
		if work.Err() != nil {
			err = context.Cause(work)
		}
		stop(nil)
	}
	front.end(ctx, server, o.drain)
	wg.Wait()
	log.Info("ended")
	return err
}

// linger waits while those that send requests here learn that they no longer should.
func linger(work context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(work, d)
	defer cancel()
	<-ctx.Done()
}
