package unleash_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/unleash"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

// SDKs poll what the live milestones of plans serve. One that has it is told so.
func ExampleHandler_client() {
	ctx, ann, records := context.Background(), penstock.Actor{ID: "ann"}, memory.New()
	features, err := rollout.NewService(rollout.Config{Store: records})
	if err != nil {
		fmt.Println(err)
		return
	}
	templates, err := template.NewService(template.Config{Store: records, Rollout: features})
	if err != nil {
		fmt.Println(err)
		return
	}
	plans := releaseplan.New(releaseplan.Config{Store: records, Rollout: features})
	handler := unleash.Handler(unleash.Config{Templates: templates, Plans: plans, Rollout: features, Client: func(r *http.Request) (unleash.Client, error) {
		if r.Header.Get("Authorization") != "*:production.secret" {
			return unleash.Client{}, errors.New("no such token")
		}
		return unleash.Client{Environment: "production"}, nil
	}})

	if _, err = features.Environments().Create(ctx, rollout.Environment{Name: "production"}, ann); err == nil {
		_, err = features.Features().Create(ctx, rollout.Flag{Name: "checkout", Environments: map[string]rollout.Setting{"production": {Enabled: true}}}, ann)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	content := releaseplan.Content{Name: "Checkout", Target: &releaseplan.Target{Feature: "checkout", Environment: "production"}, Milestones: []releaseplan.Milestone{
		{Name: "A few", Strategies: []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": "5"}}}}}}
	if _, err := plans.CreateThen(ctx, content, []releaseplan.Command{{Action: releaseplan.Execute}}, ann); err != nil {
		fmt.Println(err)
		return
	}

	tag := ""
	for range 2 {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/client/features", nil)
		r.Header.Set("Authorization", "*:production.secret")
		r.Header.Set("Unleash-Client-Spec", "5.1.0")
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
		tag = w.Header().Get("ETag")
	}
	// Output:
	// 200 {"version":2,"features":[{"name":"checkout","type":"release","project":"default","enabled":true,"stale":false,"impressionData":false,"strategies":[{"name":"flexibleRollout","parameters":{"groupId":"checkout","rollout":"5","stickiness":"default"},"constraints":[],"variants":[]}],"variants":[]}],"query":{"environment":"production","inlineSegmentConstraints":false}}
	// 304
}
