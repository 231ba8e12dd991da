package servicetest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

func (on suite) testPruneRemovesTrailsOfOldArchivedPlans(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	old, open := w.archived(3), w.create("open")
	w.notice(old, 1)
	w.notice(old, 5)
	w.notice(open, 1)
	w.pass(time.Hour)
	bound := w.now
	onTheBound := w.archived(0)
	w.pass(time.Hour)
	young := w.archived(1)
	before := w.trail(old, 1, 5)
	w.pruneBefore(bound, releaseplan.Pruned{Plans: 1, Events: 7})
	w.left(prunePlan(old), 6, 5)
	w.left(outbox.NoticeSubject(prunePlan(old)), 6, 5)
	w.left(outbox.NoticeSubject(prunePlan(open)), 1, 1)
	w.trail(old, 6, 5)
	w.trail(open, 1, 1)
	w.trail(onTheBound, 1, 2)
	w.trail(young, 1, 3)
	want := releaseplan.Anchor{Seq: 5, Hash: before[4].Hash, At: noon, Pruned: releaseplan.Stamp{
		By: penstock.Party{Type: penstock.User, ID: "clerk", Name: "Clerk"}, At: w.now}}
	if diff := cmp.Diff(want, w.anchor(old)); diff != "" {
		t.Errorf("anchor (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(releaseplan.Anchor{}, w.anchor(young)); diff != "" {
		t.Errorf("anchor of a whole trail: %s", diff)
	}
	version, prunes := w.record(prunePlan(old)).Version, w.store.prunes
	w.pruneBefore(bound, releaseplan.Pruned{})
	if w.record(prunePlan(old)).Version != version || w.store.prunes != prunes {
		t.Error("pruning again wrote something")
	}
}

// The chain goes on behind the anchor, and the plan is what it was.
func (on suite) testPrunedPlanGoesOn(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(2)
	doc, err := w.plans.Export(t.Context(), id, ann)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{Plans: 1, Events: 4})
	for _, plans := range []*releaseplan.Service{w.plans, releaseplan.New(releaseplan.Config{Store: w.store})} {
		after, err := plans.Export(t.Context(), id, ann)
		if diff := cmp.Diff(string(doc), string(after)); diff != "" || err != nil {
			t.Errorf("the plan changed: %v %s", err, diff)
		}
	}
	w.comment(id)
	w.do(id, releaseplan.Command{Action: releaseplan.Unarchive})
	w.do(id, releaseplan.Command{Action: releaseplan.Execute})
	n := w.do(id, releaseplan.Command{Action: releaseplan.Cancel}).Status().Changes
	w.trail(id, 5, n)
	if _, err := w.plans.Duplicate(t.Context(), id, releaseplan.Copy{}, ann); err != nil {
		t.Errorf("Duplicate: %v", err)
	}
	if doc, err = w.plans.Export(t.Context(), id, ann); err != nil {
		t.Fatal(err)
	}
	if _, err := w.plans.Import(t.Context(), doc, ann); err != nil {
		t.Errorf("Import: %v", err)
	}
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{}) // it is no longer archived
	w.do(id, releaseplan.Command{Action: releaseplan.Archive})
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{Plans: 1, Events: n - 3})
	w.trail(id, n+2, n+1)
	if err := w.plans.Delete(t.Context(), id, ann); err != nil {
		t.Errorf("Delete: %v", err)
	}
	w.left(prunePlan(id), n+2, n+2)
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{})
}

func (on suite) testPruneSparesWhatIsYounger(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(1)
	w.pass(time.Hour)
	bound := w.now
	w.comment(id)
	w.pass(time.Hour)
	w.comment(id)
	w.pass(time.Hour)
	w.pruneBefore(bound, releaseplan.Pruned{Plans: 1, Events: 3})
	w.left(prunePlan(id), 4, 5)
	w.trail(id, 4, 5)
	w.pruneBefore(bound.Add(time.Microsecond), releaseplan.Pruned{Plans: 1, Events: 1})
	w.trail(id, 5, 5)
}

// What counts is when a plan was archived: one that was open for long keeps all of its trail.
func (on suite) testPruneSparesWhatWasArchivedLately(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.create("plan")
	w.pass(time.Hour)
	bound := w.now
	w.do(id, releaseplan.Command{Action: releaseplan.Archive})
	w.pass(time.Hour)
	w.pruneBefore(bound, releaseplan.Pruned{})
	w.trail(id, 1, 2)
}

