// Hello is the service that the pipeline releases. It tells its version.
//
//	go run ./examples/pipeline/hello
//
// It prints where it listens: a free port of the loopback. SIGINT or SIGTERM ends it,
// and so does its time limit.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// version is set by the linker: -ldflags "-X main.version=1.1.0".
var version = "unreleased"

func main() {
	attended := flag.Bool("attended", false, "end with the standard input: whoever started this is gone then")
	limit := flag.Duration("limit", 10*time.Minute, "end after this time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, *limit)
	if *attended {
		go endWith(os.Stdin, cancel)
	}
	err := serve(ctx, version, os.Stdout)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "hello:", err)
		os.Exit(1)
	}
}

// endWith calls end when there is nothing more to read.
func endWith(r io.Reader, end func()) {
	_, _ = io.Copy(io.Discard, r)
	end()
}

// serve tells a version until ctx ends. Where it listens is written to out.
func serve(ctx context.Context, version string, out io.Writer) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler(version), ReadTimeout: 5 * time.Second}
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	})
	if _, err := fmt.Fprintf(out, "listening on http://%s\n", listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// handler answers /version and /healthz.
func handler(version string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "hello", version) })
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	return mux
}
