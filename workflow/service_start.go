package workflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/store"
)

// Start starts a run of the workflow with key and returns it: under way if no limit
// holds it up, and otherwise waiting for its turn. The Members of in are looked up in the
// Directory, and an Email that is not set is the actor's.
//
// What is wrong with in is an ErrInvalid that tells every fault; a name that the Catalog
// does not know, an ErrNotFound; a definition that is disabled, whose
// concurrency_limit is 0, of which a job is of a type that no executor is there
// for, or that asks for an approval of a kind that no provider is there for, an ErrRefused. Whether
// there is an executor is known of the engines that were attached to this Service with the types that
// they execute: see [Service.Attach]; of providers, of its Config.
func (s *Service) Start(ctx context.Context, key string, in Start, by penstock.Actor) (*Run, error) {
	in.Origin = nil
	return s.once(ctx, in.Key, in.KeyFor, startOf("", key, &in), by, func(slot *idempotency.Slot) (*Run, error) {
		return s.startAs(ctx, s.newID(), key, in, slot, by)
	})
}

// StartAs is Start with the id of the run: 1 to 64 printable characters without a
// slash, unique among all runs. To start a run of the same workflow again with an id
// returns the run that is there, whatever became of the workflow since, so that to
// start is safe to repeat; of another workflow, or one that a release plan started, it is an ErrExists.
func (s *Service) StartAs(ctx context.Context, id, key string, in Start, by penstock.Actor) (*Run, error) {
	in.Origin = nil
	return s.startOnce(ctx, id, key, in, by)
}

// startOnce is startAs that first looks whether the run is there already, whatever became of
// its workflow since.
func (s *Service) startOnce(ctx context.Context, id, key string, in Start, by penstock.Actor) (*Run, error) {
	return s.once(ctx, in.Key, in.KeyFor, startOf(id, key, &in), by, func(slot *idempotency.Slot) (*Run, error) {
		return s.startUnlessThere(ctx, id, key, in, slot, by)
	})
}

func (s *Service) startUnlessThere(ctx context.Context, id, key string, in Start, slot *idempotency.Slot, by penstock.Actor) (*Run, error) {
	if outsider(by) == nil && checkRunID(id) == nil {
		switch there, err := s.wasStarted(ctx, id); {
		case err != nil:
			return nil, err
		case there:
			r, err := s.started(ctx, id, key, in.Origin, by)
			if errors.Is(err, penstock.ErrNotFound) {
				err = fmt.Errorf("a run with the id %q was there, and was deleted: %w", short(id), penstock.ErrExists)
			}
			return r, err
		}
	}
	return s.startAs(ctx, id, key, in, slot, by)
}

// startAs is StartAs with the origin that in has.
func (s *Service) startAs(ctx context.Context, id, key string, in Start, slot *idempotency.Slot, by penstock.Actor) (*Run, error) {
	if err := outsider(by); err != nil {
		return nil, err
	}
	if checkRunID(id) != nil {
		return nil, penstock.Invalid("id", "%q is not 1 to 64 printable characters without a slash", short(id))
	}
	number := sync.OnceValues(func() (int64, error) { return s.store.Next(ctx, kindRun+"/"+key, 1) })
	for range maxTries {
		r, err := s.start(ctx, id, key, in, slot, by, number)
		switch {
		case slot != nil && slot.Is(err): // the same request came first
			return nil, err
		case err != nil && isConflict(err) && errors.Is(err, penstock.ErrExists): // the same id
			return s.started(ctx, id, key, in.Origin, by)
		case err != nil && isConflict(err): // the definition has changed
			continue
		case err != nil:
			return nil, err
		}
		if r.st.State != RunQueued {
			return r, nil
		}
		s.admitNext(ctx, r)
		if slot != nil { // the answer that is given again
			return r, nil
		}
		if st, ok := s.cache.Get(id); ok {
			return st.run, nil
		}
		return r, nil
	}
	return nil, fmt.Errorf("workflow %s changed %d times meanwhile: %w", key, maxTries, penstock.ErrConflict)
}

