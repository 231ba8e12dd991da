package workflow

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// Where limits hold, a run is admitted by a commit that also writes the record of
// the queue, which it had read before it counted. So of two that counted the same
// only one can go on, and the limit is never exceeded, whoever admits. Where no limit
// holds, nothing is counted.

// allWorkflows is the id of the queue's record for Config.Limit: no workflow has this key.
const allWorkflows = "/"

// admitFreely admits a run that waits for its turn if no limit holds for it, by the
// latest definition of its workflow; nil if it is to be looked up.
func (s *Service) admitFreely(ctx context.Context, r *Run, changes []Change, latest *Definition) (*Run, []Change, error) {
	if r.st.State != RunQueued || s.limit > 0 {
		return r, changes, nil
	}
	if latest == nil {
		var err error
		if latest, err = s.latest(ctx, r); err != nil {
			return r, changes, err
		}
	}
	if _, limited := latest.Limit(); limited {
		return r, changes, nil
	}
	next, more, err := r.Do(Command{Action: Admit}, penstock.System(), s.now())
	return next, append(changes, more...), err
}

// latest returns the latest definition of the run's workflow; that of the run if there
// is none any more.
func (s *Service) latest(ctx context.Context, r *Run) (*Definition, error) {
	d, _, err := s.definition(ctx, r.graph.def.Key, 0)
	if errors.Is(err, penstock.ErrNotFound) {
		return r.graph.def, nil
	}
	return d, err
}

// admitNext admits runs after a commit of one that waits, or that others may have
// waited for. What fails here the engines do when they look around.
func (s *Service) admitNext(ctx context.Context, r *Run) {
	if r.holdsSlot() {
		return
	}
	if _, limited := r.graph.def.Limit(); !limited && s.limit == 0 && r.st.State != RunQueued {
		return
	}
	_ = s.admit(ctx, r.graph.def.Key, func(string, error) {})
}

// errFull says that a limit leaves no place for a run.
var (
	errFull    = errors.New("the limit of the workflow is reached")
	errAllFull = errors.New("the limit of all workflows is reached")
)

// admit lets runs of a workflow go on that wait for their turn, or of all workflows if
// Config.Limit holds or key is empty: the oldest first, as many as the limits allow.
// A workflow that is full holds up no other, nor does a run that cannot be read: skipped is told of it.
func (s *Service) admit(ctx context.Context, key string, skipped func(run string, err error)) error {
	q := store.Query{Kind: kindRun, Where: []store.Filter{store.HasPrefix(runWaiting, key+"/")}, Order: store.Order{By: runWaiting}, Limit: 100, NoBody: true}
	if key == "" || s.limit > 0 {
		key = ""
		q.Where, q.Order = []store.Filter{store.HasPrefix(runQueued, "")}, store.Order{By: runQueued}
	}
	leave, err := s.locks.Lock(ctx, "/queue/"+key)
	if err != nil {
		return err
	}
	defer leave()
	full := make(map[string]bool)
	for {
		page, err := s.store.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			workflow := fieldOf(record, runWorkflow)
			if full[workflow] {
				continue
			}
			switch err := s.admitOne(ctx, record.ID); {
			case errors.Is(err, errAllFull):
				return nil
			case errors.Is(err, errFull):
				if full[workflow] = true; key != "" {
					return nil
				}
			case err == nil:
			case ctx.Err() != nil, errors.Is(err, penstock.ErrConflict): // others admit
				return err
			default:
				skipped(record.ID, err)
			}
		}
		if page.Next == nil {
			return nil
		}
		q.After = page.Next
	}
}

// admitOne admits a run if the limits allow it.
func (s *Service) admitOne(ctx context.Context, id string) error {
	_, err := s.act(ctx, id, func(r *Run) (*Run, []Change, []store.Op, error) {
		if r.st.State != RunQueued {
			return r, nil, nil, nil
		}
		ops, err := s.place(ctx, r)
		if err != nil {
			return r, nil, nil, err
		}
		next, changes, err := r.Do(Command{Action: Admit}, penstock.System(), s.now())
		return next, changes, ops, err
	})
	return err
}

// place returns the ops that take a place for a run where limits hold.
func (s *Service) place(ctx context.Context, r *Run) ([]store.Op, error) {
	d, err := s.latest(ctx, r)
	if err != nil {
		return nil, err
	}
	n, limited := d.Limit()
	var ops []store.Op
	if limited {
		key := r.graph.def.Key
		op, err := s.placeOf(ctx, key, n, errFull, store.Equals(runWorkflow, key))
		if err != nil {
			return nil, err
		}
		ops = append(ops, op)
	}
	if s.limit > 0 {
		op, err := s.placeOf(ctx, allWorkflows, s.limit, errAllFull)
		if err != nil {
			return nil, err
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// placeOf counts the runs under way that filters select and returns the op that keeps
// others from having counted the same.
func (s *Service) placeOf(ctx context.Context, queue string, limit int, full error, of ...store.Filter) (store.Op, error) {
	key := store.Key{Kind: kindQueue, ID: queue}
	records, err := s.store.Get(ctx, key) // before counting
	if err != nil {
		return store.Op{}, err
	}
	page, err := s.store.Find(ctx, store.Query{Kind: kindRun, Where: append(of, store.In(runState, string(RunRunning), string(RunCanceling))), Limit: 1, Total: true, NoBody: true})
	if err != nil {
		return store.Op{}, err
	}
	if page.Total >= limit {
		return store.Op{}, full
	}
	return store.Op{Record: store.Record{Key: key, Version: records[0].Version}}, nil
}
