package outbox

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/store"
)

// Forget removes the dispatcher from the store with all its messages, so that
// events can be pruned. A Run of it ends. Called again after an error, it goes on; until
// it is through, the dispatcher can neither Run nor Register.
func (d *Dispatcher) Forget(ctx context.Context) error {
	seed := ""
	for {
		r, err := d.stored(ctx)
		if err != nil {
			return err
		}
		if seed == "" {
			seed = r.Seed
		}
		if r.version == 0 || r.Seed != seed { // it is gone; another one may have its name by now
			return nil
		}
		if err := d.forget(ctx, r); err != nil && !isConflict(err) { // who owns it writes it all the time
			return fmt.Errorf("forget dispatcher %s: %w", d.config.Name, err)
		}
	}
}

// forget does the next step. No step is done unless r is what is stored: so it cannot
// touch the messages of one that is registered anew.
func (d *Dispatcher) forget(ctx context.Context, r reader) error {
	marked := r.Forgets
	r.Forgets, r.Owner = true, ""
	op, err := d.op(r)
	if err != nil {
		return err
	}
	if !marked { // from now on nobody adds messages
		_, err = d.config.Store.Commit(ctx, op)
		return err
	}
	page, err := d.config.Store.Find(ctx, store.Query{Kind: kindMessage, Where: d.in(pending, redriven, dead), Limit: maxOps - 1, NoBody: true})
	if err != nil {
		return err
	}
	op.Kind = store.Check
	if page.Next == nil {
		op.Kind = store.Delete
	}
	ops := []store.Op{op}
	for _, m := range page.Records {
		ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: m.Key, Version: m.Version}})
	}
	_, err = d.config.Store.Commit(ctx, ops...)
	return err
}
