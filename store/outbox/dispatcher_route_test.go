package outbox_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

func TestAnEventThatCannotBeRoutedIsALetter(t *testing.T) {
	for _, tt := range []struct {
		rule  string
		route func(attempt int) ([]outbox.Message, error)
		after time.Duration // when later events are routed
		want  string
	}{
		{"it is tried again for MaxAge", func(int) ([]outbox.Message, error) { return nil, errDown }, 7 * time.Second, "the receiver is down"},
		{"permanent errors are final", func(int) ([]outbox.Message, error) { return nil, outbox.Permanent(errDown) }, 0, "the receiver is down"},
		{"a panic is tried as often as Attempts says", func(int) ([]outbox.Message, error) { panic("poison") }, 3 * time.Second, "the route panicked: poison"},
		{"a message without a channel", func(int) ([]outbox.Message, error) { return []outbox.Message{{}}, nil }, 0, "messages[0].channel: must not be empty"},
		{"data that is no JSON", func(int) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", Data: []byte("{")}}, nil
		}, 0, "messages[0].data: must be JSON"},
		{"a message too large", func(int) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", Text: strings.Repeat("x", outbox.MaxMessage+1)}}, nil
		}, 0, "messages[0]: must be at most 1048576 bytes, not 1048596"},
		{"an event's name too large", func(int) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", Event: strings.Repeat("x", 20<<20)}}, nil
		}, 0, "messages[0]: must be at most 1048576 bytes, not 20971534"},
		{"a subject too large", func(int) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", Subject: store.Key{Kind: "plan", ID: strings.Repeat("x", 20<<20)}}}, nil
		}, 0, "messages[0]: must be at most 1048576 bytes, not 20971533"},
		{"a time that cannot be written", func(int) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", At: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}}, nil
		}, 0, "messages[0].at: must be in the years 1 to 9999"},
		{"a time zone that cannot be written", func(int) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", At: time.Date(2000, 1, 1, 0, 0, 0, 0, time.FixedZone("", 100*60*60))}}, nil
		}, 0, ""},
		{"data that could not be read again", func(int) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", Data: []byte(strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000))}}, nil
		}, 0, "messages[0].data: must be JSON"},
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
				c.Attempts, c.MaxAge = 3, 7*time.Second
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

// A Directory that is down for long makes no letters: what it is asked for is told later.
func TestARouteThatIsDownLosesNothing(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		c := h.config()
		c.Poll, c.TTL = time.Minute, 10*time.Minute
		c.Route = func(context.Context, store.Event) ([]outbox.Message, error) {
			if time.Since(h.began) < 20*time.Hour {
				return nil, errDown
			}
			return []outbox.Message{{Channel: "test"}}, nil
		}
		d := h.new(c)
		h.run(d)
		h.tell("a", "b")
		h.pass(20*time.Hour + time.Minute)
		h.wantAll(true)
		if n := len(h.dead(d)); n != 0 {
			t.Errorf("%d letters, want none", n)
		}
	})
}

// The log may forget the event of a letter: the letter has what it takes to route it.
func TestALetterKeepsItsEvent(t *testing.T) {
	for _, tt := range []struct {
		rule  string
		body  string
		error string // of the letter, after the log forgot the event; empty: it is routed
	}{
		{"of usual size", `{"n":1}`, ""},
		{"without a body", "", ""},
		{"as large as a message", strings.Repeat("x", outbox.MaxMessage), ""},
		{"larger: that stays in the log", strings.Repeat("x", outbox.MaxMessage+1), "the event 1 of plan/a is not in the log any more"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			inHub(t, func(t *testing.T, h *hub) {
				e := store.Event{Subject: store.Key{Kind: "plan", ID: "a"}, Seq: 1, Name: "moved", At: h.began.UTC(), Body: []byte(tt.body)}
				op := store.Op{Record: store.Record{Key: store.Key{Kind: "commit", ID: "1"}}, Events: []store.Event{e}}
				if _, err := h.store.Commit(t.Context(), op); err != nil {
					t.Fatal(err)
				}
				var asked []store.Event
				c := h.config()
				c.Route = func(_ context.Context, e store.Event) ([]outbox.Message, error) {
					if asked = append(asked, e); len(asked) == 1 {
						return nil, outbox.Permanent(errDown)
					}
					return []outbox.Message{{Channel: "test"}}, nil
				}
				d := h.new(c)
				h.run(d)
				h.pass(time.Minute)
				pruner, _ := h.store.(store.Pruner)
				if n, err := pruner.Prune(t.Context(), e.Subject, 1); n != 1 || err != nil {
					t.Fatalf("Prune = %d, %v", n, err)
				}
				if n, err := d.RedriveAll(t.Context()); n != 1 || err != nil {
					t.Fatalf("RedriveAll = %d, %v", n, err)
				}
				h.pass(0)
				if tt.error != "" {
					if letters := h.dead(d); len(letters) != 1 || letters[0].Error != tt.error {
						t.Errorf("letters = %+v, want %q", letters, tt.error)
					}
					return
				}
				h.want("a/1")
				if len(asked) != 2 || string(asked[1].Body) != tt.body {
					t.Fatalf("the route was asked %d times", len(asked))
				}
				asked[0].Body, asked[1].Body = nil, nil
				if diff := cmp.Diff(asked[0], asked[1]); diff != "" {
					t.Errorf("the event (-first +again):\n%s", diff)
				}
			})
		})
	}
}
