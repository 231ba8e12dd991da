package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// A recorder is a reporter that remembers failures.
type recorder struct {
	ctx context.Context
	mu  sync.Mutex
	all []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// failures runs the named cases on stores from open and returns the names of
// those that fail.
func failures(t *testing.T, open func() store.Store, names ...string) (failed []string) {
	for _, c := range cases() {
		if len(names) > 0 && !slices.Contains(names, c.name) {
			continue
		}
		r := &recorder{ctx: t.Context()}
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() {
				if p := recover(); p != nil {
					r.Errorf("panic: %v", p)
				}
			}()
			c.test(r, open())
		}()
		<-done
		if len(r.all) > 0 {
			failed = append(failed, c.name)
		}
	}
	return failed
}

// broken is a store with something wrong.
type broken struct {
	store.Store
	commit func(s store.Store, ops []store.Op) (int64, error)
	get    func([]store.Record) []store.Record
	find   func(*store.Query)
	page   func(*store.Page)
	events func([]store.Event) []store.Event
	next   func(first int64) int64
	prune  func(s *memory.Store, subject store.Key, through int64) (int64, error)
	blind  bool // does not look at the context
}

func (b *broken) context(ctx context.Context) context.Context {
	if b.blind {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (b *broken) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	records, err := b.Store.Get(b.context(ctx), keys...)
	if b.get != nil && err == nil {
		records = b.get(records)
	}
	return records, err
}

func (b *broken) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if b.find != nil {
		b.find(&q)
	}
	page, err := b.Store.Find(b.context(ctx), q)
	if b.page != nil {
		b.page(&page)
	}
	return page, err
}

func (b *broken) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if b.commit != nil {
		return b.commit(b.Store, slices.Clone(ops))
	}
	return b.Store.Commit(b.context(ctx), ops...)
}

func (b *broken) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	events, err := b.Store.Events(b.context(ctx), q)
	if b.events != nil && err == nil {
		events = b.events(events)
	}
	return events, err
}

func (b *broken) Next(ctx context.Context, sequence string, n int) (int64, error) {
	first, err := b.Store.Next(b.context(ctx), sequence, n)
	if b.next != nil && err == nil {
		first = b.next(first)
	}
	return first, err
}

func (b *broken) Prune(ctx context.Context, subject store.Key, through int64) (int64, error) {
	s, ok := b.Store.(*memory.Store)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	if b.prune != nil {
		return b.prune(s, subject, through)
	}
	return s.Prune(b.context(ctx), subject, through)
}

func TestSoundStorePasses(t *testing.T) {
	if failed := failures(t, func() store.Store { return memory.New() }); len(failed) > 0 {
		t.Errorf("a sound store fails %v", failed)
	}
}

