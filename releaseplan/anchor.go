package releaseplan

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// ErrPruned says that something was in a part of a plan's audit trail that
// [Service.Prune] removed.
var ErrPruned = errors.New("was pruned")

// An Anchor is where a plan's audit trail begins since it was pruned: behind the
// entry with this number and hash. The first entry of History names the hash as
// its Prev, so the chain can be checked from there. The zero Anchor is that of a
// whole trail.
type Anchor struct {
	Seq    int64     `json:"seq"`
	Hash   string    `json:"hash"`
	At     time.Time `json:"at"`     // of that entry
	Pruned Stamp     `json:"pruned"` // who pruned up to it, and when
}

// Anchor returns where the plan's audit trail begins. It takes the right to read the plan.
func (s *Service) Anchor(ctx context.Context, id string, by penstock.Actor) (Anchor, error) {
	st, err := s.read(ctx, id, by, penstock.Read)
	if err != nil {
		return Anchor{}, err
	}
	return st.anchor, nil
}

// sound reports whether an anchor can be that of a plan with so many changes.
func (a *Anchor) sound(changes int64) bool {
	_, err := hex.DecodeString(a.Hash)
	return err == nil && a.Hash != "" && a.Seq > 0 && a.Seq <= changes
}

// A link is a place in a plan's chain of entries: behind the entry with a number.
type link struct {
	seq  int64
	hash string // of that entry
	free bool   // the hash is not known
}

// after returns the place behind the entry with number seq or, if that is
// pruned, behind the anchor.
func (a Anchor) after(seq int64) link {
	if seq >= 0 && seq <= a.Seq {
		return link{seq: a.Seq, hash: a.Hash}
	}
	return link{seq: seq, free: true}
}

// link returns the place behind the entry.
func (e Entry) link() link { return link{seq: e.Seq, hash: e.Hash} }

// chained reads events as the entries that come next in a plan's chain. Others
// than those are an errCorrupt.
func (s *Service) chained(id string, at link, events []store.Event) ([]Entry, error) {
	entries := make([]Entry, len(events))
	for i, e := range events {
		entry := &entries[i]
		if err := entry.UnmarshalJSON(e.Body); err != nil {
			return nil, corrupt(id, fmt.Sprintf("event %d", e.Seq), err)
		}
		if e.Seq != at.seq+1 || entry.Seq != e.Seq || !at.free && entry.Prev != at.hash {
			return nil, fmt.Errorf("plan %s: entry %d of the trail does not follow entry %d: %w", id, e.Seq, at.seq, errCorrupt)
		}
		entry.Hash = hex.EncodeToString(s.sum(e.Body))
		at = link{seq: e.Seq, hash: entry.Hash}
	}
	return entries, nil
}

// reaches fails if entries, which were read behind a place of the chain, are not those that
// lead to its end: the plan's header knows how many there are, and the hash of the last
// one. There may be later ones, which the header did not know. over says that
// there are no more.
func (s *stored) reaches(at link, entries []Entry, over bool) error {
	last := s.plan.st.Changes
	for _, e := range entries {
		at = e.link()
		if e.Seq == last && e.Hash != hex.EncodeToString(s.head) {
			return fmt.Errorf("plan %s: entry %d of the trail is not the one that was stored last: %w", s.plan.id, e.Seq, errCorrupt)
		}
	}
	if over && at.seq < last {
		return fmt.Errorf("plan %s: the trail ends with entry %d, not %d: %w", s.plan.id, at.seq, last, errCorrupt)
	}
	return nil
}

// pruned returns where the trail begins now if that is behind a place, as it is
// if the plan was pruned since that place was looked up.
func (s *Service) pruned(ctx context.Context, id string, at link) (begin link, ok bool, err error) {
	st, err := s.confirmed(ctx, id)
	if err != nil {
		if errors.Is(err, penstock.ErrNotFound) {
			err = fmt.Errorf("the beginning of the trail of plan %s, which is deleted, %w", id, ErrPruned)
		}
		return link{}, false, err
	}
	return st.anchor.after(at.seq), st.anchor.Seq > at.seq, nil
}
