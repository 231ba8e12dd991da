package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// errStale says that a decision was made on a run that is no longer the stored one.
var errStale = errors.New("decided on a stale run")

// A decision makes something of a run; extra ops go into the same commit. It may be
// asked again, about a later run.
type decision func(r *Run) (next *Run, changes []Change, extra []store.Op, err error)

// act decides about a run and commits what was decided: again, at most ten times,
// while others come first.
func (s *Service) act(ctx context.Context, id string, decide decision) (*Run, error) {
	return s.actFor(ctx, id, decide, false, nil)
}

// actFor is act that, with taking, lets running Locals take up what there is to
// execute even if nothing else is decided; serving is the one whose turn it is.
func (s *Service) actFor(ctx context.Context, id string, decide decision, taking bool, serving *Local) (*Run, error) {
	if err := checkRunID(id); err != nil {
		return nil, err
	}
	leave, err := s.locks.Lock(ctx, id)
	if err != nil {
		return nil, err
	}
	defer leave()
	commit := s.newID()
	for try := range maxTries {
		r, err := s.attempt(ctx, id, decide, commit, try > 0, taking, serving)
		if errors.Is(err, errStale) || err != nil && isConflict(err) { // others came first
			s.cache.Drop(id)
			continue
		}
		return r, err
	}
	return nil, fmt.Errorf("run %s changed %d times meanwhile: %w", id, maxTries, penstock.ErrConflict)
}

// attempt decides on one version of a run and commits the decision. A refusal or a
// no-op counts only once the version was confirmed.
func (s *Service) attempt(ctx context.Context, id string, decide decision, commit string, fresh, taking bool, serving *Local) (*Run, error) {
	var st *storedRun
	if !fresh {
		st, _ = s.cache.Get(id)
	}
	if st == nil {
		var err error
		if st, err = s.fetchRun(ctx, id); err != nil {
			return nil, err
		}
	}
	next, changes, extra, err := decide(st.run)
	if err == nil && (taking || len(changes) > 0) {
		if r, err := s.put(ctx, st, next, changes, commit, extra, serving); r != nil || err != nil {
			return r, err
		}
	}
	if err == nil && len(extra) > 0 { // it changes nothing, and is to be remembered: later it might change something
		check := store.Op{Kind: store.Check, Record: store.Record{Key: runKey(id), Version: st.version}}
		_, err := s.store.Commit(ctx, append([]store.Op{check}, extra...)...)
		return next, err
	}
	current, readErr := s.isCurrent(ctx, st)
	switch {
	case readErr != nil:
		return nil, readErr
	case !current:
		return nil, errStale
	}
	return next, err
}

// put commits a decision, together with what a running Local takes up of it at once.
// It returns nil if there is nothing to commit.
func (s *Service) put(ctx context.Context, base *storedRun, next *Run, changes []Change, commit string, extra []store.Op, serving *Local) (*Run, error) {
	next, changes, claims := s.claim(next, changes, serving)
	if len(changes) == 0 {
		return nil, nil
	}
	st, err := s.write(ctx, base, next, changes, commit, extra)
	if err != nil {
		if !known(err) {
			claims.doubt()
		}
		claims.release()
		return nil, err
	}
	claims.begin(next)
	s.notify(ctx, next)
	return st.run, nil
}

// write writes a run that came of base, which is nil for a new one.
func (s *Service) write(ctx context.Context, base *storedRun, next *Run, changes []Change, commit string, extra []store.Op) (*storedRun, error) {
	if deleted(changes) {
		return s.remove(ctx, base, next, changes, commit, extra)
	}
	st := &storedRun{run: next, commit: commit}
	var seen int64
	if base != nil {
		st.version, st.outputs, st.inputs, st.bytes = base.version, base.outputs, base.inputs, base.bytes
		seen = base.run.st.Changes
	}
	m := s.scratch()
	record, err := runRecord(m, next, st.version, commit)
	if err != nil {
		return nil, err
	}
	events, err := runEvents(m, next, changes, commit)
	if err != nil {
		return nil, err
	}
	told, err := s.told(ctx, base, next, changes)
	if err != nil {
		return nil, err
	}
	ops := append(make([]store.Op, 0, 4+len(extra)), store.Op{Record: record, Events: append(events, told...)})
	if base == nil {
		start, n, err := startOps(next)
		if err != nil {
			return nil, err
		}
		ops = append(ops, start...)
		st.bytes = n + len(record.Body)
	}
	newOutputs := base == nil && len(next.outputs) > 0 || base != nil && !sameOutputs(base.run.outputs, next.outputs)
	if newOutputs {
		body, err := json.Marshal(next.outputs)
		if err != nil {
			return nil, fmt.Errorf("encode outputs of run %s: %w", next.id, err)
		}
		ops = append(ops, store.Op{Record: store.Record{Key: runOutputsKey(next.id), Version: st.outputs, Body: body}})
		st.bytes += len(body)
	}
	jobs, places, err := jobsOps(m, base, st)
	if err != nil {
		return nil, fmt.Errorf("encode jobs of run %s: %w", next.id, err)
	}
	ops = append(ops, jobs...)
	given, newInputs, err := inputsOp(base, next)
	if err != nil {
		return nil, err
	}
	if newInputs {
		ops = append(ops, given)
		st.bytes += len(given.Body)
	}
	version, err := s.commit(ctx, append(ops, extra...), st, seen)
	if err != nil {
		return nil, err
	}
	s.free(m)         // after an error, something may still look at it
	if version == 0 { // it was written, but it is not known as which version
		s.cache.Drop(next.id)
	} else {
		if st.version = version; newOutputs {
			st.outputs = version
		}
		st.written(places, version)
		if newInputs {
			st.inputs = version
		}
		s.keep(st)
	}
	s.bell.Committed(next.id, next.st.Changes)
	return st, nil
}

