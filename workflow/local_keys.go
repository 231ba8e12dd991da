package workflow

import (
	"context"
	"time"
)

// forgetEvery is how often a Local removes the records of expired idempotency keys.
const forgetEvery = 10 * time.Minute

// forgetting is the turn of that among what a Local asks for from time to time. No request has this id.
const forgetting = "/keys"

// forgetKeys removes the records of idempotency keys that have expired, if that was not done lately. When
// the Local is to end, what is left stays for the next: nothing waits for it.
func (l *Local) forgetKeys(ctx context.Context) {
	if !l.mayAsk(forgetting) {
		return
	}
	l.wg.Go(func() {
		within, cancel := context.WithTimeout(ctx, forgetEvery)
		defer cancel()
		if _, err := l.service.ForgetKeys(within); err != nil && ctx.Err() == nil {
			l.Log.Warn("expired idempotency keys could not be removed yet", "error", err)
		}
		l.hasAsked(forgetting, forgetEvery, false)
	})
}