// started returns the run that has the id of one that is to be started.
func (s *Service) started(ctx context.Context, id, key string, origin *Origin, by penstock.Actor) (*Run, error) {
	st, err := s.readRun(ctx, id, by, penstock.Execute)
	if err != nil {
		return nil, err
	}
	if st.run.Workflow() != key || !st.run.start.Origin.same(origin) {
		return nil, fmt.Errorf("a run with the id %q: %w", short(id), penstock.ErrExists)
	}
	return st.run, nil
}

// start decides about a start by the latest definition, and commits it if that still is the
// latest then.
func (s *Service) start(ctx context.Context, id, key string, in Start, slot *idempotency.Slot, by penstock.Actor, number func() (int64, error)) (*Run, error) {
	d, version, pin, err := s.pinned(ctx, key)
	if err != nil {
		return nil, err
	}
	if err := s.authorizer.Ask(ctx, by, penstock.Execute, resourceOf(d)); err != nil {
		return nil, err
	}
	if in.Version != 0 && in.Version != version {
		return nil, fmt.Errorf("workflow %s is at version %d, not %d: %w", key, version, in.Version, penstock.ErrConflict)
	}
	if err := s.mayGrant(ctx, in.Origin, by, resourceOf(d)); err != nil {
		return nil, err
	}
	if in.Email == "" {
		in.Email = by.Email
	}
	in.Params, in.Inputs = slices.Clone(in.Params), slices.Clone(in.Inputs)
	r, err := prepareWith(RunIdentity{ID: id, Version: version}, d, in, func(params []Param) (*graph, error) { return s.graphs.get(d, version, s.types, in.Inputs, params) })
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.executable(r.graph, "start"), s.resolve(ctx, r.graph)); err != nil {
		return nil, err
	}
	if err := s.ticketAllows(ctx, d, r.start, by, by); err != nil {
		return nil, err
	}
	r.start.Members = nil
	if !r.granted() {
		if err := s.askable(r.graph, "start"); err != nil {
			return nil, err
		}
		if r.start.Members, err = s.groupMembers(ctx, r.graph); err != nil {
			return nil, err
		}
	}
	r, changes, err := r.create(by, s.now())
	if err != nil {
		return nil, err
	}
	if r.number, err = number(); err != nil { // nobody has seen it yet
		return nil, fmt.Errorf("take a number: %w", err)
	}
	if r, changes, err = s.admitFreely(ctx, r, changes, d); err != nil {
		return nil, err
	}
	extra := []store.Op{pin}
	if slot != nil {
		op, err := slot.Op(runAnswer{Run: r.id, Seq: r.st.Changes})
		if err != nil {
			return nil, err
		}
		extra = append(extra, op)
	}
	return s.put(ctx, nil, r, changes, s.newID(), extra, nil)
}

// resourceOf returns a workflow as an Authorizer is asked about it.
func resourceOf(d *Definition) penstock.Resource {
	return penstock.Resource{Kind: "workflow", ID: d.Key, Name: d.DisplayName(), Project: d.Project}
}

// Clone starts a run anew: with the parameters and inputs, secret ones included, of
// a run that there was, on the latest definition.
func (s *Service) Clone(ctx context.Context, id string, by penstock.Actor) (*Run, error) {
	return s.CloneWith(ctx, id, "", by)
}

// CloneWith is Clone with an idempotency key: see [Start]. An empty one is none.
func (s *Service) CloneWith(ctx context.Context, id, key string, by penstock.Actor) (*Run, error) {
	return s.once(ctx, key, "", starting{Clone: id}, by, func(slot *idempotency.Slot) (*Run, error) {
		return s.clone(ctx, id, slot, by)
	})
}

