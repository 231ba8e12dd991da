package servicetest

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
)

func (on suite) testEditCountsVersions(t *testing.T) {
	spy := &spyStore{Store: on.open(t)}
	s := on.service(t, releaseplan.Config{Store: spy})
	p := create(t, s, contentOf("release", 1, 2, ""))
	ids := []string{p.Content().Phases[0].ID, p.Tasks()[0].ID, p.Tasks()[1].ID}
	spy.told(nil)
	if same := edited(t, s, p.ID(), func(*releaseplan.Content) {}); same.Version() != 1 || len(spy.of("Commit")) != 0 {
		t.Errorf("an edit that changes nothing: version %d, %d commits", same.Version(), len(spy.of("Commit")))
	}
	p = edited(t, s, p.ID(), func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Name = "renamed" })
	if diff := cmp.Diff(ids, []string{p.Content().Phases[0].ID, p.Tasks()[0].ID, p.Tasks()[1].ID}); diff != "" || p.Version() != 2 {
		t.Errorf("version %d: %s", p.Version(), diff)
	}
	for version, want := range map[int64]error{1: penstock.ErrConflict, 3: penstock.ErrConflict, -1: penstock.ErrConflict, 2: nil, 0: nil} {
		ran := false
		_, err := s.Edit(t.Context(), p.ID(), version, func(*releaseplan.Content) error { ran = true; return nil }, ann)
		if !errors.Is(err, want) || ran != (want == nil) {
			t.Errorf("edit of version %d: %v, the function ran: %v", version, err, ran)
		}
	}
	enough := errors.New("enough")
	if _, err := s.Edit(t.Context(), p.ID(), 0, func(c *releaseplan.Content) error { c.Name = "x"; return enough }, ann); !errors.Is(err, enough) {
		t.Errorf("error is %v", err)
	}
	if _, err := s.Edit(t.Context(), p.ID(), 0, func(c *releaseplan.Content) error { c.Name = ""; return nil }, ann); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("error is %v", err)
	}
	got, err := s.Get(t.Context(), p.ID(), ann)
	if must(t, got, err).Name() != "release" || got.Version() != 2 {
		t.Errorf("the plan is %q, version %d", got.Name(), got.Version())
	}
}

// An edit is on what its function saw: content that changes meanwhile is a conflict,
// a remark is none.
func (on suite) testEditWhileOthersWork(t *testing.T) {
	for _, replica := range []bool{false, true} {
		st := on.open(t)
		s := on.service(t, releaseplan.Config{Store: st})
		other := s
		if replica {
			other = on.service(t, releaseplan.Config{Store: st})
		}
		p := create(t, s, contentOf("release", 1, 1, ""))
		edit := func(meanwhile func()) error {
			_, err := s.Edit(t.Context(), p.ID(), 0, func(c *releaseplan.Content) error { meanwhile(); c.Name += "!"; return nil }, ann)
			return err
		}
		must(t, 0, edit(func() { command(t, other, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "hm"}) }))
		err := edit(func() { edited(t, other, p.ID(), func(c *releaseplan.Content) { c.Description = "theirs" }) })
		if !errors.Is(err, penstock.ErrConflict) {
			t.Errorf("replica %v: error is %v", replica, err)
		}
		err = edit(func() { command(t, other, p.ID(), releaseplan.Command{Action: releaseplan.Execute}) })
		if !errors.Is(err, penstock.ErrRefused) && !errors.Is(err, penstock.ErrConflict) {
			t.Errorf("replica %v: executed meanwhile: %v", replica, err)
		}
	}
}

// The plan's owner may do everything, a task's owner everything with that task,
// strangers may comment.
func (on suite) testOwnership(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	c := contentOf("release", 1, 3, releaseplan.Parallel)
	c.Owner = penstock.GroupParty("sre")
	c.Phases[0].Tasks[0].Owner = penstock.UserParty("bob")
	p := create(t, s, c)
	member, admin := penstock.Actor{ID: "cleo", Groups: []string{"sre"}}, penstock.Actor{ID: "root", Admin: true}
	task := func(i int) string { return p.Tasks()[i].ID }
	for _, step := range []struct {
		by   penstock.Actor
		c    releaseplan.Command
		want error
	}{
		{ann, releaseplan.Command{Action: releaseplan.Execute}, penstock.ErrForbidden}, // who made it does not own it
		{bob, releaseplan.Command{Action: releaseplan.Execute}, penstock.ErrForbidden},
		{ann, releaseplan.Command{Action: releaseplan.Comment, Remark: "hm"}, nil},
		{member, releaseplan.Command{Action: releaseplan.Execute}, nil},
		{bob, releaseplan.Command{Action: releaseplan.Complete, Task: task(1)}, penstock.ErrForbidden},
		{bob, releaseplan.Command{Action: releaseplan.Complete, Task: task(0)}, nil},
		{admin, releaseplan.Command{Action: releaseplan.Complete, Task: task(1)}, nil},
		{bob, releaseplan.Command{Action: releaseplan.Delete}, penstock.ErrForbidden},
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

func (on suite) testPermitReplacesOwnership(t *testing.T) {
	s := on.service(t, releaseplan.Config{Permit: func(by penstock.Actor, c releaseplan.Command, p *releaseplan.Plan) error {
		if by.ID == "bob" {
			return nil
		}
		return &penstock.ForbiddenError{Right: c.Action.Right(), On: p.Resource()}
	}})
	p := create(t, s, contentOf("release", 1, 1, ""))
	if _, err := s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("error is %v", err)
	}
	if _, err := s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, bob); err != nil {
		t.Errorf("error is %v", err)
	}
}

