package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/store"
)

// Delete removes a run that has ended, with its outputs, inputs and logs; any other
// is refused. Its trail stays in the log, and ends with who deleted it. Its number is not given to
// another run, and its id cannot be taken again. It takes the right to delete.
//
// What jobs have shared is removed by a [Local] whose executors can: see [Forgetter]. A task of a
// release plan that the run belongs to can no longer look at it.
func (s *Service) Delete(ctx context.Context, id string, by penstock.Actor) error {
	_, err := s.Do(ctx, id, Command{Action: DeleteRun}, by)
	return err
}

// A deletion is what is asked with the key of a DeleteRun.
type deletion struct {
	Delete  string  `json:"delete"`
	Command Command `json:"command"`
}

// deleteRun carries a DeleteRun out; with trail, the trail goes too, but for its end.
func (s *Service) deleteRun(ctx context.Context, id string, c Command, by penstock.Actor, trail bool) (*Run, error) {
	var slot idempotency.Slot
	asked := c.request(newRuns, by) // what is kept of the run goes with it, so the key is not of the run
	if c.KeyFor == "" {
		asked.What = deletion{id, c}
	}
	if c.Key != "" {
		var err error
		if _, slot, err = s.firstStart(ctx, asked, by); err != nil {
			return nil, err
		}
	}
	next, err := s.act(ctx, id, func(r *Run) (*Run, []Change, []store.Op, error) {
		if err := s.authorizer.Ask(ctx, by, penstock.Delete, r.Resource()); err != nil {
			return nil, nil, nil, err
		}
		after, changes, err := r.Do(c, by, s.now())
		if err != nil {
			return nil, nil, nil, err
		}
		left := remnant{Changes: after.st.Changes, Logs: true, Trail: trail,
			Shared: len(r.graph.def.Storages) > 0 && !r.st.Forgotten}
		op, err := left.op(id, 0)
		if err != nil || c.Key == "" {
			return after, changes, []store.Op{op}, err
		}
		done, err := slot.Op(runAnswer{Run: id, Before: r.st.Changes, Seq: after.st.Changes, On: r.Resource()})
		return after, changes, []store.Op{op, done}, err
	})
	if c.Key != "" && errors.Is(err, penstock.ErrNotFound) { // the same, sent twice at once
		if _, _, carriedOut := s.firstStart(ctx, asked, by); carriedOut != nil {
			err = carriedOut
		}
	}
	if err == nil {
		_ = s.sweepRemnant(ctx, id, trail, nil) // what fails is done by a Local, or a Prune
	}
	return next, err
}

// A remnant is what is left to be removed of a run that was deleted. It is written by the
// same commit, so that none of it is lost.
type remnant struct {
	Changes int64 `json:"changes"`          // in its trail
	Logs    bool  `json:"logs,omitempty"`   // and the answers to idempotency keys
	Shared  bool  `json:"shared,omitempty"` // executors are to forget what jobs have shared
	Trail   bool  `json:"trail,omitempty"`  // but for its end
}

// Values of the work field of a remnant.
const (
	workLogs   = "logs"
	workShared = "shared"
)

// op returns the op that stores what is left of a run, over a version of it.
func (m remnant) op(id string, version int64) (store.Op, error) {
	op := store.Op{Record: store.Record{Key: remnantKey(id), Version: version}}
	if !m.Logs && !m.Shared && !m.Trail {
		op.Kind = store.Delete
		return op, nil
	}
	var work []string
	if m.Logs {
		work = append(work, workLogs)
	}
	if m.Shared {
		work = append(work, workShared)
	}
	if len(work) > 0 {
		op.Fields = map[string][]string{runWork: work}
	}
	var err error
	op.Body, err = json.Marshal(m)
	return op, err
}

// kindRemnant is the kind of the records of remnants.
const kindRemnant = "workflow.run.remnant" // <run>

func remnantKey(id string) store.Key { return store.Key{Kind: kindRemnant, ID: id} }

// deleted reports whether a run is deleted by some changes.
func deleted(changes []Change) bool {
	return len(changes) > 0 && changes[len(changes)-1].Kind == RunDeleted
}

