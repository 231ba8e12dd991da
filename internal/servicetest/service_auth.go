package servicetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// A question is what an Authorizer was asked.
type question struct {
	Who   string
	Right penstock.Right
	On    penstock.Resource
}

// An authority notes what it is asked, and answers as it is told.
type authority struct {
	asked  []question
	answer error
}

func (a *authority) ask(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
	a.asked = append(a.asked, question{who.ID, right, on})
	return a.answer
}

func (on suite) testAuthorizerIsAskedAboutTheStoredPlan(t *testing.T) {
	authority := &authority{}
	spy := &spyStore{Store: on.open(t)}
	s := on.service(t, releaseplan.Config{Store: spy, Authorizer: authority.ask})
	c := contentOf("stored", 1, 1, "")
	c.Folder = penstock.Folder{ID: "x", Name: "X"}
	c.Milestones = []releaseplan.Milestone{{Name: "all"}}
	p := create(t, s, c)
	if diff := cmp.Diff([]question{{"ann", penstock.Edit, penstock.Resource{Kind: "plan", Name: "stored", Folder: c.Folder}}}, authority.asked); diff != "" {
		t.Error(diff)
	}
	doc, err := s.Export(t.Context(), p.ID(), ann)
	must(t, doc, err)
	task := p.Tasks()[0].ID
	do := func(c releaseplan.Command) func(*testing.T) (any, error) {
		return func(t *testing.T) (any, error) { return s.Do(t.Context(), p.ID(), c, bob) }
	}
	claimed := p.Content()
	claimed.Name, claimed.Folder = "claimed", penstock.Folder{ID: "mine"}
	for name, test := range map[string]struct {
		right penstock.Right
		call  func(*testing.T) (any, error)
	}{
		"Get":       {penstock.Read, func(t *testing.T) (any, error) { return s.Get(t.Context(), p.ID(), bob) }},
		"Can":       {penstock.Read, func(t *testing.T) (any, error) { return s.Can(t.Context(), p.ID(), bob) }},
		"CanTask":   {penstock.Read, func(t *testing.T) (any, error) { return s.CanTask(t.Context(), p.ID(), task, bob) }},
		"History":   {penstock.Read, func(t *testing.T) (any, error) { return s.History(t.Context(), p.ID(), 0, 0, bob) }},
		"Export":    {penstock.Read, func(t *testing.T) (any, error) { return s.Export(t.Context(), p.ID(), bob) }},
		"Duplicate": {penstock.Read, func(t *testing.T) (any, error) { return s.Duplicate(t.Context(), p.ID(), releaseplan.Copy{}, bob) }},
		"Follow": {penstock.Read, func(t *testing.T) (any, error) {
			for e, err := range s.Follow(t.Context(), p.ID(), bob) {
				if err != nil {
					return nil, err
				}
				return e, nil
			}
			return nil, nil
		}},
		"Edit": {penstock.Edit, func(t *testing.T) (any, error) {
			return s.Edit(t.Context(), p.ID(), 0, func(*releaseplan.Content) error {
				t.Error("the content was shown")
				return nil
			}, bob)
		}},
		"Delete":           {penstock.Delete, func(t *testing.T) (any, error) { return nil, s.Delete(t.Context(), p.ID(), bob) }},
		"edit":             {penstock.Edit, do(releaseplan.Command{Action: releaseplan.Edit, Content: &claimed})},
		"set_variables":    {penstock.Edit, do(releaseplan.Command{Action: releaseplan.SetVariables, Variables: []releaseplan.Variable{{Name: "x"}}})},
		"finalize":         {penstock.Edit, do(releaseplan.Command{Action: releaseplan.Finalize})},
		"request_approval": {penstock.Edit, do(releaseplan.Command{Action: releaseplan.RequestApproval})},
		"withdraw":         {penstock.Edit, do(releaseplan.Command{Action: releaseplan.Withdraw})},
		"reopen":           {penstock.Edit, do(releaseplan.Command{Action: releaseplan.Reopen})},
		"vote":             {penstock.Approve, do(releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve})},
		"answer_gate":      {penstock.Execute, do(releaseplan.Command{Action: releaseplan.AnswerGate, Answer: releaseplan.GatePass})},
		"execute":          {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Execute})},
		"pause":            {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Pause})},
		"resume":           {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Resume})},
		"recheck":          {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Recheck})},
		"cancel":           {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Cancel})},
		"finish":           {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Finish})},
		"comment":          {penstock.Read, do(releaseplan.Command{Action: releaseplan.Comment, Remark: "hi"})},
		"archive":          {penstock.Delete, do(releaseplan.Command{Action: releaseplan.Archive})},
		"unarchive":        {penstock.Delete, do(releaseplan.Command{Action: releaseplan.Unarchive})},
		"start":            {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Start, Task: task})},
		"complete":         {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Complete, Task: task})},
		"skip":             {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Skip, Task: task, Remark: "no"})},
		"claim":            {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Claim, Task: task})},
		"advance":          {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Advance})},
		"lease":            {penstock.Execute, do(releaseplan.Command{Action: releaseplan.Lease, Task: task, Lease: "me"})},
	} {
		t.Run(name, func(t *testing.T) {
			forbidden := &penstock.ForbiddenError{Right: test.right, On: p.Resource()}
			down := errors.New("the user table is down")
			for _, answer := range []error{forbidden, down} {
				authority.asked, authority.answer = nil, answer
				spy.told(nil)
				got, err := test.call(t)
				if !errors.Is(err, answer) {
					t.Errorf("answered %v, the error is %v", answer, err)
				}
				if shown, ok := got.(*releaseplan.Plan); ok && shown != nil || len(spy.of("Commit")) != 0 || len(spy.of("Events")) != 0 {
					t.Errorf("shown %v, %d commits, %d looks at the trail", got, len(spy.of("Commit")), len(spy.of("Events")))
				}
				want := []question{{"bob", test.right, penstock.Resource{Kind: "plan", ID: p.ID(), Name: "stored", Folder: c.Folder}}}
				if diff := cmp.Diff(want, authority.asked); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	authority.answer = &penstock.ForbiddenError{Right: penstock.Edit}
	if _, err := s.Create(t.Context(), c, bob); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("create: %v", err)
	}
	if _, err := s.Import(t.Context(), doc, bob); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("import: %v", err)
	}
}

// What the Authorizer forbids, Can refuses; any other error of it fails Can.
func (on suite) testCanTellsWhatTheAuthorizerForbids(t *testing.T) {
	down := errors.New("the user table is down")
	var withheld penstock.Right
	var broken bool
	s := on.service(t, releaseplan.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
		switch {
		case right != withheld:
			return nil
		case broken:
			return down
		default:
			return &penstock.ForbiddenError{Right: right, On: on}
		}
	}})
	c := contentOf("release", 1, 1, "")
	c.Milestones = []releaseplan.Milestone{{Name: "all"}}
	p := create(t, s, c)
	root := penstock.Actor{ID: "root", Admin: true}
	for name, can := range map[string]func() ([]releaseplan.Verdict, error){
		"plan":      func() ([]releaseplan.Verdict, error) { return s.Can(t.Context(), p.ID(), root) },
		"task":      func() ([]releaseplan.Verdict, error) { return s.CanTask(t.Context(), p.ID(), p.Tasks()[0].ID, root) },
		"milestone": func() ([]releaseplan.Verdict, error) { return s.CanMilestone(t.Context(), p.ID(), "all", root) },
	} {
		withheld = ""
		before, err := can()
		must(t, before, err)
		for _, right := range []penstock.Right{penstock.Edit, penstock.Execute, penstock.Approve, penstock.Delete} {
			withheld, broken = right, false
			verdicts, err := can()
			asked := false
			for i, v := range must(t, verdicts, err) {
				want := before[i].Allowed && v.Action.Right() != right
				asked = asked || v.Action.Right() == right
				forbidden := slices.ContainsFunc(v.Refusals, func(r releaseplan.Refusal) bool {
					return r.Rule == "permitted" && r.Needs == "the "+string(right)+" right on plan \"release\"" && errors.Is(r.Err, penstock.ErrForbidden)
				})
				if v.Allowed != want || forbidden != (v.Action.Right() == right) {
					t.Errorf("%s: without the right to %s, %s is allowed: %t, %+v", name, right, v.Action, v.Allowed, v.Refusals)
				}
			}
			broken = true
			if _, err := can(); asked && !errors.Is(err, down) {
				t.Errorf("%s: the Authorizer fails, and Can says %v", name, err)
			}
		}
	}
}

