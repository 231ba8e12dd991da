package outbox_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// stored fails unless a message is stored when it is sent.
func (h *hub) stored(ctx context.Context, s store.Store, m outbox.Message) {
	records, err := s.Get(context.WithoutCancel(ctx), store.Key{Kind: "outbox.message", ID: m.ID})
	if err != nil || records[0].Version == 0 {
		h.Errorf("%s was sent, but is not stored: %v", m.ID, err)
	}
}

// The process dies, or the answer of the store is lost, at every commit in turn.
// Every message arrives, in order, and none was sent that a crash would have forgotten.
func TestEveryCommitMayFail(t *testing.T) {
	for _, failure := range []string{"before", "after"} {
		for _, end := range []string{"goes on", "dies"} {
			t.Run(failure+" the commit, and the process "+end, func(t *testing.T) {
				failed := 0
				for k := 1; k <= 30; k++ {
					inHub(t, func(t *testing.T, h *hub) {
						ctx, die := context.WithCancel(t.Context())
						defer die()
						n, gone := 0, false
						s := &faulty{Store: h.store.(*memory.Store)}
						s.fail = func(_ int, ops []store.Op) (before, after error) {
							if !byDispatcher(ops) {
								return nil, nil
							}
							s.mu.Lock()
							defer s.mu.Unlock()
							if n++; n != k && !gone {
								return nil, nil
							}
							failed++
							if end == "dies" { // nothing gets through to the store any more
								defer die()
								if gone {
									return errDown, nil
								}
								gone = true
							}
							if failure == "before" {
								return errDown, nil
							}
							return nil, errDown
						}
						h.answer = func(ctx context.Context, m outbox.Message) error {
							h.stored(ctx, s.Store, m)
							if m.Attempt == 1 && m.Seq == 3 {
								return errDown
							}
							return nil
						}
						c := h.config()
						c.Store = s
						ended := make(chan error, 1)
						first := h.new(c)
						go func() { ended <- first.Run(ctx) }()
						for range 4 {
							h.tell("a", "b", "c")
							h.pass(time.Second / 2)
						}
						if end == "dies" {
							h.pass(time.Minute)
							die()
							<-ended
							c.Store = s.Store
							h.run(h.new(c))
						}
						h.pass(5 * time.Minute)
						h.wantAll(false)
						if n := len(h.dead(first)); n != 0 {
							t.Errorf("%d letters", n)
						}
						if s := h.stats(first); s.Pending != 0 {
							t.Errorf("Stats = %+v", s)
						}
						die()
					})
				}
				if failed < 20 {
					t.Errorf("%d commits failed: the test shows little", failed)
				}
			})
		}
	}
}

// Random failures of receivers and of the store, restarts, and two processes.
func TestRandomFailures(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inHub(t, func(t *testing.T, h *hub) {
				var mu sync.Mutex
				dice := rand.New(rand.NewPCG(seed, 7))
				rolls := func(n int) bool {
					mu.Lock()
					defer mu.Unlock()
					return dice.IntN(n) == 0
				}
				var calm atomic.Bool
				s := &faulty{Store: h.store.(*memory.Store)}
				s.fail = func(_ int, ops []store.Op) (before, after error) {
					switch {
					case !byDispatcher(ops) || calm.Load() || !rolls(20):
						return nil, nil
					case rolls(2):
						return errDown, nil
					default:
						return nil, errDown
					}
				}
				busy := make(map[string]bool)
				h.answer = func(ctx context.Context, m outbox.Message) error {
					lane := m.Subject.ID
					mu.Lock()
					if busy[lane] {
						t.Errorf("two messages of %s are on their way", lane)
					}
					busy[lane] = true
					wait := time.Duration(dice.IntN(200)) * time.Millisecond
					mu.Unlock()
					defer func() {
						mu.Lock()
						defer mu.Unlock()
						busy[lane] = false
					}()
					h.stored(ctx, s.Store, m)
					select {
					case <-time.After(wait):
					case <-ctx.Done():
						return ctx.Err()
					}
					if rolls(3) {
						return errDown
					}
					return nil
				}
				c := h.config()
				c.Store, c.Attempts, c.MaxBackoff = s, 1_000, 10*time.Second
				var stops []func()
				for range 2 {
					stops = append(stops, h.run(h.new(c)))
				}
				for i := range 300 {
					plans := make(map[string]bool)
					for range 1 + i%5 {
						mu.Lock()
						plans[fmt.Sprint(dice.IntN(32))] = true
						mu.Unlock()
					}
					h.tell(slices.Sorted(maps.Keys(plans))...)
					if rolls(10) {
						h.pass(time.Second)
					}
					if rolls(20) {
						mu.Lock()
						which := dice.IntN(2)
						mu.Unlock()
						stops[which]()
						stops[which] = h.run(h.new(c))
					}
				}
				h.pass(5 * time.Minute)
				calm.Store(true)
				h.pass(10 * time.Minute)
				h.wantAll(false)
				if s := h.stats(h.new(c)); s.Pending != 0 || s.Dead != 0 || s.Position != s.Last {
					t.Errorf("Stats = %+v", s)
				}
			})
		})
	}
}

// The store is down for an hour: nothing is lost, and nobody has to help.
func TestDispatcherSurvivesItsStore(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		s := &cut{Store: h.store.(*memory.Store)}
		h.answer = func(_ context.Context, m outbox.Message) error {
			if m.Attempt == 1 {
				return errDown
			}
			return nil
		}
		c := h.config()
		c.Store = s
		h.run(h.new(c))
		h.tell("a", "b")
		h.pass(time.Millisecond)
		s.down.Store(true)
		h.tell("a", "b")
		h.pass(time.Hour)
		s.down.Store(false)
		h.pass(time.Minute)
		h.wantAll(false)
	})
}
