package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// A hub is a store with dispatchers on it, and a receiver that notes what it is sent.
type hub struct {
	*testing.T
	store  store.Store
	began  time.Time
	answer func(ctx context.Context, m outbox.Message) error // of the receiver; nil: it takes everything

	mu   sync.Mutex
	seq  map[string]int64
	sent []attempt
}

// An attempt is one call of the Notifier.
type attempt struct {
	outbox.Message
	after time.Duration
	err   error
}

func inHub(t *testing.T, test func(t *testing.T, h *hub)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t, &hub{T: t, store: memory.New(), began: time.Now(), seq: make(map[string]int64)})
	})
}

// Notify notes a message and answers as the test wants.
func (h *hub) Notify(ctx context.Context, m outbox.Message) error {
	after := time.Since(h.began)
	var err error
	if h.answer != nil {
		err = h.answer(ctx, m)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sent = append(h.sent, attempt{m, after, err})
	return err
}

// config is that of a dispatcher that sends each event of a plan to one receiver, without jitter.
func (h *hub) config() outbox.Config {
	return outbox.Config{
		Store: h.store, FromStart: true, Route: outbox.ToAll("test"), Notifiers: map[string]outbox.Notifier{"test": h},
		Rand: func() float64 { return 1 },
	}
}

func (h *hub) new(c outbox.Config) *outbox.Dispatcher {
	h.Helper()
	d, err := outbox.New(c)
	if err != nil {
		h.Fatal(err)
	}
	return d
}

// run runs a dispatcher until stop is called, or the test ends.
func (h *hub) run(d *outbox.Dispatcher) (stop func()) {
	ctx, cancel := context.WithCancel(h.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			h.Errorf("Run = %v", err)
		}
	})
	h.Cleanup(stop)
	return stop
}

// tell commits the next event of each plan, all at once.
func (h *hub) tell(plans ...string) {
	h.Helper()
	var events []store.Event
	for _, plan := range plans {
		h.seq[plan]++
		events = append(events, store.Event{Subject: store.Key{Kind: "plan", ID: plan}, Seq: h.seq[plan], Name: "moved", At: time.Now(), Body: []byte(`{"n":1}`)})
	}
	h.seq[""]++
	op := store.Op{Record: store.Record{Key: store.Key{Kind: "commit", ID: fmt.Sprint(h.seq[""])}}, Events: events}
	if _, err := h.store.Commit(h.Context(), op); err != nil {
		h.Fatal(err)
	}
}

// pass lets time go by.
func (h *hub) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// log returns plan/seq of every attempt, or of those that arrived.
func (h *hub) log(arrived bool) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var log []string
	for _, a := range h.sent {
		if !arrived || a.err == nil {
			log = append(log, fmt.Sprintf("%s/%d", a.Subject.ID, a.Seq))
		}
	}
	return log
}

// want fails unless these arrived, in any order of plans.
func (h *hub) want(events ...string) {
	h.Helper()
	got := h.log(true)
	slices.Sort(got)
	slices.Sort(events)
	if !slices.Equal(got, events) {
		h.Errorf("arrived %v, want %v", got, events)
	}
}

// wantAll fails unless every event arrived: each the first time behind the one before it
// of its plan, and with the same id always; none more than once if once.
func (h *hub) wantAll(once bool) {
	h.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	next, ids, names := make(map[string]int64), make(map[string]string), make(map[string]string)
	for _, a := range h.sent {
		at := fmt.Sprintf("%s/%d", a.Subject.ID, a.Seq)
		if id, ok := ids[at]; ok && id != a.ID {
			h.Errorf("%s has the ids %s and %s", at, id, a.ID)
		}
		if other, ok := names[a.ID]; ok && other != at {
			h.Errorf("%s and %s have the id %s", at, other, a.ID)
		}
		ids[at], names[a.ID] = a.ID, at
		if a.err != nil {
			continue
		}
		switch last := next[a.Subject.ID]; {
		case a.Seq > last+1:
			h.Errorf("%s arrived before %s/%d", at, a.Subject.ID, last+1)
		case a.Seq == last+1:
			next[a.Subject.ID]++
		case once:
			h.Errorf("%s arrived again", at)
		}
	}
	want := maps.Clone(h.seq)
	delete(want, "")
	if !maps.Equal(next, want) {
		h.Errorf("arrived up to %v, want %v", next, want)
	}
}

// stats returns the stats of a dispatcher.
func (h *hub) stats(d *outbox.Dispatcher) outbox.Stats {
	h.Helper()
	s, err := d.Stats(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	return s
}

// dead returns the letters of a dispatcher.
func (h *hub) dead(d *outbox.Dispatcher) []outbox.Letter {
	h.Helper()
	list, err := d.Dead(h.Context(), penstock.Page{})
	if err != nil {
		h.Fatal(err)
	}
	return list.Items
}

var errDown = errors.New("the receiver is down")

// A deaf store is no Waker.
type deaf struct{ store.Store }

// A faulty store fails some commits, before or after they are done.
type faulty struct {
	*memory.Store
	mu      sync.Mutex
	commits int
	fail    func(n int, ops []store.Op) (before, after error)
}

func (f *faulty) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	f.mu.Lock()
	f.commits++
	n := f.commits
	f.mu.Unlock()
	before, after := f.fail(n, ops)
	if before != nil {
		return 0, before
	}
	version, err := f.Store.Commit(ctx, ops...)
	if err == nil && after != nil {
		return 0, after
	}
	return version, err
}

// byDispatcher reports whether the ops are those of a dispatcher.
func byDispatcher(ops []store.Op) bool { return ops[0].Key.Kind == store.KindReader }
