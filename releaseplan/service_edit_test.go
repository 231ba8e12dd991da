package releaseplan_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

func TestEditCountsVersions(t *testing.T) {
	spy := &cSpy{Store: memory.New()}
	s := cService(releaseplan.Config{Store: spy})
	p := cCreate(t, s, cContent("release", 1, 2, ""))
	ids := []string{p.Content().Phases[0].ID, p.Tasks()[0].ID, p.Tasks()[1].ID}
	spy.told(nil)
	if same := cEdit(t, s, p.ID(), func(*releaseplan.Content) {}); same.Version() != 1 || len(spy.of("Commit")) != 0 {
		t.Errorf("an edit that changes nothing: version %d, %d commits", same.Version(), len(spy.of("Commit")))
	}
	p = cEdit(t, s, p.ID(), func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Name = "renamed" })
	if diff := cmp.Diff(ids, []string{p.Content().Phases[0].ID, p.Tasks()[0].ID, p.Tasks()[1].ID}); diff != "" || p.Version() != 2 {
		t.Errorf("version %d: %s", p.Version(), diff)
	}
	for version, want := range map[int64]error{1: penstock.ErrConflict, 3: penstock.ErrConflict, -1: penstock.ErrConflict, 2: nil, 0: nil} {
		ran := false
		_, err := s.Edit(t.Context(), p.ID(), version, func(*releaseplan.Content) error { ran = true; return nil }, cAnn)
		if !errors.Is(err, want) || ran != (want == nil) {
			t.Errorf("edit of version %d: %v, the function ran: %v", version, err, ran)
		}
	}
	enough := errors.New("enough")
	if _, err := s.Edit(t.Context(), p.ID(), 0, func(c *releaseplan.Content) error { c.Name = "x"; return enough }, cAnn); !errors.Is(err, enough) {
		t.Errorf("error is %v", err)
	}
	if _, err := s.Edit(t.Context(), p.ID(), 0, func(c *releaseplan.Content) error { c.Name = ""; return nil }, cAnn); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("error is %v", err)
	}
	got, err := s.Get(t.Context(), p.ID(), cAnn)
	if cMust(t, got, err).Name() != "release" || got.Version() != 2 {
		t.Errorf("the plan is %q, version %d", got.Name(), got.Version())
	}
}

// An edit is on what its function saw: content that changes meanwhile is a conflict,
// a remark is none.
func TestEditWhileOthersWork(t *testing.T) {
	for _, replica := range []bool{false, true} {
		st := memory.New()
		s := cService(releaseplan.Config{Store: st})
		other := s
		if replica {
			other = cService(releaseplan.Config{Store: st})
		}
		p := cCreate(t, s, cContent("release", 1, 1, ""))
		edit := func(meanwhile func()) error {
			_, err := s.Edit(t.Context(), p.ID(), 0, func(c *releaseplan.Content) error { meanwhile(); c.Name += "!"; return nil }, cAnn)
			return err
		}
		cMust(t, 0, edit(func() { cDo(t, other, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "hm"}) }))
		err := edit(func() { cEdit(t, other, p.ID(), func(c *releaseplan.Content) { c.Description = "theirs" }) })
		if !errors.Is(err, penstock.ErrConflict) {
			t.Errorf("replica %v: error is %v", replica, err)
		}
		err = edit(func() { cDo(t, other, p.ID(), releaseplan.Command{Action: releaseplan.Execute}) })
		if !errors.Is(err, penstock.ErrRefused) && !errors.Is(err, penstock.ErrConflict) {
			t.Errorf("replica %v: executed meanwhile: %v", replica, err)
		}
	}
}

