package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// A noticeDirectory knows everybody but gone, and that ill is not active.
type noticeDirectory struct {
	penstock.Trust
	fails error
}

func (d noticeDirectory) Party(ctx context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	if d.fails != nil {
		return penstock.PartyInfo{}, d.fails
	}
	info, err := d.Trust.Party(ctx, p)
	switch p.ID {
	case "gone":
		return info, penstock.ErrNotFound
	case "ill":
		info.Active = false
	}
	return info, err
}

func TestNotificationsAreListedWithWhoHearsNothing(t *testing.T) {
	t.Parallel()
	const users = `[{"type":"user","user_id":"bob"},{"type":"user","user_id":"gone"},{"type":"group","group_id":"ill"},{"type":"task_creator"}]`
	d := oneByOne("build", "a", "b")
	d.Notify = []json.RawMessage{
		notifyControl(`"webhook_type": "wechat", "weChat_webHook": "https://x.example/?key=`+robotKey+`"`, workflow.NotifyFailed),
		json.RawMessage(`{"enabled": false, "webhook_type": "mail", "notify_type": ["failed"], "mail_users": ` + users + `}`),
	}
	d.Stages[1].Jobs[0].Notify = []json.RawMessage{notifyMail("bob", workflow.NotifyPassed), notifyMail("gone", workflow.NotifyPassed)}
	user := func(id string) penstock.Party { return penstock.Party{Type: penstock.User, ID: id} }
	want := []workflow.NotifyStatus{
		{Path: "notify_ctls[0]", Enabled: true, Kind: workflow.NotifyWeCom, Types: []workflow.NotifyType{"failed"}},
		{Path: "notify_ctls[1]", Kind: workflow.NotifyMail, Types: []workflow.NotifyType{"failed"},
			Users:   workflow.People{user("bob"), user("gone"), penstock.GroupParty("ill"), {Type: workflow.Starter}},
			Invalid: workflow.People{user("gone"), penstock.GroupParty("ill")}},
		{Path: "stages[1].jobs[0].notify_ctls[0]", Job: "b", Enabled: true, Kind: workflow.NotifyMail, Types: []workflow.NotifyType{"passed"}, Users: workflow.People{user("bob")}},
		{Path: "stages[1].jobs[0].notify_ctls[1]", Job: "b", Enabled: true, Kind: workflow.NotifyMail, Types: []workflow.NotifyType{"passed"}, Users: workflow.People{user("gone")},
			Invalid: workflow.People{user("gone")}},
	}
	directory := &noticeDirectory{}
	p := newPlant(t, workflow.Config{Directory: directory, Authorizer: func(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if by.ID == "eve" && right == penstock.Read && on.ID == "build" {
			return penstock.ErrForbidden
		}
		return nil
	}})
	p.define(d)
	got, err := p.Notifications(p.ctx, "build", ann)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	wantNoSecret(t, "the list", string(text), robotKey)
	if _, err := p.Notifications(p.ctx, "other", ann); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("of a workflow that is not there: %v", err)
	}
	if _, err := p.Notifications(p.ctx, "build", penstock.Actor{ID: "eve"}); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("for eve: %v", err)
	}
	directory.fails = errors.New("the directory is down")
	if _, err := p.Notifications(p.ctx, "build", ann); !errors.Is(err, directory.fails) {
		t.Errorf("without a directory: %v", err)
	}
}
