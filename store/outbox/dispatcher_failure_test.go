package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

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

// How long a message waits behind another one is no fault of it.
func TestMaxAgeCountsFromTheFirstAttempt(t *testing.T) {
	for rule, restart := range map[string]bool{"in one go": false, "also when the dispatcher begins anew": true} {
		t.Run(rule, func(t *testing.T) {
			inHub(t, func(t *testing.T, h *hub) {
				h.answer = func(_ context.Context, m outbox.Message) error {
					if m.Seq == 1 || m.Attempt < 5 {
						return errDown
					}
					return nil
				}
				c := h.config()
				c.Attempts, c.Poll, c.TTL = 1_000, time.Minute, 10*time.Minute
				d := h.new(c)
				stop := h.run(d)
				h.tell("a", "a")
				h.pass(20 * time.Hour)
				if restart { // how long the first was tried is not forgotten
					stop()
					h.run(d)
				}
				h.pass(5 * time.Hour)
				h.want("a/2")
				if letters := h.dead(d); len(letters) != 1 || letters[0].Message.Seq != 1 {
					t.Errorf("letters = %+v, want the first", letters)
				}
			})
		})
	}
}

// The time between two attempts counts, also when the dispatcher begins anew in it.
func TestMaxAgeCountsWaiting(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		h.answer = func(context.Context, outbox.Message) error { return errDown }
		c := h.config()
		c.MinBackoff, c.MaxBackoff, c.MaxAge = 10*time.Hour, 10*time.Hour, 15*time.Hour
		c.Poll, c.TTL = time.Minute, 10*time.Minute
		d := h.new(c)
		stop := h.run(d)
		h.tell("a")
		h.pass(11 * time.Hour)
		stop()
		h.run(d)
		h.pass(10 * time.Hour)
		if diff := cmp.Diff([]int{0, 10 * 60 * 60, 20 * 60 * 60}, h.times()); diff != "" || len(h.dead(d)) != 1 {
			t.Errorf("%d letters, attempts (-want +got):\n%s", len(h.dead(d)), diff)
		}
	})
}

// Whom a receiver asked to leave it alone leaves it alone, also as the one who takes over.
func TestRetryAfterSurvivesATakeover(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		h.answer = func(_ context.Context, m outbox.Message) error {
			if m.To == "busy" && m.Attempt == 1 && m.Subject.ID == "a" {
				return outbox.RetryAfter(errDown, time.Hour)
			}
			return nil
		}
		c := h.config()
		c.Route = func(_ context.Context, e store.Event) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", To: map[bool]string{true: "free", false: "busy"}[e.Subject.ID == "c"]}}, nil
		}
		stop := h.run(h.new(c))
		h.tell("a")
		h.pass(0)
		h.tell("b", "c")
		h.pass(time.Minute)
		stop()
		h.run(h.new(c))
		h.pass(59*time.Minute - time.Second)
		h.want("c/1")
		h.pass(time.Second)
		h.wantAll(true)
	})
}
