package releaseplan

import (
	"context"
	"time"
)

// forgetEvery is how often a Runner removes the records of expired idempotency keys.
const forgetEvery = 10 * time.Minute

// forgetting is the turn of that among what a Runner asks for from time to time. No request has this id.
const forgetting = "/keys"

// forgetKeys removes the records of idempotency keys that have expired, if that was not done lately.
func (r *Runner) forgetKeys(ctx, work context.Context) {
	if !r.mayAsk(forgetting) {
		return
	}
	r.wg.Go(func() {
		if _, err := r.plans.ForgetKeys(work); err != nil && ctx.Err() == nil {
			r.Log.Warn("expired idempotency keys could not be removed yet", "error", err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.asked[forgetting] = time.Now().Add(forgetEvery)
	})
}