// The plan's owner may do everything, a task's owner everything with that task,
// strangers may comment.
func TestOwnership(t *testing.T) {
	s := cService(releaseplan.Config{})
	c := cContent("release", 1, 3, releaseplan.Parallel)
	c.Owner = penstock.GroupParty("sre")
	c.Phases[0].Tasks[0].Owner = penstock.UserParty("bob")
	p := cCreate(t, s, c)
	member, admin := penstock.Actor{ID: "cleo", Groups: []string{"sre"}}, penstock.Actor{ID: "root", Admin: true}
	task := func(i int) string { return p.Tasks()[i].ID }
	for _, step := range []struct {
		by   penstock.Actor
		c    releaseplan.Command
		want error
	}{
		{cAnn, releaseplan.Command{Action: releaseplan.Execute}, penstock.ErrForbidden}, // who made it does not own it
		{cBob, releaseplan.Command{Action: releaseplan.Execute}, penstock.ErrForbidden},
		{cAnn, releaseplan.Command{Action: releaseplan.Comment, Remark: "hm"}, nil},
		{member, releaseplan.Command{Action: releaseplan.Execute}, nil},
		{cBob, releaseplan.Command{Action: releaseplan.Complete, Task: task(1)}, penstock.ErrForbidden},
		{cBob, releaseplan.Command{Action: releaseplan.Complete, Task: task(0)}, nil},
		{admin, releaseplan.Command{Action: releaseplan.Complete, Task: task(1)}, nil},
		{cBob, releaseplan.Command{Action: releaseplan.Delete}, penstock.ErrForbidden},
		{member, releaseplan.Command{Action: releaseplan.Advance}, penstock.ErrForbidden}, // only the library itself
		{admin, releaseplan.Command{Action: releaseplan.Interrupt, Task: task(2)}, penstock.ErrForbidden},
	} {
		_, err := s.Do(t.Context(), p.ID(), step.c, step.by)
		var forbidden *penstock.ForbiddenError
		if !errors.Is(err, step.want) || step.want != nil && (!errors.As(err, &forbidden) || forbidden.On.ID != p.ID()) {
			t.Errorf("%s by %s: %v", step.c.Action, step.by.ID, err)
		}
	}
}

func TestPermitReplacesOwnership(t *testing.T) {
	s := cService(releaseplan.Config{Permit: func(by penstock.Actor, c releaseplan.Command, p *releaseplan.Plan) error {
		if by.ID == "bob" {
			return nil
		}
		return &penstock.ForbiddenError{Right: c.Action.Right(), On: p.Resource()}
	}})
	p := cCreate(t, s, cContent("release", 1, 1, ""))
	if _, err := s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, cAnn); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("error is %v", err)
	}
	if _, err := s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, cBob); err != nil {
		t.Errorf("error is %v", err)
	}
}

func TestDuplicate(t *testing.T) {
	s := cService(releaseplan.Config{Directory: &cDirectory{inactive: []string{"gone"}}})
	c := cContent("release", 2, 2, "")
	c.Phases[1].Tasks[1].Needs = []string{"task 1.1"}
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush"}}
	c.Planned = &releaseplan.PlannedTime{Start: cNoon, End: cNoon.Add(time.Hour)}
	p := cRunning(t, s, c)
	cDo(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID})
	text := "a copy"
	made, err := s.Duplicate(t.Context(), p.ID(), releaseplan.Copy{Description: &text, Folder: penstock.Folder{ID: "f"}, Owner: penstock.UserParty("bob"),
		Start: cNoon.Add(24 * time.Hour)}, cAnn)
	got := cMust(t, made, err).Content()
	if got.Name != "release (copy)" || got.Description != text || got.Folder.ID != "f" || got.Owner.ID != "bob" || !got.Planned.End.Equal(cNoon.Add(25*time.Hour)) {
		t.Errorf("the copy is %+v", got)
	}
	if made.State() != releaseplan.Draft || made.TaskCount().Todo != 4 || made.Version() != 1 || got.Variables[0].Digest != "" {
		t.Errorf("the copy is %s, %+v, version %d, secret %q", made.State(), made.TaskCount(), made.Version(), got.Variables[0].Digest)
	}
	had := make(map[string]bool)
	for _, task := range p.Tasks() {
		had[task.ID] = true
	}
	for _, task := range made.Tasks() {
		if had[task.ID] {
			t.Errorf("task %s has its old id", task.Name)
		}
	}
	if need := got.Phases[1].Tasks[1].Needs[0]; need != made.Tasks()[0].ID {
		t.Errorf("the last task needs %s", need)
	}
	if _, err := s.Duplicate(t.Context(), p.ID(), releaseplan.Copy{Owner: penstock.UserParty("gone")}, cAnn); !errors.Is(err, penstock.ErrInvalid) || penstock.Faults(err)[0].Field != "owner" {
		t.Errorf("an inactive owner: %v", err)
	}
	p = cCreate(t, s, cContent(strings.Repeat("ü", 255), 1, 1, ""))
	made, err = s.Duplicate(t.Context(), p.ID(), releaseplan.Copy{}, cAnn)
	if name := cMust(t, made, err).Name(); len([]rune(name)) != 255 || !strings.HasSuffix(name, " (copy)") {
		t.Errorf("the copy of a long name is %q", name)
	}
}

