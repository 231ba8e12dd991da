package outbox_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// One event with more messages than a commit holds is told to everybody once.
func TestAnEventForMany(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		var fail atomic.Bool
		fail.Store(true)
		c := h.config()
		c.Route = func(_ context.Context, e store.Event) ([]outbox.Message, error) {
			if fail.Load() {
				return nil, outbox.Permanent(errDown)
			}
			messages := make([]outbox.Message, 2_345)
			for i := range messages {
				messages[i] = outbox.Message{Channel: "test", To: fmt.Sprint(i)}
			}
			return messages, nil
		}
		d := h.new(c)
		h.run(d)
		h.tell("a")
		h.pass(0)
		fail.Store(false)
		h.tell("b")
		h.pass(0)
		if _, err := d.RedriveAll(t.Context()); err != nil {
			t.Error(err)
		}
		h.pass(0)
		seen := make(map[string]int)
		for _, a := range h.sent {
			seen[a.Subject.ID+a.To]++
		}
		if len(seen) != 2*2_345 || len(h.sent) != len(seen) || len(h.dead(d)) != 0 {
			t.Errorf("%d messages to %d receivers, %d letters", len(h.sent), len(seen), len(h.dead(d)))
		}
	})
}

// Every event is told as one answer of its Route says, though the Route says something
// else each time, whichever commit fails: events that share commits, one that needs
// several, and one that does so as it is redriven.
func TestAnEventIsToldByOneAnswer(t *testing.T) {
	const small, large = 166, 1_200 // events of three messages; messages of one event
	for _, failure := range []string{"before", "after"} {
		for k := 2; k <= 9; k++ {
			t.Run(fmt.Sprintf("%s commit %d", failure, k), func(t *testing.T) {
				inHub(t, func(t *testing.T, h *hub) {
					var mended atomic.Bool
					var mu sync.Mutex
					n := 0
					s := &faulty{Store: h.store.(*memory.Store)}
					s.fail = func(_ int, ops []store.Op) (before, after error) {
						if !byDispatcher(ops) {
							return nil, nil
						}
						mu.Lock()
						defer mu.Unlock()
						switch n++; {
						case n != k:
							return nil, nil
						case failure == "before":
							return errDown, nil
						default:
							return nil, errDown
						}
					}
					asked := make(map[string]int)
					c := h.config()
					c.Store = s
					c.Route = func(_ context.Context, e store.Event) ([]outbox.Message, error) {
						id := e.Subject.ID
						asked[id]++
						if id == "redriven" && !mended.Load() {
							return nil, outbox.Permanent(errDown)
						}
						messages := make([]outbox.Message, 3)
						if id == "large" || id == "redriven" {
							messages = make([]outbox.Message, large)
						}
						for i := range messages { // everybody else comes first each time
							messages[i] = outbox.Message{Channel: "test", To: fmt.Sprint((i + asked[id]) % len(messages)), Title: fmt.Sprint(asked[id])}
						}
						return messages, nil
					}
					var plans []string
					for i := range small {
						plans = append(plans, fmt.Sprint(i))
					}
					h.tell(append(plans, "large", "redriven", "last")...)
					d := h.new(c)
					h.run(d)
					h.pass(time.Minute)
					mu.Lock()
					n = 1 // of the commits that follow, another one fails
					mu.Unlock()
					mended.Store(true)
					if n, err := d.RedriveAll(t.Context()); n != 1 || err != nil {
						t.Fatalf("RedriveAll = %d, %v", n, err)
					}
					h.pass(time.Minute)
					told := make(map[string]map[string]bool)
					answers := make(map[string]string)
					for _, a := range h.sent {
						id := a.Subject.ID
						if told[id] == nil {
							told[id], answers[id] = make(map[string]bool), a.Title
						}
						if told[id][a.To] = true; answers[id] != a.Title {
							t.Fatalf("%s is told by the answers %s and %s", id, answers[id], a.Title)
						}
					}
					for _, id := range append(plans, "large", "redriven", "last") {
						want := 3
						if id == "large" || id == "redriven" {
							want = large
						}
						if len(told[id]) != want {
							t.Errorf("%d heard of %s, want %d", len(told[id]), id, want)
						}
					}
					if s := h.stats(d); s.Pending != 0 || s.Dead != 0 || s.Position != s.Last {
						t.Errorf("Stats = %+v", s)
					}
				})
			})
		}
	}
}

// Parts of an answer that a crash left behind are forgotten, and so is that there were any.
func TestAShorterAnswerReplacesPartsOfALongerOne(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		n := 0
		s := &faulty{Store: h.store.(*memory.Store)}
		s.fail = func(_ int, ops []store.Op) (before, after error) {
			if byDispatcher(ops) && len(ops) > 1 {
				if n++; n > 1 { // there is one part, and then nothing gets through
					return errDown, nil
				}
			}
			return nil, nil
		}
		h.answer = func(_ context.Context, m outbox.Message) error {
			if time.Since(h.began) < time.Minute {
				return errDown
			}
			return nil
		}
		c := h.config()
		c.Store = s
		many := 1_200
		c.Route = func(context.Context, store.Event) ([]outbox.Message, error) {
			messages := make([]outbox.Message, many)
			for i := range messages {
				messages[i] = outbox.Message{Channel: "test", To: fmt.Sprint(i)}
			}
			return messages, nil
		}
		d := h.new(c)
		stop := h.run(d)
		h.tell("a")
		h.pass(100 * time.Millisecond)
		stop()
		if s := h.stats(d); s.Pending != 500 || s.Position != 0 || len(h.sent) != 0 {
			t.Fatalf("Stats = %+v with %d messages sent, want one part and nothing sent", s, len(h.sent))
		}
		c.Store, many = s.Store, 1
		for range 2 {
			stop := h.run(h.new(c))
			h.pass(20 * time.Second) // the first did not say goodbye
			stop()
		}
		if s := h.stats(d); s.Pending != 1 || s.Position != 1 {
			t.Errorf("Stats = %+v, want one message", s)
		}
		h.run(h.new(c))
		h.pass(time.Minute)
		h.want("a/1")
	})
}
