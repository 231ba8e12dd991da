package workflow_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func TestWhatANoticeSays(t *testing.T) {
	t.Parallel()
	d := stages(serial("one", act("a", "", notifies(notifyMail("bob", workflow.NotifyFailed)))))
	d.Name = "Build the shop"
	d.Notify = []json.RawMessage{notifyMail("bob", workflow.NotifyFailed)}
	_, told := noticeStory(t, d, workflow.Start{Remark: "try it", URL: "https://ci.example/7"}, "admit; lease a; +90s; fail a", nil)
	if len(told) != 2 {
		t.Fatalf("told %q", noticeLines(told))
	}
	failed := noon.Add(90 * time.Second)
	run := workflow.NoticeRun{ID: "r1", Number: 7, State: workflow.RunRunning, URL: "https://ci.example/7", Remark: "try it",
		Creator: penstock.Party{Type: penstock.User, ID: ann.ID, Name: ann.Name}, Created: noon, Started: noon}
	job := workflow.NoticeJob{Key: "a", Type: "act", Stage: "one", State: workflow.JobFailed, Error: "it broke", Started: noon, Ended: failed}
	want := workflow.NoticeData{
		Workflow: workflow.NoticeWorkflow{Key: "build", Name: "Build the shop", Project: "shop", Version: 3},
		Run:      run, Job: &job, Event: workflow.NotifyFailed, At: failed, By: penstock.Party{ID: penstock.SystemID, Name: penstock.System().Name},
	}
	if diff := cmp.Diff(want, told[0].Facts); diff != "" {
		t.Errorf("of the job (-want +got):\n%s", diff)
	}
	want.Job, want.Failed = nil, []workflow.NoticeJob{job}
	want.Run.State, want.Run.Ended = workflow.RunFailed, failed
	if diff := cmp.Diff(want, told[1].Facts); diff != "" {
		t.Errorf("of the run (-want +got):\n%s", diff)
	}
	for i, want := range []struct{ title, text string }{
		{`Job "a" of workflow "Build the shop" #7 failed: it broke`, "Workflow: build of project shop\nRun: number 7 is running\nJob: a is failed\nError: it broke\n" +
			"Started by: ann\nAt: 2026-05-04T12:01:30Z\nTook: 1m30s\nRemark: try it\nSee: https://ci.example/7\n"},
		{`Workflow "Build the shop" #7 failed: job a: it broke`, "Workflow: build of project shop\nRun: number 7 is failed\nFailed: job a: it broke\n" +
			"Started by: ann\nAt: 2026-05-04T12:01:30Z\nTook: 1m30s\nRemark: try it\nSee: https://ci.example/7\n"},
	} {
		if diff := cmp.Diff(want.title, told[i].Title); diff != "" {
			t.Errorf("title (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want.text, told[i].Text); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
	}
}

func TestTitlesOfNotices(t *testing.T) {
	t.Parallel()
	one := serial("one", act("a", ""))
	for _, c := range []struct {
		script, want string
		stage        workflow.Stage
	}{
		{"admit; cancel; retry", "started again", one},
		{"", "started", one},
		{"admit; pass a", "passed", one},
		{"admit", `waits for an approval: stage "one"`, approved(one)},
		{"admit", `waits for a stage to be executed by hand: stage "one"`, manual(one, "ann")},
		{"admit; fail a", "failed: job a: it broke", one},
		{"admit; lease a; +5m; advance; fail a", "ran out of time: job a: ran out of time", serial("one", act("a", `{"timeout":5}`))},
		{"admit; cancel by eve", "was canceled", one},
		{"admit; vote no b", "was rejected: job b is rejected", serial("one", askJob("b"))},
	} {
		_, told := noticeStory(t, noticeAll(c.stage), workflow.Start{}, c.script, nil)
		if got, want := told[len(told)-1].Title, `Workflow "build" #7 `+c.want; got != want {
			t.Errorf("%q: %s, want %s", c.script, got, want)
		}
	}
}

// Those who are told of a change that they did not make learn who made it.
func TestNoticesTellWhoDidIt(t *testing.T) {
	t.Parallel()
	_, told := noticeStory(t, noticeAll(serial("one", act("a", ""))), workflow.Start{}, "admit; cancel by root", nil)
	if last := told[len(told)-1]; !strings.Contains(last.Text, "\nStarted by: ann\nBy: root\n") || last.Facts.By.ID != "root" || len(last.Facts.Failed) > 0 {
		t.Errorf("%s by %v", last.Text, last.Facts.By)
	}
}

func TestManyFailuresAreCounted(t *testing.T) {
	t.Parallel()
	var jobs []workflow.Job
	script := "admit"
	for name := range strings.SplitSeq("abcdefghijklmnopqrstuvwxyz", "") {
		jobs = append(jobs, act(name, ""))
		script += "; fail " + name
	}
	d := stages(parallel("one", jobs...))
	d.Notify = []json.RawMessage{notifyMail("bob", workflow.NotifyFailed)}
	_, told := noticeStory(t, d, workflow.Start{}, script, nil)
	if len(told) != 1 || len(told[0].Facts.Failed) != 20 || told[0].Facts.More != 6 || !strings.Contains(told[0].Text, "\nFailed: 6 more\n") {
		t.Errorf("told %d times, of %d and %d more:\n%s", len(told), len(told[0].Facts.Failed), told[0].Facts.More, told[0].Text)
	}
}

// Whoever hears is named once, and what is no person only by its place.
func TestRecipientsOfNotices(t *testing.T) {
	t.Parallel()
	mail := func(users string, types ...workflow.NotifyType) json.RawMessage {
		return notifyControl(`"webhook_type": "mail", "mail_users": `+users, types...)
	}
	hook := func(address string) json.RawMessage {
		return notifyControl(`"webhook_type": "wechat", "weChat_webHook": "`+address+`"`, workflow.NotifyFailed)
	}
	off := func(control json.RawMessage) json.RawMessage {
		return json.RawMessage(strings.Replace(string(control), `"enabled": true`, `"enabled": false`, 1))
	}
	for _, c := range []struct {
		rule     string
		controls []json.RawMessage
		want     []string
	}{
		{"nobody", nil, nil},
		{"users and groups", []json.RawMessage{mail(`[{"type":"user","user_id":"bob"},{"type":"group","group_id":"ops"}]`, "failed")}, []string{"failed: bob ops"}},
		{"who started the run", []json.RawMessage{mail(`[{"type":"task_creator"}]`, "failed")}, []string{"failed: ann"}},
		{"once, whoever names them", []json.RawMessage{mail(`[{"type":"user","user_id":"bob"},{"type":"task_creator"}]`, "failed"),
			mail(`[{"type":"user","user_id":"ann"},{"type":"user","user_id":"bob"},{"type":"user","user_id":"cid"}]`, "failed")}, []string{"failed: bob ann cid"}},
		{"not for other types", []json.RawMessage{mail(`[{"type":"user","user_id":"bob"}]`, "passed", "created")}, []string{"created: bob"}},
		{"not for none", []json.RawMessage{mail(`[{"type":"user","user_id":"bob"}]`)}, nil},
		{"not for those that are not known", []json.RawMessage{mail(`[{"type":"user","user_id":"bob"}]`, "FAILED", "broken")}, nil},
		{"not if it is off", []json.RawMessage{off(mail(`[{"type":"user","user_id":"bob"}]`, "failed")), off(hook("a"))}, nil},
		{"not if nobody is named", []json.RawMessage{mail(`[]`, "failed"), mail(`[{"type":"user"}]`, "failed")}, nil},
		{"a robot", []json.RawMessage{off(hook("a")), hook("a")}, []string{"failed: notify_ctls[1]"}},
		{"an address once", []json.RawMessage{hook("a"), hook("b"), hook("a")}, []string{"failed: notify_ctls[0] notify_ctls[1]"}},
		{"people and robots", []json.RawMessage{mail(`[{"type":"user","user_id":"bob"}]`, "failed"), hook("b")}, []string{"failed: bob notify_ctls[1]"}},
		{"a kind that is not known", []json.RawMessage{notifyControl(`"webhook_type": "pigeon"`, "failed"), notifyControl(`"webhook_type": "pigeon"`, "failed")},
			[]string{"failed: notify_ctls[0] notify_ctls[1]"}},
		{"what cannot be read is passed over", []json.RawMessage{json.RawMessage(`{"enabled": 1}`), hook("b")}, []string{"failed: notify_ctls[1]"}},
	} {
		d := stages(serial("one", act("a", "")))
		d.Notify = c.controls
		r, trail, err := workflow.NewRun(workflow.RunIdentity{ID: "r1", Number: 1, Version: 1}, d, runActTypes(t), workflow.Start{}, ann, noon)
		if err != nil {
			t.Fatal(c.rule, err)
		}
		events, err := workflow.Announce(nil, r, trail, nil)
		for _, command := range []workflow.Command{{Action: workflow.Admit}, {Action: workflow.Fail, Job: "a"}} {
			base := r
			var changes []workflow.Change
			if r, changes, err = r.Do(command, penstock.System(), noon); err != nil {
				t.Fatal(err)
			}
			more, failure := workflow.Announce(base, r, changes, nil)
			events, err = append(events, more...), failure
		}
		if diff := cmp.Diff(c.want, noticeLines(noticesIn(t, events))); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", c.rule, err, diff)
		}
	}
}
