package conformance_test

import (
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// A place is where a dispatcher and those who commit are: one Store, or two.
type place struct {
	name            string
	writer, deliver func(testing.TB) store.Store // no writer: the same Store
}

// places are all kinds of stores, and two Stores in one database. Those in PostgreSQL do not poll.
func places(tb testing.TB) []place {
	tb.Helper()
	open := func(b *backend) func(testing.TB) store.Store {
		return func(tb testing.TB) store.Store { return b.store(tb, b.db(tb)) }
	}
	listening := func(b *backend) func(testing.TB) store.Store {
		return func(tb testing.TB) store.Store { return newHearer(tb, b.dsn, b.schema, nil).Store }
	}
	alone, shared := backends(tb), backends(tb)
	all := []place{
		{"memory", nil, func(testing.TB) store.Store { return memory.New() }},
		{"SQLite", nil, open(alone[0])},
		{"SQLite from another Store", open(shared[0]), open(shared[0])},
	}
	if pgURL != "" {
		all = append(all, place{"PostgreSQL", nil, listening(alone[1])},
			place{"PostgreSQL from another Store", open(shared[1]), listening(shared[1])})
	}
	return all
}

// An event reaches a receiver in much less than 50 ms, counted from before it is
// committed, whoever committed it. The machine may be busy with something
// else for a while: one good series out of a few is enough.
func TestOutboxTellsAtOnce(t *testing.T) {
	const limit, tries, each = 50 * time.Millisecond, 4, 50
	for _, p := range places(t) {
		t.Run(p.name, func(t *testing.T) {
			in := newInbox(t, nil)
			s := p.deliver(t)
			writer := s
			if p.writer != nil {
				writer = p.writer(t)
			}
			last := make(map[string]int64)
			// It would find nothing in time by looking every now and then.
			deliver(t, in.dispatcher(t, s, "", func(c *outbox.Config, _ *outbox.WebhookConfig) { c.Poll = time.Minute }))
			happenTo(t, writer, last, "p")
			in.awaitAll(t, last)
			var p50 time.Duration
			for range tries {
				var took []time.Duration
				for range each {
					begin := time.Now()
					happenTo(t, writer, last, "p")
					in.awaitAll(t, last)
					all := in.arrivals()
					took = append(took, all[len(all)-1].at.Sub(begin))
				}
				slices.Sort(took)
				p50 = took[each/2]
				t.Logf("from commit to arrival: p50 %v, p90 %v, highest %v", p50, took[each*9/10], took[each-1])
				if p50 <= limit {
					break
				}
			}
			if p50 > limit {
				t.Errorf("p50 %v in the last of %d series, want at most %v", p50, tries, limit)
			}
			if again := in.check(t, last); again > 0 {
				t.Errorf("%d messages were sent again", again)
			}
		})
	}
}
