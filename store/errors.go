package store

import (
	"errors"
	"fmt"
)

// ErrClosed is the error of every method of a store that was closed.
var ErrClosed = errors.New("store is closed")

// An OpError says which key made a Commit fail. Err is [penstock.ErrExists] or
// [penstock.ErrConflict].
type OpError struct {
	Key Key // of the op, or the subject of the event whose Seq is taken
	Err error
}

// Error names the key and what is wrong with it.
func (e *OpError) Error() string { return fmt.Sprintf("%s %s: %v", e.Key.Kind, e.Key.ID, e.Err) }

// Unwrap returns e.Err.
func (e *OpError) Unwrap() error { return e.Err }