// Nothing of the last minute goes: who lost an answer looks for his entry.
func (on suite) testPruneSparesTheLastMinute(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(0)
	w.pass(time.Minute)
	w.pruneBefore(w.now.Add(time.Hour), releaseplan.Pruned{})
	w.trail(id, 1, 2)
	w.pass(time.Microsecond)
	w.pruneBefore(w.now.Add(time.Hour), releaseplan.Pruned{Plans: 1, Events: 2})
}

// What a reader has still to read stays, in History too.
func (on suite) testPruneWaitsForReaders(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	w.reader(0)
	id := w.archived(2)
	w.notice(id, 2) // position 5
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{Held: 1})
	w.trail(id, 1, 4)
	w.reader(3)
	w.prune(releaseplan.Pruned{Plans: 1, Events: 3, Held: 1})
	w.trail(id, 4, 4)
	w.left(outbox.NoticeSubject(prunePlan(id)), 2, 2)
	w.reader(4)
	w.prune(releaseplan.Pruned{Plans: 1, Events: 1, Held: 1})
	w.trail(id, 5, 4)
	w.prune(releaseplan.Pruned{Held: 1})
	w.reader(5)
	w.prune(releaseplan.Pruned{Plans: 1, Events: 1})
	w.left(outbox.NoticeSubject(prunePlan(id)), 3, 2)
}

// A reader that comes when the anchor is stored already keeps the events, though
// History no longer shows them.
func (on suite) testPruneSparesForALateReader(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(2)
	w.pass(time.Hour)
	w.store.pruning = func(store.Key) error { w.reader(2); return nil }
	w.prune(releaseplan.Pruned{Plans: 1, Events: 2, Held: 1})
	w.store.pruning = nil
	w.left(prunePlan(id), 3, 4)
	w.trail(id, 5, 4)
	w.comment(id)
	w.trail(id, 5, 5)
	w.reader(9)
	w.pruneBefore(noon.Add(time.Minute), releaseplan.Pruned{Plans: 1, Events: 2})
	w.left(prunePlan(id), 5, 5)
}

func (on suite) testInterruptedPruneIsCompletedByTheNext(t *testing.T) {
	lost := errors.New("connection reset")
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(2)
	w.do(id, releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: "k"})
	w.notice(id, 2)
	w.pass(time.Hour)
	fail := func() {
		t.Helper()
		if got, err := w.plans.Prune(t.Context(), w.now, clerk); !errors.Is(err, lost) || got.Plans > 1 {
			t.Fatalf("Prune = %+v, %v", got, err)
		}
	}
	w.store.committing = func([]store.Op) error { return lost }
	fail()
	w.trail(id, 1, 5)
	w.store.committing = nil
	w.store.pruning = func(store.Key) error { return lost }
	fail()
	w.trail(id, 6, 5)
	w.left(prunePlan(id), 1, 5)
	w.store.pruning = func(subject store.Key) error {
		if subject.Kind == outbox.KindNotice {
			return lost
		}
		return nil
	}
	fail()
	w.left(prunePlan(id), 6, 5)
	w.store.pruning = nil
	w.prune(releaseplan.Pruned{Plans: 1, Events: 1})
	w.left(outbox.NoticeSubject(prunePlan(id)), 3, 2)
}

// The answer to the commit of the anchor may get lost too.
func (on suite) testPruneWhoseAnswerWasLost(t *testing.T) {
	lost := errors.New("connection reset")
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(0)
	w.pass(time.Hour)
	w.store.committing = func(ops []store.Op) error {
		w.commit(ops...)
		return lost
	}
	if _, err := w.plans.Prune(t.Context(), w.now, clerk); !errors.Is(err, lost) {
		t.Errorf("Prune = %v", err)
	}
	w.store.committing = nil
	w.prune(releaseplan.Pruned{Plans: 1, Events: 2})
	w.trail(id, 3, 2)
}

// Others that commit the plan meanwhile come first.
func (on suite) testPruneGivesWay(t *testing.T) {
	for name, test := range map[string]struct {
		c    releaseplan.Command
		want releaseplan.Pruned
		from int64
	}{
		"comment":   {releaseplan.Command{Action: releaseplan.Comment, Remark: "wait"}, releaseplan.Pruned{Plans: 1, Events: 2}, 3},
		"unarchive": {releaseplan.Command{Action: releaseplan.Unarchive}, releaseplan.Pruned{}, 1},
		"delete":    {releaseplan.Command{Action: releaseplan.Delete}, releaseplan.Pruned{}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := on.pruneWorld(t, releaseplan.Config{})
			id := w.archived(0)
			w.pass(time.Hour)
			other := releaseplan.New(releaseplan.Config{Store: w.store.Store, Now: func() time.Time { return w.now }})
			w.store.committing = func([]store.Op) error {
				w.store.committing = nil
				_, err := other.Do(t.Context(), id, test.c, ann)
				return err
			}
			w.prune(test.want)
			w.left(prunePlan(id), test.from, 3)
		})
	}
}

