package outbox

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Dispatcher reads the log of a store, makes messages of its events by a
// [Route], and has Notifiers deliver them. Its methods are safe for concurrent use. Any
// process with the store may have a Dispatcher of the same name: one of those that
// Run works, the others stand by.
type Dispatcher struct {
	config  Config
	running atomic.Bool
	nudge   chan struct{} // something was redriven here
}

// ErrRunning is the error of a second Run of a Dispatcher that runs.
var ErrRunning = errors.New("the dispatcher runs already")

// Why a term ends before its context does.
var (
	errSilent = errors.New("its heartbeat could not be stored")
	errTaken  = errors.New("another process took over")
)

// New returns a Dispatcher, or a penstock.ErrInvalid that tells every fault of
// the config. It does not touch the store. Without Route and Notifiers it cannot Run, but
// do everything else.
func New(c Config) (*Dispatcher, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	return &Dispatcher{config: c, nudge: make(chan struct{}, 1)}, nil
}

// Run delivers until ctx ends, and returns nil once every Notifier has
// returned. While another process runs the same dispatcher it stands by, and takes
// over when that one ends, or has been silent for TTL. It gets over failures of the store by
// itself. It returns a penstock.ErrInvalid without a Route or Notifiers, [ErrRunning],
// a penstock.ErrNotFound if the dispatcher was forgotten meanwhile, or is being forgotten, or a
// store.ErrClosed.
func (d *Dispatcher) Run(ctx context.Context) error {
	if err := d.config.runnable(); err != nil {
		return err
	}
	if d.running.Swap(true) {
		return ErrRunning
	}
	defer d.running.Store(false)
	owner := penstock.NewIDs(d.config.Now).New()
	watch := sighting{}
	registered := false
	for failures := 0; ctx.Err() == nil; {
		began := time.Now()
		err := d.turn(ctx, owner, &registered, &watch)
		switch {
		case ctx.Err() != nil || err == nil:
			return nil
		case errors.Is(err, penstock.ErrNotFound), errors.Is(err, store.ErrClosed):
			return err
		}
		if time.Since(began) > d.config.TTL {
			failures = 0
		}
		failures++
		d.config.Log.Warn("the dispatcher begins anew", "dispatcher", d.config.Name, "error", err)
		pause(ctx, backoff(failures, d.config.Poll, 10*d.config.Poll, d.config.Rand()))
	}
	return nil
}

// patience bounds how long one call of the store may take: it can be that
// nobody will ever answer.
func (d *Dispatcher) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d.config.Timeout)
}

// turn waits until this process may deliver, and does until something ends it.
func (d *Dispatcher) turn(ctx context.Context, owner string, registered *bool, watch *sighting) error {
	if !*registered {
		patient, cancel := d.patience(ctx)
		err := d.Register(patient)
		cancel()
		if err != nil {
			return err
		}
		*registered = true
	}
	began, r, err := d.acquire(ctx, owner, watch)
	if err != nil {
		return err
	}
	return newTerm(d, r, began).serve(ctx)
}
