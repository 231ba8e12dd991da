package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/store"
)

// A runAnswer is what is kept of the first request with an idempotency key.
type runAnswer struct {
	Run    string            `json:"run"`
	Before int64             `json:"before"`      // the latest change before it; 0: it started the run
	Seq    int64             `json:"seq"`         // the latest change after it
	On     penstock.Resource `json:"on,omitzero"` // the workflow of a run that was deleted by it
}

// keyFor is what a key stands for, if the caller says so.
type keyFor struct {
	For string `json:"for"`
}

// request is what a command asks with its key.
func (c *Command) request(id string, by penstock.Actor) idempotency.Request {
	r := idempotency.Request{Scope: id, Key: c.Key, By: by.ID, What: c}
	if c.KeyFor != "" {
		r.What = keyFor{c.KeyFor}
	}
	return r
}

// answered returns the first answer to the command's idempotency key, if there was
// one: the run as it was then. Otherwise it returns where the answer is to be put.
func (s *Service) answered(ctx context.Context, r *Run, c *Command, by penstock.Actor) (*Run, idempotency.Slot, error) {
	if c.Key == "" {
		return nil, idempotency.Slot{}, nil
	}
	slot, raw, err := s.keys.Find(ctx, c.request(r.id, by))
	if raw == nil || err != nil {
		return nil, slot, err
	}
	var a runAnswer
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, slot, corrupt(r.id, "answer", err)
	}
	then, err := s.asOf(ctx, r, a.Seq)
	return then, slot, err
}

// answerOp returns the op that answers a command, which made after of before, in a slot.
func answerOp(slot idempotency.Slot, before, after *Run) (store.Op, error) {
	return slot.Op(runAnswer{Run: after.id, Before: before.st.Changes, Seq: after.st.Changes})
}

// asOf returns the run as it was after one of its changes.
func (s *Service) asOf(ctx context.Context, r *Run, seq int64) (*Run, error) {
	if r.st.Changes == seq {
		return r, nil
	}
	then, err := r.fresh()
	if err != nil {
		return nil, corrupt(r.id, "inputs", err)
	}
	for e, err := range s.entries(ctx, r.id, 0) {
		if err != nil {
			return nil, err
		}
		if e.Seq > seq {
			break
		}
		if err := then.replay(&e.Change, r.start.Later); err != nil {
			return nil, corrupt(r.id, "trail", err)
		}
	}
	if then.st.Changes != seq {
		return nil, corrupt(r.id, "trail", penstock.Invalid("seq", "ends at %d, before %d", then.st.Changes, seq))
	}
	return then, nil
}

// newRuns is the scope of keys of what makes runs and deletes them: no run has this id.
const newRuns = ""

// A starting is what is asked with the key of a start.
type starting struct {
	ID       string   `json:"id,omitempty"`
	Workflow string   `json:"workflow,omitempty"`
	Clone    string   `json:"clone,omitempty"`
	Start    *Start   `json:"start,omitempty"`
	Origin   *Origin  `json:"origin,omitempty"`
	Version  int64    `json:"version,omitempty"`
	Secrets  []string `json:"secrets,omitempty"`
}

// startOf is what a start asks.
func startOf(id, workflow string, in *Start) starting {
	asked := *in
	asked.Members = nil // looked up, not asked
	return starting{ID: id, Workflow: workflow, Start: &asked, Origin: in.Origin, Version: in.Version, Secrets: in.Secrets}
}

// once lets begin start a run, unless there is one with the key already.
func (s *Service) once(ctx context.Context, key, stands string, what starting, by penstock.Actor, begin func(*idempotency.Slot) (*Run, error)) (*Run, error) {
	if key == "" {
		return begin(nil)
	}
	if err := errors.Join(outsider(by), penstock.CheckKey("key", key)); err != nil {
		return nil, err
	}
	r := idempotency.Request{Scope: newRuns, Key: key, By: by.ID, What: what}
	if stands != "" {
		r.What = keyFor{stands}
	}
	return idempotency.Once(func() (*Run, idempotency.Slot, error) { return s.firstStart(ctx, r, by) }, begin)
}

// firstStart returns the run that was started with a key, as it was then; nil if there was none.
func (s *Service) firstStart(ctx context.Context, r idempotency.Request, by penstock.Actor) (*Run, idempotency.Slot, error) {
	slot, raw, reused := s.keys.Find(ctx, r)
	if raw == nil {
		return nil, slot, reused
	}
	var a runAnswer
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, slot, corrupt(a.Run, "answer", err)
	}
	if a.On != (penstock.Resource{}) { // it was deleted by this
		if err := s.authorizer.Ask(ctx, by, penstock.Delete, a.On); err != nil || reused != nil {
			return nil, slot, errors.Join(err, reused)
		}
		return nil, slot, carriedOut(r.Key)
	}
	st, err := s.readRun(ctx, a.Run, by, penstock.Execute)
	switch {
	case errors.Is(err, penstock.ErrNotFound) && reused == nil:
		return nil, slot, carriedOut(r.Key)
	case reused != nil && !errors.Is(err, penstock.ErrForbidden):
		return nil, slot, reused
	case err != nil:
		return nil, slot, err
	}
	then, err := s.asOf(ctx, st.run, a.Seq)
	return then, slot, err
}

// carriedOut says that the first answer to a key cannot be given again.
func carriedOut(key string) error {
	return fmt.Errorf("what was asked with the key %q was carried out, but the run was deleted since: %w", short(key), penstock.ErrExists)
}

// ForgetKeys removes the records of idempotency keys that have expired and returns how
// many. They count as forgotten before: this only gives back the room. A [Local] does so from time to
// time; any number of processes may do so at once. What was done before an error is returned with it.
func (s *Service) ForgetKeys(ctx context.Context) (int, error) { return s.keys.Forget(ctx) }

// Before returns the run with id as it was when the first command with the Key of c, which tells
// its KeyFor too, was decided; nil if there was none. With it, what makes a command of a run that
// it read makes the same of it again. It takes the right to read.
func (s *Service) Before(ctx context.Context, id string, c Command, by penstock.Actor) (*Run, error) {
	if c.Key == "" {
		return nil, nil
	}
	_, raw, err := s.keys.Find(ctx, c.request(id, by))
	if raw == nil || err != nil {
		return nil, err
	}
	var a runAnswer
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, corrupt(id, "answer", err)
	}
	st, err := s.readRun(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	return s.asOf(ctx, st.run, a.Before)
}

// Replies keeps what the dialects of this module answered to requests with a key. It is theirs.
func (s *Service) Replies() *idempotency.Replies {
	return idempotency.NewReplies(s.keys, "workflow", func(ctx context.Context, c idempotency.Concern, by penstock.Actor) error {
		return s.authorizer.Ask(ctx, by, c.Right, c.On)
	})
}
