package servicetest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A listenerDirectory knows parties by key: true is active. It counts questions.
type listenerDirectory struct {
	penstock.Trust
	active map[string]bool
	asked  map[string]int
	broken error
}

func (d *listenerDirectory) Party(ctx context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	d.asked[p.Key()+p.Name]++
	active, known := d.active[p.Key()]
	switch {
	case d.broken != nil:
		return penstock.PartyInfo{}, d.broken
	case !known:
		return penstock.PartyInfo{}, penstock.ErrNotFound
	}
	info, err := d.Trust.Party(ctx, p)
	info.Active = active
	return info, err
}

func (on suite) testListenersTellWhoHearsNothing(t *testing.T) {
	here, left, sre := penstock.UserParty("ann"), penstock.UserParty("bob"), penstock.GroupParty("sre")
	ghost, gone := penstock.UserParty("ghost"), penstock.GroupParty("gone")
	d := &listenerDirectory{active: map[string]bool{"user:ann": true, "user:bob": false, "group:sre": true}, asked: make(map[string]int)}
	plans := releaseplan.New(releaseplan.Config{Store: on.open(t), Directory: d, Authorizer: func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if who.ID == "eve" {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}})
	c := planOf(manualPhase("deploy"), manualPhase("announce"))
	c.Name = "Checkout 2.4"
	failed := func(to ...penstock.Party) releaseplan.Listener {
		return releaseplan.Listener{Event: releaseplan.EventFailed, Recipients: to}
	}
	c.Listeners = []releaseplan.Listener{failed(here, left, sre), failed()}
	c.Phases[0].Tasks[0].Listeners = []releaseplan.Listener{failed(ghost, here)}
	c.Phases[1].Listeners = []releaseplan.Listener{failed(gone, left)}
	p, err := plans.Create(t.Context(), c, ann)
	if err != nil {
		t.Fatal(err)
	}
	clear(d.asked)

	got, err := plans.Listeners(t.Context(), p.ID(), ann)
	if err != nil {
		t.Fatal(err)
	}
	first, second := p.Content().Phases[0], p.Content().Phases[1]
	want := []releaseplan.ListenerStatus{
		{Listener: failed(here, left, sre), Invalid: []penstock.Party{left}},
		{Listener: failed()},
		{Listener: failed(ghost, here), Phase: first.ID, Task: first.Tasks[0].ID, Invalid: []penstock.Party{ghost}},
		{Listener: failed(gone, left), Phase: second.ID, Invalid: []penstock.Party{gone, left}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("listeners (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"user:ann": 1, "user:bob": 1, "group:sre": 1, "user:ghost": 1, "group:gone": 1}, d.asked); diff != "" {
		t.Errorf("the Directory was asked (-want +got):\n%s", diff)
	}

	d.active["user:bob"], d.active["user:ann"] = true, false // it is asked each time
	got, err = plans.Listeners(t.Context(), p.ID(), ann)
	if err != nil || !cmp.Equal(got[0].Invalid, []penstock.Party{here}) {
		t.Errorf("later: %v, %v", got, err)
	}
	doc, err := json.Marshal(got[3])
	if want := `{"event":"failed","recipients":[{"type":"group","id":"gone"},{"type":"user","id":"bob"}],"phase":"` + second.ID + `","invalid_recipients":[{"type":"group","id":"gone"}]}`; err != nil || string(doc) != want {
		t.Errorf("as JSON: %s, %v", doc, err)
	}

	if _, err := plans.Listeners(t.Context(), p.ID(), penstock.Actor{ID: "eve"}); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("a stranger sees listeners: %v", err)
	}
	if _, err := plans.Listeners(t.Context(), "none", ann); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("no plan: %v", err)
	}
	d.broken = errors.New("no connection")
	if _, err := plans.Listeners(t.Context(), p.ID(), ann); !errors.Is(err, d.broken) {
		t.Errorf("a directory that fails: %v", err)
	}
}
