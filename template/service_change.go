package template

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
// lock: what a write has looked at since it read the head is still so when it commits.
type head struct {
	Revision int64  `json:"revision"`
	Live     int    `json:"live"`   // templates that are not archived
	Commit   string `json:"commit"` // the id of the latest Commit
}

// headKey is a function because there is no global that could change.
func headKey() store.Key { return store.Key{Kind: kindHead, ID: "head"} }

func (s *Service) head(ctx context.Context) (version int64, h head, err error) {
	records, err := s.store.Get(ctx, headKey())
	if err != nil {
		return 0, h, fmt.Errorf("read the head: %w", err)
	}
	if version = records[0].Version; version != 0 {
		if err := json.Unmarshal(records[0].Body, &h); err != nil {
			return 0, h, fmt.Errorf("decode the head: %w", err)
		}
	}
	return version, h, nil
}

// A change is one Commit in the making.
type change struct {
	head head
	by   penstock.Actor
	at   time.Time
	ops  []store.Op
}

// write lets decide add ops to a change and commits them. What others overtake is
// decided again. A refusal, too, counts only if the head is still the one that
// it was decided on.
func (s *Service) write(ctx context.Context, by penstock.Actor, decide func(*change) error) error {
	select { // turns spare the conflicts within a process
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for range maxTries {
		seen, h, err := s.head(ctx)
		if err != nil {
			return err
		}
		h.Commit = s.commits.New()
		c := &change{head: h, by: by, at: s.now().UTC().Truncate(time.Microsecond)}
		if err = decide(c); err == nil && len(c.ops) > 0 {
			err := s.commit(ctx, c, seen)
			if errors.Is(err, penstock.ErrConflict) || errors.Is(err, penstock.ErrExists) {
				continue
			}
			return err
		}
		if now, _, readErr := s.head(ctx); readErr != nil {
			return readErr
		} else if now == seen {
			return err
		}
	}
	return fmt.Errorf("others wrote %d times meanwhile: %w", maxTries, penstock.ErrConflict)
}

func (s *Service) commit(ctx context.Context, c *change, seen int64) error {
	c.head.Revision++
	body, err := json.Marshal(c.head)
	if err != nil {
		return fmt.Errorf("encode the head: %w", err)
	}
	_, err = s.store.Commit(ctx, append(c.ops, store.Op{Record: store.Record{Key: headKey(), Version: seen, Body: body}})...)
	switch {
	case err == nil, errors.Is(err, penstock.ErrConflict), errors.Is(err, penstock.ErrExists), errors.Is(err, penstock.ErrInvalid):
		return err
	}
	// It may have been committed all the same: then the head tells.
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	if _, h, readErr := s.head(look); readErr == nil && h.Commit == c.head.Commit {
		return nil
	}
	return fmt.Errorf("commit: %w", err)
}

// put adds the op that writes t over a version of its record, with its event.
func (s *Service) put(c *change, t *Template, version int64, name string, before *Template) error {
	e, err := c.event(name, before, t)
	if err != nil {
		return err
	}
	op, err := s.all.Put(t.ID, version, *t, e)
	if err != nil {
		return err
	}
	c.ops = append(c.ops, op)
	return nil
}

// keep adds the ops that keep t as one of its versions, and drop the one that is one too many.
func (s *Service) keep(ctx context.Context, c *change, t *Template) error {
	op, err := s.versions.Put(versionID(t.ID, t.Version), 0, *t)
	if err != nil {
		return err
	}
	c.ops = append(c.ops, op)
	if t.Version <= MaxVersions {
		return nil
	}
	old := s.versions.Key(versionID(t.ID, t.Version-MaxVersions))
	records, err := s.store.Get(ctx, old)
	if err == nil && records[0].Version != 0 {
		c.ops = append(c.ops, store.Op{Kind: store.Delete, Record: store.Record{Key: old, Version: records[0].Version}})
	}
	return err
}

// event returns that of a write. Revisions are the numbers of events.
func (c *change) event(name string, before, after *Template) (store.Event, error) {
	body, err := json.Marshal(Entry{By: stampOf(c.by, c.at).By, Before: before, After: after})
	return store.Event{Seq: c.head.Revision + 1, Name: name, At: c.at, Body: body}, err
}

// rename adds the ops that keep names unique: a name is a record of its own, which
// comes, moves and goes with what it names. Empty: there is none.
func (s *Service) rename(ctx context.Context, c *change, from, to string) error {
	if from == to {
		return nil
	}
	records, err := s.store.Get(ctx, nameKey(from), nameKey(to))
	if err != nil {
		return fmt.Errorf("look up a name: %w", err)
	}
	if to != "" {
		if records[1].Version != 0 {
			return fmt.Errorf("template %q: %w", clip(to), penstock.ErrExists)
		}
		c.ops = append(c.ops, store.Op{Record: store.Record{Key: nameKey(to)}})
	}
	if from != "" {
		c.ops = append(c.ops, store.Op{Kind: store.Delete, Record: store.Record{Key: nameKey(from), Version: records[0].Version}})
	}
	return nil
}
