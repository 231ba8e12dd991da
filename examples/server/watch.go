package main

import (
	"log/slog"
	"net/http"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// maxPath bounds what the log says of a path, in bytes.
const maxPath = 256

// watched counts and logs requests. It logs no query, header or body: they may hold secrets.
func (f *front) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.underWay.Add(1)
		defer f.underWay.Done()
		ctx, id := identify(r.Context(), r.Header.Get("X-Request-Id"))
		w.Header().Set("X-Request-Id", id)
		start, seen, ended := time.Now(), &recorder{ResponseWriter: w}, false
		f.meter.inFlight.Inc()
		defer func() {
			f.meter.inFlight.Dec()
			status, route, took := seen.status(ended), r.Pattern, time.Since(start)
			f.meter.observe(r.Method, route, status, took)
			trace.SpanFromContext(ctx).SetAttributes(attribute.String("http.route", route))
			f.log.LogAttrs(ctx, slog.LevelInfo, "answered", slog.String("method", r.Method), slog.String("route", route), slog.String("path", cut(r.URL.Path)),
				slog.String("from", r.RemoteAddr), slog.Int("status", status), slog.Int64("bytes", seen.bytes), slog.Duration("took", took))
		}()
		within(ctx, next, seen, r)
		ended = true
	})
}

// cut returns the beginning of a path, which can be as long as a header.
func cut(path string) string {
	if len(path) <= maxPath {
		return path
	}
	end := maxPath
	for !utf8.RuneStart(path[end]) {
		end--
	}
	return path[:end] + "…"
}

// A recorder knows what was answered.
type recorder struct {
	http.ResponseWriter
	code  int
	bytes int64
}

func (w *recorder) WriteHeader(code int) {
	if w.code == 0 && code >= 200 { // those below are not the answer yet
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.code == 0 {
		w.code = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// status is that of the answer: of a handler that panicked before it said one, 500.
func (w *recorder) status(ended bool) int {
	switch {
	case w.code > 0:
		return w.code
	case ended:
		return http.StatusOK
	default:
		return http.StatusInternalServerError
	}
}

// Unwrap is for [http.ResponseController].
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
