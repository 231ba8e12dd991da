package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

var hookSecret = []byte("thirty-two bytes to sign webhooks")

// An arrival is a message that reached a receiver, whatever it answered.
type arrival struct {
	id      string // the header webhook-id
	subject string
	seq     int64
	from    string // who sent it
	at      time.Time
	nth     int // how often it has arrived
}

// An inbox is a receiver of webhooks: a real server, which believes what is signed
// and notes what arrives.
type inbox struct {
	url    string
	answer func(http.ResponseWriter, *http.Request, arrival) // nil: it takes everything

	mu   sync.Mutex
	all  []arrival
	nth  map[string]int
	last map[string]int64 // of each subject
	more chan struct{}    // closed when something arrives
}

func newInbox(tb testing.TB, answer func(http.ResponseWriter, *http.Request, arrival)) *inbox {
	tb.Helper()
	in := &inbox{answer: answer, nth: make(map[string]int), last: make(map[string]int64), more: make(chan struct{})}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			return // who sent it was killed
		}
		a := arrival{id: r.Header.Get("Webhook-Id"), from: r.Header.Get("X-From"), at: time.Now()}
		if a.subject, a.seq, err = read(r.Header, body, a.id); err != nil {
			tb.Errorf("a message that cannot be trusted: %v", err)
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		a = in.note(a)
		if in.answer != nil {
			in.answer(w, r, a)
		}
	}))
	tb.Cleanup(s.Close)
	in.url = s.URL
	return in
}

// read returns what a message of a Webhook tells of, if it can be trusted.
func read(header http.Header, body []byte, id string) (subject string, seq int64, err error) {
	if err := outbox.Verify(header, body, time.Now(), 0, hookSecret); err != nil {
		return "", 0, err
	}
	var m struct {
		ID      string
		Seq     int64
		Subject struct{ ID string }
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return "", 0, fmt.Errorf("decode: %w", err)
	}
	if m.ID != id {
		return "", 0, fmt.Errorf("the header says %q, the body %q", id, m.ID)
	}
	return m.Subject.ID, m.Seq, nil
}

func (in *inbox) note(a arrival) arrival {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.nth[a.id]++
	a.nth = in.nth[a.id]
	in.all = append(in.all, a)
	in.last[a.subject] = max(in.last[a.subject], a.seq)
	close(in.more)
	in.more = make(chan struct{})
	return a
}

// arrivals returns what has arrived, in order.
func (in *inbox) arrivals() []arrival {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clip(in.all)
}

// await waits until something is so.
func (in *inbox) await(tb testing.TB, what string, so func() bool) {
	tb.Helper()
	for limit := time.After(30 * time.Second); ; {
		in.mu.Lock()
		is, more := so(), in.more
		in.mu.Unlock()
		if is {
			return
		}
		select {
		case <-more:
		case <-limit:
			tb.Fatalf("%s did not arrive; there is %v", what, in.last)
		}
	}
}

// awaitAll waits for the last events of subjects.
func (in *inbox) awaitAll(tb testing.TB, last map[string]int64) {
	tb.Helper()
	in.await(tb, fmt.Sprint("all up to ", last), func() bool {
		for subject, seq := range last {
			if in.last[subject] < seq {
				return false
			}
		}
		return true
	})
}

// check demands that exactly these events arrived: each at least once, the first time behind
// the one before it, and always with the same id, which is that of no other. It
// returns how many arrivals were not the first.
func (in *inbox) check(tb testing.TB, last map[string]int64) (again int) {
	tb.Helper()
	next, ids, events := make(map[string]int64), make(map[string]string), make(map[string]string)
	for _, a := range in.arrivals() {
		event := fmt.Sprint(a.subject, "#", a.seq)
		if known, ok := ids[event]; ok && known != a.id {
			tb.Errorf("%s has the ids %s and %s", event, known, a.id)
		}
		if known, ok := events[a.id]; ok && known != event {
			tb.Errorf("%s and %s have the id %s", known, event, a.id)
		}
		if known := ids[event] != ""; known != (a.nth > 1) {
			tb.Errorf("%s is arrival %d of its id, known: %v", event, a.nth, known)
		}
		ids[event], events[a.id] = a.id, event
		switch reached := next[a.subject]; {
		case a.seq > reached+1:
			tb.Errorf("%s arrived before #%d", event, reached+1)
		case a.seq == reached+1:
			next[a.subject]++
		default:
			again++
		}
	}
	if !maps.Equal(next, last) {
		tb.Errorf("arrived up to %v, want %v", next, last)
	}
	return again
}

// dispatcher returns one that posts every event of a plan to the inbox.
func (in *inbox) dispatcher(tb testing.TB, s store.Store, from string, change func(*outbox.Config, *outbox.WebhookConfig)) *outbox.Dispatcher {
	tb.Helper()
	c := outbox.Config{
		Store: s, FromStart: true, Route: outbox.ToAll("hook", "plan"),
		MinBackoff: 5 * time.Millisecond, MaxBackoff: 50 * time.Millisecond,
	}
	w := outbox.WebhookConfig{URL: in.url, Secrets: [][]byte{hookSecret}, Header: http.Header{"X-From": {from}}, AllowPrivate: true, AllowHTTP: true}
	if change != nil {
		change(&c, &w)
	}
	hook, err := outbox.NewWebhook(w)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = hook.Close() })
	if c.Notifiers == nil {
		c.Notifiers = make(map[string]outbox.Notifier)
	}
	c.Notifiers["hook"] = hook
	d, err := outbox.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// deliver runs a dispatcher until the test ends, or stop is called.
func deliver(tb testing.TB, d *outbox.Dispatcher) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("Run = %v", err)
		}
	})
	tb.Cleanup(stop)
	return stop
}

// happen commits the next event of a plan, with the record that counts them.
// Like a Service, it looks what became of a commit whose outcome it does not know.
func happen(ctx context.Context, s store.Store, plan string) (seq int64, err error) {
	for ctx.Err() == nil {
		records, gone := s.Get(ctx, store.Key{Kind: "plan", ID: plan})
		if err = gone; err != nil {
			continue
		}
		if seq != 0 && records[0].Sort == seq {
			return seq, nil
		}
		seq = records[0].Sort + 1
		op := put(plan, records[0].Version, store.Event{Seq: seq, Name: "moved", At: time.Now(), Body: []byte(`{"text":"something happened"}`)})
		op.Sort = seq
		if _, err = s.Commit(ctx, op); err == nil {
			return seq, nil
		}
	}
	return 0, err
}

// happenTo has something happen to plans, and notes up to which events.
func happenTo(tb testing.TB, s store.Store, last map[string]int64, plans ...string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	for _, plan := range plans {
		seq, err := happen(ctx, s, plan)
		if err != nil {
			tb.Fatal(err)
		}
		last[plan] = seq
	}
}

// settled waits until a dispatcher has nothing left to do.
func settled(tb testing.TB, d *outbox.Dispatcher) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(20 * time.Second); ; {
		st, err := d.Stats(tb.Context())
		if err == nil && st.Pending == 0 {
			if st.Dead != 0 {
				tb.Errorf("%d letters are dead", st.Dead)
			}
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			tb.Fatalf("not all is delivered: %+v, %v", st, err)
		}
	}
}