// The kit finds what is wrong: each way to be broken makes the cases fail that
// are about it.
func TestBrokenStoresFail(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name string
		b    broken
		fail []string
	}{
		{"ignores versions", broken{commit: func(s store.Store, ops []store.Op) (int64, error) {
			for i := range ops {
				if now, err := s.Get(ctx, ops[i].Key); err == nil {
					ops[i].Version = now[0].Version
				}
			}
			return s.Commit(ctx, ops...)
		}}, []string{"CreateOnExisting", "StaleVersion", "NoVersionTwice", "OneWriterWins"}},
		{"commits one by one", broken{commit: func(s store.Store, ops []store.Op) (version int64, err error) {
			for _, op := range ops {
				if version, err = s.Commit(ctx, op); err != nil {
					return 0, err
				}
			}
			return version, nil
		}}, []string{"AllOrNothing", "OneCommitOneVersion", "KeyTwice", "LimitsAreRefused", "GetIsOneMoment", "FindIsOneMoment"}},
		{"drops events", broken{commit: func(s store.Store, ops []store.Op) (int64, error) {
			for i := range ops {
				ops[i].Events = nil
			}
			return s.Commit(ctx, ops...)
		}}, []string{"EventsFollowOps", "SequenceIsUnique", "EventsOutlive", "ReaderSkipsNoEvent"}},
		{"drops checks", broken{commit: func(s store.Store, ops []store.Op) (int64, error) {
			return s.Commit(ctx, slices.DeleteFunc(ops, func(op store.Op) bool { return op.Kind == store.Check })...)
		}}, []string{"CreateOnExisting", "StaleVersion"}},
		{"skips events", broken{events: func(e []store.Event) []store.Event {
			return slices.DeleteFunc(e, func(e store.Event) bool { return e.Position == 5 })
		}}, []string{"EventsFollowOps", "ReaderSkipsNoEvent"}},
		{"leaves missing records out", broken{get: func(r []store.Record) []store.Record {
			return slices.DeleteFunc(r, func(r store.Record) bool { return r.Version == 0 })
		}}, []string{"MissingHasVersion0", "GetKeepsTheOrderOfKeys"}},
		{"loses the key of what is missing", broken{get: func(all []store.Record) []store.Record {
			for i := range all {
				if all[i].Version == 0 {
					all[i].Key = store.Key{}
				}
			}
			return all
		}}, []string{"MissingHasVersion0"}},
		{"ignores the last filter", broken{find: func(q *store.Query) {
			if len(q.Where) > 1 {
				q.Where = q.Where[:len(q.Where)-1]
			}
		}}, []string{"RandomQueries"}},
		{"takes ten values at most", broken{find: func(q *store.Query) {
			q.Where = slices.Clone(q.Where)
			for i := range q.Where {
				q.Where[i].Values = q.Where[i].Values[:min(len(q.Where[i].Values), 10)]
			}
		}}, []string{"ManyValues"}},
		{"ignores the direction", broken{find: func(q *store.Query) { q.Order.Desc = false }}, []string{"FiltersByOrders", "TiesByID"}},
		{"ignores cursors", broken{find: func(q *store.Query) { q.After = nil }}, []string{"CursorIsOffset", "CursorStays", "RandomQueries"}},
		{"mixes kinds", broken{find: func(q *store.Query) { q.Kind = "plan" }}, []string{"QueriesAreChecked"}},
		{"always counts", broken{find: func(q *store.Query) { q.Total = true }}, []string{"FiltersByOrders"}},
		{"counts the page", broken{page: func(p *store.Page) { p.Total = min(p.Total, len(p.Records)) }}, []string{"FiltersByOrders", "RandomQueries"}},
		{"has always a next page", broken{page: func(p *store.Page) {
			if p.Next == nil {
				p.Next = &store.Cursor{}
			}
		}}, []string{"RandomQueries", "CursorIsOffset", "NothingFound"}},
		{"repeats numbers", broken{next: func(first int64) int64 { return max(1, first-1) }}, []string{"NextCountsFromOne", "NextNeverRepeats"}},
		{"ignores contexts", broken{blind: true}, []string{"EndedContext", "PruneEnds"}},
		{"forgets nothing", broken{prune: func(*memory.Store, store.Key, int64) (int64, error) { return 0, nil }},
			[]string{"PruneRemovesTheOldest", "PruneLeavesHoles", "PrunedNumbersAreFree", "ReadersHoldBack", "PruneMany", "PruneIsChecked", "PruneEnds", "PruneBesideCommits"}},
		{"forgets one too many", broken{prune: func(s *memory.Store, subject store.Key, through int64) (int64, error) {
			return s.Prune(ctx, subject, max(through, through+1))
		}}, []string{"PruneRemovesTheOldest", "PrunedNumbersAreFree", "PruneMany", "PruneIsChecked"}},
		{"forgets others too", broken{prune: func(s *memory.Store, subject store.Key, through int64) (int64, error) {
			for _, id := range []string{"a", "b"} {
				if other := key(id); other != subject {
					_, _ = s.Prune(ctx, other, through)
				}
			}
			return s.Prune(ctx, subject, through)
		}}, []string{"PruneRemovesTheOldest", "PruneLeavesHoles", "PruneMany"}},
		{"does not wait for readers", broken{prune: func(s *memory.Store, subject store.Key, through int64) (int64, error) {
			page, err := s.Find(ctx, store.Query{Kind: store.KindReader})
			for _, r := range page.Records {
				_, _ = s.Commit(ctx, store.Op{Kind: store.Delete, Record: r})
			}
			n, pruneErr := s.Prune(ctx, subject, through)
			return n, errors.Join(err, pruneErr)
		}}, []string{"ReadersHoldBack", "PruneBesideCommits"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			open := func() store.Store {
				b := c.b
				b.Store = memory.New()
				return &b
			}
			if failed := failures(t, open, c.fail...); len(failed) != len(c.fail) {
				t.Errorf("only %v fail, want %v", failed, c.fail)
			}
		})
	}
}

// A store that hands out what it keeps fails.
func TestSharedSlicesFail(t *testing.T) {
	open := func() store.Store { return &sharing{Store: memory.New(), kept: map[store.Key]store.Record{}} }
	want := []string{"InputStaysTheCallers", "OutputIsTheCallers"}
	if failed := failures(t, open, want...); !slices.Equal(failed, want) {
		t.Errorf("only %v fail, want %v", failed, want)
	}
}

// sharing keeps records without copying them.
type sharing struct {
	store.Store
	kept map[store.Key]store.Record
}

func (s *sharing) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	version, err := s.Store.Commit(ctx, ops...)
	for _, op := range ops {
		op.Record.Version = version
		s.kept[op.Key] = op.Record
	}
	return version, err
}

func (s *sharing) Get(_ context.Context, keys ...store.Key) ([]store.Record, error) {
	records := make([]store.Record, len(keys))
	for i, key := range keys {
		records[i] = s.kept[key]
	}
	return records, nil
}
