package zadig_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/zadig"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// A workflow is created as in Zadig, and shown as there.
func ExampleHandler() {
	workflows, err := workflow.New(workflow.Config{Store: memory.New()})
	if err != nil {
		log.Fatal(err)
	}
	h := zadig.Handler(zadig.Config{Workflows: workflows, Who: func(r *http.Request) (penstock.Actor, error) {
		return penstock.Actor{ID: "ann", Name: "Ann"}, nil // by the token of r
	}})
	send := func(method, path, body string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body)))
		answer, _ := io.ReadAll(w.Result().Body)
		fmt.Println(w.Code, strings.TrimSpace(string(answer)))
	}
	send(http.MethodPost, "/api/aslan/workflow/v4", `{"name": "nightly", "project": "shop", "concurrency_limit": 1, "stages": [
		{"name": "wait", "parallel": false, "jobs": [{"name": "pause", "type": "wait", "spec": {"for": "PT1M"}}]}]}`)
	send(http.MethodGet, "/openapi/workflows/custom/nightly/detail?projectKey=elsewhere", "")
	send(http.MethodDelete, "/openapi/workflows/custom?workflowKey=nightly&projectKey=shop", "")
	// Output:
	// 200 {"message":"success"}
	// 400 {"code":6542,"description":"mongo: no documents in result","extra":{},"message":"Find workflow failed","type":"error"}
	// 200 {"message":"success"}
}
