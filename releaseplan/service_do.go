package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/store"
)

// Do makes the plan with id do c, asked by by, and returns the plan after it.
// Either all of it is stored, with its audit events, or nothing.
//
// A command that others overtake is decided again on what they left, at most ten
// times; then, and at once for an Edit, the error is an ErrConflict. The other
// errors are those of [Plan.Do], of the Authorizer and of the store; a plan does not
// leave its draft while another is under way with the same [Target], and with
// [Config.Rollout] what its strategies refer to must be there and fit. After an
// error of the store that leaves open whether the command was stored, Do looks
// for it; if even that fails, the error says that the outcome is unknown, and the
// same command with the same Key is safe to send again: see [Command.Key]. A Key that was used
// for another command is a [*penstock.KeyReusedError].
func (s *Service) Do(ctx context.Context, id string, c Command, by penstock.Actor) (*Plan, error) {
	if err := outsider(by); err != nil {
		return nil, err
	}
	for each := range c.all() {
		if each.Action == Start && each.Lease != "" {
			return nil, penstock.Invalid("lease", "is a Runner's to take")
		}
	}
	return s.do(ctx, id, c, by)
}

func (s *Service) do(ctx context.Context, id string, c Command, by penstock.Actor) (*Plan, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	unlock, err := s.turn(ctx, id, by)
	if err != nil {
		return nil, err
	}
	defer unlock()
	commit := s.newID()
	for try := range maxTries {
		p, err := s.attempt(ctx, id, c, by, commit, try > 0)
		switch {
		case errors.Is(err, errStale), err != nil && isConflict(err): // others came first
			s.cache.Drop(id)
			if !c.edits() {
				continue
			}
			if first, _, err := s.answered(ctx, id, c, by); first != nil || err != nil {
				return first, err // the same edit, sent twice at once
			}
			return nil, fmt.Errorf("plan %s: %w", id, penstock.ErrConflict)
		default:
			return p, err
		}
	}
	return nil, fmt.Errorf("plan %s changed %d times meanwhile: %w", id, maxTries, penstock.ErrConflict)
}

// patience is how long the library's own commands wait for a plan's turn.
const patience = 100 * time.Millisecond

// turn waits for the plan's turn. Turns only spare conflicts, so a Runner, which
// must not stand still because a host's Authorizer does, goes on without its own.
func (s *Service) turn(ctx context.Context, id string, by penstock.Actor) (unlock func(), err error) {
	if by.ID != penstock.SystemID {
		return s.locks.Lock(ctx, id)
	}
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if unlock, err = s.locks.Lock(soon, id); err != nil && ctx.Err() == nil {
		return func() {}, nil
	}
	return unlock, err
}

// errStale says that a decision was made on a plan that is no longer the stored one.
var errStale = errors.New("decided on a stale plan")

