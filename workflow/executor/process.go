package executor

import (
	"fmt"
	"io"
	"time"
)

// A command is what a step runs.
type command struct {
	args  []string
	dir   string
	env   []string
	mark  string // NAME=value in env, of no other attempt
	log   io.Writer
	grace time.Duration
}

// An ExitError says how the process of a step ended.
type ExitError struct {
	Code   int    // of its exit; -1 if a signal ended it
	Signal string // that ended it; empty otherwise
}

func (e *ExitError) Error() string {
	if e.Signal != "" {
		return "ended by signal: " + e.Signal
	}
	return fmt.Sprintf("exit code %d", e.Code)
}
