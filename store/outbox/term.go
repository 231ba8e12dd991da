package outbox

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A term is the time in which a Run owns its dispatcher. One goroutine, that of
// loop, owns what is known of messages and decides every write. Others read the
// log, carry messages out, and commit; they send it what comes of that.
type term struct {
	d        *Dispatcher
	reader   reader
	schedule *schedule
	dirty    []*item           // to be written
	fresh    *intake           // to be written, and not sent before
	parts    map[int64][]*item // by position of the event: stored, but not all of it is
	held     int               // bytes of messages that are in memory
	free     int               // workers
	flight   *flight           // the commit that is under way

	intakes   chan *intake // of the log
	returns   chan *intake // redriven
	jobs      chan job
	results   chan result
	committed chan error

	epoch time.Time
	beat  atomic.Int64 // when the last commit that succeeded began, since epoch
}

// heldBytes bounds the messages that wait in memory; others are read again when they are sent.
const heldBytes = 32 << 20

func newTerm(d *Dispatcher, r reader, began time.Time) *term {
	c := &d.config
	return &term{
		d: d, reader: r, schedule: newSchedule(c.PerReceiver), free: c.Workers, epoch: began,
		parts: make(map[int64][]*item), intakes: make(chan *intake), returns: make(chan *intake),
		jobs: make(chan job, c.Workers), results: make(chan result, c.Workers), committed: make(chan error, 1),
	}
}

// lease is how long the owner may work after a heartbeat: shorter than others wait.
func (t *term) lease() time.Duration { return 2 * t.d.config.TTL / 3 }

// serve delivers until ctx ends, and then gives the dispatcher free; or until it
// is lost, or the store fails.
func (t *term) serve(ctx context.Context) error {
	alive, quit := context.WithCancelCause(ctx) // of all but commits
	defer quit(nil)
	commits, lapse := context.WithCancelCause(context.WithoutCancel(ctx)) // the last one comes after ctx
	defer lapse(nil)
	silence := time.AfterFunc(t.lease()-time.Since(t.epoch), func() {
		quit(errSilent)
		lapse(errSilent)
	})
	defer silence.Stop()

	err := t.load(alive, commits, silence)
	var others sync.WaitGroup
	switch {
	case ctx.Err() != nil:
		err = nil
	case err == nil:
		for range t.d.config.Workers {
			others.Go(func() { t.work(alive) })
		}
		position := t.reader.position
		others.Go(func() { t.read(alive, position) })
		others.Go(func() { t.redrive(alive) })
		err = t.loop(alive, commits, silence)
	}
	quit(err)
	ended := make(chan struct{})
	go func() {
		others.Wait()
		close(ended)
	}()
	for working := true; working; {
		select {
		case r := <-t.results:
			if e := t.settle(alive, r); err == nil {
				err = e
			}
		case <-ended:
			working = false
		}
	}
	if t.flight != nil {
		if e := t.landed(<-t.committed, silence); err == nil {
			err = e
		}
	}
	if err == nil && ctx.Err() != nil {
		return t.farewell(commits, silence)
	}
	return err
}

// loop is the term. It returns nil when ctx ends.
func (t *term) loop(ctx, commits context.Context, silence *time.Timer) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		due := t.schedule.wake(now)
		t.dispatch(now)
		heartbeat := t.lastBeat().Add(t.d.config.TTL / 3)
		if err := t.commit(commits, !now.Before(heartbeat)); err != nil {
			return err
		}
		next := heartbeat
		if t.flight != nil {
			next = now.Add(t.d.config.TTL)
		}
		if !due.IsZero() && due.Before(next) {
			next = due
		}
		timer.Reset(time.Until(next))
		intakes, returns := t.intakes, t.returns
		if t.fresh != nil {
			intakes, returns = nil, nil
		}
		if t.schedule.size >= t.d.config.Backlog {
			intakes = nil
		}
		select {
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), errSilent) {
				return errSilent
			}
			return nil
		case r := <-t.results:
			if err := t.settle(ctx, r); err != nil {
				return err
			}
		case in := <-intakes:
			t.take(in)
		case in := <-returns:
			t.take(in)
		case err := <-t.committed:
			if err := t.landed(err, silence); err != nil {
				return err
			}
		case <-timer.C:
		}
	}
}

// dispatch gives messages to the workers that are free.
func (t *term) dispatch(now time.Time) {
	for t.free > 0 {
		it := t.schedule.next(now)
		if it == nil {
			return
		}
		t.free--
		if it.since.IsZero() {
			it.since = now
		}
		t.jobs <- job{item: it, id: it.id, message: it.message, attempt: it.attempts + 1} // it has room for every worker
	}
}

// take accepts what was made of events.
func (t *term) take(in *intake) {
	if len(in.items) > 0 || in.stored != nil {
		t.fresh = in
		return
	}
	t.reader.take(in) // stored with the next commit
}

// admit lets an item that is stored be sent, after wait.
func (t *term) admit(it *item, wait time.Duration) {
	now := time.Now()
	if it.attempts > 0 {
		it.since = now
	}
	if t.held+it.size <= heldBytes {
		it.held = it.size
		t.held += it.held
	} else {
		it.message = nil
	}
	t.schedule.add(it, now.Add(wait), now)
}

// release lets go of the memory of an item that is sent no more.
func (t *term) release(it *item) {
	t.held -= it.held
	it.held = 0
}

func (t *term) lastBeat() time.Time { return t.epoch.Add(time.Duration(t.beat.Load())) }
