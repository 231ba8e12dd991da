// Package outboxtest lets tests read the notices that an outbox is to carry.
package outboxtest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// A Told is a notice, read.
type Told[Facts any] struct {
	outbox.Notice
	Seq   int64 // of the event that carries it
	Facts Facts // its Data
}

// Read returns the notices that events carry; other events are passed over. What each
// says to programs must be of the same event and time.
func Read[Facts any](t testing.TB, events []store.Event) (all []Told[Facts]) {
	t.Helper()
	for _, e := range events {
		if e.Subject.Kind != outbox.KindNotice {
			continue
		}
		var notices []outbox.Notice
		if err := json.Unmarshal(e.Body, &notices); err != nil {
			t.Fatal(err)
		}
		if len(notices) == 0 {
			t.Errorf("event %d tells nothing", e.Seq)
		}
		for _, n := range notices {
			told := Told[Facts]{Notice: n, Seq: e.Seq}
			if err := json.Unmarshal(n.Data, &told.Facts); err != nil {
				t.Fatal(err)
			}
			var said struct {
				Event string
				At    time.Time
			}
			if err := json.Unmarshal(n.Data, &said); err != nil {
				t.Fatal(err)
			}
			if said.Event != n.Event || !said.At.Equal(e.At) {
				t.Errorf("%s at %v says %s at %v", n.Event, e.At, said.Event, said.At)
			}
			all = append(all, told)
		}
	}
	return all
}