func TestImportFilesANewDraft(t *testing.T) {
	s := cService(releaseplan.Config{})
	c := cContent("release", 1, 2, "")
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush"}}
	p := cRunning(t, s, c)
	doc, err := s.Export(t.Context(), p.ID(), cAnn)
	if strings.Contains(string(cMust(t, doc, err)), "hush") || string(doc) != cExport(t, p) {
		t.Errorf("the export is %s", doc)
	}
	made, err := s.Import(t.Context(), doc, cBob)
	if cMust(t, made, err).ID() == p.ID() || made.State() != releaseplan.Draft || made.Tasks()[0].ID == p.Tasks()[0].ID || made.Status().Created.By.ID != "bob" {
		t.Errorf("%s is %s", made.ID(), made.State())
	}
	admin := penstock.Actor{ID: "root", Admin: true}
	var invalid []*penstock.InvalidError
	_, err = s.Do(t.Context(), made.ID(), releaseplan.Command{Action: releaseplan.Finalize}, admin)
	if invalid = penstock.Faults(err); !errors.Is(err, penstock.ErrRefused) || len(invalid) != 1 {
		t.Errorf("finalized without its secret: %v", err)
	}
	for name, doc := range map[string]string{
		"empty": "", "no plan": `{"format":"x"}`, "altered": strings.Replace(string(doc), "task 1.1", "task 9.9", 1),
		"more": string(doc) + "{}", "unknown member": strings.Replace(string(doc), `"id"`, `"idea"`, 1),
	} {
		if p, err := s.Import(t.Context(), []byte(doc), cBob); !errors.Is(err, penstock.ErrInvalid) || p != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDeleteIsBlockedByReferences(t *testing.T) {
	var refs []string
	var failure error
	s := cService(releaseplan.Config{References: func(_ context.Context, id string) ([]string, error) { return refs, failure }})
	p := cCreate(t, s, cContent("release", 1, 1, ""))
	refs = []string{`template "web"`}
	if err := s.Delete(t.Context(), p.ID(), cAnn); !errors.Is(err, penstock.ErrRefused) || !strings.Contains(err.Error(), refs[0]) {
		t.Errorf("referred to: %v", err)
	}
	refs, failure = nil, errors.New("down")
	if err := s.Delete(t.Context(), p.ID(), cAnn); !errors.Is(err, failure) {
		t.Errorf("who refers to it cannot be told: %v", err)
	}
	failure = nil
	cMust(t, 0, s.Delete(t.Context(), p.ID(), cAnn))
}

// Finalize refuses a kind of approval that nobody provides; native needs nobody.
func TestFinalizeNeedsAProvider(t *testing.T) {
	for _, provided := range []bool{false, true} {
		cfg := releaseplan.Config{}
		if provided {
			cfg.Providers = map[approval.Kind]approval.Provider{approval.Lark: nil}
		}
		s := cService(cfg)
		for kind, want := range map[approval.Kind]bool{approval.Native: true, approval.Lark: provided, approval.DingTalk: false} {
			c := cContent("release", 1, 1, "")
			c.Approval = cPolicy(penstock.UserParty("ann"))
			c.Approval.Kind = kind
			p := cCreate(t, s, c)
			_, err := s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Finalize}, cAnn)
			if (err == nil) != want || err != nil && !errors.Is(err, penstock.ErrRefused) {
				t.Errorf("%s, lark provided: %v: %v", kind, provided, err)
			}
		}
	}
}

// Values of secret variables are in no event, no export and no list.
func TestSecretsAreKeptApart(t *testing.T) {
	st := memory.New()
	s := cService(releaseplan.Config{Store: st})
	c := cContent("release", 1, 1, "")
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush-hush"}, {Name: "open", Value: "{token}"}}
	p := cCreate(t, s, c)
	cDo(t, s, p.ID(), releaseplan.Command{Action: releaseplan.SetVariables, Variables: []releaseplan.Variable{{Name: "token", Value: "hush-psst"}}, Key: "k"})
	cEdit(t, s, p.ID(), func(c *releaseplan.Content) { c.Variables[0].Value = "hush-again" })
	trail, err := s.History(t.Context(), p.ID(), 0, 0, cAnn)
	events, marshalErr := json.Marshal(cMust(t, trail, err))
	doc, exportErr := s.Export(t.Context(), p.ID(), cAnn)
	for name, text := range map[string]string{"trail": string(cMust(t, events, marshalErr)), "export": string(cMust(t, doc, exportErr))} {
		if strings.Contains(text, "hush-") {
			t.Errorf("the %s tells a secret: %s", name, text)
		}
	}
	for line := range strings.Lines(cBodies(t, st)) {
		if strings.Contains(line, "hush-") && !strings.HasPrefix(line, "plan.secret/") {
			t.Errorf("a record tells a secret: %s", line)
		}
	}
	if !strings.Contains(cBodies(t, st), "hush-again") {
		t.Error("the secret is gone")
	}
	cEdit(t, s, p.ID(), func(c *releaseplan.Content) { c.Variables = nil })
	if strings.Contains(cBodies(t, st), "hush-") {
		t.Error("the secret of a variable that was removed is still there")
	}
}
