package rollout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// maxTries is how often a write is decided that others overtake.
const maxTries = 10

// lookTimeout bounds the search for a commit whose outcome is not known.
const lookTimeout = 10 * time.Second

// A head is one record that every Commit of a Service writes. So it is the only
// lock: whatever a write has looked at since it read the head is still so when it commits, be it a
// count, a name, or who refers to what.
type head struct {
	Revision int64          `json:"revision"`
	Counts   map[string]int `json:"counts"` // of records, by kind
	Commit   string         `json:"commit"` // the id of the latest Commit
}

// headKey is a function because there is no global that could change.
func headKey() store.Key { return store.Key{Kind: "rollout.head", ID: "head"} }

// head returns the head and its version.
func (s *Service) head(ctx context.Context) (version int64, h head, err error) {
	records, err := s.store.Get(ctx, headKey())
	if err != nil {
		return 0, h, fmt.Errorf("read the head: %w", err)
	}
	h.Counts = make(map[string]int)
	if version = records[0].Version; version != 0 {
		if err := json.Unmarshal(records[0].Body, &h); err != nil {
			return 0, h, fmt.Errorf("decode the head: %w", err)
		}
	}
	return version, h, nil
}

// next returns the op that writes the head over version, as the next revision.
func (h *head) next(version int64) (store.Op, error) {
	h.Revision++
	body, err := json.Marshal(h)
	return store.Op{Record: store.Record{Key: headKey(), Version: version, Body: body}}, err
}

// A change is one Commit in the making.
type change struct {
	head head
	by   penstock.Actor
	at   time.Time
	ops  []store.Op
}

// stamp says who writes, and when.
func (c *change) stamp() Stamp {
	return Stamp{By: penstock.Party{Type: penstock.User, ID: c.by.ID, Name: c.by.Name}, At: c.at}
}

// write lets decide add ops to a change and commits them. What others overtake is
// decided again. A refusal, too, counts only if the head is still the one that
// it was decided on.
func (s *Service) write(ctx context.Context, by penstock.Actor, decide func(*change) error) (version int64, err error) {
	if err := s.wait(ctx); err != nil { // turns spare the conflicts within a process
		return 0, err
	}
	defer s.leave()
	for range maxTries {
		seen, h, err := s.head(ctx)
		if err != nil {
			return 0, err
		}
		h.Commit = s.commits.New()
		c := &change{head: h, by: by, at: s.now().UTC().Truncate(time.Microsecond)}
		if err = decide(c); err == nil && len(c.ops) > 0 {
			version, err := s.commit(ctx, c, seen)
			if errors.Is(err, penstock.ErrConflict) || errors.Is(err, penstock.ErrExists) {
				continue
			}
			return version, err
		}
		if now, _, readErr := s.head(ctx); readErr != nil {
			return 0, readErr
		} else if now == seen {
			return 0, err
		}
	}
	return 0, overtaken()
}

// wait waits for the turn, which leave gives to the next.
func (s *Service) wait(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Service) leave() { <-s.turn }

func (s *Service) commit(ctx context.Context, c *change, seen int64) (int64, error) {
	op, err := c.head.next(seen)
	if err != nil {
		return 0, fmt.Errorf("encode the head: %w", err)
	}
	version, err := s.store.Commit(ctx, append(c.ops, op)...)
	switch {
	case err == nil:
		return version, nil
	case errors.Is(err, penstock.ErrConflict), errors.Is(err, penstock.ErrExists), errors.Is(err, penstock.ErrInvalid):
		return 0, err
	}
	// It may have been committed all the same: then the head tells.
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	if version, h, readErr := s.head(look); readErr == nil && h.Commit == c.head.Commit {
		return version, nil
	}
	return 0, fmt.Errorf("commit: %w", err)
}

func overtaken() error {
	return fmt.Errorf("others wrote %d times meanwhile: %w", maxTries, penstock.ErrConflict)
}
