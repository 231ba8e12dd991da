package outbox

import (
	"context"
	"errors"
	"time"
)

// backoff returns how long to wait after failure number n (from 1): a random share
// of a bound that doubles from least to most.
func backoff(n int, least, most time.Duration, random float64) time.Duration {
	bound := least
	for ; n > 1 && bound < most; n-- {
		bound = min(2*bound, most)
		if bound <= 0 { // it overflowed
			bound = most
		}
	}
	return time.Duration(random * float64(min(bound, most)))
}

// maxPause bounds what a receiver can ask for by [RetryAfter].
const maxPause = time.Hour

// asked returns the pause that the receiver asked for, or 0.
func asked(err error) time.Duration {
	var retry *retryError
	if !errors.As(err, &retry) {
		return 0
	}
	return min(max(0, retry.after), maxPause)
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
