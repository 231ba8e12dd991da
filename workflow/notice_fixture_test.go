package workflow_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/internal/outboxtest"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// notifyTypes are all that can be told of.
var notifyTypes = []workflow.NotifyType{
	workflow.NotifyCreated, workflow.NotifyPrepare, workflow.NotifyPaused, workflow.NotifyWaiting, workflow.NotifyManualErrors,
	workflow.NotifyPassed, workflow.NotifyUnstable, workflow.NotifySkipped, workflow.NotifyFailed, workflow.NotifyTimedOut,
	workflow.NotifyCanceled, workflow.NotifyRejected, workflow.NotifyChanged,
}

// notifyMail is a control that sends mail to a user.
func notifyMail(user string, types ...workflow.NotifyType) json.RawMessage {
	return notifyControl(fmt.Sprintf(`"webhook_type": "mail", "mail_notification_config": {"target_users": [{"type": "user", "user_id": %q}]}`, user), types...)
}

// notifyControl is an enabled control with other members.
func notifyControl(members string, types ...workflow.NotifyType) json.RawMessage {
	list, err := json.Marshal(types)
	if err != nil {
		panic(err)
	}
	return json.RawMessage(fmt.Sprintf(`{"enabled": true, "notify_type": %s, %s}`, list, members))
}

func notifies(controls ...json.RawMessage) func(*workflow.Job) {
	return func(j *workflow.Job) { j.Notify = controls }
}

// A noticeTold is a notice of a run, read.
type noticeTold struct {
	outboxtest.Told[workflow.NoticeData]
}

// String tells what happened to what, and who hears of it: failed job a: run job.
func (n noticeTold) String() string {
	var b strings.Builder
	b.WriteString(n.Event)
	if n.Facts.Job != nil {
		fmt.Fprintf(&b, " job %s", n.Facts.Job.Key)
	}
	if n.Facts.Stage != "" {
		fmt.Fprintf(&b, " stage %s", n.Facts.Stage)
	}
	b.WriteString(":")
	for _, p := range n.Recipients {
		fmt.Fprintf(&b, " %s", p.ID)
	}
	for _, path := range n.Facts.Controls {
		fmt.Fprintf(&b, " %s", path)
	}
	return b.String()
}

// noticesIn reads the notices that events carry; other events are passed over.
func noticesIn(t testing.TB, events []store.Event) (all []noticeTold) {
	t.Helper()
	for _, n := range outboxtest.Read[workflow.NoticeData](t, events) {
		all = append(all, noticeTold{n})
	}
	return all
}

func noticeLines(all []noticeTold) (lines []string) {
	for _, n := range all {
		lines = append(lines, n.String())
	}
	return lines
}

// noticeStory tells a script, one commit for each command, and returns what people are
// told by it.
func noticeStory(t testing.TB, d *workflow.Definition, start workflow.Start, script string, before *workflow.RunState) (*runStory, []noticeTold) {
	t.Helper()
	s := newStory(t, d, start)
	events, err := workflow.Announce(nil, s.r, s.trail, before)
	for command := range strings.SplitSeq(script, ";") {
		if err != nil {
			t.Fatal(err)
		}
		base, n := s.r, len(s.trail)
		s.tell(command)
		var more []store.Event
		more, err = workflow.Announce(base, s.r, s.trail[n:], before)
		events = append(events, more...)
	}
	if err != nil {
		t.Fatal(err)
	}
	whole, err := workflow.Announce(nil, s.r, s.trail, before)
	if err != nil {
		t.Fatal(err)
	}
	told := noticesIn(t, events)
	if all := noticesIn(t, whole); before == nil && !slices.Equal(noticeLines(all), noticeLines(told)) {
		t.Errorf("told of each commit: %q\ntold of the whole trail: %q", noticeLines(told), noticeLines(all))
	}
	return s, told
}
