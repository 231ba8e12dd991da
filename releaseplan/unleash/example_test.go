package unleash_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/unleash"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

// A template is made, and a feature gets a plan of it, by the API of Unleash.
func Example() {
	ctx, ann, db := context.Background(), penstock.Actor{ID: "1", Name: "Ann"}, memory.New()
	flags, err := rollout.NewService(rollout.Config{Store: db})
	if err != nil {
		log.Fatal(err)
	}
	templates, err := template.NewService(template.Config{Store: db, Rollout: flags})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := flags.Environments().Create(ctx, rollout.Environment{Name: "production"}, ann); err != nil {
		log.Fatal(err)
	}
	if _, err := flags.Features().Create(ctx, rollout.Flag{Name: "checkout", Project: "shop"}, ann); err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(unleash.Handler(unleash.Config{
		Templates: templates, Plans: releaseplan.New(releaseplan.Config{Store: db, Rollout: flags}), Rollout: flags,
		Who: func(*http.Request) (penstock.Actor, error) { return ann, nil }, // from the token of the request
	}))
	defer server.Close()

	var made struct{ ID, Name string }
	err = send(server.URL+"/api/admin/release-plan-templates", `{"name":"In two steps","milestones":[
		{"name":"few","sortOrder":0,"transitionCondition":{"intervalMinutes":1440},
			"strategies":[{"name":"flexibleRollout","sortOrder":0,"parameters":{"rollout":"5","stickiness":"default","groupId":"{{featureName}}"}}]},
		{"name":"all","sortOrder":1,
			"strategies":[{"name":"flexibleRollout","sortOrder":0,"parameters":{"rollout":"100","stickiness":"default","groupId":"{{featureName}}"}}]}]}`, &made)
	if err != nil {
		fmt.Println(err)
		return
	}
	var plan struct {
		Name, ActiveMilestoneID string
		Milestones              []struct{ ID, Name string }
	}
	if err := send(server.URL+"/api/admin/projects/shop/features/checkout/environments/production/release-plans", `{"templateId":"`+made.ID+`"}`, &plan); err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range plan.Milestones {
		fmt.Println(plan.Name, "-", m.Name, m.ID == plan.ActiveMilestoneID)
	}
	// Output:
	// In two steps - few true
	// In two steps - all false
}

// send posts a body and reads the answer.
func send(url, body string, into any) error {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	return json.NewDecoder(answer.Body).Decode(into)
}
