package zadig

import (
	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan/internal/keyed"
	"github.com/penstock-go/penstock/workflow"
)

// keyed are the plans, for a request that may have an idempotency key.
func (a *api) keyed(c *rest.Call) keyed.Plans { return keyed.Of(a.Plans, c) }

// task returns a task by its number: as it is now, or as the first request with the same
// idempotency key has found it, so that it takes the same way through the operation.
func (a *api) task(c *rest.Call, workflowKey string, number int64) (*workflow.Run, error) {
	run, err := a.Workflows.GetByNumber(c.Context(), workflowKey, number, c.Actor)
	if err != nil {
		return nil, err
	}
	c.About(penstock.Read, run.Resource())
	key, stands := c.Key()
	before, err := a.Workflows.Before(c.Context(), run.ID(), workflow.Command{Key: key, KeyFor: stands}, c.Actor)
	if before == nil && err == nil {
		before = run
	}
	return before, err
}

// committed notes what a commit did.
func committed(c *rest.Call, right penstock.Right, run *workflow.Run, err error) error {
	if err == nil {
		c.About(right, run.Resource())
		c.Committed()
	}
	return err
}

// replies are where the answers to requests with idempotency keys are kept.
func (c *Config) replies() *idempotency.Replies {
	switch {
	case c.Plans != nil && c.Workflows != nil:
		return c.Plans.Replies().And(c.Workflows.Replies())
	case c.Plans != nil:
		return c.Plans.Replies()
	case c.Workflows != nil:
		return c.Workflows.Replies()
	default:
		return nil
	}
}
