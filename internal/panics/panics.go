// Package panics keeps what the host wrote from taking the library down.
package panics

import (
	"fmt"
	"runtime/debug"
)

// An Error is a panic, as an error.
type Error struct {
	Value any
	Stack []byte
}

func (e *Error) Error() string { return fmt.Sprintf("it panicked: %v", e.Value) }

// Try calls f, which is the host's, and turns a panic into an [Error].
func Try(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Error{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}
