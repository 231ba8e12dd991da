package workflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
	"github.com/penstock-go/penstock/workflow"
)

const (
	hookToken = "token-0123456789abcdef0123456789"
	robotKey  = "robot-key-0f1e2d3c"
	pathKey   = "path-key-4b5a6978"
)

// One dispatcher brings what happens to plans and to runs to people, to a webhook, which can
// verify it, and to a robot. The secrets in addresses are nowhere but in the definition.
func TestNoticesArrive(t *testing.T) {
	t.Parallel()
	arrived := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = outbox.Verify(r.Header, body, time.Now(), 0, []byte(hookToken))
		}
		var m struct {
			Event, Title string
			Data         workflow.NoticeData
		}
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		if err != nil {
			t.Error(err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		arrived <- fmt.Sprintf("webhook %s: %s %s, run %d, controls %v", r.URL.Path, m.Event, m.Title, m.Data.Run.Number, m.Data.Controls)
	}))
	defer hook.Close()
	robot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var said struct{ Markdown struct{ Content string } }
		if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
			t.Error(err)
		}
		title, _, _ := strings.Cut(said.Markdown.Content, "\n")
		arrived <- fmt.Sprintf("robot %s: %s", r.URL.Query().Get("key"), title)
		fmt.Fprintln(w, `{"errcode":0}`)
	}))
	defer robot.Close()

	log := memory.New()
	p := newPlant(t, workflow.Config{Store: log})
	p.define(paramJob("build",
		notifyControl(fmt.Sprintf(`"webhook_type": "webhook", "webhook_notification_config": {"address": "%s/%s/{{.workflow.name}}", "token": %q}`, hook.URL, pathKey, hookToken), workflow.NotifyFailed),
		notifyControl(fmt.Sprintf(`"webhook_type": "wechat", "weChat_webHook": "%s/cgi-bin/webhook/send?key=%s"`, robot.URL, robotKey), workflow.NotifyFailed),
		notifyMail("bob", workflow.NotifyFailed)))
	hooks, err := p.Hooks(workflow.HooksConfig{AllowPrivate: true, AllowHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	dispatcher, err := outbox.New(outbox.Config{
		Store: log, FromStart: true,
		Route: outbox.Join(outbox.ToRecipients(penstock.Trust{}, func(user penstock.PartyInfo) (channel, to string) { return "mail", user.ID }), workflow.ToHooks),
		Notifiers: map[string]outbox.Notifier{workflow.HookChannel: hooks, "mail": outbox.NotifierFunc(func(_ context.Context, m outbox.Message) error {
			arrived <- fmt.Sprintf("mail to %s: %s", m.To, m.Title)
			return nil
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- dispatcher.Run(ctx) }()
	stop := p.drive(workflow.NewLocal(p.Service, byParam))
	p.start("build", how("fail"))
	plan := store.Record{Key: store.Key{Kind: "plan", ID: "p1"}}
	notice, err := outbox.Announce(plan.Key, 1, time.Now(), outbox.Notice{Event: "started", Title: "Plan p1 started", Recipients: []penstock.Party{penstock.UserParty("ann")}})
	if err == nil {
		_, err = log.Commit(ctx, store.Op{Record: plan, Events: []store.Event{notice}})
	}
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int)
	for range 4 {
		got[<-arrived]++
	}
	stop()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	want := map[string]int{
		`webhook /` + pathKey + `/build: failed Workflow "build" #1 failed: job a: it broke, run 1, controls []`: 1,
		`robot ` + robotKey + `: **Workflow "build" #1 failed: job a: it broke**`:                                1,
		`mail to bob: Workflow "build" #1 failed: job a: it broke`:                                               1,
		`mail to ann: Plan p1 started`: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("arrived (-want +got):\n%s", diff)
	}
	for _, e := range everyEvent(t, log) {
		wantNoSecret(t, "event "+e.Subject.String(), string(e.Body), hookToken, robotKey, pathKey)
	}
}

func wantNoSecret(t testing.TB, where, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%s tells a secret: %s", where, text)
		}
	}
}

// A message for what nothing can be sent to is given up, for a reason without secrets.
func TestHooksThatCannotBeReached(t *testing.T) {
	t.Parallel()
	p := newPlant(t, workflow.Config{})
	senders := map[workflow.NotifyKind]func(workflow.Hook) (outbox.Notifier, error){
		"panics": func(h workflow.Hook) (outbox.Notifier, error) { panic("with " + h.Address + string(h.Control)) },
		"fails":  func(workflow.Hook) (outbox.Notifier, error) { return nil, errSpoilt },
		"nil":    func(workflow.Hook) (outbox.Notifier, error) { return nil, nil },
	}
	hooks, err := p.Hooks(workflow.HooksConfig{Senders: senders})
	if err != nil {
		t.Fatal(err)
	}
	const secret = "secret-value-1234"
	d := paramJob("build")
	d.Params = append(d.Params, workflow.Param{Name: "pw", Type: workflow.StringParam, Secret: true, Value: secret},
		workflow.Param{Name: "pin", Type: workflow.SecretParam, Value: "12"},
		workflow.Param{Name: "ref", Type: workflow.StringParam, Source: workflow.FromReference, Value: "{{.workflow.params.pw}}"})
	cases := []struct{ rule, members, want string }{
		{"msteams needs a sender", `"webhook_type": "msteams", "msteams_notification_config": {"hook_address": "https://x.example/` + secret + `"}`,
			`hook of kind msteams: webhook_type: nothing sends to "msteams" here`},
		{"so does an app", `"webhook_type": "feishu_app"`, `hook of kind feishu_app: webhook_type: nothing sends to "feishu_app" here`},
		{"no kind", `"weChat_webHook": "https://x.example/?key=` + secret + `"`, `hook of kind : webhook_type: nothing sends to "" here`},
		{"no address", `"webhook_type": "wechat"`, "hook of kind wechat: url: must not be empty"},
		{"no URL", `"webhook_type": "wechat", "weChat_webHook": "` + secret + `"`, "hook of kind wechat: url: must be an absolute URL"},
		{"no TLS", `"webhook_type": "wechat", "weChat_webHook": "http://x.example/?key=` + secret + `"`, "hook of kind wechat: url: must be an https URL unless http is allowed"},
		{"a private address", `"webhook_type": "wechat", "weChat_webHook": "https://127.0.0.1/?key=` + secret + `"`, "hook of kind wechat: url: the address 127.0.0.1 is not public"},
		{"no key", `"webhook_type": "dingding", "dingding_webhook": "https://x.example/` + secret + `"`, "hook of kind dingding: url: must hold the robot's access_token"},
		{"no key of feishu", `"webhook_type": "feishu", "feishu_webhook": "https://x.example/` + secret + `"`, "hook of kind feishu: url: must end in /hook/ and the robot's key"},
		{"no token", `"webhook_type": "webhook", "webhook_notify": {"address": "https://x.example/` + secret + `"}`, "hook of kind webhook: secrets: must not be empty"},
		{"a short token", `"webhook_type": "webhook", "webhook_notify": {"address": "https://x.example/", "token": "` + secret + `"}`, "hook of kind webhook: secrets[0]: must be of at least 24 bytes"},
		{"a token that is no base64", `"webhook_type": "webhook", "webhook_notify": {"address": "https://y.example/", "token": "whsec_` + secret + `"}`, "hook of kind webhook: token: must be base64 behind whsec_"},
		{"a secret variable", `"webhook_type": "wechat", "weChat_webHook": "https://x.example/?key={{.workflow.params.pw}}"`, "hook of kind wechat: the variable {{.workflow.params.pw}} has no value"},
		{"a secret that is too short to be masked", `"webhook_type": "wechat", "weChat_webHook": "https://x.example/?key={{.workflow.params.pin}}"`, "hook of kind wechat: the variable {{.workflow.params.pin}} has no value"},
		{"a variable that holds a secret", `"webhook_type": "wechat", "weChat_webHook": "https://x.example/?key={{.workflow.params.ref}}"`, "hook of kind wechat: the variable {{.workflow.params.ref}} has no value"},
		{"an unknown variable", `"webhook_type": "wechat", "weChat_webHook": "https://x.example/?key=` + secret + `{{.workflow.params.x}}"`, "hook of kind wechat: the variable {{.workflow.params.x}} has no value"},
		{"a sender that panics", `"webhook_type": "panics", "with": "` + secret + `"`, "hook of kind panics: making a sender panicked"},
		{"a sender that cannot be made", `"webhook_type": "fails"`, "hook of kind fails: spoilt"},
		{"no sender at all", `"webhook_type": "nil"`, "hook of kind nil: there is no sender"},
	}
	for _, c := range cases {
		d.Notify = append(d.Notify, notifyControl(c.members, workflow.NotifyCreated))
	}
	p.define(d)
	p.start("build", how("pass"))
	var messages []outbox.Message
	for _, e := range everyEvent(t, p.store) {
		more, err := workflow.ToHooks(p.ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, more...)
	}
	if len(messages) != len(cases) {
		t.Fatalf("%d messages for %d controls", len(messages), len(cases))
	}
	for i, c := range cases {
		m := messages[i]
		if want := fmt.Sprintf("build@1/notify_ctls[%d]", i); m.To != want || m.Channel != workflow.HookChannel || m.Subject.Kind != "workflow.run" {
			t.Errorf("%s: to %s by %s about %s", c.rule, m.To, m.Channel, m.Subject)
		}
		err := hooks.Notify(p.ctx, m)
		if err == nil || err.Error() != c.want || !outbox.IsPermanent(err) {
			t.Errorf("%s: %v, want for good: %s", c.rule, err, c.want)
		}
	}
	for _, to := range []string{"", "build", "build@1", "build/notify_ctls[0]", "build@0/notify_ctls[0]", "build@x/notify_ctls[0]",
		"build@9/notify_ctls[0]", "other@1/notify_ctls[0]", "build@1/notify_ctls[99]", "build@1/", "b d@1/notify_ctls[0]"} {
		if err := hooks.Notify(p.ctx, outbox.Message{To: to}); !outbox.IsPermanent(err) {
			t.Errorf("to %q: %v, want for good", to, err)
		}
	}
	if err := hooks.Notify(p.ctx, outbox.Message{To: "build@1/notify_ctls[12]", Subject: messages[0].Subject}); !outbox.IsPermanent(err) {
		t.Errorf("%v", err)
	}
}

var errSpoilt = penstock.Invalid("", "spoilt")

// What the library cannot reach the host does; it learns everything, and is asked once.
func TestSendersOfTheHost(t *testing.T) {
	t.Parallel()
	p := newPlant(t, workflow.Config{})
	p.define(paramJob("build", notifyControl(`"webhook_type": "msteams", "msteams_notification_config": {"hook_address": "https://x.example/{{.workflow.params.how}}", "at_emails": ["a@b"]}`, workflow.NotifyCreated)))
	var made []string
	var sent []string
	hooks, err := p.Hooks(workflow.HooksConfig{Senders: map[workflow.NotifyKind]func(workflow.Hook) (outbox.Notifier, error){
		workflow.NotifyTeams: func(h workflow.Hook) (outbox.Notifier, error) {
			var control struct {
				Config struct {
					Emails []string `json:"at_emails"`
				} `json:"msteams_notification_config"`
			}
			if err := json.Unmarshal(h.Control, &control); err != nil {
				return nil, err
			}
			made = append(made, fmt.Sprint(h.Address, control.Config.Emails))
			return outbox.NotifierFunc(func(_ context.Context, m outbox.Message) error { sent = append(sent, m.Title); return nil }), nil
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p.start("build", how("pass"))
	}
	for _, e := range everyEvent(t, p.store) {
		messages, err := workflow.ToHooks(p.ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			if err := hooks.Notify(p.ctx, m); err != nil {
				t.Error(err)
			}
		}
	}
	if diff := cmp.Diff([]string{"https://x.example/pass[a@b]"}, made); diff != "" {
		t.Errorf("made (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`Workflow "build" #1 started`, `Workflow "build" #2 started`}, sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestFaultsOfHooksConfig(t *testing.T) {
	t.Parallel()
	_, err := newPlant(t, workflow.Config{}).Hooks(workflow.HooksConfig{Secrets: [][]byte{[]byte("short")}, Timeout: -1,
		Senders: map[workflow.NotifyKind]func(workflow.Hook) (outbox.Notifier, error){"msteams": nil}})
	want := "secrets[0]: must be of at least 24 bytes\ntimeout: must not be negative\nsenders[msteams]: must not be nil"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
