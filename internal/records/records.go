// Package records commits the writes of a service that keeps many small records and
// decides on several of them at once: how many there are, whose name is taken, what
// refers to what. One record, the head, is written by every commit, and is the only lock.
package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// MaxTries is how often a write is decided that others overtake.
const MaxTries = 10

// lookTimeout bounds the search for a commit whose outcome is not known.
const lookTimeout = 10 * time.Second

// A Head is what every head holds. Heads embed it.
type Head struct {
	Revision int64  `json:"revision"` // 1 more with each commit
	Commit   string `json:"commit"`   // the id of the latest one
}

// A Writer commits under a head of type H. What a write has looked at since it
// read the head is still so when it commits. It is safe for concurrent use.
type Writer[H any] struct {
	store   store.Store
	key     store.Key
	now     func() time.Time
	base    func(*H) *Head
	commits *penstock.IDs
	turn    chan struct{} // held by the write at work, or by who reads and was overtaken
}

// NewWriter returns a Writer over the head at key; base returns the Head in an H.
func NewWriter[H any](s store.Store, key store.Key, now func() time.Time, base func(*H) *Head) *Writer[H] {
	return &Writer[H]{store: s, key: key, now: now, base: base, commits: penstock.NewIDs(now), turn: make(chan struct{}, 1)}
}

// A Change is one commit in the making.
type Change[H any] struct {
	Head H         // as it was before; what is made of it is stored
	At   time.Time // in UTC, to the microsecond
	Ops  []store.Op
}

// Write lets decide add ops to a Change and commits them with the next head. What
// others overtake is decided again, at most MaxTries times: then the error is a
// [penstock.ErrConflict]. A refusal, too, and that nothing is to be done, counts only if the head is still the
// one that it was decided on. It returns the version of the commit; 0 if there is none.
// After other errors of the store it looks whether the commit was carried out.
func (w *Writer[H]) Write(ctx context.Context, decide func(*Change[H]) error) (version int64, err error) {
	if err := w.wait(ctx); err != nil { // turns spare the conflicts within a process
		return 0, err
	}
	defer w.leave()
	for range MaxTries {
		seen, h, err := w.Head(ctx)
		if err != nil {
			return 0, err
		}
		c := &Change[H]{Head: h, At: w.now().UTC().Truncate(time.Microsecond)}
		if err = decide(c); err == nil && len(c.Ops) > 0 {
			version, err := w.commit(ctx, c, seen)
			if errors.Is(err, penstock.ErrConflict) || errors.Is(err, penstock.ErrExists) {
				continue
			}
			return version, err
		}
		if now, _, readErr := w.Head(ctx); readErr != nil {
			return 0, readErr
		} else if now == seen {
			return 0, err
		}
	}
	return 0, overtaken()
}

func (w *Writer[H]) commit(ctx context.Context, c *Change[H], seen int64) (int64, error) {
	op, err := w.Next(&c.Head, seen)
	if err != nil {
		return 0, err
	}
	version, err := w.store.Commit(ctx, append(c.Ops, op)...)
	switch {
	case err == nil:
		return version, nil
	case errors.Is(err, penstock.ErrConflict), errors.Is(err, penstock.ErrExists), errors.Is(err, penstock.ErrInvalid):
		return 0, err
	}
	// It may have been committed all the same: then the head tells.
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	if version, h, readErr := w.Head(look); readErr == nil && w.base(&h).Commit == w.base(&c.Head).Commit {
		return version, nil
	}
	return 0, fmt.Errorf("commit: %w", err)
}

// Head returns the head and its version; a zero one and 0 if nothing was ever written.
func (w *Writer[H]) Head(ctx context.Context) (version int64, h H, err error) {
	found, err := w.store.Get(ctx, w.key)
	if err != nil {
		return 0, h, fmt.Errorf("read the head: %w", err)
	}
	if version = found[0].Version; version != 0 {
		if err := json.Unmarshal(found[0].Body, &h); err != nil {
			return 0, h, fmt.Errorf("decode the head: %w", err)
		}
	}
	return version, h, nil
}

// Next makes h the next head and returns the op that writes it over version. With it,
// commits of others take part: none of this Writer comes between.
func (w *Writer[H]) Next(h *H, version int64) (store.Op, error) {
	base := w.base(h)
	base.Revision++
	base.Commit = w.commits.New()
	body, err := json.Marshal(h)
	if err != nil {
		return store.Op{}, fmt.Errorf("encode the head: %w", err)
	}
	return store.Op{Record: store.Record{Key: w.key, Version: version, Body: body}}, nil
}

// Steady reads without a write in between. What a write overtakes is read again, at most
// MaxTries times, while writes of this process wait; then the error is a
// [penstock.ErrConflict].
func (w *Writer[H]) Steady(ctx context.Context, read func(context.Context) error) error {
	if steady, err := w.once(ctx, read); steady || err != nil {
		return err
	}
	if err := w.wait(ctx); err != nil {
		return err
	}
	defer w.leave()
	for range MaxTries - 1 {
		if steady, err := w.once(ctx, read); steady || err != nil {
			return err
		}
	}
	return overtaken()
}

// once reads, and reports whether nobody wrote meanwhile.
func (w *Writer[H]) once(ctx context.Context, read func(context.Context) error) (bool, error) {
	before, _, err := w.Head(ctx)
	if err != nil {
		return false, err
	}
	if err := read(ctx); err != nil {
		return false, err
	}
	after, _, err := w.Head(ctx)
	return err == nil && after == before, err
}

// wait waits for the turn, which leave gives to the next.
func (w *Writer[H]) wait(ctx context.Context) error {
	select {
	case w.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *Writer[H]) leave() { <-w.turn }

func overtaken() error {
	return fmt.Errorf("others wrote %d times meanwhile: %w", MaxTries, penstock.ErrConflict)
}
