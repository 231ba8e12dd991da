package peers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Unleash/unleash-go-sdk/v5"
	unleashcontext "github.com/Unleash/unleash-go-sdk/v5/context"

	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/rollout/internal/cases"
)

// newUnleash returns a client whose server is a function in this process.
// Without metrics it does nothing but evaluate.
func newUnleash(tb testing.TB) *unleash.Client {
	tb.Helper()
	state := rollout.State{Version: 2}
	for _, c := range cases.All() {
		state.Features = append(state.Features, c.Feature)
	}
	body, err := json.Marshal(state)
	if err != nil {
		tb.Fatal(err)
	}
	client, err := unleash.NewClient(
		unleash.WithUrl("http://unleash.invalid/api"), unleash.WithAppName("peers"), unleash.WithDisableMetrics(true),
		unleash.WithListener(&unleash.NoopListener{}), unleash.WithBackupPath(tb.TempDir()),
		unleash.WithHttpClient(&http.Client{Transport: server(body)}),
	)
	if err != nil {
		tb.Fatal(err)
	}
	client.WaitForReady()
	tb.Cleanup(func() { client.Close() })
	return client
}

type server []byte

func (s server) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte("{}")
	if strings.HasSuffix(r.URL.Path, "/client/features") {
		body = s
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r,
	}, nil
}

func unleashContext(ctx *rollout.Context) unleashcontext.Context {
	return unleashcontext.Context{
		UserId: ctx.UserID, SessionId: ctx.SessionID, Environment: ctx.Environment, AppName: ctx.AppName, Properties: ctx.Properties,
	}
}
