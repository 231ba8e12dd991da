package releaseplan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/store"
)

// An answer is what the first command with an idempotency key came to.
type answer struct {
	Plan   string `json:"plan"`
	Before int64  `json:"before"` // the latest change before it; 0: it made the plan
	Seq    int64  `json:"seq"`    // the latest change after it
}

// request is what a command asks with its key.
func (c *Command) request(id string, by penstock.Actor) idempotency.Request {
	r := idempotency.Request{Scope: id, Key: c.Key, By: by.ID}
	if c.KeyFor != "" {
		r.What = keyFor{c.KeyFor}
		return r
	}
	asked := *c
	asked.Members = nil // looked up, not asked
	r.What = &asked
	return r
}

// keyFor is what a key stands for, if the caller says so.
type keyFor struct {
	For string `json:"for"`
}

// answered returns the first answer to the command's idempotency key, if there
// was one: the plan as it was then. Otherwise it returns where the answer is to be put.
func (s *Service) answered(ctx context.Context, id string, c Command, by penstock.Actor) (*Plan, idempotency.Slot, error) {
	if c.Key == "" {
		return nil, idempotency.Slot{}, nil
	}
	return s.firstAnswer(ctx, c.request(id, by), c.Action.Right(), by)
}

// firstAnswer returns the plan as it was after the first request with a key; nil if
// there was none. Another request with the key is a [*penstock.KeyReusedError]. Who has lost the right
// to ask is told of neither.
func (s *Service) firstAnswer(ctx context.Context, r idempotency.Request, right penstock.Right, by penstock.Actor) (*Plan, idempotency.Slot, error) {
	slot, raw, reused := s.keys.Find(ctx, r)
	if raw == nil {
		return nil, slot, reused
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, slot, corrupt(a.Plan, "the answer to a key", err)
	}
	p, gone := s.asOf(ctx, a.Plan, a.Seq)
	if gone != nil && !errors.Is(gone, ErrPruned) {
		return nil, slot, gone
	}
	if err := s.askAgain(ctx, a.Plan, p, right, by); err != nil {
		return nil, slot, err
	}
	if reused != nil {
		return nil, slot, reused
	}
	if gone != nil {
		return nil, slot, fmt.Errorf("what was asked with the key %q was carried out, but %w: %w", short(r.Key), gone, penstock.ErrExists)
	}
	return p, slot, nil
}

// askAgain asks the Authorizer before an earlier answer is shown: about the plan as
// it is stored or, if it is gone, as it was then, unless that was pruned.
func (s *Service) askAgain(ctx context.Context, id string, then *Plan, right penstock.Right, by penstock.Actor) error {
	if s.authorizer == nil || by.ID == penstock.SystemID {
		return nil
	}
	on := penstock.Resource{Kind: "plan", ID: id}
	switch st, err := s.confirmed(ctx, id); {
	case err == nil:
		on = st.plan.Resource()
	case !errors.Is(err, penstock.ErrNotFound):
		return err
	case then != nil:
		on = then.Resource()
	}
	return s.authorizer(ctx, by, right, on)
}

// unchanged returns the answer to a command with a key that changed nothing, or nil for one that
// failed. The first is remembered, if the plan still is the one that it was decided on: sent
// again later, it might change something. The second may have failed only because the
// same command, sent at once, was carried out meanwhile.
func (s *Service) unchanged(ctx context.Context, st *stored, next *Plan, failed error, c Command, slot idempotency.Slot, by penstock.Actor) (*Plan, error) {
	if failed != nil {
		first, _, err := s.answered(ctx, st.plan.id, c, by)
		return first, err
	}
	op, err := slot.Op(answer{Plan: next.id, Before: next.st.Changes, Seq: next.st.Changes})
	if err != nil {
		return nil, err
	}
	if _, err := s.store.Commit(ctx, store.Op{Kind: store.Check, Record: store.Record{Key: planKey(next.id), Version: st.version}}, op); err != nil {
		return nil, err
	}
	return next, nil
}

// ForgetKeys removes the records of idempotency keys that have expired, those of deleted
// plans too, and returns how many. They count as forgotten before: this only gives back the room. Runners
// do so from time to time; any number of processes may do so at once. What was done before an
// error is returned with it.
func (s *Service) ForgetKeys(ctx context.Context) (int, error) { return s.keys.Forget(ctx) }

// Before returns the plan with id as it was when the first command with the Key of c, which
// tells its KeyFor too, was decided; nil if there was none. With it, what makes a command of a plan that it
// read makes the same of it again. It takes the right to read.
func (s *Service) Before(ctx context.Context, id string, c Command, by penstock.Actor) (*Plan, error) {
	if c.Key == "" || checkID(id) != nil {
		return nil, nil //nolint:nilerr // no plan has such an id, and none had one
	}
	slot, raw, err := s.keys.Find(ctx, c.request(id, by))
	if raw == nil || err != nil {
		return nil, err
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, corrupt(id, "the answer to a key", err)
	}
	p, err := s.asOf(ctx, id, a.Before)
	if err != nil && !errors.Is(err, ErrPruned) {
		return nil, err
	}
	if askErr := s.askAgain(ctx, id, p, penstock.Read, by); askErr != nil || err != nil {
		return nil, askErr
	}
	return p.At(slot.At), nil
}

// findable lets BeforeNumber find the key of what deleted a plan, whose number is found nowhere else.
func findable(op store.Op, p *Plan, a Action) store.Op {
	if a == Delete {
		op.Fields[fieldNumber] = []string{strconv.FormatInt(p.number, 10)}
	}
	return op
}

// BeforeNumber is Before of a plan that was deleted with the Key, by its number.
func (s *Service) BeforeNumber(ctx context.Context, number int64, c Command, by penstock.Actor) (*Plan, error) {
	if c.Key == "" {
		return nil, nil
	}
	page, err := s.store.Find(ctx, store.Query{Kind: kindKey, Where: []store.Filter{store.Equals(fieldNumber, strconv.FormatInt(number, 10))}, Limit: 1, NoBody: true})
	if err != nil || len(page.Records) == 0 {
		return nil, err
	}
	id, _, _ := strings.Cut(page.Records[0].ID, "/")
	return s.Before(ctx, id, c, by)
}

// Replies keeps what the dialects of this module answered to requests with a key. It is theirs.
func (s *Service) Replies() *idempotency.Replies {
	return idempotency.NewReplies(s.keys, "plan", func(ctx context.Context, c idempotency.Concern, by penstock.Actor) error {
		if s.authorizer == nil {
			return nil
		}
		on := c.On
		switch st, err := s.confirmed(ctx, on.ID); {
		case err == nil:
			on = st.plan.Resource()
		case !errors.Is(err, penstock.ErrNotFound):
			return err
		}
		return s.authorizer(ctx, by, c.Right, on)
	})
}
