package outbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// kindMessage is the kind of the records of messages: <id of the message>,
// with the position of the event as Sort.
const kindMessage = "outbox.message"

// fieldBox says in which box a message lies: <state>/<dispatcher>.
const fieldBox = "box"

// A state is what becomes of a message next.
type state string

const (
	pending  state = "pending"  // it is to be sent
	redriven state = "redriven" // it was dead; the dispatcher makes it pending
	dead     state = "dead"     // it was given up
	done     state = "done"     // its record is to be removed
)

// MaxMessage bounds the title, text and data of one message together, in bytes.
const MaxMessage = 1 << 20

// maxReason bounds the error that is kept of a failure, in bytes.
const maxReason = 1024

// An item is a message with what is known of its delivery. The term that owns
// it is the only one to change it.
type item struct {
	version  int64
	state    state
	message  *Message // nil while it is only in the store
	attempts int
	aged     time.Duration // how long it had been tried when it was stored last
	due      time.Time     // by the clock of the process that stored it
	failed   time.Time     // the last time
	reason   string        // why
	routed   int           // of an event that could not be routed: messages of it that are stored already

	id       string
	position int64
	lane     laneKey
	since    time.Time // when this process began to care for it
	size     int       // of the stored body
	held     int       // what its message counts of those that are kept in memory; 0: it is not kept
	dirty    bool      // it has to be written
}

// A body is an item as it is stored.
type body struct {
	Channel  string          `json:"channel,omitempty"`
	To       string          `json:"to,omitempty"`
	Kind     string          `json:"kind"`
	Subject  string          `json:"subject"`
	Seq      int64           `json:"seq"`
	Position int64           `json:"position"`
	Event    string          `json:"event"`
	At       time.Time       `json:"at"`
	Title    string          `json:"title,omitempty"`
	Text     string          `json:"text,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
	Attempts int             `json:"attempts,omitempty"`
	Aged     time.Duration   `json:"aged,omitempty"`
	Due      time.Time       `json:"due,omitzero"`
	Failed   time.Time       `json:"failed,omitzero"`
	Reason   string          `json:"reason,omitempty"`
	Routed   int             `json:"routed,omitempty"`
}

// newItem returns an item of a message that is not stored yet.
func newItem(m *Message, s state) *item {
	return &item{state: s, message: m, id: m.ID, position: m.Position, lane: laneOf(m)}
}

// op returns the op that brings the stored item to its state.
func (it *item) op(name string) (store.Op, error) {
	r := store.Record{Key: store.Key{Kind: kindMessage, ID: it.id}, Version: it.version}
	if it.state == done {
		return store.Op{Kind: store.Delete, Record: r}, nil
	}
	m := it.message
	encoded, err := json.Marshal(body{
		Channel: m.Channel, To: m.To, Kind: m.Subject.Kind, Subject: m.Subject.ID, Seq: m.Seq, Position: m.Position,
		Event: m.Event, At: m.At, Title: m.Title, Text: m.Text, Data: m.Data,
		Attempts: it.attempts, Aged: it.aged, Due: it.due, Failed: it.failed, Reason: it.reason, Routed: it.routed,
	})
	if err != nil {
		return store.Op{}, fmt.Errorf("encode message %s: %w", it.id, err)
	}
	it.size = len(encoded)
	r.Sort, r.Body, r.Fields = it.position, encoded, map[string][]string{fieldBox: {box(it.state, name)}}
	return store.Op{Kind: store.Put, Record: r}, nil
}

// itemOf returns what a record tells.
func itemOf(r store.Record) (*item, error) {
	var b body
	if err := json.Unmarshal(r.Body, &b); err != nil {
		return nil, fmt.Errorf("decode message %s: %w", r.ID, err)
	}
	it := newItem(&Message{
		ID: r.ID, Channel: b.Channel, To: b.To, Subject: store.Key{Kind: b.Kind, ID: b.Subject}, Seq: b.Seq, Position: b.Position,
		Event: b.Event, At: b.At, Title: b.Title, Text: b.Text, Data: b.Data,
	}, "")
	if values := r.Fields[fieldBox]; len(values) == 1 {
		s, _, _ := strings.Cut(values[0], "/")
		it.state = state(s)
	}
	it.version, it.size = r.Version, len(r.Body)
	it.attempts, it.aged, it.due, it.failed, it.reason, it.routed = b.Attempts, b.Aged, b.Due, b.Failed, b.Reason, b.Routed
	return it, nil
}

// box returns the value of fieldBox.
func box(s state, name string) string { return string(s) + "/" + name }

// messageID returns the id of message number n about the event at a position. Ids of one
// event have the order of the numbers.
func messageID(seed string, position int64, n int) string {
	return fmt.Sprintf("%s-%d-%05d", seed, position, n)
}

// letterID returns the id of an event that could not be routed.
func letterID(seed string, position int64) string { return fmt.Sprintf("%s-%d", seed, position) }

// maxMessages bounds the messages about one event: as many as there are numbers in an id.
const maxMessages = 100_000

// address sets what the dispatcher knows of the messages about an event, and
// returns every fault of them as one Permanent error.
func address(seed string, e *store.Event, messages []Message) error {
	if len(messages) > maxMessages {
		return Permanent(penstock.Invalid("messages", "must be at most %d, not %d", maxMessages, len(messages)))
	}
	for i := range messages {
		m := &messages[i]
		at := fmt.Sprintf("messages[%d]", i)
		if m.Channel == "" {
			return Permanent(penstock.Invalid(at+".channel", "must not be empty"))
		}
		if n := len(m.To) + len(m.Title) + len(m.Text) + len(m.Data); n > MaxMessage {
			return Permanent(penstock.Invalid(at, "must be at most %d bytes, not %d", MaxMessage, n))
		}
		if len(m.Data) > 0 && !json.Valid(m.Data) {
			return Permanent(penstock.Invalid(at+".data", "must be JSON"))
		}
		m.ID, m.Position, m.Attempt = messageID(seed, e.Position, i), e.Position, 0
		if m.Subject == (store.Key{}) {
			m.Subject = e.Subject
		}
		if m.Seq == 0 {
			m.Seq = e.Seq
		}
		if m.Event == "" {
			m.Event = e.Name
		}
		if m.At.IsZero() {
			m.At = e.At
		}
	}
	return nil
}

// reason returns the text of err that is kept: short and valid UTF-8.
func reason(err error) string {
	s := strings.ToValidUTF8(err.Error(), "\uFFFD")
	if len(s) <= maxReason {
		return s
	}
	s = s[:maxReason-len("…")]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
