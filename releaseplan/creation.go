package releaseplan

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
)

// A Creation is everything that can be asked of a Service about a new plan. The zero value
// of a field asks nothing.
type Creation struct {
	Content  Content   `json:"content"`
	Document []byte    `json:"document,omitempty"` // an exported plan whose content is taken, in the place of Content: see [Service.Import]
	Then     []Command `json:"then,omitempty"`     // what the plan does in the same commit: see [Service.CreateThen]

	// Key makes the creation idempotent: the same again with the same key makes no
	// second plan, and returns the first as it was then. A key belongs to the actor; it is not
	// the same as one of [Service.Do]. The rest is as of [Command.Key].
	Key    string `json:"-"`
	KeyFor string `json:"-"` // what the Key stands for: see [Command.KeyFor]
}

// CreateWith files a new draft, as [Service.Create], [Service.CreateThen] and
// [Service.Import] do, and may have a key. A key that was used for another plan is
// a [*penstock.KeyReusedError].
func (s *Service) CreateWith(ctx context.Context, c Creation, by penstock.Actor) (*Plan, error) {
	if err := outsider(by); err != nil {
		return nil, err
	}
	if err := (&Command{Action: Advance, Then: c.Then}).check(); err != nil {
		return nil, err
	}
	return s.once(ctx, c.Key, c.KeyFor, &c, by, func(slot *idempotency.Slot) (*Plan, error) {
		content := &c.Content
		if c.Document != nil {
			p, err := Import(c.Document)
			if err != nil {
				return nil, err
			}
			d := p.Duplicate(s.newID())
			content = &d
		}
		return s.create(ctx, content, c.Then, slot, by)
	})
}

// A duplication is what a Duplicate is asked.
type duplication struct {
	Of string `json:"of"`
	As Copy   `json:"as"`
}

// newPlans is the scope of keys that make plans: no plan has this id.
const newPlans = ""

// once lets file make a plan, unless there is one with the key already.
func (s *Service) once(ctx context.Context, key, stands string, what any, by penstock.Actor, file func(*idempotency.Slot) (*Plan, error)) (*Plan, error) {
	if key == "" {
		return file(nil)
	}
	if err := penstock.CheckKey("key", key); err != nil {
		return nil, err
	}
	r := idempotency.Request{Scope: newPlans, Key: key, By: by.ID, What: what}
	if stands != "" {
		r.What = keyFor{stands}
	}
	return idempotency.Once(func() (*Plan, idempotency.Slot, error) { return s.firstAnswer(ctx, r, penstock.Edit, by) }, file)
}

// outsider keeps the library's own actor to the library.
func outsider(by penstock.Actor) error {
	if by.ID == penstock.SystemID {
		return fmt.Errorf("the actor id %q is the library's own: %w", by.ID, penstock.ErrForbidden)
	}
	return nil
}
