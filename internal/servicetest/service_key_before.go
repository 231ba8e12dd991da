package servicetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// The same Delete, sent at once through two processes, of which the second has not read the plan yet
// when the first removes it, is one.
func (on suite) testSameDeleteOvertakenBeforeItIsRead(t *testing.T) {
	spy, s, p := on.faulty(t, "Do", false)
	other := on.service(t, releaseplan.Config{Store: spy.Store, UniqueNames: true})
	c := releaseplan.Command{Action: releaseplan.Delete, Key: "k"}
	root := penstock.Actor{ID: "root", Admin: true}
	command := func(s *releaseplan.Service, c releaseplan.Command) (*releaseplan.Plan, error) {
		return s.Do(t.Context(), p.ID(), c, root)
	}
	canceled, err := command(other, releaseplan.Command{Action: releaseplan.Cancel})
	must(t, canceled, err)
	var first *releaseplan.Plan
	spy.told(func(call spyCall) (f spyFault) {
		if call.method == "Get" && call.keys[0].Kind == "plan" && first == nil {
			f.run = func() { first, err = command(other, c) }
		}
		return f
	})
	got, gotErr := command(s, c)
	must(t, first, err)
	if diff := cmp.Diff(exported(t, first), exported(t, must(t, got, gotErr))); diff != "" {
		t.Error(diff)
	}
	if _, err := command(s, releaseplan.Command{Action: releaseplan.Delete, Key: "another"}); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("with another key: %v", err)
	}
}

// Before is the plan as the command with the key found it, at the time when that was, for who may read it
// and has used the key; also once the plan is deleted.
func (on suite) testBeforeACommandWithAKey(t *testing.T) {
	authority := &authority{}
	now := noon
	s := on.service(t, releaseplan.Config{Authorizer: authority.ask, Now: func() time.Time { return now }, KeepKeys: time.Hour})
	p := create(t, s, contentOf("release", 1, 1, ""))
	c := releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: "k"}
	nobody := func(when string, c releaseplan.Command, by penstock.Actor, want error) {
		t.Helper()
		if got, err := s.Before(t.Context(), p.ID(), c, by); got != nil || !errors.Is(err, want) {
			t.Errorf("%s: %v, %v", when, got, err)
		}
	}
	found := func(when string) {
		t.Helper()
		got, err := s.Before(t.Context(), p.ID(), c, ann)
		if must(t, got, err) == nil {
			t.Fatalf("%s: not found", when)
		}
		if diff := cmp.Diff(exported(t, p), exported(t, must(t, got, err))); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	nobody("at first", c, ann, nil)
	command(t, s, p.ID(), c)
	found("at once")
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Execute})
	now = now.Add(time.Minute)
	found("after others went on")
	nobody("without a key", releaseplan.Command{Action: releaseplan.Comment, Remark: "hi"}, ann, nil)
	nobody("by another", c, bob, nil)
	nobody("for another command", releaseplan.Command{Action: releaseplan.Execute, Key: "k"}, ann, penstock.ErrExists)
	authority.answer = &penstock.ForbiddenError{Right: penstock.Read, On: p.Resource()}
	authority.asked = nil
	nobody("without the right", c, ann, penstock.ErrForbidden)
	if len(authority.asked) != 1 || authority.asked[0].Right != penstock.Read {
		t.Errorf("asked %v", authority.asked)
	}
	authority.answer = nil
	must(t, 0, s.Delete(t.Context(), p.ID(), penstock.Actor{ID: "root", Admin: true}))
	found("after it was deleted")
	now = noon.Add(time.Hour)
	nobody("once it has expired", c, ann, nil)
}

// A plan that was deleted with a key is found by its number, by who has deleted it.
func (on suite) testBeforeADeleteWithAKey(t *testing.T) {
	now := noon
	s := on.service(t, releaseplan.Config{Now: func() time.Time { return now }, KeepKeys: time.Hour})
	p, other := create(t, s, contentOf("release", 1, 1, "")), create(t, s, contentOf("other", 1, 1, ""))
	c := releaseplan.Command{Action: releaseplan.Delete, Key: "k"}
	before := func(number int64, c releaseplan.Command, by penstock.Actor) (*releaseplan.Plan, error) {
		return s.BeforeNumber(t.Context(), number, c, by)
	}
	nobody := func(when string, number int64, c releaseplan.Command, by penstock.Actor, want error) {
		t.Helper()
		if got, err := before(number, c, by); got != nil || !errors.Is(err, want) {
			t.Errorf("%s: %v, %v", when, got, err)
		}
	}
	nobody("at first", p.Number(), c, ann, nil)
	command(t, s, other.ID(), c)
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: "other"})
	nobody("while it is there", p.Number(), c, ann, nil)
	command(t, s, p.ID(), c)
	got, err := before(p.Number(), c, ann)
	if must(t, got, err) == nil {
		t.Error("it is not found")
	} else if got.ID() != p.ID() || got.Status().Changes != 2 {
		t.Errorf("it is %s after %d changes", got.ID(), got.Status().Changes)
	}
	nobody("without a key", p.Number(), releaseplan.Command{Action: releaseplan.Delete}, ann, nil)
	nobody("with another key", p.Number(), releaseplan.Command{Action: releaseplan.Delete, Key: "x"}, ann, nil)
	nobody("for another command", p.Number(), releaseplan.Command{Action: releaseplan.Execute, Key: "k"}, ann, penstock.ErrExists)
	nobody("by another", p.Number(), c, bob, nil)
	now = now.Add(time.Hour)
	nobody("once it has expired", p.Number(), c, ann, nil)
}

// Whoever uses a key again for other secrets is told, and they are not taken for stored; no record of a key
// holds any.
func (on suite) testKeysTellSecretsApart(t *testing.T) {
	st := on.open(t)
	s := on.service(t, releaseplan.Config{Store: st})
	content := contentOf("release", 1, 1, "")
	content.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush-one"}}
	file := func() (*releaseplan.Plan, error) {
		return s.CreateWith(t.Context(), releaseplan.Creation{Content: content, Key: "k"}, ann)
	}
	p, err := file()
	must(t, p, err)
	content.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush-two"}}
	if got, err := file(); !errors.Is(err, penstock.ErrExists) {
		t.Errorf("another secret: %v, %v", got, err)
	}
	set := func(value string) error {
		_, err := s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.SetVariables, Variables: []releaseplan.Variable{{Name: "token", Value: value}}, Key: "k"}, ann)
		return err
	}
	must(t, 0, set("hush-three"))
	must(t, 0, set("hush-three"))
	if err := set("hush-four"); !errors.Is(err, penstock.ErrExists) {
		t.Errorf("another secret: %v", err)
	}
	noneHolds(t, st, "plan.key", "hush-")
}

// noneHolds fails the test if a record of a kind holds a text.
func noneHolds(t *testing.T, st store.Store, kind, text string) {
	t.Helper()
	page, err := st.Find(t.Context(), store.Query{Kind: kind, Limit: store.MaxLimit})
	if must(t, page, err); len(page.Records) == 0 {
		t.Errorf("there is no %s", kind)
	}
	for _, r := range page.Records {
		if bytes.Contains(r.Body, []byte(text)) {
			t.Errorf("%s holds %q: %s", r.Key, text, r.Body)
		}
	}
}
