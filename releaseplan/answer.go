package releaseplan

import (
	"context"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// What a Runner asks the store may never be answered: a connection that has gone silent
// tells nobody. So each of these ends, with an error, after the TTL, and is
// asked again when the Runner looks around the next time.

func (r *Runner) find(ctx context.Context, q store.Query) (store.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, r.TTL)
	defer cancel()
	return r.plans.store.Find(ctx, q)
}

func (r *Runner) confirmed(ctx context.Context, id string) (*stored, error) {
	ctx, cancel := context.WithTimeout(ctx, r.TTL)
	defer cancel()
	return r.plans.confirmed(ctx, id)
}

func (r *Runner) do(ctx context.Context, id string, c Command) (*Plan, error) {
	ctx, cancel := context.WithTimeout(ctx, r.TTL)
	defer cancel()
	return r.plans.do(ctx, id, c, penstock.System())
}

func (r *Runner) secretValues(ctx context.Context, p *Plan) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.TTL)
	defer cancel()
	return r.plans.secretValues(ctx, p)
}
