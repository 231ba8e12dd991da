package servicetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// keyed are commands on a paused plan, each with a key.
func keyed(p *releaseplan.Plan) map[string]releaseplan.Command {
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
func (on suite) testSameKeySameCommandFirstAnswer(t *testing.T) {
	for name := range keyed(create(t, on.service(t, releaseplan.Config{}), contentOf("x", 2, 3, ""))) {
		t.Run(name, func(t *testing.T) {
			spy, s, p := on.faulty(t, "Edit", true)
			c := keyed(p)[name]
			first := command(t, s, p.ID(), c)
			want, stored := exported(t, first), dump(t, spy.Store)
			again := func(what string, s *releaseplan.Service) {
				t.Helper()
				got := command(t, s, p.ID(), keyed(p)[name])
				if diff := cmp.Diff(want, exported(t, got)); diff != "" {
					t.Errorf("%s: %s", what, diff)
				}
				if diff := cmp.Diff(stored, dump(t, spy.Store)); diff != "" {
					t.Errorf("%s: %s", what, diff)
				}
			}
			again("at once", s)
			again("by another process", on.service(t, releaseplan.Config{Store: spy}))
			if c.Action != releaseplan.Delete {
				command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "something else"})
				stored = dump(t, spy.Store)
				again("after others went on", s)
				must(t, 0, s.Delete(t.Context(), p.ID(), ann))
				stored = dump(t, spy.Store)
				again("after the plan was deleted", s)
			}
		})
	}
}

func (on suite) testSameKeyOtherCommandIsRefused(t *testing.T) {
	spy, s, p := on.faulty(t, "Edit", true)
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: "k"})
	before := dump(t, spy.Store)
	for name, test := range map[string]struct {
		c  releaseplan.Command
		by penstock.Actor
	}{
		"another action":  {releaseplan.Command{Action: releaseplan.Resume, Key: "k"}, ann},
		"another remark":  {releaseplan.Command{Action: releaseplan.Comment, Remark: "ho", Key: "k"}, ann},
		"another version": {releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", IfVersion: 1, Key: "k"}, ann},
	} {
		var reused *penstock.KeyReusedError
		if p, err := s.Do(t.Context(), p.ID(), test.c, test.by); !errors.Is(err, penstock.ErrExists) || !errors.As(err, &reused) || p != nil {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	if diff := cmp.Diff(before, dump(t, spy.Store)); diff != "" {
		t.Error(diff)
	}
}

func (on suite) testKeysOfDifferentPlansDoNotClash(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	a, b := create(t, s, contentOf("a", 1, 1, "")), create(t, s, contentOf("b", 1, 1, ""))
	command(t, s, a.ID(), releaseplan.Command{Action: releaseplan.Execute, Key: "k"})
	if got := command(t, s, b.ID(), releaseplan.Command{Action: releaseplan.Cancel, Key: "k"}); got.ID() != b.ID() || got.State() != releaseplan.Canceled {
		t.Errorf("%s is %s", got.Name(), got.State())
	}
}

func (on suite) testRefusedCommandsAreNotRemembered(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	p := executed(t, s, contentOf("release", 1, 1, ""))
	c := releaseplan.Command{Action: releaseplan.Resume, Key: "k"}
	if _, err := s.Do(t.Context(), p.ID(), c, ann); !errors.Is(err, penstock.ErrRefused) {
		t.Fatalf("error is %v", err)
	}
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Pause})
	if got := command(t, s, p.ID(), c); got.State() != releaseplan.Running {
		t.Errorf("the plan is %s", got.State())
	}
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Pause})
	if got := command(t, s, p.ID(), c); got.State() != releaseplan.Running {
		t.Errorf("the first answer is a plan that is %s", got.State())
	}
	got, err := s.Get(t.Context(), p.ID(), ann)
	if must(t, got, err).State() != releaseplan.Paused {
		t.Errorf("the key had its effect twice")
	}
}

// Who lost an answer, unknown outcome included, sends the command again with its
// key: it has its effect once.
func (on suite) testLostAnswerAndRetryHaveTheirEffectOnce(t *testing.T) {
	for _, stored := range []bool{false, true} {
		spy, s, p := on.faulty(t, "Do", true)
		spy.told(func(c spyCall) (f spyFault) {
			if f.before = errCLost; stored && c.method == "Commit" {
				f.before, f.after = nil, errCLost
			}
			if c.method == "Get" {
				f.before = nil
			}
			return f
		})
		c := releaseplan.Command{Action: releaseplan.Comment, Remark: "once", Key: "k"}
		if _, err := s.Do(t.Context(), p.ID(), c, ann); !errors.Is(err, errCLost) {
			t.Fatalf("error is %v", err)
		}
		spy.told(nil)
		for range 3 {
			command(t, s, p.ID(), c)
		}
		trail, err := s.History(t.Context(), p.ID(), p.Status().Changes, 0, ann)
		if n := len(must(t, trail, err)); n != 1 {
			t.Errorf("stored: %v: %d comments", stored, n)
		}
	}
}

// The same command, sent twice at once through two processes, is one, an edit too.
func (on suite) testSameKeyAtOnce(t *testing.T) {
	for name := range keyed(create(t, on.service(t, releaseplan.Config{}), contentOf("x", 2, 3, ""))) {
		spy, s, p := on.faulty(t, "Edit", true)
		other := on.service(t, releaseplan.Config{Store: spy.Store})
		var first *releaseplan.Plan
		spy.told(func(c spyCall) (f spyFault) {
			if c.method == "Commit" && c.n == 1 {
				f.run = func() { first = command(t, other, p.ID(), keyed(p)[name]) }
			}
			return f
		})
		got, err := s.Do(t.Context(), p.ID(), keyed(p)[name], ann)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(exported(t, first), exported(t, got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// An answer is shown to nobody who may not see it any more.
func (on suite) testFirstAnswerAsksTheAuthorizerAgain(t *testing.T) {
	authority := &authority{}
	st := on.open(t)
	s := on.service(t, releaseplan.Config{Store: st, Authorizer: authority.ask})
	p := executed(t, s, contentOf("release", 1, 1, ""))
	c := releaseplan.Command{Action: releaseplan.Pause, Key: "k"}
	command(t, s, p.ID(), c)
	authority.asked, authority.answer = nil, &penstock.ForbiddenError{Right: penstock.Execute, On: p.Resource()}
	if got, err := s.Do(t.Context(), p.ID(), c, ann); !errors.Is(err, penstock.ErrForbidden) || got != nil {
		t.Errorf("shown %v, error is %v", got, err)
	}
	if diff := cmp.Diff([]question{{"ann", penstock.Execute, p.Resource()}}, authority.asked); diff != "" {
		t.Error(diff)
	}
}
