package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// The Authorizer is asked about what is stored, and each answer alone can forbid.
func TestEveryCallAsksAboutWhatIsStored(t *testing.T) {
	records := memory.New()
	open := newShelf(t, workflow.Config{Store: records})
	open.create(like(plainDefinition("one"), func(d *workflow.Definition) { d.Name = "One" }))
	open.createView(workflow.View{Project: "shop", Name: "mine", Workflows: []string{"one"}})
	open.createTicket(openTicket("OA-1"))
	a := new(asked)
	s := newShelf(t, workflow.Config{Store: records, Authorizer: a.authorize})
	ctx := t.Context()
	change := func(d *workflow.Definition) error {
		*d = workflow.Definition{Name: "Mine", Description: d.Description + "x", Stages: d.Stages}
		return nil
	}
	for _, row := range []struct {
		name  string
		call  func() error
		asked []string
	}{
		{"create", func() error {
			_, err := s.Definitions().Create(ctx, plainDefinition("two"), anna)
			return err
		}, []string{`anna edit workflow "two" "shop"`}},
		{"update", func() error {
			_, err := s.Definitions().Update(ctx, "one", 0, change, anna)
			return err
		}, []string{`anna edit workflow "One" "shop"`}},
		{"get", func() error { _, err := s.Definitions().Get(ctx, "one", anna); return err }, []string{`anna read workflow "Mine" "shop"`}},
		{"version", func() error { _, err := s.Definitions().Version(ctx, "one", 1, anna); return err }, []string{`anna read workflow "Mine" "shop"`}},
		{"versions", func() error {
			_, err := s.Definitions().Versions(ctx, "one", penstock.Page{}, anna)
			return err
		}, []string{`anna read workflow "Mine" "shop"`}},
		{"history", func() error { _, err := s.Definitions().History(ctx, "one", 0, 0, anna); return err }, []string{`anna read workflow "Mine" "shop"`}},
		{"create view", func() error {
			_, err := s.Views().Create(ctx, workflow.View{Project: "shop", Name: "x"}, anna)
			return err
		}, []string{`anna edit view "x" "shop"`}},
		{"view", func() error {
			_, err := s.Views().Update(ctx, "shop", "mine", 0, func(v *workflow.View) error { v.Enable("one", false); return nil }, anna)
			return err
		}, []string{`anna edit view "mine" "shop"`}},
		{"get view", func() error { _, err := s.Views().Get(ctx, "shop", "mine", anna); return err }, []string{`anna read view "mine" "shop"`}},
		{"view history", func() error { _, err := s.Views().History(ctx, "shop", "x", 0, 0, anna); return err }, []string{`anna read view "x" "shop"`}},
		{"delete view", func() error { return s.Views().Delete(ctx, "shop", "mine", 0, anna) }, []string{`anna delete view "mine" "shop"`}},
		{"create ticket", func() error { _, err := s.Tickets().Create(ctx, openTicket("OA-2"), anna); return err }, []string{`anna approve ticket "OA-2" "shop"`}},
		{"get ticket", func() error { _, err := s.Tickets().Get(ctx, "OA-1", anna); return err }, []string{`anna read ticket "OA-1" "shop"`}},
		{"ticket history", func() error { _, err := s.Tickets().History(ctx, "OA-1", 0, 0, anna); return err }, []string{`anna read ticket "OA-1" "shop"`}},
		{"close ticket", func() error { _, err := s.Tickets().SetStatus(ctx, "OA-1", 0, anna); return err }, []string{`anna approve ticket "OA-1" "shop"`}},
		{"delete", func() error { return s.Definitions().Delete(ctx, "one", 0, anna) }, []string{`anna delete workflow "Mine" "shop"`}},
	} {
		before := open.events()
		for refuse := range row.asked {
			n := 0
			a.may = func(penstock.Actor, penstock.Right, penstock.Resource) bool { n++; return n != refuse+1 }
			if err := row.call(); !errors.Is(err, penstock.ErrForbidden) || penstock.Faults(err) != nil {
				t.Errorf("%s: %v", row.name, err)
			}
			equal(t, row.name+" was forbidden and wrote", open.events(), before)
		}
		a.all, a.may = nil, nil
		if err := row.call(); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		equal(t, row.name, a.all, row.asked)
	}
}

