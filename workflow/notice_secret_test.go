package workflow_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// No notice tells a secret of the run or of a job's spec, whoever says it.
func TestNoticesTellNoSecret(t *testing.T) {
	t.Parallel()
	const ofParam, ofSpec, ofStart = "hunter2-of-the-param", "hunter2-of-the-spec", "hunter2-of-the-start"
	job := func(name string) workflow.Job {
		return act(name, `{"script": "x", "envs": [{"key": "K", "value": "`+ofSpec+`", "is_credential": true}]}`, ofType("freestyle"), notifies(notifyMail("job", notifyTypes...)))
	}
	d := noticeAll(serial("one", job("a"), job("b")))
	d.Params = []workflow.Param{{Name: "p", Type: workflow.StringParam, Secret: true, Value: ofParam}, {Name: "q", Type: workflow.SecretParam}}
	start := workflow.Start{Params: []workflow.Argument{{Name: "q", Value: ofStart}}, Remark: "with " + ofStart, URL: "https://ci.example/?q=" + ofStart}
	s := newStory(t, d, start)
	events, err := workflow.Announce(nil, s.r, s.trail, nil)
	for _, c := range []workflow.Command{
		{Action: workflow.Admit},
		{Action: workflow.Complete, Job: "a"},
		{Action: workflow.Fail, Job: "b", Remark: "no " + ofParam + ", no " + ofSpec + ", no " + ofStart + strings.Repeat(".", 2_000) + ofParam},
		{Action: workflow.RetryRun, Remark: ofSpec},
		{Action: workflow.CancelRun, Remark: "because of " + ofStart},
	} {
		if err != nil {
			t.Fatal(err)
		}
		by := penstock.System()
		if c.Action == workflow.RetryRun || c.Action == workflow.CancelRun {
			by = ann
		}
		base, n := s.r, len(s.trail)
		if err := s.do(c, by); err != nil {
			t.Fatal(c, err)
		}
		more, failure := workflow.Announce(base, s.r, s.trail[n:], nil)
		events, err = append(events, more...), failure
	}
	told := noticesIn(t, events)
	if len(told) < 6 {
		t.Errorf("told only %q", noticeLines(told))
	}
	for _, e := range events {
		wantNoSecret(t, "a notice", string(e.Body), "hunter2")
	}
	for _, n := range told {
		if n.Event == string(workflow.NotifyFailed) && !strings.Contains(n.Text, "no ***, no ***, no ***...") {
			t.Errorf("the error is not told: %s", n.Text)
		}
		if !json.Valid(n.Data) {
			t.Errorf("no JSON: %s", n.Data)
		}
	}
	if last := told[len(told)-1]; last.Facts.Remark != "because of ***" || !strings.HasSuffix(last.Title, " was canceled: because of ***") {
		t.Errorf("%s tells %q", last.Title, last.Facts.Remark)
	}
}
