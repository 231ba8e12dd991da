package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/penstock-go/penstock/releaseplan/arp"
	"github.com/penstock-go/penstock/releaseplan/unleash"
	"github.com/penstock-go/penstock/releaseplan/zadig"
)

// A front is what requests meet first: what looks after the server, and limits, logs and metrics
// around the dialects.
type front struct {
	h        *host
	log      *slog.Logger
	meter    *meter
	answer   time.Duration // for requests that do not follow anything
	after    map[string]http.Handler
	dialects http.Handler

	draining atomic.Bool
	underWay sync.WaitGroup
	over     chan struct{} // closed when nobody may follow anything any more
}

func newFront(h *host, log *slog.Logger, o options, t traces) *front {
	f := &front{h: h, log: log, meter: newMeter(h.db.DB), answer: o.times.answer, over: make(chan struct{})}
	f.after = map[string]http.Handler{
		"/healthz": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") }),
		"/readyz":  http.HandlerFunc(f.ready),
		"/metrics": promhttp.HandlerFor(f.meter.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}),
	}
	speak := f.speak()
	usual, follow := limited(o.requests, f.bounded(speak)), limited(o.requests, f.follows(speak))
	f.dialects = t.around(f.watched(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/openapi/logs/sse/") {
			follow.ServeHTTP(w, r)
			return
		}
		usual.ServeHTTP(w, r)
	})))
	return f
}

// ServeHTTP answers everything. A mux would redirect some paths, in words that are of no dialect.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	after, ok := f.after[r.URL.Path]
	switch {
	case !ok:
		f.dialects.ServeHTTP(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		say(w, http.StatusMethodNotAllowed, "only GET")
	default:
		after.ServeHTTP(w, r)
	}
}

// ready says whether requests are to be sent here.
func (f *front) ready(w http.ResponseWriter, r *http.Request) {
	if f.draining.Load() {
		say(w, http.StatusServiceUnavailable, "ending")
		return
	}
	if err := f.h.ready(r.Context()); err != nil {
		f.log.WarnContext(r.Context(), "the store does not answer", "error", err)
		say(w, http.StatusServiceUnavailable, "the store does not answer")
		return
	}
	say(w, http.StatusOK, "ok")
}

// speak sends each request to the dialect that its path is of.
func (f *front) speak() http.Handler {
	h := f.h
	automic := arp.Handler(arp.Config{Plans: h.plans, Who: h.tokens.who, Directory: h.directory, Log: f.log})
	zadiglike := zadig.Handler(zadig.Config{Plans: h.plans, Workflows: h.workflows, Who: h.tokens.who, Directory: h.directory, WorkflowKind: workflowKind, Callbacks: h.callbacks(), Log: f.log})
	unleashlike := unleash.Handler(unleash.Config{Templates: h.templates, Plans: h.plans, Rollout: h.catalog, Who: h.tokens.who, Client: h.tokens.client,
		Directory: h.directory, Registered: f.meter.registered, Counted: f.meter.counted, Log: f.log})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p := r.URL.Path; {
		case strings.HasPrefix(p, "/api/admin/"), strings.HasPrefix(p, "/api/client/"):
			unleashlike.ServeHTTP(w, r)
		case strings.HasPrefix(p, arp.Base+"/"):
			automic.ServeHTTP(w, r)
		default:
			zadiglike.ServeHTTP(w, r)
		}
	})
}

// drain asks for no more requests, while those that come are answered.
func (f *front) drain() { f.draining.Store(true) }

// end answers what is under way, for as long as patience lasts. Who follows something is let go.
// It is called once.
func (f *front) end(ctx context.Context, server *http.Server, patience time.Duration) {
	f.drain()
	close(f.over)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		f.log.WarnContext(ctx, "requests did not end in time, and are broken off", "error", err)
		_ = server.Close() // which ends their contexts
	}
	f.underWay.Wait() // nothing is closed that they use
}

// say answers with a line.
func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the client may be gone
}
