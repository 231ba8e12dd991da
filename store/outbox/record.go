package outbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

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
	pause    time.Duration // that the receiver asked for then
	event    []byte        // the body of an event that could not be routed; nil: only the log has it

	id       string
	position int64
	lane     laneKey
	since    time.Time // when this process began to try it; zero: it has not
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
	Pause    time.Duration   `json:"pause,omitempty"`
	Redriven bool            `json:"redriven,omitempty"`
	Body     []byte          `json:"body,omitzero"`
}

// newItem returns an item of a message that is not stored yet.
func newItem(m *Message, s state) *item {
	return &item{state: s, message: m, id: m.ID, position: m.Position, lane: laneOf(m)}
}

// letterOf returns the item of an event that cannot be routed. It keeps the body, unless
// that is large: the log can be pruned.
func letterOf(seed string, e *store.Event) *item {
	it := newItem(&Message{
		ID: letterID(seed, e.Position), Subject: e.Subject, Seq: e.Seq, Position: e.Position, Event: e.Name, At: e.At,
	}, dead)
	if len(e.Body) <= MaxMessage {
		it.event = append([]byte{}, e.Body...)
	}
	return it
}

// bytes returns about how much it takes to keep the item.
func (it *item) bytes() int { return it.message.size() + len(it.event) }

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
		Attempts: it.attempts, Aged: it.aged, Due: it.due, Failed: it.failed, Reason: it.reason, Pause: it.pause,
		Redriven: it.lane.redriven, Body: it.event,
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
	it.attempts, it.aged, it.due, it.failed, it.reason, it.pause = b.Attempts, b.Aged, b.Due, b.Failed, b.Reason, b.Pause
	it.lane.redriven, it.event = b.Redriven, b.Body
	return it, nil
}

// box returns the value of fieldBox.
func box(s state, name string) string { return string(s) + "/" + name }

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
