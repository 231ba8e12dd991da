package outbox

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Notice is something that people asked to be told of: who, and what. It is
// committed together with what it tells of, by [Announce].
type Notice struct {
	Event      string           `json:"event"`          // what happened: started, failed, …
	Recipients []penstock.Party `json:"recipients"`     // users and groups as they are named; found in the Directory when it is sent
	Title      string           `json:"title"`          // one line for people
	Text       string           `json:"text,omitempty"` // more for people, in plain text
	Data       json.RawMessage  `json:"data,omitempty"` // the same for programs
}

// KindNotice is the kind of the subjects that notices are events of.
const KindNotice = "outbox.notice"

// NoticeSubject returns the subject of the notices about a record.
func NoticeSubject(about store.Key) store.Key {
	return store.Key{Kind: KindNotice, ID: about.String()}
}

// Announce returns the event that carries notices about a record. It belongs to
// the Commit of what they tell of. seq is the number of what happened in the log of about;
// each number is announced once at most. Data that is no JSON is an [penstock.InvalidError], and
// so is a key that is so long that [NoticeSubject] cannot be one.
func Announce(about store.Key, seq int64, at time.Time, notices ...Notice) (store.Event, error) {
	subject := NoticeSubject(about)
	if n := len(subject.String()) - store.MaxKey; n > 0 {
		return store.Event{}, penstock.Invalid("about", "must be shorter by %d bytes", n)
	}
	for i, n := range notices {
		if len(n.Data) > 0 && !json.Valid(n.Data) {
			return store.Event{}, penstock.Invalid(fmt.Sprintf("notices[%d].data", i), "must be JSON")
		}
	}
	body, err := json.Marshal(notices)
	if err != nil {
		return store.Event{}, fmt.Errorf("notices about %s: %w", about, err)
	}
	return store.Event{Subject: subject, Seq: seq, Name: "notice", At: at, Body: body}, nil
}
