package lark_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/lark"
)

// A Provider asks in Lark and reads the answer. A Service does both by itself once it has
// the Provider: releaseplan.Config{Providers: map[approval.Kind]approval.Provider{approval.Lark: provider}}.
func Example() {
	server := exampleLark() // in its place: lark.Feishu or lark.International
	defer server.Close()
	provider, err := lark.New(lark.Config{
		AppID: "cli_a1b2", AppSecret: "…", BaseURL: server.URL,
		Definitions: []lark.Definition{{
			App: "release", Code: "7C468A54",
			Nodes: []lark.Node{{Key: "lead", Need: approval.Any}},
			Form: func(r *approval.Request) ([]lark.Widget, error) {
				return []lark.Widget{lark.Text("what", r.Policy().Description)}, nil
			},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, now := context.Background(), time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	request, err := approval.Open(approval.Opening{
		ID: "01K4", By: penstock.Actor{ID: "ou_max"}, At: now, Subject: approval.Subject{Hash: "5f1e"},
		Policy: approval.Policy{Enabled: true, Kind: approval.Lark, App: "release", Description: "Checkout 2.4",
			Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("ou_ann"), penstock.UserParty("ou_bob")}}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	code, err := provider.Create(ctx, request)
	fmt.Println(code, err)
	answer, err := provider.Poll(ctx, code)
	fmt.Println(answer.Outcome, err)
	for _, v := range answer.Votes {
		fmt.Printf("%s: %s at %s, %q\n", v.Who.ID, v.Decision, v.At.Format(time.RFC3339), v.Comment)
	}
	// Output:
	// 81D31358 <nil>
	// approved <nil>
	// ou_bob: approve at 2026-09-01T12:05:00Z, "go"
}

// Lark rings the Callback when an instance changed; the plan then asks what it came to.
func ExampleProvider_Callback() {
	provider, err := lark.New(lark.Config{
		AppID: "cli_a1b2", AppSecret: "…", EncryptKey: "…", VerificationToken: "…",
		Definitions: []lark.Definition{{Code: "7C468A54", Nodes: []lark.Node{{Key: "lead", Need: approval.Any}}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("POST /lark/events", provider.Callback(func(_ context.Context, instance string) error {
		fmt.Println("news of", instance)
		return nil
	}))
	forged := httptest.NewRecorder()
	mux.ServeHTTP(forged, httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/lark/events", http.NoBody))
	fmt.Println(forged.Code)
	// Output: 401
}

// exampleLark answers as Lark would once bob has approved.
func exampleLark() *httptest.Server {
	say := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(json.RawMessage(text))
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/open-apis/auth/v3/tenant_access_token/internal", say(`{"code": 0, "tenant_access_token": "t-1", "expire": 7200}`))
	mux.HandleFunc("/open-apis/approval/v4/approvals/7C468A54", say(`{"code": 0, "data": {"status": "ACTIVE", "node_list": [
		{"node_id": "46e6d96c", "custom_node_id": "lead", "node_type": "OR", "need_approver": true, "approver_chosen_multi": true}]}}`))
	mux.HandleFunc("/open-apis/approval/v4/instances", say(`{"code": 0, "data": {"instance_code": "81D31358"}}`))
	mux.HandleFunc("/open-apis/approval/v4/instances/81D31358", say(`{"code": 0, "data": {
		"instance_code": "81D31358", "approval_code": "7C468A54", "status": "APPROVED", "task_list": [
		{"id": "1", "open_id": "ou_ann", "status": "DONE", "custom_node_id": "lead", "type": "OR", "start_time": "1788264000000", "end_time": "1788264300000"},
		{"id": "2", "open_id": "ou_bob", "status": "APPROVED", "custom_node_id": "lead", "type": "OR", "start_time": "1788264000000", "end_time": "1788264300000"}],
		"timeline": [{"type": "PASS", "task_id": "2", "comment": "go"}]}}`))
	return httptest.NewServer(mux)
}