func (s *Service) clone(ctx context.Context, id string, slot *idempotency.Slot, by penstock.Actor) (*Run, error) {
	if err := outsider(by); err != nil {
		return nil, err
	}
	st, err := s.readRun(ctx, id, by, penstock.Execute)
	if err != nil {
		return nil, err
	}
	in := *st.run.start
	in.Inputs, in.Later = in.inputs(), nil // of each job the latest
	in.Origin, in.Email, in.URL, in.Members = nil, "", "", nil
	return s.startAs(ctx, s.newID(), st.run.Workflow(), in, slot, by)
}

// executable refuses a graph with jobs of types that nobody executes.
func (s *Service) executable(g *graph, a Action) error {
	s.mu.RLock()
	types := s.executed
	s.mu.RUnlock()
	if types == nil {
		return nil
	}
	refusal := &penstock.RefusedError{Action: string(a), State: "stored"}
	for i := range g.nodes {
		n := &g.nodes[i]
		if !n.executes() || types[n.job.Type] {
			continue
		}
		if need := "an executor for jobs of type " + n.job.Type; !slices.Contains(refusal.Needs, need) {
			refusal.Needs = append(refusal.Needs, need)
		}
	}
	if len(refusal.Needs) > 0 {
		return refusal
	}
	return nil
}

// resolve asks the Catalog for everything that the jobs of a graph name.
func (s *Service) resolve(ctx context.Context, g *graph) error {
	if s.catalog == nil {
		return nil
	}
	var faults []error
	for i := range g.nodes {
		n := &g.nodes[i]
		if _, err := s.resolved(ctx, g.def.Project, n.job.Type, n.spec); err != nil {
			faults = append(faults, fmt.Errorf("job %s: %w", n.key, err))
		}
	}
	return errors.Join(faults...)
}

// resolved returns a spec of a project with the ids of what it names.
func (s *Service) resolved(ctx context.Context, project, jobType string, text []byte) ([]byte, error) {
	if s.catalog == nil {
		return text, nil
	}
	return s.resolvedAs(ctx, project, jobType, text, nil)
}

// resolvedAs is resolved that asks for names as plain returns them, if it is set.
func (s *Service) resolvedAs(ctx context.Context, project, jobType string, text []byte, plain func(string) string) ([]byte, error) {
	spec, err := s.types.Decode(&Job{Type: jobType, Spec: text})
	if err != nil {
		return nil, err
	}
	referrer, ok := spec.(Referrer)
	if !ok {
		return text, nil
	}
	for _, ref := range referrer.References() {
		if plain != nil {
			ref.Project, ref.Name, ref.Env = plain(ref.Project), plain(ref.Name), plain(ref.Env)
		}
		ref.Project = cmp.Or(ref.Project, project)
		id, err := s.catalog.Resolve(ctx, ref)
		if err == nil {
			err = ref.Set(id)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ref.Field, err)
		}
	}
	return EncodeSpec(spec)
}

// groupMembers looks up the groups that the approvals of a graph name.
func (s *Service) groupMembers(ctx context.Context, g *graph) (map[string][]penstock.Party, error) {
	var groups []penstock.Party
	for _, stage := range g.stages {
		if stage.Approval != nil && stage.Approval.Required() {
			groups = append(groups, stage.Approval.Groups()...)
		}
	}
	for i := range g.nodes {
		if policy := g.nodes[i].policy; policy != nil {
			groups = append(groups, policy.Groups()...)
		}
	}
	if len(groups) == 0 {
		return nil, nil
	}
	members := make(map[string][]penstock.Party)
	var faults []error
	for _, group := range groups {
		if _, known := members[group.Key()]; known {
			continue
		}
		info, err := s.directory.Party(ctx, group)
		switch {
		case errors.Is(err, penstock.ErrNotFound):
			faults = append(faults, penstock.Invalid("stages", "the group %q is not known", short(group.Label())))
		case err != nil:
			return nil, fmt.Errorf("group %s: %w", short(group.Label()), err)
		}
		members[group.Key()] = info.Members
	}
	return members, errors.Join(faults...)
}
