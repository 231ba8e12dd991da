package main

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Requests become spans on the trace of who asks, named by their route; nothing secret is sent.
func TestTraces(t *testing.T) {
	received := make(chan *collector.ExportTraceServiceRequest, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			var err error
			if body, err = gzip.NewReader(body); err != nil {
				t.Error(err)
				return
			}
		}
		text, err := io.ReadAll(body)
		var sent collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(text, &sent)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Error(r.URL, err)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
		received <- &sent
	}))
	t.Cleanup(receiver.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	t.Setenv("OTEL_SERVICE_NAME", "releases")
	s := start(t, nil)
	const trace = "0af7651916cd43dd8448eb211c80319c"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.at+plansAt+"/1908?secret=hunter2", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Traceparent", "00-"+trace+"-b7ad6b7169203331-01")
	r.Header.Set("Authorization", s.token)
	send(t, r)
	s.expect(t, http.StatusNotFound, http.MethodGet, "/made/up", "")
	s.expect(t, http.StatusOK, http.MethodGet, "/healthz", "")
	s.log.await(t, `"trace":"`+trace+`"`)
	s.stop()
	s.ends(t, 0)
	close(received)
	names := make(map[string]string)
	for sent := range received {
		for _, of := range sent.ResourceSpans {
			if about := of.String(); !strings.Contains(about, `"releases"`) || strings.Contains(about, "hunter2") || strings.Contains(about, s.token) {
				t.Errorf("it sends %s", about)
			}
			for _, scope := range of.ScopeSpans {
				for _, span := range scope.Spans {
					names[span.Name] = hex.EncodeToString(span.TraceId)
				}
			}
		}
	}
	if len(names) != 2 || names["GET /"] == "" || names["GET "+plansAt+"/{id}"] != trace {
		t.Errorf("spans %v", names)
	}
}

// A receiver that is away is told of, and harms nothing.
func TestTracesThatNobodyReceives(t *testing.T) {
	receiver := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(receiver.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	s := start(t, nil)
	s.expect(t, http.StatusOK, http.MethodGet, plansAt, "")
	s.stop()
	s.ends(t, 0)
	s.log.await(t, "traces could not be sent")
}
