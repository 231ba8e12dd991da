package dingtalk_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/dingtalk"
)

// A host hands the provider to its Service: Providers: map[approval.Kind]approval.Provider{
// approval.DingTalk: provider}. What the Runner does with it from then on is this.
func Example() {
	ding := newFake() // stands for https://api.dingtalk.com
	server := httptest.NewServer(ding)
	defer server.Close()

	provider, err := dingtalk.New(dingtalk.Config{
		AppKey: "ding-app", AppSecret: "the-app-secret", ProcessCode: "PROC-1", BaseURL: server.URL,
		UserID: func(_ context.Context, p penstock.Party) (string, error) { return "ding-" + p.ID, nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	request, err := approval.Open(approval.Opening{
		ID: "r1", By: penstock.Actor{ID: "max"}, At: time.Now(), Subject: approval.Subject{Hash: "h1"},
		Policy: approval.Policy{Enabled: true, Kind: approval.DingTalk, Nodes: []approval.Node{
			{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("ann"), penstock.UserParty("bob")}},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	instance, err := provider.Create(ctx, request)
	fmt.Println(instance, err)
	instance, err = provider.Create(ctx, request) // after a crash, say
	fmt.Println(instance, err)

	ding.agree(instance, "ding-bob", "looks good") // bob does, on his phone
	answer, err := provider.Poll(ctx, instance)
	fmt.Println(answer.Outcome, answer.Votes[0].Who.ID, answer.Votes[0].Comment, err)
	// Output:
	// instance-1 <nil>
	// instance-1 <nil>
	// approved bob looks good <nil>
}