// attempt decides a command on one version of a plan and commits the decision. A
// refusal or a no-op counts only once the version was confirmed.
func (s *Service) attempt(ctx context.Context, id string, c Command, by penstock.Actor, commit string, fresh bool) (*Plan, error) {
	first, slot, err := s.answered(ctx, id, c, by)
	if first != nil || err != nil {
		return first, err
	}
	st, err := s.base(ctx, id, c, fresh)
	if errors.Is(err, penstock.ErrNotFound) {
		if first, _, lookErr := s.answered(ctx, id, c, by); first != nil || lookErr != nil {
			return first, lookErr // the same Delete, sent twice at once
		}
	}
	if err != nil {
		return nil, err
	}
	next, changes, err := s.decideAll(ctx, st.plan, nil, c.all(), by)
	if err == nil && len(changes) > 0 {
		return s.put(ctx, st, next, changes, c, slot, commit)
	}
	if c.Key != "" {
		if answer, lookErr := s.unchanged(ctx, st, next, err, c, slot, by); answer != nil || lookErr != nil {
			return answer, lookErr
		}
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

// base returns the plan to decide on. That of the cache will do, but for an edit,
// which is not decided again should it be stale.
func (s *Service) base(ctx context.Context, id string, c Command, fresh bool) (*stored, error) {
	if c.edits() && !fresh {
		return s.confirmed(ctx, id)
	}
	if st, ok := s.cache.Get(id); ok && !fresh {
		return st, nil
	}
	return s.fetch(ctx, id)
}

// decideAll decides commands that follow each other, and the changes that a new plan begins with.
func (s *Service) decideAll(ctx context.Context, p *Plan, changes []Change, all iter.Seq[Command], by penstock.Actor) (*Plan, []Change, error) {
	now, next := s.now(), p
	for c := range all {
		do := next.do
		if len(changes) > 0 {
			do = next.doNext
		}
		after, more, err := s.decide(ctx, next, c, by, now, do)
		if err != nil && after == nil { // by may not even see it
			return nil, nil, err
		}
		if err != nil {
			return p, nil, err
		}
		next, changes = after, append(changes, more...)
	}
	return next, changes, nil
}

// decide asks the Authorizer, but for what the library does itself, and then the plan.
func (s *Service) decide(ctx context.Context, p *Plan, c Command, by penstock.Actor, now time.Time,
	do func(Command, penstock.Actor, time.Time) (*Plan, []Change, error)) (*Plan, []Change, error) {
	if by.ID != penstock.SystemID {
		if err := s.authorizer.Ask(ctx, by, c.Action.Right(), p.Resource()); err != nil {
			return nil, nil, err
		}
	}
	switch c.Action {
	case RequestApproval:
		members, err := s.members(ctx, p)
		if err != nil {
			return nil, nil, err
		}
		c.Members = members
	case Edit:
		content := c.Content.clone()
		if content.Owner.IsZero() {
			content.Owner = p.def.content.Owner
		}
		if err := errors.Join(content.Validate(), s.look(ctx, &content, &p.def.content)); err != nil {
			return p, nil, err
		}
		if err := s.lookTarget(ctx, &content, &p.def.content, by); err != nil {
			return p, nil, err
		}
		to, from := content.resource(p.id), p.Resource()
		if to.Folder != from.Folder || to.Project != from.Project { // to move it there is as good as to create it there
			to.Name = from.Name
			if err := s.authorizer.Ask(ctx, by, penstock.Edit, to); err != nil {
				return nil, nil, err
			}
		}
		forgetNumbers(&content, true)
		if _, err := s.number(ctx, &content, 0); err != nil {
			return nil, nil, err
		}
		c.Content = &content
	case Delete:
		if err := s.unreferenced(ctx, p); err != nil {
			return nil, nil, err
		}
	default: // nothing to look up
	}
	next, changes, err := do(c, by, now)
	if err == nil {
		err = s.mayFollow(ctx, p, next, c.Action, by)
	}
	if err != nil {
		return p, nil, err
	}
	return next, changes, nil
}

// members expands the groups that the approval policy names.
func (s *Service) members(ctx context.Context, p *Plan) (map[string][]penstock.Party, error) {
	policy := p.def.content.Approval
	if policy == nil {
		return nil, nil
	}
	members := make(map[string][]penstock.Party)
	var faults []error
	for _, group := range policy.Groups() {
		info, err := s.directory.Party(ctx, group)
		if errors.Is(err, penstock.ErrNotFound) {
			faults = append(faults, penstock.Invalid("approval.nodes", "the group %q is not known", short(group.Label())))
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("group %s: %w", group.Label(), err)
		}
		members[group.Key()] = info.Members
	}
	return members, errors.Join(faults...)
}

func (s *Service) unreferenced(ctx context.Context, p *Plan) error {
	if s.references == nil {
		return nil
	}
	refs, err := s.references(ctx, p.id)
	if err != nil || len(refs) == 0 {
		return err
	}
	return &penstock.RefusedError{Action: string(Delete), State: string(p.st.State), Needs: []string{"no reference to the plan, but " + refs[0] + " refers to it"}}
}

// put commits a decision.
func (s *Service) put(ctx context.Context, base *stored, next *Plan, changes []Change, c Command, slot idempotency.Slot, commit string) (*Plan, error) {
	ops, out, err := s.save(base, next, changes, commit)
	if err != nil {
		return nil, err
	}
	if c.Action == Delete {
		if ops, err = s.dropBase(ctx, s.removal(base, ops[0].Events), base); err != nil {
			return nil, err
		}
	}
	if c.Key != "" {
		op, err := slot.Op(answer{Plan: next.id, Before: base.plan.st.Changes, Seq: next.st.Changes})
		if err != nil {
			return nil, err
		}
		ops = append(ops, findable(op, base.plan, c.Action))
	}
	done, err := s.commitAround(ctx, ops, base.plan, out)
	if err != nil {
		return nil, err
	}
	if c.Action == Delete {
		s.cache.Drop(base.plan.id)
	}
	return done.plan, nil
}

// commit writes ops. If it is not known whether they were written, it looks for
// the commit's id: in the header or, if others went on since, in the events.
func (s *Service) commit(ctx context.Context, ops []store.Op, out *stored, seen int64) (*stored, error) {
	version, err := s.store.Commit(ctx, ops...)
	switch {
	case err == nil:
		out.committed(version)
		s.keep(out)
		s.bell.Committed(out.plan.id, out.plan.st.Changes)
		return out, nil
	case known(err):
		return nil, conflictOf(err, out.plan)
	}
	// The caller's context may be what failed. What was asked must not be
	// answered wrongly because of it.
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	found, lookErr := s.wasCommitted(look, out, seen)
	switch {
	case lookErr != nil:
		s.cache.Drop(out.plan.id)
		return nil, fmt.Errorf("whether plan %s was stored is unknown: %w", out.plan.id, errors.Join(err, lookErr))
	case !found:
		return nil, fmt.Errorf("plan %s was not stored: %w", out.plan.id, err)
	}
	s.cache.Drop(out.plan.id)
	s.bell.Committed(out.plan.id, out.plan.st.Changes)
	return out, nil
}

// lookTimeout bounds the search for a commit whose outcome is not known.
const lookTimeout = 10 * time.Second

// known reports whether an error of Commit says that nothing was written.
func known(err error) bool {
	return errors.Is(err, penstock.ErrConflict) || errors.Is(err, penstock.ErrExists) || errors.Is(err, penstock.ErrInvalid) || errors.Is(err, store.ErrClosed)
}

// isConflict reports whether somebody else's commit came first.
func isConflict(err error) bool {
	var op *store.OpError
	return errors.As(err, &op) && (op.Key.Kind != kindName)
}

// conflictOf names what a Commit ran into: a name that is taken is the caller's
// business, another op's conflict the Service's own.
func conflictOf(err error, p *Plan) error {
	var op *store.OpError
	if errors.As(err, &op) && op.Key.Kind == kindName {
		return fmt.Errorf("a plan with the name %q in the same folder: %w", p.Name(), penstock.ErrExists)
	}
	return err
}

// wasCommitted reports whether the commit that writes out was carried out.
func (s *Service) wasCommitted(ctx context.Context, out *stored, seen int64) (bool, error) {
	for after := seen; ; {
		events, err := s.store.Events(ctx, store.EventQuery{Subject: planKey(out.plan.id), After: after, Limit: store.MaxLimit})
		if err != nil {
			return false, err
		}
		for _, e := range events {
			var entry Entry
			if err := entry.UnmarshalJSON(e.Body); err != nil {
				return false, fmt.Errorf("event %d of plan %s cannot be read: %w", e.Seq, out.plan.id, err)
			}
			if entry.Commit == out.commit {
				return true, nil
			}
			after = e.Seq
		}
		if len(events) < store.MaxLimit {
			return false, nil
		}
	}
}
