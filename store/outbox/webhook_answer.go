package outbox

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter bounds what a receiver can ask for.
const maxRetryAfter = time.Hour

// judge says what a status means for the message. What people can put right
// at the receiver's end, its keys, rights and paths, is tried again.
func judge(status int, header http.Header, now time.Time) error {
	if status >= 200 && status < 300 {
		return nil
	}
	err := fmt.Errorf("answered %d %s", status, http.StatusText(status))
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if wait := retryAfter(header.Get("Retry-After"), now); wait > 0 {
			return RetryAfter(err, wait)
		}
		return err
	case http.StatusGone, // the receiver wants no more
		http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity, http.StatusNotImplemented: // the message will be the same
		return Permanent(err)
	default:
		return err
	}
}

// retryAfter reads the header of that name: seconds, or a date. It is 0 if there is
// none to be honoured.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