func (on suite) testDuplicate(t *testing.T) {
	s := on.service(t, releaseplan.Config{Directory: &staff{inactive: []string{"gone"}}})
	c := contentOf("release", 2, 2, "")
	c.Phases[1].Tasks[1].Needs = []string{"task 1.1"}
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush"}}
	c.Planned = &releaseplan.PlannedTime{Start: noon, End: noon.Add(time.Hour)}
	p := executed(t, s, c)
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID})
	text := "a copy"
	made, err := s.Duplicate(t.Context(), p.ID(), releaseplan.Copy{Description: &text, Folder: penstock.Folder{ID: "f"}, Owner: penstock.UserParty("bob"),
		Start: noon.Add(24 * time.Hour)}, ann)
	got := must(t, made, err).Content()
	if got.Name != "release (copy)" || got.Description != text || got.Folder.ID != "f" || got.Owner.ID != "bob" || !got.Planned.End.Equal(noon.Add(25*time.Hour)) {
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
	if _, err := s.Duplicate(t.Context(), p.ID(), releaseplan.Copy{Owner: penstock.UserParty("gone")}, ann); !errors.Is(err, penstock.ErrInvalid) || penstock.Faults(err)[0].Field != "owner" {
		t.Errorf("an inactive owner: %v", err)
	}
	p = create(t, s, contentOf(strings.Repeat("ü", 255), 1, 1, ""))
	made, err = s.Duplicate(t.Context(), p.ID(), releaseplan.Copy{}, ann)
	if name := must(t, made, err).Name(); len([]rune(name)) != 255 || !strings.HasSuffix(name, " (copy)") {
		t.Errorf("the copy of a long name is %q", name)
	}
}

func (on suite) testImportFilesANewDraft(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	c := contentOf("release", 1, 2, "")
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush"}}
	p := executed(t, s, c)
	doc, err := s.Export(t.Context(), p.ID(), ann)
	if strings.Contains(string(must(t, doc, err)), "hush") || string(doc) != exported(t, p) {
		t.Errorf("the export is %s", doc)
	}
	made, err := s.Import(t.Context(), doc, bob)
	if must(t, made, err).ID() == p.ID() || made.State() != releaseplan.Draft || made.Tasks()[0].ID == p.Tasks()[0].ID || made.Status().Created.By.ID != "bob" {
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
		if p, err := s.Import(t.Context(), []byte(doc), bob); !errors.Is(err, penstock.ErrInvalid) || p != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func (on suite) testDeleteIsBlockedByReferences(t *testing.T) {
	var refs []string
	var failure error
	s := on.service(t, releaseplan.Config{References: func(_ context.Context, id string) ([]string, error) { return refs, failure }})
	p := create(t, s, contentOf("release", 1, 1, ""))
	refs = []string{`template "web"`}
	if err := s.Delete(t.Context(), p.ID(), ann); !errors.Is(err, penstock.ErrRefused) || !strings.Contains(err.Error(), refs[0]) {
		t.Errorf("referred to: %v", err)
	}
	refs, failure = nil, errors.New("down")
	if err := s.Delete(t.Context(), p.ID(), ann); !errors.Is(err, failure) {
		t.Errorf("who refers to it cannot be told: %v", err)
	}
	failure = nil
	must(t, 0, s.Delete(t.Context(), p.ID(), ann))
}

// Finalize refuses a kind of approval that nobody provides; native needs nobody.
func (on suite) testFinalizeNeedsAProvider(t *testing.T) {
	for _, provided := range []bool{false, true} {
		cfg := releaseplan.Config{}
		if provided {
			cfg.Providers = map[approval.Kind]approval.Provider{approval.Lark: nil}
		}
		s := on.service(t, cfg)
		for kind, want := range map[approval.Kind]bool{approval.Native: true, approval.Lark: provided, approval.DingTalk: false} {
			c := contentOf("release", 1, 1, "")
			c.Approval = anyOf(penstock.UserParty("ann"))
			c.Approval.Kind = kind
			p := create(t, s, c)
			_, err := s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Finalize}, ann)
			if (err == nil) != want || err != nil && !errors.Is(err, penstock.ErrRefused) {
				t.Errorf("%s, lark provided: %v: %v", kind, provided, err)
			}
		}
	}
}

// Values of secret variables are in no event, no export and no list.
func (on suite) testSecretsAreKeptApart(t *testing.T) {
	st := on.open(t)
	s := on.service(t, releaseplan.Config{Store: st})
	c := contentOf("release", 1, 1, "")
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush-hush"}, {Name: "open", Value: "{token}"}}
	p := create(t, s, c)
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.SetVariables, Variables: []releaseplan.Variable{{Name: "token", Value: "hush-psst"}}, Key: "k"})
	edited(t, s, p.ID(), func(c *releaseplan.Content) { c.Variables[0].Value = "hush-again" })
	trail, err := s.History(t.Context(), p.ID(), 0, 0, ann)
	events, marshalErr := json.Marshal(must(t, trail, err))
	doc, exportErr := s.Export(t.Context(), p.ID(), ann)
	for name, text := range map[string]string{"trail": string(must(t, events, marshalErr)), "export": string(must(t, doc, exportErr))} {
		if strings.Contains(text, "hush-") {
			t.Errorf("the %s tells a secret: %s", name, text)
		}
	}
	for line := range strings.Lines(bodies(t, st)) {
		if strings.Contains(line, "hush-") && !strings.HasPrefix(line, "plan.secret/") {
			t.Errorf("a record tells a secret: %s", line)
		}
	}
	if !strings.Contains(bodies(t, st), "hush-again") {
		t.Error("the secret is gone")
	}
	edited(t, s, p.ID(), func(c *releaseplan.Content) { c.Variables = nil })
	if strings.Contains(bodies(t, st), "hush-") {
		t.Error("the secret of a variable that was removed is still there")
	}
}
