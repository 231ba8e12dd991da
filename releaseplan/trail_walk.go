package releaseplan

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock/store"
)

// trailPage is how many events are in memory at once while a trail is checked.
const trailPage = 256

// A trailWalk checks the trail of one plan as it is stored, while others may commit the plan
// and prune it.
type trailWalk struct {
	plans *Service
	id    string
	since Checkpoint                 // where to begin; zero: at the beginning
	each  func(e *store.Event) error // takes those that fit; nil: nobody

	check chainCheck
	from  Checkpoint
	read  int64 // the last event that was pushed
	page  int64 // the last event of the page
	known int64 // the last event of the page at which the header was read
	grown bool  // the header was read again at this page, and may tell of more
}

// bounds are the ends of a plan's trail, as its header tells them.
type bounds struct {
	anchor Anchor
	end    chainEnd
}

// bounds reads the ends of a trail, from the store in every case.
func (s *Service) bounds(ctx context.Context, id string) (b bounds, err error) {
	records, err := s.store.Get(ctx, planKey(id))
	if err != nil {
		return b, err
	}
	if records[0].Version == 0 {
		return bounds{end: chainEnd{kind: endDeleted}}, nil
	}
	var h header
	if err := json.Unmarshal(records[0].Body, &h); err != nil || !h.sound() {
		return b, corrupt(id, "header", err)
	}
	if h.Anchor != nil {
		b.anchor = *h.Anchor
	}
	b.end = chainEnd{kind: endHeader, seq: h.Status.Changes, hash: h.Head}
	return b, nil
}

// run checks the whole trail. If the plan is pruned meanwhile it begins again, unless
// somebody took what was before.
func (w *trailWalk) run(ctx context.Context) (Proof, error) {
	for range maxTries {
		again, err := w.try(ctx)
		switch {
		case err != nil:
			return Proof{}, err
		case !again:
			return w.proof(), nil
		case w.each != nil:
			return Proof{}, fmt.Errorf("plan %s, while its trail was read, %w", w.id, ErrPruned)
		}
	}
	return Proof{}, fmt.Errorf("plan %s, each time its trail was read, %w", w.id, ErrPruned)
}

// proof returns what was found to be in order.
func (w *trailWalk) proof() Proof {
	p := Proof{From: w.from, Head: w.check.place(), Entries: w.check.entries, Deleted: w.check.end.kind == endDeleted}
	if w.check.pin.Seq > 0 { // was read too, but is known
		p.From = w.check.pin
		p.Entries--
	}
	return p
}

// try checks the trail once. again says that what it found comes of its pruning.
func (w *trailWalk) try(ctx context.Context) (again bool, err error) {
	b, err := w.plans.bounds(ctx, w.id)
	if err != nil {
		return false, err
	}
	if err := w.begin(&b); err != nil {
		return false, err
	}
	if err := w.pages(ctx); err != nil {
		return false, err
	}
	fault := w.check.finish()
	switch {
	case fault == nil:
		return false, nil
	case w.check.end.kind == endDeleted && w.read == w.from.Seq && w.since.Seq == 0:
		return false, notFound(w.id)
	}
	now, err := w.plans.bounds(ctx, w.id)
	if err != nil {
		return false, err
	}
	if now.anchor.Seq > b.anchor.Seq || now.end.kind != b.end.kind {
		return true, nil
	}
	fault.Plan = w.id
	return false, fault
}

// begin sets where the walk begins.
func (w *trailWalk) begin(b *bounds) error {
	w.check = chainCheck{seal: w.plans.seal, plan: w.id, columns: true, end: b.end}
	at := b.anchor.after(0)
	switch {
	case w.since.Seq > 0 && w.since.Seq < b.anchor.Seq:
		return fmt.Errorf("entry %d of the trail of plan %s %w", w.since.Seq, w.id, ErrPruned)
	case w.since.Seq > 0 && w.since.Seq == b.anchor.Seq && w.since.Hash != b.anchor.Hash:
		return &TrailError{Plan: w.id, Kind: TrailAltered, Seq: w.since.Seq, Why: "the anchor does not have the hash that was kept"}
	case w.since.Seq > b.anchor.Seq:
		at = link{seq: w.since.Seq - 1, free: true}
		w.check.pin = w.since
	}
	w.check.begin(at)
	w.from, w.read, w.known = Checkpoint{Seq: at.seq, Hash: at.hash}, at.seq, 0
	return nil
}

// pages pushes all events.
func (w *trailWalk) pages(ctx context.Context) error {
	for {
		w.grown = false
		events, err := w.plans.store.Events(ctx, store.EventQuery{Subject: planKey(w.id), After: w.read, Limit: trailPage})
		if err != nil {
			return err
		}
		if n := len(events); n > 0 {
			w.page = events[n-1].Seq
		}
		for i := range events {
			if err := w.next(ctx, &events[i]); err != nil {
				return err
			}
		}
		if len(events) < trailPage && !w.grown {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// next pushes one event. What the header did not know when it was read, it may know now.
func (w *trailWalk) next(ctx context.Context, e *store.Event) error {
	w.read = e.Seq
	if w.check.end.kind == endHeader && e.Seq > w.check.end.seq && e.Seq > w.known {
		b, err := w.plans.bounds(ctx, w.id)
		if err != nil {
			return err
		}
		w.check.end, w.known, w.grown = b.end, w.page, true
	}
	if w.check.end.kind == endDeleted && w.since.Seq == 0 && w.check.start.seq == 0 && w.check.entries == 0 && w.check.odd == nil && e.Seq > 1 {
		w.check.begin(link{seq: e.Seq - 1, free: true}) // what was before it went with the header
		w.from = Checkpoint{Seq: e.Seq - 1}
	}
	if !w.check.push(e) || w.each == nil {
		return nil
	}
	return w.each(e)
}
