package releaseplan_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// cKeyed are commands on a paused plan, each with a key.
func cKeyed(p *releaseplan.Plan) map[string]releaseplan.Command {
	content := p.Content()
	content.Phases[1].Tasks = append(content.Phases[1].Tasks, releaseplan.Task{Name: "new"})
	return map[string]releaseplan.Command{
		"comment":       {Action: releaseplan.Comment, Remark: "hi", Key: "k"},
		"resume":        {Action: releaseplan.Resume, Key: "k"},
		"skip":          {Action: releaseplan.Skip, Task: p.Tasks()[1].ID, Remark: "no", Key: "k"},
		"edit":          {Action: releaseplan.Edit, Content: &content, Key: "k"},
		"set_variables": {Action: releaseplan.SetVariables, Variables: []releaseplan.Variable{{Name: "token", Value: "psst"}}, Key: "k"},
		"cancel":        {Action: releaseplan.Cancel, Key: "k"},
		"delete":        {Action: releaseplan.Delete, Key: "k"},
	}
}

// Rule 10: same key, same command, first answer.
func TestSameKeySameCommandFirstAnswer(t *testing.T) {
	for name := range cKeyed(cCreate(t, cService(releaseplan.Config{}), cContent("x", 2, 3, ""))) {
		t.Run(name, func(t *testing.T) {
			spy, s, p := cFaulty(t, "Edit", true)
			c := cKeyed(p)[name]
			first := cDo(t, s, p.ID(), c)
			want, stored := cExport(t, first), cDump(t, spy.Store)
			again := func(what string, s *releaseplan.Service) {
				t.Helper()
				got := cDo(t, s, p.ID(), cKeyed(p)[name])
				if diff := cmp.Diff(want, cExport(t, got)); diff != "" {
					t.Errorf("%s: %s", what, diff)
				}
				if diff := cmp.Diff(stored, cDump(t, spy.Store)); diff != "" {
					t.Errorf("%s: %s", what, diff)
				}
			}
			again("at once", s)
			again("by another process", cService(releaseplan.Config{Store: spy}))
			if c.Action != releaseplan.Delete {
				cDo(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "something else"})
				stored = cDump(t, spy.Store)
				again("after others went on", s)
				cMust(t, 0, s.Delete(t.Context(), p.ID(), cAnn))
				stored = cDump(t, spy.Store)
				again("after the plan was deleted", s)
			}
		})
	}
}

func TestSameKeyOtherCommandIsRefused(t *testing.T) {
	spy, s, p := cFaulty(t, "Edit", true)
	cDo(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: "k"})
	before := cDump(t, spy.Store)
	for name, test := range map[string]struct {
		c  releaseplan.Command
		by penstock.Actor
	}{
		"another action":  {releaseplan.Command{Action: releaseplan.Resume, Key: "k"}, cAnn},
		"another remark":  {releaseplan.Command{Action: releaseplan.Comment, Remark: "ho", Key: "k"}, cAnn},
		"another version": {releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", IfVersion: 1, Key: "k"}, cAnn},
		"another actor":   {releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: "k"}, cBob},
	} {
		if p, err := s.Do(t.Context(), p.ID(), test.c, test.by); !errors.Is(err, penstock.ErrExists) || p != nil {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	if diff := cmp.Diff(before, cDump(t, spy.Store)); diff != "" {
		t.Error(diff)
	}
}

func TestKeysOfDifferentPlansDoNotClash(t *testing.T) {
	s := cService(releaseplan.Config{})
	a, b := cCreate(t, s, cContent("a", 1, 1, "")), cCreate(t, s, cContent("b", 1, 1, ""))
	cDo(t, s, a.ID(), releaseplan.Command{Action: releaseplan.Execute, Key: "k"})
	if got := cDo(t, s, b.ID(), releaseplan.Command{Action: releaseplan.Cancel, Key: "k"}); got.ID() != b.ID() || got.State() != releaseplan.Canceled {
		t.Errorf("%s is %s", got.Name(), got.State())
	}
}

func TestRefusedCommandsAreNotRemembered(t *testing.T) {
	s := cService(releaseplan.Config{})
	p := cRunning(t, s, cContent("release", 1, 1, ""))
	c := releaseplan.Command{Action: releaseplan.Resume, Key: "k"}
	if _, err := s.Do(t.Context(), p.ID(), c, cAnn); !errors.Is(err, penstock.ErrRefused) {
		t.Fatalf("error is %v", err)
	}
	cDo(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Pause})
	if got := cDo(t, s, p.ID(), c); got.State() != releaseplan.Running {
		t.Errorf("the plan is %s", got.State())
	}
	cDo(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Pause})
	if got := cDo(t, s, p.ID(), c); got.State() != releaseplan.Running {
		t.Errorf("the first answer is a plan that is %s", got.State())
	}
	got, err := s.Get(t.Context(), p.ID(), cAnn)
	if cMust(t, got, err).State() != releaseplan.Paused {
		t.Errorf("the key had its effect twice")
	}
}