// To move a plan into a folder takes the right to edit plans there.
func (on suite) testMoveIntoAForbiddenFolderIsForbidden(t *testing.T) {
	s := on.service(t, releaseplan.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if on.Folder.ID == "vault" {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}})
	p := create(t, s, contentOf("release", 1, 1, ""))
	into := func(c *releaseplan.Content) error { c.Folder.ID = "vault"; return nil }
	if _, err := s.Edit(t.Context(), p.ID(), 0, into, ann); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("edit: %v", err)
	}
	if _, err := s.Duplicate(t.Context(), p.ID(), releaseplan.Copy{Folder: penstock.Folder{ID: "vault"}}, ann); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("duplicate: %v", err)
	}
	got, err := s.Get(t.Context(), p.ID(), ann)
	if must(t, got, err).Content().Folder.ID != "" {
		t.Error("the plan was moved")
	}
}

// A staff is a Directory that knows groups and who is inactive; it trusts the rest.
type staff struct {
	penstock.Trust
	groups   map[string][]string
	inactive []string
	folders  map[string]string // ids by name
}

func (d *staff) Party(ctx context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	info, err := d.Trust.Party(ctx, p)
	for _, id := range d.groups[p.ID] {
		info.Members = append(info.Members, penstock.UserParty(id))
	}
	info.Active = !slices.Contains(d.inactive, p.ID)
	return info, err
}

