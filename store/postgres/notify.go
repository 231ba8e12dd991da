package postgres

import (
	"context"
	"sync"
	"time"
)

const (
	notifyRest    = 10 * time.Millisecond // the least time between two notifications
	notifyTimeout = 5 * time.Second       // bounds one
	goodbye       = time.Second           // bounds those that are still to be sent when the store is closed
)

// A notifier tells other processes about commits. It does so outside of them:
// PostgreSQL lets transactions that notify commit one at a time. However many
// commits there are, one notification is under way at most and one more waits.
// One that cannot be sent is lost: polling finds what it would have announced.
type notifier struct {
	send func(context.Context) error

	life    context.Context //nolint:containedctx // the life of the store, which ends what is being sent
	end     context.CancelFunc
	closing chan struct{}
	all     sync.WaitGroup

	mu      sync.Mutex
	wanted  bool
	running bool
	closed  bool
}

func newNotifier(send func(context.Context) error) *notifier {
	n := &notifier{send: send, closing: make(chan struct{})}
	n.life, n.end = context.WithCancel(context.Background())
	return n
}

// ring sends a notification soon.
func (n *notifier) ring() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	n.wanted = true
	if !n.running {
		n.running = true
		n.all.Go(n.run)
	}
}

func (n *notifier) run() {
	for n.more() {
		ctx, cancel := context.WithTimeout(n.life, notifyTimeout)
		_ = n.send(ctx)
		cancel()
		select {
		case <-time.After(notifyRest):
		case <-n.closing:
		}
	}
}

// more takes the wish for a notification, or ends the goroutine if there is none.
func (n *notifier) more() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.running, n.wanted = n.wanted, false
	return n.running
}

// close returns when what was wanted is sent, or cannot be.
func (n *notifier) close() {
	n.mu.Lock()
	again := n.closed
	n.closed = true
	n.mu.Unlock()
	if again {
		return
	}
	close(n.closing)
	late := time.AfterFunc(goodbye, n.end)
	defer late.Stop()
	n.all.Wait()
	n.end()
}
