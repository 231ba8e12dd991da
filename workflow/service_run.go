package workflow

import (
	"context"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/store"
)

// Get returns the run with id as it is now: what time has done by itself is done,
// whether or not somebody has stored it yet.
func (s *Service) Get(ctx context.Context, id string, by penstock.Actor) (*Run, error) {
	st, err := s.readRun(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	return st.run.At(s.now()), nil
}

// GetByNumber returns the run of a workflow that has a number, as Get does.
func (s *Service) GetByNumber(ctx context.Context, workflow string, number int64, by penstock.Actor) (*Run, error) {
	found := store.Page{}
	if len(workflow) <= MaxKey {
		var err error
		found, err = s.store.Find(ctx, store.Query{Kind: kindRun, Where: []store.Filter{store.Equals(runNumber, numberValue(workflow, number))}, Limit: 1, NoBody: true})
		if err != nil {
			return nil, err
		}
	}
	if len(found.Records) == 0 {
		return nil, runNotFound(numberValue(short(workflow), number))
	}
	return s.Get(ctx, found.Records[0].ID, by)
}

// Outputs returns what the jobs of the run have put out, by job and name. Secrets of
// the run are masked in them.
func (s *Service) Outputs(ctx context.Context, id string, by penstock.Actor) (map[string]map[string]string, error) {
	st, err := s.readRun(ctx, id, by, penstock.Read)
	if err != nil {
		return nil, err
	}
	masker := st.run.masker()
	all := make(map[string]map[string]string, len(st.run.outputs))
	for job, outputs := range st.run.outputs {
		all[job] = masked(masker, outputs)
	}
	return all, nil
}

// masked returns outputs without secrets; what was put out is not changed.
func masked(m *Masker, outputs map[string]string) map[string]string {
	if outputs == nil {
		return nil
	}
	out := make(map[string]string, len(outputs))
	for name, value := range outputs {
		out[name] = m.Mask(value)
	}
	return out
}

// readRun returns the run as it is stored now, if by has a right on its workflow.
func (s *Service) readRun(ctx context.Context, id string, by penstock.Actor, right penstock.Right) (*storedRun, error) {
	st, err := s.confirmedRun(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := s.authorizer.Ask(ctx, by, right, st.run.Resource()); err != nil {
		return nil, err
	}
	return st, nil
}

// Do makes the run with id do c, asked by by, and returns the run after it. Either
// all of it is stored, with its audit events, or nothing.
//
// A command that others overtake is decided again on what they left, at most ten
// times; then the error is an ErrConflict. The other errors are those of [Run.Do],
// of the Authorizer and of the store. After an error of the store that leaves open
// whether the command was stored, Do looks for it; if even that fails, the error
// says that the outcome is unknown, and the same command with the same Key is
// safe to send again: it returns the run as it was after the first, but where that deleted it: then
// the error, an ErrExists, says that this was carried out. Another command with that Key is
// a [*penstock.KeyReusedError].
func (s *Service) Do(ctx context.Context, id string, c Command, by penstock.Actor) (*Run, error) {
	if err := outsider(by); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Action == DeleteRun {
		return s.deleteRun(ctx, id, c, by, false)
	}
	var first *Run // the answer to the same command before
	var slot idempotency.Slot
	next, err := s.act(ctx, id, func(r *Run) (*Run, []Change, []store.Op, error) {
		if err := s.authorizer.Ask(ctx, by, c.Action.Right(), r.Resource()); err != nil {
			return nil, nil, nil, err
		}
		var err error
		if first, slot, err = s.answered(ctx, r, &c, by); first != nil || err != nil {
			return first, nil, nil, err
		}
		given, err := s.checkInputs(ctx, r, c, by)
		if err != nil {
			return nil, nil, nil, err
		}
		after, changes, err := r.Do(given, by, s.now())
		if err != nil {
			return nil, nil, nil, err
		}
		ops, err := s.mayGoOn(ctx, r, given, by)
		if err != nil {
			return nil, nil, nil, err
		}
		after, changes, err = s.admitFreely(ctx, after, changes, nil)
		if len(changes) == 0 {
			ops = nil
		}
		if err != nil || c.Key == "" {
			return after, changes, ops, err
		}
		op, err := answerOp(slot, r, after)
		return after, changes, append(ops, op), err
	})
	if err != nil || first != nil {
		return next, err
	}
	s.admitNext(ctx, next)
	return next, nil
}

// do makes a run do what the library itself asks for.
func (s *Service) do(ctx context.Context, id string, c Command) (*Run, error) {
	next, err := s.act(ctx, id, func(r *Run) (*Run, []Change, []store.Op, error) {
		after, changes, err := r.Do(c, penstock.System(), s.now())
		return after, changes, nil, err
	})
	if err == nil {
		s.admitNext(ctx, next)
	}
	return next, err
}