func (d *staff) Folder(ctx context.Context, f penstock.Folder) (penstock.FolderInfo, error) {
	if id := d.folders[f.Name]; f.ID == "" && id != "" {
		f.ID = id
	}
	return d.Trust.Folder(ctx, f)
}

// The Authorizer sees the folder that the Directory knows, not the caller's word.
func (on suite) testAuthorizerSeesTheResolvedFolder(t *testing.T) {
	authority := &authority{}
	s := on.service(t, releaseplan.Config{Authorizer: authority.ask, Directory: &staff{folders: map[string]string{"Vault": "f1"}}})
	c := contentOf("release", 1, 1, "")
	c.Folder = penstock.Folder{Name: "Vault"}
	create(t, s, c)
	if got := authority.asked[0].On.Folder.ID; got != "f1" {
		t.Errorf("asked about the folder %q", got)
	}
}

// Groups are expanded when the approval is requested; later members do not count.
func (on suite) testGroupsAreExpandedAtRequestTime(t *testing.T) {
	directory := &staff{groups: map[string][]string{"sre": {"bob"}}}
	s := on.service(t, releaseplan.Config{Directory: directory})
	c := contentOf("release", 1, 1, "")
	c.Approval = anyOf(penstock.GroupParty("sre"))
	p := create(t, s, c)
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Finalize})
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.RequestApproval,
		Members: map[string][]penstock.Party{"group:sre": {penstock.UserParty("ann")}}})
	directory.groups["sre"] = []string{"cleo"}
	vote := releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve}
	for _, who := range []string{"ann", "cleo"} {
		if _, err := s.Do(t.Context(), p.ID(), vote, penstock.Actor{ID: who, Groups: []string{"sre"}}); !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("the vote of %s: %v", who, err)
		}
	}
	p, err := s.Do(t.Context(), p.ID(), vote, bob)
	if must(t, p, err).State() != releaseplan.Approved {
		t.Errorf("the plan is %s", p.State())
	}
}
