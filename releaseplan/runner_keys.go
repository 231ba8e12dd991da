package releaseplan

import (
	"context"
	"time"
)

// forgetEvery is how often a Runner removes the records of expired idempotency keys.
const forgetEvery = 10 * time.Minute

// forgetKeys removes the records of idempotency keys that have expired, if that was not done lately. When
// the Runner is to end, what is left stays for the next: nothing waits for it.
func (r *Runner) forgetKeys(ctx context.Context) {
	if !r.forgot.IsZero() && time.Since(r.forgot) < forgetEvery {
		return
	}
	r.forgot = time.Now()
	r.wg.Go(func() {
		within, cancel := context.WithTimeout(ctx, forgetEvery)
		defer cancel()
		if _, err := r.plans.ForgetKeys(within); err != nil && ctx.Err() == nil {
			r.Log.Warn("expired idempotency keys could not be removed yet", "error", err)
		}
	})
}
