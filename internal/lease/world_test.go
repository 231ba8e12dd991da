package lease_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/internal/lease"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

const ttl = 30 * time.Second

// A world is a store in which commits may fail, with what is logged.
type world struct {
	store.Store
	testing.TB

	mu    sync.Mutex
	fault func(commit func() error) error // of commits; may be nil
	log   bytes.Buffer
}

func newWorld(t testing.TB) *world { return &world{Store: memory.New(), TB: t} }

func (w *world) Commit(ctx context.Context, ops ...store.Op) (version int64, err error) {
	w.mu.Lock()
	fault := w.fault
	w.mu.Unlock()
	if fault == nil {
		return w.Store.Commit(ctx, ops...)
	}
	err = fault(func() error {
		version, err = w.Store.Commit(ctx, ops...)
		return err
	})
	return version, err
}

// fail lets commits fail from now on; nil: no more.
func (w *world) fail(fault func(commit func() error) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = fault
}

func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

// logged reports whether something was, and forgets it.
func (w *world) logged(words string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	ok := strings.Contains(w.log.String(), words)
	w.log.Reset()
	return ok
}

func (w *world) lease(id string) *lease.Lease {
	return &lease.Lease{ID: id, Store: w, Kind: "process", TTL: ttl, Log: slog.New(slog.NewTextHandler(w, nil)), Work: "work", Field: "lease"}
}

// version is that of a heartbeat; 0: there is none.
func (w *world) version(id string) int64 {
	w.Helper()
	found, err := w.Get(context.Background(), store.Key{Kind: "process", ID: id})
	if err != nil {
		w.Fatal(err)
	}
	return found[0].Version
}

// put stores a record, or removes it, whatever it is.
func (w *world) put(key store.Key, kind store.OpKind, leases ...string) {
	w.Helper()
	found, err := w.Get(context.Background(), key)
	if err != nil {
		w.Fatal(err)
	}
	op := store.Op{Kind: kind, Record: store.Record{Key: key, Version: found[0].Version, Fields: map[string][]string{"lease": leases}}}
	if kind == store.Delete {
		op.Fields = nil
	}
	if _, err := w.Store.Commit(context.Background(), op); err != nil {
		w.Fatal(err)
	}
}

// A heart is a Beat at work.
type heart struct {
	born chan struct{}
	stop func() // and wait until it has

	mu   sync.Mutex
	lost []time.Duration // after which it was
}

// beat begins to, in a bubble.
func (w *world) beat(l *lease.Lease) *heart {
	ctx, cancel := context.WithCancel(context.Background())
	h := &heart{born: make(chan struct{})}
	began := time.Now()
	over := make(chan struct{})
	go func() {
		defer close(over)
		l.Beat(ctx, h.born, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.lost = append(h.lost, time.Since(began))
		})
	}()
	h.stop = func() {
		cancel()
		<-over
	}
	synctest.Wait()
	return h
}

// lostAfter returns when it was lost at first; 0: it was not.
func (h *heart) lostAfter() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.lost) == 0 {
		return 0
	}
	return h.lost[0]
}

func (h *heart) isBorn() bool {
	select {
	case <-h.born:
		return true
	default:
		return false
	}
}

// wait lets time go by.
func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