// sameOutputs reports whether nothing was put out; what changed is a new map.
func sameOutputs(a, b map[string]map[string]string) bool {
	return len(a) == len(b) && maps.EqualFunc(a, b, maps.Equal[map[string]string, map[string]string])
}

// runEvents returns changes as events of the run's trail.
func runEvents(m *scratch, r *Run, changes []Change, commit string) ([]store.Event, error) {
	events := make([]store.Event, len(changes))
	seq := r.st.Changes - int64(len(changes))
	for i := range changes {
		seq++
		body, err := encodeEntry(m.room(), seq, commit, &changes[i])
		if err != nil {
			return nil, fmt.Errorf("encode change %d of run %s: %w", seq, r.id, err)
		}
		events[i] = store.Event{Seq: seq, Name: string(changes[i].Kind), At: changes[i].At, Body: m.keep(body)}
	}
	return events, nil
}

// commit writes ops. If it is not known whether they were written, it looks for
// the commit's id in the trail; a version of 0 says that it was found there.
func (s *Service) commit(ctx context.Context, ops []store.Op, st *storedRun, seen int64) (int64, error) {
	version, err := s.store.Commit(ctx, ops...)
	if err == nil || known(err) {
		return version, err
	}
	// The caller's context may be what failed. What was asked must not be
	// answered wrongly because of it.
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	found, lookErr := s.wasCommitted(look, st, seen)
	switch {
	case lookErr != nil:
		s.cache.Drop(st.run.id)
		return 0, fmt.Errorf("whether run %s was stored is unknown: %w", st.run.id, errors.Join(err, lookErr))
	case !found:
		return 0, fmt.Errorf("run %s was not stored: %w", st.run.id, err)
	}
	return 0, nil
}

// wasCommitted reports whether the commit that writes st was carried out.
func (s *Service) wasCommitted(ctx context.Context, st *storedRun, seen int64) (bool, error) {
	events, err := s.store.Events(ctx, store.EventQuery{Subject: runKey(st.run.id), After: seen, Limit: 1})
	if err != nil || len(events) == 0 {
		return false, err
	}
	var e RunEntry // the first change after those that were seen is of the commit, or of who came first
	if err := json.Unmarshal(events[0].Body, &e); err != nil {
		return false, corrupt(st.run.id, "trail", err)
	}
	return e.Commit == st.commit, nil
}

// confirmedRun returns the run as it is stored now: from the cache only if the
// version of its header is still the stored one.
func (s *Service) confirmedRun(ctx context.Context, id string) (*storedRun, error) {
	if err := checkRunID(id); err != nil {
		return nil, err
	}
	if st, ok := s.cache.Get(id); ok {
		if current, err := s.isCurrent(ctx, st); err != nil || current {
			return st, err
		}
	}
	return s.fetchRun(ctx, id)
}

// isCurrent reports whether nobody has committed the run since.
func (s *Service) isCurrent(ctx context.Context, st *storedRun) (bool, error) {
	records, err := s.store.Get(ctx, runKey(st.run.id))
	if err != nil {
		return false, err
	}
	return records[0].Version == st.version, nil
}

// fetchRun reads the run from the store into the cache.
func (s *Service) fetchRun(ctx context.Context, id string) (*storedRun, error) {
	st, err := s.loadRun(ctx, id)
	for range maxTries {
		if !errors.Is(err, errStale) {
			break
		}
		st, err = s.loadRun(ctx, id) // it changed between two reads
	}
	if err != nil {
		s.cache.Drop(id)
		return nil, err
	}
	s.keep(st)
	return st, nil
}

// checkRunID keeps what cannot be an id from the store.
func checkRunID(id string) error {
	if id == "" || len(id) > 64 {
		return runNotFound(id)
	}
	for _, r := range id {
		if r <= ' ' || r == '/' || r > '~' {
			return runNotFound(id)
		}
	}
	return nil
}
