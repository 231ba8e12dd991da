package servicetest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

func (on suite) testHistoryOfAPrunedPlanBeginsBehindTheAnchor(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(4)
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{Plans: 1, Events: 6})
	for range 3 {
		w.comment(id)
	}
	for _, c := range []struct {
		after int64
		limit int
		want  []int64
	}{
		{0, 0, []int64{7, 8, 9}}, {3, 0, []int64{7, 8, 9}}, {6, 0, []int64{7, 8, 9}},
		{0, 2, []int64{7, 8}}, {7, 0, []int64{8, 9}}, {8, 5, []int64{9}}, {9, 0, nil}, {99, 0, nil},
	} {
		entries, err := w.plans.History(t.Context(), id, c.after, c.limit, ann)
		var got []int64
		for _, e := range entries {
			got = append(got, e.Seq)
		}
		if !slices.Equal(got, c.want) || err != nil {
			t.Errorf("History after %d, limit %d: %v, %v, want %v", c.after, c.limit, got, err, c.want)
		}
	}
	if _, err := w.plans.History(t.Context(), id, -1, 0, ann); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("History after -1: %v", err)
	}
}

// Who follows a pruned plan that is over gets what is left, and the end.
func (on suite) testFollowOfAPrunedPlanEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := on.pruneWorld(t, releaseplan.Config{})
		id := w.create("plan")
		w.do(id, releaseplan.Command{Action: releaseplan.Cancel})
		n := w.do(id, releaseplan.Command{Action: releaseplan.Archive}).Status().Changes
		w.pass(time.Hour)
		w.prune(releaseplan.Pruned{Plans: 1, Events: n})
		w.comment(id)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		for _, after := range []int64{0, 1, n} {
			var got []int64
			for e, err := range w.plans.FollowAfter(ctx, id, after, ann) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, e.Seq)
			}
			if !slices.Equal(got, []int64{n + 1}) {
				t.Errorf("after %d come %v, want %d", after, got, n+1)
			}
		}
	})
}

// A plan that is pruned between the look at its header and at its events has no
// broken trail, whether or not something is left of it.
func (on suite) testTrailIsPrunedWhileItIsRead(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(3)
	w.pass(time.Hour)
	other := releaseplan.New(releaseplan.Config{Store: w.store.Store, Now: func() time.Time { return w.now }})
	w.store.reading = func(store.EventQuery) error {
		w.store.reading = nil
		_, err := other.Prune(t.Context(), w.now, clerk)
		return err
	}
	meanwhile := w.store.reading
	entries, err := w.plans.History(t.Context(), id, 2, 0, ann)
	if err != nil || len(entries) != 0 {
		t.Errorf("History = %v, %v", entries, err)
	}
	for range 2 {
		w.comment(id)
		w.pass(time.Hour)
	}
	w.comment(id)
	w.store.reading = meanwhile
	entries, err = w.plans.History(t.Context(), id, 6, 0, ann)
	if err != nil || len(entries) != 1 || entries[0].Seq != 8 {
		t.Errorf("History = %v, %v", entries, err)
	}
}

// A trail that is no chain is an error of who reads it, and is not pruned: that
// would cover it up.
func (on suite) testBrokenTrails(t *testing.T) {
	changed := func(seq int64, change func(*store.Event)) func([]store.Event) []store.Event {
		return func(events []store.Event) []store.Event {
			for i := range events {
				if events[i].Seq == seq {
					change(&events[i])
				}
			}
			return events
		}
	}
	without := func(seq ...int64) func([]store.Event) []store.Event {
		return func(events []store.Event) []store.Event {
			return slices.DeleteFunc(events, func(e store.Event) bool { return slices.Contains(seq, e.Seq) })
		}
	}
	for name, forge := range map[string]func([]store.Event) []store.Event{
		"an entry that was changed":  changed(5, func(e *store.Event) { e.Body = bytes.Replace(e.Body, []byte("more"), []byte("less"), 1) }),
		"an entry with another hash": changed(4, func(e *store.Event) { e.Body = bytes.Replace(e.Body, []byte(`"prev":"`), []byte(`"prev":"0`), 1) }),
		"an entry of another number": changed(6, func(e *store.Event) { e.Body = bytes.Replace(e.Body, []byte(`"seq":6`), []byte(`"seq":7`), 1) }),
		"an entry that is no JSON":   changed(6, func(e *store.Event) { e.Body = []byte("{") }),
		"a last entry that changed":  changed(6, func(e *store.Event) { e.Body = bytes.Replace(e.Body, []byte("more"), []byte("less"), 1) }),
		"a beginning that is gone":   without(4),
		"a hole":                     without(5),
		"an end that is gone":        without(6),
		"nothing":                    without(4, 5, 6),
	} {
		t.Run(name, func(t *testing.T) {
			w := on.pruneWorld(t, releaseplan.Config{})
			id := w.archived(1)
			w.pass(time.Hour)
			w.prune(releaseplan.Pruned{Plans: 1, Events: 3})
			for range 3 {
				w.comment(id)
			}
			w.pass(time.Hour)
			sound := w.archived(0)
			w.pass(time.Hour)
			forged := &pruneForger{pruneStore: w.store, subject: prunePlan(id), forge: forge}
			plans := releaseplan.New(releaseplan.Config{Store: forged, Now: func() time.Time { return w.now }})
			_, err := plans.History(t.Context(), id, 0, 0, ann)
			if err == nil || !strings.Contains(err.Error(), id) || errors.Is(err, penstock.ErrInvalid) {
				t.Errorf("History = %v", err)
			}
			if name == "a hole" { // right behind what the caller has seen
				if _, err := plans.History(t.Context(), id, 4, 0, ann); err == nil {
					t.Error("History does not notice")
				}
			}
			got, err := plans.Prune(t.Context(), w.now, clerk)
			if want := (releaseplan.Pruned{Plans: 1, Events: 2}); err == nil || !strings.Contains(err.Error(), id) || got != want {
				t.Errorf("Prune = %+v, %v, want %+v and an error", got, err, want)
			}
			w.trail(id, 4, 6)
			w.trail(sound, 3, 2)
		})
	}
}