// remove is write for a run that is deleted.
func (s *Service) remove(ctx context.Context, base *storedRun, next *Run, changes []Change, commit string, extra []store.Op) (*storedRun, error) {
	st := &storedRun{run: next, commit: commit}
	m := s.scratch()
	events, err := runEvents(m, next, changes, commit)
	if err != nil {
		return nil, err
	}
	ops := []store.Op{
		{Kind: store.Delete, Record: store.Record{Key: runKey(next.id), Version: base.version}, Events: events},
	}
	keys := []store.Key{runStartKey(next.id), runSecretKey(next.id), runOutputsKey(next.id), runInputsKey(next.id)}
	for place := range base.jobs {
		keys = append(keys, runJobsKey(next.id, place))
	}
	records, err := s.store.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		if r.Version != 0 {
			ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: r.Key, Version: r.Version}})
		}
	}
	if _, err := s.commit(ctx, append(ops, extra...), st, base.run.st.Changes); err != nil {
		return nil, err
	}
	s.free(m)
	s.cache.Drop(next.id)
	s.bell.Committed(next.id, next.st.Changes)
	return st, nil
}

// sweepRemnant removes what is left of a run that was deleted: logs, the trail if cut is
// set, and what jobs have shared if there is a function that forgets it.
func (s *Service) sweepRemnant(ctx context.Context, id string, cut bool, forget func(run string) error) error {
	records, err := s.store.Get(ctx, remnantKey(id))
	if err != nil || records[0].Version == 0 {
		return err
	}
	var left remnant
	if err := json.Unmarshal(records[0].Body, &left); err != nil {
		return corrupt(id, "remnant", err)
	}
	before := left
	if left.Logs {
		if err := errors.Join(s.logs.Delete(ctx, id), s.dropAnswers(ctx, id)); err != nil {
			return err
		}
		left.Logs = false
	}
	if left.Shared && forget != nil {
		if err := forget(id); err != nil {
			return err
		}
		left.Shared = false
	}
	if left.Trail && cut {
		if left.Trail, err = s.cutTrail(ctx, id, left.Changes); err != nil {
			return err
		}
	}
	if left == before {
		return nil
	}
	return s.keepRemnant(ctx, id, left, records[0].Version)
}

// keepRemnant stores what is still left of a run. Somebody else may have swept something meanwhile:
// what was done here is not done again because of that.
func (s *Service) keepRemnant(ctx context.Context, id string, left remnant, version int64) error {
	for range maxTries {
		op, err := left.op(id, version)
		if err == nil {
			_, err = s.store.Commit(ctx, op)
		}
		if !isConflict(err) {
			return err
		}
		records, err := s.store.Get(ctx, remnantKey(id))
		if err != nil || records[0].Version == 0 {
			return err
		}
		var now remnant
		if err := json.Unmarshal(records[0].Body, &now); err != nil {
			return corrupt(id, "remnant", err)
		}
		now.Logs, now.Shared, now.Trail = now.Logs && left.Logs, now.Shared && left.Shared, now.Trail && left.Trail
		left, version = now, records[0].Version
	}
	return nil // the next sweep goes on
}

// dropAnswers removes the answers to idempotency keys of a run.
func (s *Service) dropAnswers(ctx context.Context, id string) error {
	for {
		var ops []store.Op
		err := s.keys.Each(ctx, id, func(r store.Record, _ json.RawMessage) {
			ops = append(ops, store.Op{Kind: store.Delete, Record: r})
		})
		if err != nil || len(ops) == 0 {
			return err
		}
		for some := range slices.Chunk(ops, sweepPage) {
			if _, err := s.store.Commit(ctx, some...); err != nil && !isConflict(err) {
				return fmt.Errorf("delete the answers of run %s: %w", id, err)
			}
		}
	}
}

// wasStarted reports whether a run has an id or had it: of one that was deleted the end of
// the trail is there for good.
func (s *Service) wasStarted(ctx context.Context, id string) (bool, error) {
	events, err := s.store.Events(ctx, store.EventQuery{Subject: runKey(id), Limit: 1, NoBody: true})
	return len(events) > 0, err
}
