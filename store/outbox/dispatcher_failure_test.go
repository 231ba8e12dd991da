package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// times returns when the attempts were, in seconds.
func (h *hub) times() (seconds []int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.sent {
		seconds = append(seconds, int(a.after/time.Second))
	}
	return seconds
}

func TestFailedMessagesAreSentAgainUntilTheyAreGivenUp(t *testing.T) {
	for _, tt := range []struct {
		rule   string
		config func(c *outbox.Config)
		answer func(ctx context.Context, m outbox.Message) error
		times  []int
		letter string // the error of; empty: it arrives
	}{
		{
			rule:   "the wait doubles up to a bound",
			config: func(c *outbox.Config) { c.MaxBackoff, c.Attempts = 5*time.Second, 6 },
			answer: func(context.Context, outbox.Message) error { return errDown },
			times:  []int{0, 1, 3, 7, 12, 17}, letter: "the receiver is down",
		},
		{
			rule: "the first success is the end",
			answer: func(_ context.Context, m outbox.Message) error {
				return map[int]error{1: errDown, 2: errDown}[m.Attempt]
			},
			times: []int{0, 1, 3},
		},
		{
			rule:   "too old is given up",
			config: func(c *outbox.Config) { c.MaxAge = 10 * time.Second },
			answer: func(context.Context, outbox.Message) error { return errDown },
			times:  []int{0, 1, 3, 7, 15}, letter: "the receiver is down",
		},
		{
			rule:   "permanent errors are final",
			answer: func(context.Context, outbox.Message) error { return fmt.Errorf("ann: %w", outbox.Permanent(errDown)) },
			times:  []int{0}, letter: "ann: the receiver is down",
		},
		{
			rule:   "the receiver says when",
			config: func(c *outbox.Config) { c.Attempts = 3 },
			answer: func(context.Context, outbox.Message) error { return outbox.RetryAfter(errDown, time.Minute) },
			times:  []int{0, 60, 120}, letter: "the receiver is down",
		},
		{
			rule:   "a hanging notifier is told to stop",
			config: func(c *outbox.Config) { c.Attempts = 2 },
			answer: func(ctx context.Context, _ outbox.Message) error {
				<-ctx.Done()
				return ctx.Err()
			},
			times: []int{0, 31}, letter: "context deadline exceeded",
		},
		{
			rule:   "a panic is a failure",
			config: func(c *outbox.Config) { c.Attempts = 1 },
			answer: func(context.Context, outbox.Message) error { panic("oh no") },
			letter: "the notifier panicked: oh no",
		},
		{
			rule:   "an unknown channel is final",
			config: func(c *outbox.Config) { c.Route = outbox.ToAll("pigeon") },
			letter: `no notifier for channel "pigeon"`,
		},
		{
			rule:   "a long error is cut",
			config: func(c *outbox.Config) { c.Attempts = 1 },
			answer: func(context.Context, outbox.Message) error {
				return errors.New("\xff" + strings.Repeat("ö", 600))
			},
			times: []int{0}, letter: "\uFFFD" + strings.Repeat("ö", 509) + "…",
		},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			inHub(t, func(t *testing.T, h *hub) {
				h.answer = tt.answer
				c := h.config()
				if tt.config != nil {
					tt.config(&c)
				}
				d := h.new(c)
				h.run(d)
				h.tell("a")
				h.pass(10 * time.Minute)
				if diff := cmp.Diff(tt.times, h.times()); diff != "" {
					t.Errorf("attempts (-want +got):\n%s", diff)
				}
				letters := h.dead(d)
				if tt.letter == "" {
					if len(letters) != 0 {
						t.Errorf("letters: %v", letters)
					}
					return
				}
				if len(letters) != 1 || letters[0].Error != tt.letter || !utf8.ValidString(letters[0].Error) {
					t.Fatalf("letters = %+v, want one: %s", letters, tt.letter)
				}
				if want := max(1, len(tt.times)); letters[0].Message.Attempt != want {
					t.Errorf("after %d attempts, want %d", letters[0].Message.Attempt, want)
				}
				if s := h.stats(d); s.Pending != 0 || s.Dead != 1 {
					t.Errorf("Stats = %+v", s)
				}
			})
		})
	}
}

