package runtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

func (on suite) testRacesForOneName(t *testing.T) {
	for name, create := range map[string]func(s *workflow.Service, i int) error{
		"a key": func(s *workflow.Service, i int) error {
			_, err := s.Definitions().Create(t.Context(), like(plainDefinition("key"), func(d *workflow.Definition) { d.Name = fmt.Sprint(i) }), ann)
			return err
		},
		"a name for people": func(s *workflow.Service, i int) error {
			_, err := s.Definitions().Create(t.Context(), like(plainDefinition(fmt.Sprint("key", i)), func(d *workflow.Definition) { d.Name = "one" }), ann)
			return err
		},
		"a view": func(s *workflow.Service, _ int) error {
			_, err := s.Views().Create(t.Context(), workflow.View{Project: "shop", Name: "mine"}, ann)
			return err
		},
		"an approval id": func(s *workflow.Service, _ int) error {
			_, err := s.Tickets().Create(t.Context(), openTicket("OA-1"), ann)
			return err
		},
	} {
		for range 5 {
			s := on.shelf(t, workflow.Config{})
			if n := s.race(create, penstock.ErrExists); n != 1 {
				t.Errorf("%d have %s", n, name)
			}
			equal(t, "events of "+name, s.events(), 1)
		}
	}
}

func (on suite) testRacesOfUpdates(t *testing.T) {
	for range 5 {
		s := on.shelf(t, workflow.Config{})
		s.define(new(plainDefinition("one")))
		if _, err := s.Views().Create(t.Context(), workflow.View{Project: "shop", Name: "mine"}, ann); err != nil {
			t.Fatal(err)
		}
		if n := s.race(func(on *workflow.Service, i int) error {
			_, err := on.Definitions().Update(t.Context(), "one", 1, func(d *workflow.Definition) error { d.Description = fmt.Sprint(i); return nil }, ann)
			return err
		}, penstock.ErrConflict); n != 1 {
			t.Errorf("%d updates of a definition", n)
		}
		if n := s.race(func(on *workflow.Service, _ int) error {
			_, err := on.Views().Update(t.Context(), "shop", "mine", 1, func(v *workflow.View) error { v.Enable("one", true); return nil }, ann)
			return err
		}, penstock.ErrConflict); n != 1 {
			t.Errorf("%d updates of a view", n)
		}
		if n := s.race(func(on *workflow.Service, _ int) error { return on.Definitions().Delete(t.Context(), "one", 0, ann) }, penstock.ErrNotFound); n != 1 {
			t.Errorf("%d deletes", n)
		}
		got, err := s.Views().Get(t.Context(), "shop", "mine", ann)
		if err != nil || got.Version != 2 || len(got.Value.Workflows) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// everyWrite are writes that do something, in this order.
func everyWrite(t *testing.T, s *workflow.Service) []func() error {
	return []func() error{
		func() error {
			_, err := s.Definitions().Create(t.Context(), secretDefinition(), ann)
			return err
		},
		func() error {
			_, err := s.Definitions().Update(t.Context(), "vault", 1, func(d *workflow.Definition) error { d.Name = "new"; return nil }, ann)
			return err
		},
		func() error {
			_, err := s.Views().Create(t.Context(), workflow.View{Project: "shop", Name: "mine"}, ann)
			return err
		},
		func() error {
			_, err := s.Views().Update(t.Context(), "shop", "mine", 1, func(v *workflow.View) error { v.Enable("vault", true); return nil }, ann)
			return err
		},
		func() error { _, err := s.Tickets().Create(t.Context(), openTicket("OA-1"), ann); return err },
		func() error { _, err := s.Tickets().SetStatus(t.Context(), "OA-1", 0, ann); return err },
		func() error { return s.Views().Delete(t.Context(), "shop", "mine", 2, ann) },
		func() error { return s.Definitions().Delete(t.Context(), "vault", 2, ann) },
	}
}

func (on suite) testAnUnknownOutcomeIsFoundOut(t *testing.T) {
	lost := errors.New("connection lost")
	plain := on.shelf(t, workflow.Config{})
	l := &lossyStore{Store: plain.store}
	s := on.shelf(t, workflow.Config{Store: l})
	for i, write := range everyWrite(t, s.Service) {
		before := plain.events()
		l.before = func([]store.Op) error { return lost } // it was not committed
		isKind(t, write(), lost)
		equal(t, fmt.Sprint(i, " wrote nothing"), plain.events(), before)
		l.before, l.after = nil, func() error { return lost } // it was
		if err := write(); err != nil {
			t.Errorf("write %d: %v", i, err)
		}
		equal(t, fmt.Sprint(i, " wrote once"), plain.events(), before+1)
		l.after = nil
	}
}

// Who writes next does not hide that a write was committed.
func (on suite) testAnUnknownOutcomeIsFoundOutAlsoAfterOthersWrote(t *testing.T) {
	plain := on.shelf(t, workflow.Config{})
	plain.define(new(plainDefinition("one")))
	l := &lossyStore{Store: plain.store}
	s := on.shelf(t, workflow.Config{Store: l})
	l.after = func() error {
		plain.update("one", func(d *workflow.Definition) { d.Description += " and later" })
		return errors.New("connection lost")
	}
	got := s.update("one", func(d *workflow.Definition) { d.Description = "mine" })
	equal(t, "version", got.Version, int64(2))
	l.after = nil
	l.before = func([]store.Op) error { // another one's write, and mine is not
		plain.update("one", func(d *workflow.Definition) { d.Description += " again" })
		return errors.New("connection lost")
	}
	_, err := s.Definitions().Update(t.Context(), "one", 0, func(d *workflow.Definition) error { d.Description = "x"; return nil }, ann)
	if err == nil || !strings.Contains(err.Error(), "connection lost") {
		t.Errorf("got %v", err)
	}
}

func (on suite) testWritesThatOthersOvertakeAreDecidedAgain(t *testing.T) {
	plain := on.shelf(t, workflow.Config{})
	ticket, err := plain.Tickets().Create(t.Context(), openTicket("OA-1"), ann)
	if err != nil {
		t.Fatal(err)
	}
	l := &lossyStore{Store: plain.store}
	s := on.shelf(t, workflow.Config{Store: l})
	tries := 0
	overtaken := func([]store.Op) error {
		tries++
		return &store.OpError{Key: store.Key{Kind: "workflow.ticket", ID: ticket.Value.ID}, Err: penstock.ErrConflict}
	}
	l.before = overtaken
	_, err = s.Tickets().SetStatus(t.Context(), "OA-1", 0, ann)
	isKind(t, err, penstock.ErrConflict)
	equal(t, "tries", tries, 10)
	l.before = func(ops []store.Op) error {
		if tries--; tries > 0 {
			return overtaken(ops)
		}
		return nil
	}
	tries = 1
	if _, err := s.Tickets().SetStatus(t.Context(), "OA-1", 0, ann); err != nil {
		t.Error(err)
	}
}

// Whatever read fails, the error comes out, and nothing else happens.
func (on suite) testReadsThatFailAreToldOf(t *testing.T) {
	down := errors.New("store is down")
	plain := on.shelf(t, workflow.Config{})
	l := &lossyStore{Store: plain.store}
	s := on.shelf(t, workflow.Config{Store: l})
	calls := slices.Concat(everyWrite(t, s.Service)[:6], []func() error{
		func() error { _, err := s.Definitions().Get(t.Context(), "vault", ann); return err },
		func() error {
			_, err := s.Definitions().Versions(t.Context(), "vault", penstock.Page{}, ann)
			return err
		},
		func() error { _, err := s.Definitions().History(t.Context(), "vault", 0, 0, ann); return err },
		func() error {
			_, err := s.Definitions().List(t.Context(), workflow.WorkflowFilter{Project: "shop", View: "mine"}, ann)
			return err
		},
		func() error { _, err := s.Views().Get(t.Context(), "shop", "mine", ann); return err },
		func() error { _, err := s.Views().List(t.Context(), "shop", penstock.Page{}, ann); return err },
		func() error { _, err := s.Views().History(t.Context(), "shop", "mine", 0, 0, ann); return err },
		func() error { _, err := s.Tickets().Get(t.Context(), "OA-1", ann); return err },
		func() error { _, err := s.Tickets().History(t.Context(), "OA-1", 0, 0, ann); return err },
	}, everyWrite(t, s.Service)[6:])
	for i, call := range calls {
		for n := 1; ; n++ { // the nth read of the call fails
			reads, before := 0, plain.events()
			l.get = func([]store.Key) error {
				if reads++; reads == n {
					return down
				}
				return nil
			}
			err := call()
			l.get = nil
			if reads < n {
				if err != nil {
					t.Errorf("call %d: %v", i, err)
				}
				break
			}
			if !errors.Is(err, down) || plain.events() != before {
				t.Fatalf("call %d, read %d: %v, %d events more", i, n, err, plain.events()-before)
			}
		}
	}
}
