package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Handler carries out the tasks of one kind. It is the host's: a deployment, a
// script, a call to another service. It is safe for concurrent use.
type Handler interface {
	// Handle does what the job says and returns nil, or an error that says why it
	// could not. Its context ends when the task is aborted or runs out of time,
	// when the plan is canceled, when the Runner stops, and when it could not keep its
	// lease; [context.Cause] tells which, see [ErrAborted]. The id of the attempt is
	// the idempotency key of the effect: what was begun by an attempt with the same
	// id goes on.
	Handle(ctx context.Context, job Job) error
}

// HandlerFunc is a function as a Handler.
type HandlerFunc func(ctx context.Context, job Job) error

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, job Job) error { return f(ctx, job) }

// A Job is one attempt at a task. It belongs to the Handler.
type Job struct {
	Plan      *Plan // as it was when the attempt began
	Task      Task
	Attempt   string            // id of the attempt: the idempotency key
	N         int               // which attempt it is, from 1
	Variables map[string]string // resolved, secret ones included: not to be logged
}

// Causes for which the context of a Handler ends.
var (
	ErrAborted  = errors.New("the task was aborted")
	ErrTimeout  = errors.New("the task ran out of time")
	ErrCanceled = errors.New("the plan was canceled")
	ErrShutdown = errors.New("the runner stops")
	ErrLost     = errors.New("the task is somebody else's, or may soon be")
)

// cause returns why a task that is not to go on was told to stop.
func (r StopReason) cause() error {
	switch r {
	case StopAbort:
		return ErrAborted
	case StopTimeout:
		return ErrTimeout
	case StopCancel:
		return ErrCanceled
	default:
		return ErrLost
	}
}

// remarkOf returns what is recorded of a Handler's error: its text without the
// values of secrets, no longer than a remark may be.
func remarkOf(err error, secrets map[string]string) string {
	if err == nil {
		return ""
	}
	text := maskedText(fmt.Sprint(err), secrets) // Sprint survives an Error that panics
	if text == "" {
		text = "the handler gave no reason"
	}
	return text
}

// maskedText returns a text of the host's without the values of secrets, no longer
// than a remark may be.
func maskedText(text string, secrets map[string]string) string {
	text = strings.ToValidUTF8(text, "�")
	longestFirst := func(a, b string) int { return len(b) - len(a) }
	for _, value := range slices.SortedFunc(maps.Values(secrets), longestFirst) { // one may be part of another
		if value != "" {
			text = strings.ReplaceAll(text, value, "***")
		}
	}
	if len(text) > MaxRemark {
		const more = "…"
		text = strings.ToValidUTF8(text[:MaxRemark-len(more)], "") + more
	}
	return text
}
