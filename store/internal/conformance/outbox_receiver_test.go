package conformance_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// behaviours are those of receivers: what each does with a message, by how often it has
// got it, and how often it has to get it.
var behaviours = map[string]struct {
	answer func(w http.ResponseWriter, r *http.Request, nth int)
	times  int
}{
	"good": {func(http.ResponseWriter, *http.Request, int) {}, 1},
	"slow": {func(http.ResponseWriter, *http.Request, int) { <-time.After(30 * time.Millisecond) }, 1},
	"silent": {func(_ http.ResponseWriter, r *http.Request, nth int) {
		if nth <= 1 {
			<-r.Context().Done()
		}
	}, 2},
	"broken": {func(w http.ResponseWriter, _ *http.Request, nth int) {
		if nth <= 2 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}, 3},
	"lying": {func(_ http.ResponseWriter, _ *http.Request, nth int) {
		if nth <= 2 { // it has the message, and ends the connection as if it had not
			panic(http.ErrAbortHandler)
		}
	}, 3},
}

// Receivers that are slow, silent or broken do not keep others waiting, and lose
// nothing; one that has a message already recognises it by its id.
func TestOutboxOutlivesItsReceivers(t *testing.T) {
	const each = 5
	eachBackend(t, func(t *testing.T, b *backend) {
		t.Parallel()
		in := newInbox(t, func(w http.ResponseWriter, r *http.Request, a arrival) { behaviours[a.subject].answer(w, r, a.nth) })
		s := b.store(t, b.db(t))
		d := in.dispatcher(t, s, "", func(c *outbox.Config, w *outbox.WebhookConfig) {
			w.Timeout = 250 * time.Millisecond
			c.Route = perPlan(c.Route)
		})
		last := make(map[string]int64)
		for range each {
			for plan := range behaviours {
				happenTo(t, s, last, plan)
			}
		}
		deliver(t, d)
		in.awaitAll(t, last)
		settled(t, d)
		in.check(t, last)
		times, ends := make(map[string]int), make(map[string]time.Time)
		for _, a := range in.arrivals() {
			times[a.subject]++
			ends[a.subject] = a.at
		}
		for plan, does := range behaviours {
			// On a busy machine any answer can be late: the message is sent once more then.
			if n := times[plan]; n < each*does.times || n > each*(does.times+1) {
				t.Errorf("%s got %d messages, want %d times %d", plan, n, each, does.times)
			}
		}
		if !ends["good"].Before(ends["silent"]) {
			t.Error("the good one had to wait for the silent one")
		}
	})
}

// perPlan makes a receiver of each plan.
func perPlan(route outbox.Route) outbox.Route {
	return func(ctx context.Context, e store.Event) ([]outbox.Message, error) {
		messages, err := route(ctx, e)
		for i := range messages {
			messages[i].To = e.Subject.ID
		}
		return messages, err
	}
}

// What a receiver wants no more of, or cannot take for too long, is put aside, and what comes after
// it is sent. Another process sees it, and has it sent again.
func TestOutboxRedrivesFromElsewhere(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		t.Parallel()
		open := make(chan struct{}) // closed when the receiver takes everything
		in := newInbox(t, func(w http.ResponseWriter, _ *http.Request, a arrival) {
			select {
			case <-open:
				return
			default:
			}
			switch {
			case a.subject == "gone" && a.seq == 1:
				w.WriteHeader(http.StatusGone)
			case a.subject == "down" && a.seq <= 2:
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		here := b.store(t, b.db(t))
		deliver(t, in.dispatcher(t, here, "", func(c *outbox.Config, _ *outbox.WebhookConfig) { c.Attempts, c.Poll = 3, 20*time.Millisecond }))
		last := make(map[string]int64)
		happenTo(t, here, last, "gone", "gone", "down", "down", "down")
		in.awaitAll(t, last)
		there, err := outbox.New(outbox.Config{Store: b.store(t, b.db(t))}) // it cannot deliver itself
		if err != nil {
			t.Fatal(err)
		}
		letters := dead(t, there, 3)
		attempts := make(map[string]int)
		for _, l := range letters {
			attempts[l.Message.Subject.ID] += l.Message.Attempt
			if l.Error == "" || l.At.IsZero() {
				t.Errorf("a letter without a reason: %+v", l)
			}
		}
		if attempts["gone"] != 1 || attempts["down"] != 6 {
			t.Errorf("attempts %v, want 1 of gone and 2 × 3 of down", attempts)
		}
		before := len(in.arrivals())
		close(open)
		if err := there.Redrive(t.Context(), letters[0].Message.ID); err != nil {
			t.Fatal(err)
		}
		in.await(t, "what was redriven", func() bool { return len(in.all) == before+1 })
		dead(t, there, 2)
		if n, err := there.RedriveAll(t.Context()); n != 2 || err != nil {
			t.Errorf("RedriveAll = %d, %v", n, err)
		}
		in.await(t, "all that was redriven", func() bool { return len(in.all) == before+3 })
		settled(t, there)
		var again []string
		for _, a := range in.arrivals()[before:] {
			again = append(again, a.id)
		}
		var want []string
		for _, l := range letters {
			want = append(want, l.Message.ID)
		}
		slices.Sort(again)
		slices.Sort(want)
		if !slices.Equal(again, want) {
			t.Errorf("redriven were %v, want %v", again, want)
		}
		in.check(t, last)
	})
}

// dead waits until there are so many letters, and returns them.
func dead(t *testing.T, d *outbox.Dispatcher, n int) []outbox.Letter {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(20 * time.Second); ; {
		list, err := d.Dead(t.Context(), penstock.Page{})
		if err != nil {
			t.Fatal(err)
		}
		if list.Total == n {
			return list.Items
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%d letters are dead, want %d", list.Total, n)
		}
	}
}