// A pruneForger shows a subject's events as somebody changed them.
type pruneForger struct {
	*pruneStore
	subject store.Key
	forge   func([]store.Event) []store.Event
}

func (f *pruneForger) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	events, err := f.pruneStore.Events(ctx, q)
	if q.Subject == f.subject {
		events = f.forge(events)
	}
	return events, err
}

// An anchor that cannot be one is a plan that cannot be read.
func (on suite) testCorruptAnchorIsAnError(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(0)
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{Plans: 1, Events: 2})
	sound := w.record(prunePlan(id))
	for _, anchor := range []string{`{"seq":3,"hash":"00"}`, `{"seq":-1,"hash":"00"}`, `{"seq":1,"hash":"xy"}`, `{"seq":1}`, `{}`, `7`} {
		at := bytes.Index(sound.Body, []byte(`"anchor":{`))
		op := store.Op{Record: w.record(prunePlan(id))}
		op.Body = append(bytes.Clone(sound.Body[:at]), `"anchor":`+anchor+`}`...)
		w.commit(op)
		if _, err := w.plans.Get(t.Context(), id, ann); err == nil || !strings.Contains(err.Error(), "header") {
			t.Errorf("%s: %v", anchor, err)
		}
	}
}

// The keys of commands that were pruned are forgotten. One that is younger is not
// carried out again, and gets the first answer.
func (on suite) testKeysOfAPrunedPlan(t *testing.T) {
	denied := errors.New("denied")
	var deny error
	w := on.pruneWorld(t, releaseplan.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, _ penstock.Resource) error {
		if right == penstock.Edit || right == penstock.Execute || right == penstock.Read {
			return deny
		}
		return nil
	}})
	say := func(key string) releaseplan.Command {
		return releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: key}
	}
	other := w.create("another plan")
	w.do(other, say("old"))
	id := w.create("plan")
	w.do(id, say("old"))
	w.do(id, say("older"))
	w.do(id, releaseplan.Command{Action: releaseplan.Archive})
	w.pass(time.Hour)
	bound := w.now
	w.do(id, say("young"))
	latest := w.do(id, say("latest"))
	w.pass(time.Hour)
	w.pruneBefore(bound, releaseplan.Pruned{Plans: 1, Events: 4, Keys: 2})
	if got := w.do(id, say("latest")); got.Status().Changes != latest.Status().Changes {
		t.Errorf("the answer is the plan after change %d, not %d", got.Status().Changes, latest.Status().Changes)
	}
	again := func(c releaseplan.Command, pruned bool, kind error) {
		t.Helper()
		p, err := w.plans.Do(t.Context(), id, c, ann)
		if p != nil || !errors.Is(err, kind) || errors.Is(err, releaseplan.ErrPruned) != pruned {
			t.Errorf("the answer is %v, %v", p, err)
		}
	}
	if got := w.do(id, say("young")); got.Status().Changes != latest.Status().Changes-1 {
		t.Errorf("the answer is the plan after change %d, not %d", got.Status().Changes, latest.Status().Changes-1)
	}
	again(releaseplan.Command{Action: releaseplan.Comment, Remark: "ho", Key: "young"}, false, penstock.ErrExists)
	deny = denied
	again(say("young"), false, denied)
	deny = nil
	w.trail(id, 5, 6)
	if got := w.do(id, say("old")); got.Status().Changes != 7 {
		t.Errorf("a command with a key that was forgotten is answered with change %d", got.Status().Changes)
	}
	if got := w.do(other, say("old")); got.Status().Changes != 2 {
		t.Errorf("another plan's key is answered with change %d", got.Status().Changes)
	}
	if err := w.plans.Delete(t.Context(), id, ann); err != nil {
		t.Fatal(err)
	}
	again(say("young"), true, penstock.ErrExists)
	again(say("latest"), true, penstock.ErrExists)
	deny = denied
	again(say("young"), false, denied)
}

// There may be more keys than fit into a commit.
func (on suite) testPruneForgetsManyKeys(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.create("plan")
	const n = store.MaxOps + 5
	for i := range n {
		w.do(id, releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: strings.Repeat("k", i%100+1) + string(rune('a'+i/100))})
	}
	w.do(id, releaseplan.Command{Action: releaseplan.Archive})
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{Plans: 1, Events: n + 2, Keys: n})
	page, err := w.store.Find(t.Context(), store.Query{Kind: "plan.key"})
	if diff := cmp.Diff(0, len(page.Records)); diff != "" || err != nil {
		t.Errorf("keys are left: %s %v", diff, err)
	}
}
