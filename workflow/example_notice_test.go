package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
	"github.com/penstock-go/penstock/workflow"
)

// A definition says whom its runs tell of what. A dispatcher carries it there: to people by
// the route of plans, to robots and webhooks by Hooks.
func ExampleHooks() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	told := make(chan string)
	chat := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var said struct{ Markdown struct{ Content string } }
		_ = json.NewDecoder(r.Body).Decode(&said)
		fmt.Fprintln(w, `{"errcode":0}`)
		told <- said.Markdown.Content
	}))
	defer chat.Close()

	log := memory.New()
	workflows, err := workflow.New(workflow.Config{Store: log})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = workflows.Definitions().Create(ctx, workflow.Definition{
		Project: "shop", Key: "release", Name: "Release the shop",
		Stages: []workflow.Stage{{Name: "deploy", Jobs: []workflow.Job{{Name: "smoke-test", Type: "freestyle", Spec: json.RawMessage(`{"script":"./smoke"}`)}}}},
		Notify: []json.RawMessage{json.RawMessage(`{"enabled":true,"webhook_type":"wechat","weChat_webHook":"` + chat.URL + `/send?key=0f1e2d3c","notify_type":["failed"]}`)},
	}, penstock.Actor{ID: "ann"})
	if err != nil {
		fmt.Println(err)
		return
	}

	hooks, err := workflows.Hooks(workflow.HooksConfig{AllowPrivate: true, AllowHTTP: true}) // for a robot on loopback
	if err != nil {
		fmt.Println(err)
		return
	}
	post, err := outbox.New(outbox.Config{
		Store:     log,
		Route:     outbox.Join(outbox.ToRecipients(penstock.Trust{}, nil), workflow.ToHooks),
		Notifiers: map[string]outbox.Notifier{workflow.HookChannel: hooks},
		FromStart: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	local := workflow.NewLocal(workflows, map[string]workflow.Executor{
		"freestyle": workflow.ExecutorFunc(func(context.Context, workflow.Execution) (map[string]string, error) {
			return nil, errors.New("GET /health: 503")
		}),
	})
	done := make(chan error)
	go func() { done <- post.Run(ctx) }()
	go func() { done <- local.Run(ctx) }()

	if _, err := workflows.Start(ctx, "release", workflow.Start{}, penstock.Actor{ID: "ann"}); err != nil {
		fmt.Println(err)
	}
	title, _, _ := strings.Cut(<-told, "\n")
	fmt.Println(title)
	stop()
	fmt.Println(<-done, <-done)
	// Output:
	// **Workflow "Release the shop" #1 failed: job smoke-test: GET /health: 503**
	// <nil> <nil>
}
