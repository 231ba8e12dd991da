package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// A Retention says which runs are kept. Before or Keep has to be set; if both are, a run
// goes only if both let it.
type Retention struct {
	Workflow string    // key; empty: of every workflow, of those that were deleted too
	Before   time.Time // runs that ended at or after it are kept; zero: any may go
	Keep     int       // of each workflow, the newest that are kept, whatever became of them; 0: none for that
	Limit    int       // runs that are deleted at most; 0: any number
}

// Pruned tells what a Prune did.
type Pruned struct {
	Runs      int  // that were deleted
	Held      int  // runs that could go but for a request that the provider of an approval has still to drop
	Forbidden int  // runs that the actor may not delete
	More      bool // the Limit was reached: there may be others
}

// pruneRemark is what the trail says of a run that went by a Prune.
const pruneRemark = "retention"

// Prune deletes runs that have ended and that a Retention does not keep, the oldest first:
// each as [Service.Delete] does, in a commit of its own, so that it can be interrupted at any
// time. If the store is a [store.Pruner], it forgets their trails too, but for the entry that says who deleted
// them; what a reader of the log has still to deliver goes with a later Prune. Runs
// of workflows that by may not delete are passed over. What was done before an error is returned
// with it.
func (s *Service) Prune(ctx context.Context, keep Retention, by penstock.Actor) (Pruned, error) {
	var done Pruned
	if err := outsider(by); err != nil {
		return done, err
	}
	if err := keep.check(); err != nil {
		return done, err
	}
	q := store.Query{Kind: kindRun, Limit: sweepPage, Where: []store.Filter{store.In(runState,
		string(RunPassed), string(RunSkipped), string(RunFailed), string(RunTimedOut), string(RunCanceled), string(RunRejected))}}
	if keep.Workflow != "" {
		q.Where = append(q.Where, store.Equals(runWorkflow, keep.Workflow))
	}
	newest := make(map[string]*store.Cursor) // by workflow: the oldest of those that are kept for their number
	for {
		page, err := s.store.Find(ctx, q)
		if err != nil {
			return done, err
		}
		for _, r := range page.Records {
			old, err := s.isOld(ctx, keep, r, newest)
			if err != nil {
				return done, err
			}
			if !old {
				continue
			}
			if keep.Limit > 0 && done.Runs >= keep.Limit {
				done.More = true
				return done, nil
			}
			if err := done.count(s.prune(ctx, r.ID, by)); err != nil {
				return done, err
			}
		}
		if page.Next == nil {
			return done, s.sweepRemnants(ctx, true, nil)
		}
		q.After = page.Next
	}
}

func (k Retention) check() error {
	var c Checker
	if k.Before.IsZero() && k.Keep == 0 {
		c.Fault("before", "must be set, or keep")
	}
	if k.Keep < 0 {
		c.Fault("keep", "must not be negative")
	}
	if k.Limit < 0 {
		c.Fault("limit", "must not be negative")
	}
	return c.Faults()
}

// isOld reports whether a run that has ended may go.
func (s *Service) isOld(ctx context.Context, keep Retention, r store.Record, newest map[string]*store.Cursor) (bool, error) {
	if !keep.Before.IsZero() {
		var h runHeader
		if err := json.Unmarshal(r.Body, &h); err != nil {
			return false, corrupt(r.ID, "header", err)
		}
		if !h.Status.Ended.Before(keep.Before) {
			return false, nil
		}
	}
	if keep.Keep == 0 {
		return true, nil
	}
	key := fieldOf(r, runWorkflow)
	last, known := newest[key]
	if !known {
		found, err := s.store.Find(ctx, store.Query{Kind: kindRun, Where: []store.Filter{store.Equals(runWorkflow, key)},
			Order: store.Order{Desc: true}, Offset: keep.Keep - 1, Limit: 1, NoBody: true})
		if err != nil {
			return false, err
		}
		if len(found.Records) == 1 {
			last = &store.Cursor{Sort: found.Records[0].Sort, ID: found.Records[0].ID}
		}
		newest[key] = last
	}
	return last != nil && (r.Sort < last.Sort || r.Sort == last.Sort && r.ID < last.ID), nil
}

// prune deletes a run.
func (s *Service) prune(ctx context.Context, id string, by penstock.Actor) error {
	_, err := s.deleteRun(ctx, id, Command{Action: DeleteRun, Remark: pruneRemark}, by, true)
	return err
}

// count adds what became of one run.
func (p *Pruned) count(err error) error {
	switch {
	case err == nil:
		p.Runs++
	case errors.Is(err, penstock.ErrForbidden):
		p.Forbidden++
	case errors.Is(err, penstock.ErrRefused): // or somebody retries it
		p.Held++
	case errors.Is(err, penstock.ErrNotFound): // deleted meanwhile
	default:
		return err
	}
	return nil
}

// cutTrail removes the trail of a run that was deleted, but for the last of its changes,
// and the notices of them. It reports whether some is left for a reader of the log.
func (s *Service) cutTrail(ctx context.Context, id string, changes int64) (rest bool, err error) {
	log, ok := s.store.(store.Pruner)
	if !ok {
		return false, nil
	}
	for _, part := range []struct {
		subject store.Key
		through int64
	}{{runKey(id), changes - 1}, {outbox.NoticeSubject(runKey(id)), changes}} {
		if _, err := log.Prune(ctx, part.subject, part.through); err != nil {
			return true, err
		}
		first, err := s.store.Events(ctx, store.EventQuery{Subject: part.subject, Limit: 1, NoBody: true})
		if err != nil {
			return true, err
		}
		rest = rest || len(first) > 0 && first[0].Seq <= part.through
	}
	return rest, nil
}

// sweepRemnants removes what is left of runs that were deleted; if cut is not set, only
// of those of which more than the trail is left.
func (s *Service) sweepRemnants(ctx context.Context, cut bool, forget func(run string) error) error {
	q := store.Query{Kind: kindRemnant, Limit: sweepPage, NoBody: true}
	switch {
	case cut:
	case forget != nil:
		q.Where = []store.Filter{store.In(runWork, workLogs, workShared)}
	default:
		q.Where = []store.Filter{store.Equals(runWork, workLogs)}
	}
	for {
		page, err := s.store.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page.Records {
			if err := s.sweepRemnant(ctx, r.ID, cut, forget); err != nil {
				return err
			}
		}
		if page.Next == nil {
			return nil
		}
		q.After = page.Next
	}
}
