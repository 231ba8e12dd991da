package releaseplan

import (
	"context"
	"time"
)

// forgetEvery is how often a Runner removes the records of expired idempotency keys.
const forgetEvery = 10 * time.Minute

// forgetKeys removes the records of idempotency keys that have expired, if that was not done lately.
func (r *Runner) forgetKeys(ctx, work context.Context) {
	if !r.forgot.IsZero() && time.Since(r.forgot) < forgetEvery {
		return
	}
	r.forgot = time.Now()
	r.wg.Go(func() {
		if _, err := r.plans.ForgetKeys(work); err != nil && ctx.Err() == nil {
			r.Log.Warn("expired idempotency keys could not be removed yet", "error", err)
		}
	})
}
