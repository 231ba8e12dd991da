package workflow_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func TestNotifyControlsAreRead(t *testing.T) {
	t.Parallel()
	const users = `[{"type": "user", "user_id": "bob"}, {"type": "task_creator"}]`
	people := workflow.People{{Type: penstock.User, ID: "bob"}, {Type: workflow.Starter}}
	for _, c := range []struct {
		rule, members string
		want          workflow.NotifyControl
	}{
		{"mail", `"webhook_type": "mail", "mail_notification_config": {"target_users": ` + users + `}`, workflow.NotifyControl{Users: people}},
		{"mail, flat", `"webhook_type": "mail", "mail_users": ` + users, workflow.NotifyControl{Users: people}},
		{"wechat", `"webhook_type": "wechat", "wechat_notification_config": {"hook_address": "a", "at_users": ["u"], "is_at_all": true}`, workflow.NotifyControl{Address: "a"}},
		{"wechat, flat", `"webhook_type": "wechat", "weChat_webHook": "a"`, workflow.NotifyControl{Address: "a"}},
		{"dingding", `"webhook_type": "dingding", "dingding_notification_config": {"hook_address": "a"}, "dingding_webhook": "b"`, workflow.NotifyControl{Address: "a"}},
		{"dingding, flat", `"webhook_type": "dingding", "dingding_webhook": "b"`, workflow.NotifyControl{Address: "b"}},
		{"feishu", `"webhook_type": "feishu", "lark_hook_notification_config": {"hook_address": "a"}`, workflow.NotifyControl{Address: "a"}},
		{"feishu, flat", `"webhook_type": "feishu", "feishu_webhook": "b"`, workflow.NotifyControl{Address: "b"}},
		{"msteams", `"webhook_type": "msteams", "msteams_notification_config": {"hook_address": "a"}`, workflow.NotifyControl{Address: "a"}},
		{"webhook", `"webhook_type": "webhook", "webhook_notification_config": {"address": "a", "token": "t"}`, workflow.NotifyControl{Address: "a", Token: "t"}},
		{"webhook, flat", `"webhook_type": "webhook", "webhook_notify": {"address": "a", "token": "t"}`, workflow.NotifyControl{Address: "a", Token: "t"}},
		{"feishu_app", `"webhook_type": "feishu_app", "lark_group_notification_config": {"app_id": "x"}`, workflow.NotifyControl{}},
		{"feishu_person", `"webhook_type": "feishu_person", "lark_person_notification_config": {"app_id": "x"}`, workflow.NotifyControl{}},
		{"one that is not known", `"webhook_type": "pigeon", "coop": 7`, workflow.NotifyControl{}},
		{"nothing but null", `"webhook_type": "wechat", "wechat_notification_config": null, "mail_users": null`, workflow.NotifyControl{}},
		{"what is of another kind", `"webhook_type": "wechat", "dingding_webhook": "b", "mail_users": ` + users, workflow.NotifyControl{}},
	} {
		var kind struct {
			Kind workflow.NotifyKind `json:"webhook_type"`
		}
		text := notifyControl(c.members, workflow.NotifyFailed, "prepared")
		if err := json.Unmarshal(text, &kind); err != nil {
			t.Fatal(c.rule, err)
		}
		c.want.Enabled, c.want.Kind, c.want.Types = true, kind.Kind, []workflow.NotifyType{"failed", "prepared"}
		got, err := workflow.ParseNotifyControl(text)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", c.rule, err, diff)
		}
		d := stages(serial("one", act("a", "", notifies(text))))
		d.Notify = append(d.Notify, text)
		if err := d.Validate(runActTypes(t)); err != nil {
			t.Errorf("%s: %v", c.rule, err)
		}
	}
}

// Only members that are read can be wrong.
func TestFaultsOfNotifyControls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`{"enabled": "yes"}`, "enabled: must not be a JSON string"},
		{`{"webhook_type": 1}`, "webhook_type: must not be a JSON number"},
		{`{"notify_type": "failed"}`, "notify_type: must not be a JSON string"},
		{`{"notify_type": ["failed", 1]}`, "notify_type[1]: must not be a JSON number"},
		{`{"weChat_webHook": 1}`, "weChat_webHook: must not be a JSON number"},
		{`{"dingding_webhook": {}}`, "dingding_webhook: must not be a JSON object"},
		{`{"feishu_webhook": []}`, "feishu_webhook: must not be a JSON array"},
		{`{"wechat_notification_config": "a"}`, "wechat_notification_config: must not be a JSON string"},
		{`{"dingding_notification_config": {"hook_address": 1}}`, "dingding_notification_config.hook_address: must not be a JSON number"},
		{`{"lark_hook_notification_config": {"hook_address": 1}}`, "lark_hook_notification_config.hook_address: must not be a JSON number"},
		{`{"msteams_notification_config": {"hook_address": 1}}`, "msteams_notification_config.hook_address: must not be a JSON number"},
		{`{"webhook_notification_config": {"address": 1}}`, "webhook_notification_config.address: must not be a JSON number"},
		{`{"webhook_notify": {"token": 1}}`, "webhook_notify.token: must not be a JSON number"},
		{`{"mail_users": [{"type": 1}]}`, "mail_users[0].type: must not be a JSON number"},
		{`{"mail_notification_config": {"target_users": {}}}`, "mail_notification_config.target_users: must not be a JSON object"},
	} {
		d := stages(serial("one", act("a", "", notifies(json.RawMessage(`{}`), json.RawMessage(c.text)))))
		d.Notify = []json.RawMessage{json.RawMessage(c.text)}
		var got []string
		for _, f := range penstock.Faults(d.Validate(runActTypes(t))) {
			got = append(got, f.Error())
		}
		if diff := cmp.Diff([]string{"notify_ctls[0]." + c.want, "stages[0].jobs[0].notify_ctls[1]." + c.want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}

// The definition that the documentation shows tells a robot of two things.
func TestTheDocumentedDefinitionIsHeard(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/detail.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := workflow.ParseDefinition(text)
	if err != nil {
		t.Fatal(err)
	}
	got, err := workflow.ParseNotifyControl(d.Notify[0])
	want := workflow.NotifyControl{Enabled: true, Kind: workflow.NotifyWeCom, Types: []workflow.NotifyType{workflow.NotifyCreated, workflow.NotifyFailed}, Address: "xxx"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestControlsAndHooksPrintNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "https://robots.example/?key=k-123"
	for _, v := range []any{workflow.NotifyControl{Kind: "wechat", Address: secret, Token: secret}, workflow.Hook{Kind: "wechat", Address: secret, Token: secret, Control: json.RawMessage(secret)}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, "k-123") || !strings.Contains(got, "wechat") {
				t.Errorf("%T as %s: %s", v, verb, got)
			}
		}
	}
}
