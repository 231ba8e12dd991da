package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/penstock-go/penstock/store"
)

// A Message is what one receiver is told about one event.
type Message struct {
	// ID is the same at every attempt, and of no other message: receivers
	// recognise by it what they have already.
	ID string

	Channel string // the Notifier that carries it
	To      string // the receiver, as the channel writes it: an e-mail address; empty where the channel has but one

	Subject  store.Key // what the event is about
	Seq      int64     // of the event, in the log of its subject
	Position int64     // of the event, in the log of the store
	Event    string    // its name
	At       time.Time // when it happened

	Title string          // one line for people
	Text  string          // more for people, in plain text; may be empty
	Data  json.RawMessage // the same for programs; may be empty

	Attempt int // 1 for the first
}

// A Notifier carries messages of one channel to their receivers. It is safe for
// concurrent use, and returns when ctx ends.
type Notifier interface {
	// Notify returns nil once the receiver has the message. After any other error it
	// is called again later with the same message, unless the error is [Permanent]; the
	// error of [RetryAfter] says when at the earliest. What it returns is stored and shown:
	// it must hold no secret.
	Notify(ctx context.Context, m Message) error
}

// A NotifierFunc is a Notifier.
type NotifierFunc func(ctx context.Context, m Message) error

// Notify calls f.
func (f NotifierFunc) Notify(ctx context.Context, m Message) error { return f(ctx, m) }

// Permanent returns an error that says that trying again is no use: an address
// that cannot be one, a receiver that wants no more messages. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// IsPermanent reports whether err is one of [Permanent].
func IsPermanent(err error) bool {
	var permanent *permanentError
	return errors.As(err, &permanent)
}

// RetryAfter returns an error that says that the receiver asks to be left alone
// for d. RetryAfter(nil, d) is nil.
func RetryAfter(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return &retryError{err, d}
}

type retryError struct {
	err   error
	after time.Duration
}

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }
