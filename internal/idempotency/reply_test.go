package idempotency_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// A reply is told to who asked, while every right that it took is still there.
func TestReplies(t *testing.T) {
	b := newBench(t, 0)
	ann := penstock.Actor{ID: "ann"}
	lost := make(map[string]bool) // ids of what ann may not see any more
	ask := func(_ context.Context, c idempotency.Concern, by penstock.Actor) error {
		if lost[c.On.ID] || by.ID != ann.ID {
			return &penstock.ForbiddenError{Right: c.Right, On: c.On}
		}
		return nil
	}
	plans := idempotency.NewReplies(b.keys, "plan", ask)
	both := plans.And(idempotency.NewReplies(b.keys, "workflow", ask))
	want := &idempotency.Reply{Status: 201, Header: map[string][]string{"Content-Type": {"text/plain"}}, Body: []byte("\x00bytes"), About: []idempotency.Concern{
		{Right: penstock.Read, On: penstock.Resource{Kind: "plan", ID: "p"}}, {Right: penstock.Execute, On: penstock.Resource{Kind: "workflow", ID: "w"}}}}
	slot, none, err := both.Find(t.Context(), "k", "request", ann)
	if none != nil || err != nil {
		t.Fatalf("found %v, %v", none, err)
	}
	if faster, err := both.Keep(t.Context(), slot, want); faster || err != nil {
		t.Fatal(faster, err)
	}
	if faster, err := both.Keep(t.Context(), slot, want); !faster || err != nil {
		t.Errorf("kept twice: %v, %v", faster, err)
	}
	find := func(r *idempotency.Replies, asked string, by penstock.Actor) (*idempotency.Reply, error) {
		_, reply, err := r.Find(t.Context(), "k", asked, by)
		return reply, err
	}
	got, err := find(both, "request", ann)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if got, err := find(both, "request", penstock.Actor{ID: "bob"}); got != nil || err != nil {
		t.Errorf("bob is told %v, %v", got, err)
	}
	if got, err := find(both, "another", ann); got != nil || !errors.Is(err, penstock.ErrExists) {
		t.Errorf("another request: %v, %v", got, err)
	}
	for _, id := range []string{"p", "w"} {
		lost[id] = true
		if got, err := find(both, "request", ann); got != nil || !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("who has lost the right on %s: %v, %v", id, got, err)
		}
		delete(lost, id)
	}
	if got, err := find(plans, "request", ann); got != nil || !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("where nobody can be asked: %v, %v", got, err)
	}
	b.now = noon.Add(idempotency.DefaultKeep)
	if got, err := find(both, "request", ann); got != nil || err != nil {
		t.Errorf("once it has expired: %v, %v", got, err)
	}
}