// Two that prune at once remove everything once.
func (on suite) testPruneTwiceAtOnce(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(300)
	w.pass(time.Hour)
	w.comment(id) // is too young
	other := releaseplan.New(releaseplan.Config{Store: w.store.Store, Now: func() time.Time { return w.now }})
	w.store.reading = func(q store.EventQuery) error {
		if q.After < 100 {
			return nil
		}
		w.store.reading = nil
		got, err := other.Prune(t.Context(), w.now, clerk)
		if got.Events != 302 {
			t.Errorf("the other one removed %d events", got.Events)
		}
		return err
	}
	w.prune(releaseplan.Pruned{})
	w.trail(id, 303, 303)
}

func (on suite) testPruneTakesTheRightToDelete(t *testing.T) {
	forbidden := map[string]error{}
	var asked []penstock.Resource
	w := on.pruneWorld(t, releaseplan.Config{Authorizer: func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if who.ID == "clerk" {
			asked = append(asked, on)
			if right != penstock.Delete {
				t.Errorf("asked for %s", right)
			}
			return forbidden[on.ID]
		}
		return nil
	}})
	a, b := w.archived(0), w.archived(0)
	w.pass(time.Hour)
	forbidden[a] = &penstock.ForbiddenError{Right: penstock.Delete}
	w.prune(releaseplan.Pruned{Plans: 1, Events: 2, Forbidden: 1})
	want := []penstock.Resource{{Kind: "plan", ID: a, Name: "plan"}, {Kind: "plan", ID: b, Name: "plan"}}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	w.trail(a, 1, 2)
	forbidden[a] = errors.New("no answer")
	if _, err := w.plans.Prune(t.Context(), w.now, clerk); !errors.Is(err, forbidden[a]) {
		t.Errorf("Prune = %v", err)
	}
	forbidden[a] = nil
	got, err := w.plans.Prune(t.Context(), w.now, penstock.Actor{ID: "bob"}) // owns nothing
	if want := (releaseplan.Pruned{Forbidden: 2}); err != nil || got != want {
		t.Errorf("Prune = %+v, %v, want %+v", got, err, want)
	}
	if _, err := w.plans.Prune(t.Context(), w.now, penstock.System()); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("Prune by the library = %v", err)
	}
	got, err = w.plans.Prune(t.Context(), w.now, ann) // owns them
	if want := (releaseplan.Pruned{Plans: 1, Events: 2}); err != nil || got != want {
		t.Errorf("Prune = %+v, %v, want %+v", got, err, want)
	}
}

func (on suite) testPruneIsRefused(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(0)
	w.pass(time.Hour)
	_, err := w.plans.Prune(t.Context(), time.Time{}, clerk)
	if faults := penstock.Faults(err); len(faults) != 1 || faults[0].Field != "before" || !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("Prune before no time = %v", err)
	}
	plain := releaseplan.New(releaseplan.Config{Store: struct{ store.Store }{w.store}})
	if _, err := plain.Prune(t.Context(), w.now, clerk); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Prune in a store that cannot = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.plans.Prune(ctx, w.now, clerk); !errors.Is(err, context.Canceled) {
		t.Errorf("Prune = %v", err)
	}
	w.trail(id, 1, 2)
}

func (on suite) testPruneKeepsTheSeal(t *testing.T) {
	mac := func(event []byte) []byte {
		h := hmac.New(sha256.New, []byte("the host's"))
		h.Write(event)
		return h.Sum(nil)
	}
	w := on.pruneWorld(t, releaseplan.Config{Seal: on.sealed(mac)})
	id := w.archived(0)
	events, err := w.store.Events(t.Context(), store.EventQuery{Subject: prunePlan(id), After: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{Plans: 1, Events: 2})
	if got, want := w.anchor(id).Hash, hex.EncodeToString(mac(events[0].Body)); got != want {
		t.Errorf("the anchor's hash is %s, want %s", got, want)
	}
	w.comment(id)
	w.trail(id, 3, 3)
}
