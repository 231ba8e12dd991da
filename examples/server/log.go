package main

import (
	"context"
	"io"
	"log/slog"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"
)

// newLog returns a log of JSON, one object a line.
func newLog(to io.Writer, level slog.Level) *slog.Logger {
	return slog.New(ofRequest{slog.NewJSONHandler(to, &slog.HandlerOptions{Level: level})})
}

// idKey is the key of a request's id in its context.
type idKey struct{}

// identify returns the context of a request, with its id: that which the client gives it, if that
// is a UUID, so that nobody writes what they like into the log.
func identify(ctx context.Context, given string) (context.Context, string) {
	id, err := uuid.Parse(given)
	if err != nil {
		id = uuid.New()
	}
	return context.WithValue(ctx, idKey{}, id.String()), id.String()
}

// An ofRequest says of what is logged for a request which one that is, and which trace.
type ofRequest struct{ slog.Handler }

func (l ofRequest) Handle(ctx context.Context, r slog.Record) error {
	if id, ok := ctx.Value(idKey{}).(string); ok {
		r.AddAttrs(slog.String("request", id))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r.AddAttrs(slog.String("trace", span.TraceID().String()))
	}
	return l.Handler.Handle(ctx, r)
}

func (l ofRequest) WithAttrs(attrs []slog.Attr) slog.Handler {
	return ofRequest{l.Handler.WithAttrs(attrs)}
}

func (l ofRequest) WithGroup(name string) slog.Handler { return ofRequest{l.Handler.WithGroup(name)} }