func TestAFailingMessageHoldsUpItsLaneAlone(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		h.answer = func(_ context.Context, m outbox.Message) error {
			if m.Subject.ID == "a" && m.Attempt < 4 {
				return errDown
			}
			return nil
		}
		d := h.new(h.config())
		h.run(d)
		h.tell("a", "a", "b", "b", "c")
		h.pass(0)
		h.want("b/1", "b/2", "c/1")
		if s := h.stats(d); s.Pending != 2 || !s.Oldest.Equal(h.began) {
			t.Errorf("Stats = %+v", s)
		}
		h.pass(7 * time.Second)
		h.want("a/1", "b/1", "b/2", "c/1")
		h.pass(7 * time.Second)
		h.wantAll(true)
	})
}

// A receiver that hangs, with more lanes than there are workers, does not keep others waiting.
func TestAHangingReceiverDoesNotHoldUpOthers(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		h.answer = func(ctx context.Context, m outbox.Message) error {
			if m.To == "hangs" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		c := h.config()
		c.Workers = 8
		c.Route = func(_ context.Context, e store.Event) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", To: "hangs"}, {Channel: "test", To: "works"}}, nil
		}
		h.run(h.new(c))
		for i := range 200 {
			h.tell(fmt.Sprint(i))
		}
		h.pass(0)
		if n := len(h.log(true)); n != 200 {
			t.Errorf("%d of 200 arrived at once", n)
		}
		h.pass(5 * time.Minute)
		from := h.times()
		busy := 0
		for _, s := range from {
			if s >= 60 && s < 90 {
				busy++
			}
		}
		if busy > 1 {
			t.Errorf("%d attempts within one timeout, want one at a time for a receiver that never answers", busy)
		}
	})
}

func TestAnEventThatCannotBeRoutedIsALetter(t *testing.T) {
	for _, tt := range []struct {
		rule  string
		route func(attempt int) ([]outbox.Message, error)
		after time.Duration // when later events are routed
		want  string
	}{
		{"it is tried again", func(int) ([]outbox.Message, error) { return nil, errDown }, 3 * time.Second, "the receiver is down"},
		{"permanent errors are final", func(int) ([]outbox.Message, error) { return nil, outbox.Permanent(errDown) }, 0, "the receiver is down"},
		{"a panic is a failure", func(int) ([]outbox.Message, error) { panic("poison") }, 3 * time.Second, "the route panicked: poison"},
		{"a message without a channel", func(int) ([]outbox.Message, error) { return []outbox.Message{{}}, nil }, 0, "messages[0].channel: must not be empty"},
		{"data that is no JSON", func(int) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", Data: []byte("{")}}, nil
		}, 0, "messages[0].data: must be JSON"},
		{"a message too large", func(int) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", Text: strings.Repeat("x", outbox.MaxMessage+1)}}, nil
		}, 0, "messages[0]: must be at most 1048576 bytes, not 1048577"},
		{"it succeeds in time", func(attempt int) ([]outbox.Message, error) {
			if attempt < 2 {
				return nil, errDown
			}
			return []outbox.Message{{Channel: "test"}}, nil
		}, time.Second, ""},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			inHub(t, func(t *testing.T, h *hub) {
				c := h.config()
				c.Attempts = 3
				n := 0
				c.Route = func(_ context.Context, e store.Event) ([]outbox.Message, error) {
					if e.Subject.ID == "poison" {
						n++
						return tt.route(n)
					}
					return []outbox.Message{{Channel: "test"}}, nil
				}
				d := h.new(c)
				h.run(d)
				h.tell("a", "poison", "a")
				if tt.after > 0 {
					h.pass(tt.after - time.Nanosecond)
					if len(h.log(true)) > 1 {
						t.Errorf("arrived before %v: %v", tt.after, h.log(true))
					}
				}
				h.pass(time.Nanosecond)
				letters := h.dead(d)
				if tt.want == "" {
					h.want("a/1", "a/2", "poison/1")
					return
				}
				h.want("a/1", "a/2")
				if len(letters) != 1 || letters[0].Error != tt.want || letters[0].Message.Channel != "" || letters[0].Message.Subject.ID != "poison" {
					t.Errorf("letters = %+v, want %q", letters, tt.want)
				}
			})
		})
	}
}

