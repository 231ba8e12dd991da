package arp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/arp"
	"github.com/penstock-go/penstock/store/memory"
)

// A plan with one task is created and started over HTTP.
func Example() {
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	server := httptest.NewServer(arp.Handler(arp.Config{
		Plans: plans,
		Who: func(r *http.Request) (penstock.Actor, error) {
			if r.Header.Get("Authorization") != "Bearer ann's" {
				return penstock.Actor{}, penstock.ErrForbidden
			}
			return penstock.Actor{ID: "ann", Name: "Ann"}, nil
		},
	}))
	defer server.Close()
	post := func(path, body string) {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, server.URL+arp.Base+path, strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		r.Header.Set("Authorization", "Bearer ann's")
		answer, err := server.Client().Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		var said struct {
			Name, Status, Error, Details string
			Planned                      struct{ Duration string } `json:"planned_time"`
		}
		if err != nil || json.Unmarshal(text, &said) != nil {
			fmt.Println(err, string(text))
			return
		}
		if said.Error != "" {
			fmt.Println(answer.StatusCode, said.Error, said.Details)
			return
		}
		fmt.Println(answer.StatusCode, said.Name, said.Status, said.Planned.Duration)
	}
	post("/plans", `{"name": "Checkout 2.4", "folder": "DEFAULT", "planned_time": {"duration": "PT36H"}}`)
	post("/plans/1/execute", "")
	post("/plans/1/phases", `{"name": "production"}`)
	post("/plans/1/phases/2/tasks", `{"name": "deploy"}`)
	post("/plans/1/execute", "")
	post("/plans/1/tasks/3/complete", `{"remark": "went well"}`)
	post("/plans/1/execute", "")
	// Output:
	// 201 Checkout 2.4 Draft P1DT12H
	// 400 The action 'execute' is not allowed on 'Checkout 2.4' in its current state Draft. needs an enabled task or a milestone
	// 201 production Draft PT0S
	// 201 deploy Draft PT0S
	// 200 Checkout 2.4 Running P1DT12H
	// 200 deploy Completed PT0S
	// 400 The action 'execute' is not allowed on 'Checkout 2.4' in its current state Completed. cannot execute while completed
}
