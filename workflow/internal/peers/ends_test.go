package peers

import (
	"context"
	"fmt"
	"sync"
)

// ends lets those wait for the ends of runs who started them, without polling.
type ends struct {
	mu      sync.Mutex
	waiting map[string]chan error
}

func newEnds() *ends { return &ends{waiting: make(map[string]chan error)} }

// of returns what tells, once, how the run with an id has ended.
func (e *ends) of(id string) <-chan error {
	c := make(chan error, 1)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting[id] = c
	return c
}

func (e *ends) tell(id string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c := e.waiting[id]; c != nil {
		c <- err
		delete(e.waiting, id)
	}
}

// await starts a run and waits for its end.
func (e *ends) await(ctx context.Context, id string, start func() error) error {
	end := e.of(id)
	if err := start(); err != nil {
		return err
	}
	select {
	case err := <-end:
		return err
	case <-ctx.Done():
		return fmt.Errorf("run %s has not ended: %w", id, context.Cause(ctx))
	}
}
