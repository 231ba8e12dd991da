package outbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store/outbox"
)

// Five processes with clocks hours apart share the work, and come and go: each message is sent once, by one of them.
func TestSeveralDispatchersSendEachOnce(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		var notes sync.Map
		h.answer = func(_ context.Context, m outbox.Message) error {
			<-time.After(time.Duration(m.Seq%7) * 20 * time.Millisecond)
			return nil
		}
		begin := func(i int) (stop func()) {
			return h.run(h.process(fmt.Sprint("process ", i), h.store, time.Duration(i-2)*3*time.Hour, &notes))
		}
		var stops []func()
		for i := range 5 {
			stops = append(stops, begin(i))
		}
		for n := range 200 {
			h.tell("a", fmt.Sprint("b", n%10), fmt.Sprint("c", n%3))
			h.pass(time.Duration(n%5) * 100 * time.Millisecond)
			if n%10 == 9 {
				h.pass(time.Second) // what is being sent comes through: to be stopped in the middle may mean twice
				i := n / 10 % 5
				stops[i]()
				h.pass(2 * time.Second)
				stops[i] = begin(i)
			}
		}
		h.pass(10 * time.Minute)
		h.wantAll(true)
		by := make(map[any]bool)
		notes.Range(func(_, process any) bool {
			by[process] = true
			return true
		})
		if len(by) < 2 {
			t.Errorf("all was sent by %v", by)
		}
	})
}