func TestLettersAreRedrivenAndDiscarded(t *testing.T) {
	for _, where := range []string{"here", "elsewhere", "while nobody runs"} {
		t.Run(where, func(t *testing.T) {
			inHub(t, func(t *testing.T, h *hub) {
				var down atomic.Bool
				down.Store(true)
				h.answer = func(context.Context, outbox.Message) error {
					if down.Load() {
						return outbox.Permanent(errDown)
					}
					return nil
				}
				c := h.config()
				route := c.Route
				c.Route = func(ctx context.Context, e store.Event) ([]outbox.Message, error) {
					if down.Load() && e.Subject.ID == "poison" {
						return nil, outbox.Permanent(errDown)
					}
					return route(ctx, e)
				}
				d := h.new(c)
				stop := h.run(d)
				h.tell("a", "b", "poison", "c")
				h.pass(0)
				letters := h.dead(d)
				var ids, about []string
				for _, l := range letters {
					ids, about = append(ids, l.Message.ID), append(about, l.Message.Subject.ID)
				}
				if diff := cmp.Diff([]string{"c", "poison", "b", "a"}, about); diff != "" {
					t.Fatalf("letters (-want +got):\n%s", diff)
				}
				if err := d.Discard(t.Context(), ids[0], "nobody"); !errors.Is(err, penstock.ErrNotFound) || len(h.dead(d)) != 4 {
					t.Errorf("Discard = %v, %d letters are left", err, len(h.dead(d)))
				}
				if err := d.Redrive(t.Context(), ids[0], "nobody"); !errors.Is(err, penstock.ErrNotFound) || len(h.dead(d)) != 4 {
					t.Errorf("Redrive = %v, %d letters are left", err, len(h.dead(d)))
				}
				if err := d.Discard(t.Context(), ids[0], ids[0]); err != nil || len(h.dead(d)) != 3 {
					t.Errorf("Discard = %v, %d letters are left", err, len(h.dead(d)))
				}
				// What fails again is a letter again.
				if err := d.Redrive(t.Context(), ids[1], ids[2]); err != nil {
					t.Fatal(err)
				}
				h.pass(time.Second)
				if n := len(h.dead(d)); n != 3 {
					t.Errorf("%d letters, want 3", n)
				}
				down.Store(false)
				operator := d
				switch where {
				case "elsewhere":
					operator = h.new(outbox.Config{Store: h.store})
				case "while nobody runs":
					stop()
				}
				if err := operator.Redrive(t.Context(), ids[3]); err != nil {
					t.Fatal(err)
				}
				if n, err := operator.RedriveAll(t.Context()); n != 2 || err != nil {
					t.Errorf("RedriveAll = %d, %v", n, err)
				}
				if where == "while nobody runs" {
					h.run(d)
				} else if where == "elsewhere" {
					h.pass(time.Second)
				}
				h.pass(0)
				h.want("a/1", "b/1", "poison/1")
				if s := h.stats(d); s.Pending != 0 || s.Dead != 0 {
					t.Errorf("Stats = %+v", s)
				}
				for _, a := range h.sent {
					if a.Attempt != 1 {
						t.Errorf("%s was sent as attempt %d, want all attempts anew", a.Subject.ID, a.Attempt)
					}
					if a.Subject.ID == "a" && a.ID != ids[3] {
						t.Errorf("a has the id %s, want %s", a.ID, ids[3])
					}
				}
			})
		})
	}
}

func TestARedrivenMessageWaitsForNobody(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		var mended atomic.Bool
		h.answer = func(_ context.Context, m outbox.Message) error {
			switch {
			case m.Seq == 1 && !mended.Load():
				return outbox.Permanent(errDown)
			case m.Seq == 2:
				return errDown
			}
			return nil
		}
		d := h.new(h.config())
		h.run(d)
		h.tell("a", "a")
		h.pass(100 * time.Second) // the second waits for its next attempt
		mended.Store(true)
		if n, err := d.RedriveAll(t.Context()); n != 1 || err != nil {
			t.Errorf("RedriveAll = %d, %v", n, err)
		}
		h.pass(0)
		h.want("a/1")
	})
}

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
