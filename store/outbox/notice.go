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
// each number is announced once at most.
func Announce(about store.Key, seq int64, at time.Time, notices ...Notice) (store.Event, error) {
	body, err := json.Marshal(notices)
	if err != nil {
		return store.Event{}, fmt.Errorf("notices about %s: %w", about, err)
	}
	return store.Event{Subject: NoticeSubject(about), Seq: seq, Name: "notice", At: at, Body: body}, nil
}
