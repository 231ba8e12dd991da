package outbox

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// MaxMessage bounds one message: all its texts and its data together, in bytes.
const MaxMessage = 1 << 20

// maxMessages bounds the messages about one event: as many as there are numbers in an id.
const maxMessages = 100_000

// messageID returns the id of message number n about the event at a position. Ids of one
// event have the order of the numbers.
func messageID(seed string, position int64, n int) string {
	return fmt.Sprintf("%s-%d-%05d", seed, position, n)
}

// letterID returns the id of an event that could not be routed.
func letterID(seed string, position int64) string { return fmt.Sprintf("%s-%d", seed, position) }

// address sets what the dispatcher knows of the messages about an event, and
// returns the first fault of them as a Permanent error. What it lets pass can be stored and read.
func address(seed string, e *store.Event, messages []Message) error {
	if len(messages) > maxMessages {
		return Permanent(penstock.Invalid("messages", "must be at most %d, not %d", maxMessages, len(messages)))
	}
	for i := range messages {
		m := &messages[i]
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
		m.At = m.At.UTC()
		if err := m.check(fmt.Sprintf("messages[%d]", i)); err != nil {
			return Permanent(err)
		}
	}
	return nil
}

// check returns the first fault of a message.
func (m *Message) check(at string) error {
	if m.Channel == "" {
		return penstock.Invalid(at+".channel", "must not be empty")
	}
	if n := m.size(); n > MaxMessage {
		return penstock.Invalid(at, "must be at most %d bytes, not %d", MaxMessage, n)
	}
	if len(m.Data) > 0 && !validData(m.Data) {
		return penstock.Invalid(at+".data", "must be JSON")
	}
	if year := m.At.Year(); year < 1 || year > 9999 {
		return penstock.Invalid(at+".at", "must be in the years 1 to 9999")
	}
	return nil
}

// size returns the bytes of all that a Route sets.
func (m *Message) size() int {
	return len(m.Channel) + len(m.To) + len(m.Subject.Kind) + len(m.Subject.ID) + len(m.Event) + len(m.Title) + len(m.Text) + len(m.Data)
}

// validData reports whether data is JSON, within the object that is stored too: package
// json reads 10,000 levels.
func validData(data []byte) bool {
	const levels = 10_000
	if len(data) > levels {
		data = bytes.Join([][]byte{{'['}, data, {']'}}, nil)
	}
	return json.Valid(data)
}
