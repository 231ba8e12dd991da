package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.26.0"
)

// traces sends spans to where the environment says: OTEL_EXPORTER_OTLP_ENDPOINT and its like.
// Without it the zero traces do nothing.
type traces struct {
	provider *trace.TracerProvider
	log      *slog.Logger
}

// traced begins to trace, if that is configured.
func traced(ctx context.Context, log *slog.Logger) (traces, error) {
	if os.Getenv("OTEL_SDK_DISABLED") == "true" || os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return traces{}, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return traces{}, err
	}
	about, err := resource.Merge(resource.NewSchemaless(semconv.ServiceName("penstock")), resource.Environment())
	if err != nil {
		return traces{}, err
	}
	return traces{trace.NewTracerProvider(trace.WithBatcher(told{exporter, log}), trace.WithResource(about)), log}, nil
}

// A told exporter says in the log what could not be sent, and that is all.
type told struct {
	trace.SpanExporter
	log *slog.Logger
}

func (e told) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.log.WarnContext(ctx, "traces could not be sent", "spans", len(spans), "error", err)
	}
	return nil
}

// around makes a span of each request, which goes on the trace of who asks. It is named by the
// route: there are as many paths as somebody makes up.
func (t traces) around(next http.Handler) http.Handler {
	if t.provider == nil {
		return next
	}
	return otelhttp.NewHandler(next, "request", otelhttp.WithTracerProvider(t.provider), otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return knownMethod(r.Method) + " " + r.Pattern }))
}

// lastTraces is how long it may take to send what is left.
const lastTraces = 3 * time.Second

// close sends what is left.
func (t traces) close(ctx context.Context) {
	if t.provider == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTraces)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.WarnContext(ctx, "the last traces could not be sent", "error", err)
	}
}