// Who lost an answer, unknown outcome included, sends the command again with its
// key: it has its effect once.
func TestLostAnswerAndRetryHaveTheirEffectOnce(t *testing.T) {
	for _, stored := range []bool{false, true} {
		spy, s, p := cFaulty(t, "Do", true)
		spy.told(func(c cCall) (f cFault) {
			if f.before = errCLost; stored && c.method == "Commit" {
				f.before, f.after = nil, errCLost
			}
			if c.method == "Get" {
				f.before = nil
			}
			return f
		})
		c := releaseplan.Command{Action: releaseplan.Comment, Remark: "once", Key: "k"}
		if _, err := s.Do(t.Context(), p.ID(), c, cAnn); !errors.Is(err, errCLost) {
			t.Fatalf("error is %v", err)
		}
		spy.told(nil)
		for range 3 {
			cDo(t, s, p.ID(), c)
		}
		trail, err := s.History(t.Context(), p.ID(), p.Status().Changes, 0, cAnn)
		if n := len(cMust(t, trail, err)); n != 1 {
			t.Errorf("stored: %v: %d comments", stored, n)
		}
	}
}

// The same command, sent twice at once through two processes, is one, an edit too.
func TestSameKeyAtOnce(t *testing.T) {
	for name := range cKeyed(cCreate(t, cService(releaseplan.Config{}), cContent("x", 2, 3, ""))) {
		spy, s, p := cFaulty(t, "Edit", true)
		other := cService(releaseplan.Config{Store: spy.Store})
		var first *releaseplan.Plan
		spy.told(func(c cCall) (f cFault) {
			if c.method == "Commit" && c.n == 1 {
				f.run = func() { first = cDo(t, other, p.ID(), cKeyed(p)[name]) }
			}
			return f
		})
		got, err := s.Do(t.Context(), p.ID(), cKeyed(p)[name], cAnn)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(cExport(t, first), cExport(t, got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// An answer is shown to nobody who may not see it any more.
func TestFirstAnswerAsksTheAuthorizerAgain(t *testing.T) {
	authority := &cAuthority{}
	st := memory.New()
	s := cService(releaseplan.Config{Store: st, Authorizer: authority.ask})
	p := cRunning(t, s, cContent("release", 1, 1, ""))
	c := releaseplan.Command{Action: releaseplan.Pause, Key: "k"}
	cDo(t, s, p.ID(), c)
	authority.asked, authority.answer = nil, &penstock.ForbiddenError{Right: penstock.Execute, On: p.Resource()}
	if got, err := s.Do(t.Context(), p.ID(), c, cAnn); !errors.Is(err, penstock.ErrForbidden) || got != nil {
		t.Errorf("shown %v, error is %v", got, err)
	}
	if diff := cmp.Diff([]cQuestion{{"ann", penstock.Execute, p.Resource()}}, authority.asked); diff != "" {
		t.Error(diff)
	}
}