// What may not be read is in no list and no view, and is not counted.
func TestListsHideWhatMayNotBeRead(t *testing.T) {
	records := memory.New()
	open := newShelf(t, workflow.Config{Store: records})
	for _, name := range []string{"seen", "hidden"} {
		open.create(plainDefinition(name))
		open.createTicket(openTicket(name))
	}
	for _, name := range []string{"seen", "hidden"} {
		open.createView(workflow.View{Project: "shop", Name: name, Workflows: []string{"hidden", "seen"}})
	}
	a := &asked{may: func(_ penstock.Actor, _ penstock.Right, on penstock.Resource) bool { return on.Name != "hidden" }}
	s := newShelf(t, workflow.Config{Store: records, Authorizer: a.authorize})
	ctx := t.Context()
	workflows, err1 := s.Definitions().List(ctx, workflow.WorkflowFilter{}, anna)
	inView, err2 := s.Definitions().List(ctx, workflow.WorkflowFilter{Project: "shop", View: "seen"}, anna)
	views, err3 := s.Views().List(ctx, "shop", penstock.Page{}, anna)
	tickets, err4 := s.Tickets().List(ctx, workflow.TicketFilter{}, anna)
	history, err5 := s.Views().History(ctx, "shop", "seen", 0, 0, anna)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	equal(t, "seen", fmt.Sprintln(workflows.Total, workflows.Items[0].Key, inView.Total, inView.Items[0].Key,
		views.Total, views.Items[0].Value.Name, views.Items[0].Value.Workflows, tickets.Total, tickets.Items[0].Value.ApprovalID,
		history[0].After.Workflows), "1 seen 1 seen 1 seen [seen] 1 seen [seen]\n")
	_, err := s.Definitions().List(ctx, workflow.WorkflowFilter{Project: "shop", View: "hidden"}, anna)
	isKind(t, err, penstock.ErrForbidden)
	_, err = s.Views().Create(ctx, workflow.View{Project: "shop", Name: "new", Workflows: []string{"hidden"}}, anna)
	equal(t, "a hidden member is unknown", told(err), []string{`workflows[0]: the project has no workflow "hidden"`})

	got, err := s.Views().Update(ctx, "shop", "seen", 0, func(v *workflow.View) error { v.Enable("seen", false); return nil }, anna)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "shown", len(got.Value.Workflows), 0)
	all, err := open.Views().Get(ctx, "shop", "seen", anna)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "kept", all.Value.Workflows, []string{"hidden"})
}

func TestAnAuthorizerThatFailsIsToldOf(t *testing.T) {
	records := memory.New()
	open := newShelf(t, workflow.Config{Store: records})
	open.create(plainDefinition("one"))
	open.createView(workflow.View{Project: "shop", Name: "mine", Workflows: []string{"one"}})
	open.createTicket(openTicket("OA-1"))
	down := errors.New("directory is down")
	s := newShelf(t, workflow.Config{Store: records, Authorizer: func(_ context.Context, _ penstock.Actor, _ penstock.Right, on penstock.Resource) error {
		if on.Kind == "view" {
			return nil
		}
		return down
	}})
	for name, call := range map[string]func() error{
		"list": func() error { _, err := s.Definitions().List(t.Context(), workflow.WorkflowFilter{}, anna); return err },
		"list view": func() error {
			_, err := s.Definitions().List(t.Context(), workflow.WorkflowFilter{Project: "shop", View: "mine"}, anna)
			return err
		},
		"view":  func() error { _, err := s.Views().Get(t.Context(), "shop", "mine", anna); return err },
		"views": func() error { _, err := s.Views().List(t.Context(), "shop", penstock.Page{}, anna); return err },
		"new view": func() error {
			_, err := s.Views().Create(t.Context(), workflow.View{Project: "shop", Name: "x", Workflows: []string{"one"}}, anna)
			return err
		},
		"tickets": func() error { _, err := s.Tickets().List(t.Context(), workflow.TicketFilter{}, anna); return err },
	} {
		if err := call(); !errors.Is(err, down) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
