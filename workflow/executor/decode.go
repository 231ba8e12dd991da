package executor

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// decode reads the spec of a job, and checks it again now that its variables are filled
// in. The error holds nothing of the spec but names.
func decode(job workflow.Execution, spec workflow.Spec) error {
	if err := json.Unmarshal(job.Spec, spec); err != nil {
		return penstock.Invalid("spec", "is not that of a job of type %s", job.Type)
	}
	var c workflow.Checker
	spec.Check(c.At("spec"))
	return c.Faults()
}

// within bounds ctx by the time that a spec gives.
func within(ctx context.Context, spec workflow.Timer) (context.Context, context.CancelFunc) {
	minutes := spec.Timeout()
	if minutes == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, time.Duration(minutes)*time.Minute, workflow.ErrTimeout)
}

// because returns err as that of what was done, or why ctx is over: what fails then fails
// because of that.
func because(ctx context.Context, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return fmt.Errorf("%s: %w", what, err)
}
