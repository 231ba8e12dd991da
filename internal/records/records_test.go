package records_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/records"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// A head counts what there is.
type head struct {
	records.Head
	Count int `json:"count"`
}

type change = records.Change[head]

func newWriter(s store.Store) *records.Writer[head] {
	return records.NewWriter(s, store.Key{Kind: "head", ID: "head"}, time.Now, func(h *head) *records.Head { return &h.Head })
}

// add creates a record.
func add(id string) func(*change) error {
	return func(c *change) error {
		c.Head.Count++
		c.Ops = append(c.Ops, store.Op{Record: store.Record{Key: store.Key{Kind: "thing", ID: id}}})
		return nil
	}
}

// headOf returns the head of the store.
func headOf(t *testing.T, s store.Store) head {
	t.Helper()
	_, h, err := newWriter(s).Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A hooked store does more in a Commit.
type hooked struct {
	store.Store
	commit func(ctx context.Context, commit func() (int64, error)) (int64, error)
	get    func() error
}

func (h *hooked) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if h.commit == nil {
		return h.Store.Commit(ctx, ops...)
	}
	return h.commit(ctx, func() (int64, error) { return h.Store.Commit(ctx, ops...) })
}

func (h *hooked) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if h.get != nil {
		if err := h.get(); err != nil {
			return nil, err
		}
	}
	return h.Store.Get(ctx, keys...)
}

func TestWrite(t *testing.T) {
	s := memory.New()
	w := newWriter(s)
	seen, _, err := w.Head(t.Context())
	if seen != 0 || err != nil {
		t.Fatalf("version %d, %v", seen, err)
	}
	version, err := w.Write(t.Context(), func(c *change) error {
		if c.At.Location() != time.UTC || c.At.Nanosecond()%1000 != 0 {
			t.Errorf("decided at %v", c.At)
		}
		return add("a")(c)
	})
	found, getErr := s.Get(t.Context(), store.Key{Kind: "thing", ID: "a"})
	if err != nil || getErr != nil || version == 0 || found[0].Version != version {
		t.Fatalf("version %d, %v, %v, %v", version, err, found, getErr)
	}
	first := headOf(t, s)
	if _, err := w.Write(t.Context(), add("b")); err != nil {
		t.Fatal(err)
	}
	if h := headOf(t, s); h.Revision != 2 || h.Count != 2 || h.Commit == first.Commit || h.Commit == "" {
		t.Errorf("the head is %+v", h)
	}
}

func TestWritesNothing(t *testing.T) {
	refused := errors.New("refused")
	for rule, decide := range map[string]func(*change) error{
		"refused":       func(c *change) error { _ = add("a")(c); return refused },
		"nothing to do": func(c *change) error { c.Head.Count++; return nil },
	} {
		s := memory.New()
		version, err := newWriter(s).Write(t.Context(), decide)
		if version != 0 || (err != nil) != (rule == "refused") || err != nil && !errors.Is(err, refused) || headOf(t, s).Revision != 0 {
			t.Errorf("%s: version %d, %v, head %+v", rule, version, err, headOf(t, s))
		}
	}
}

// What another Service writes between the look and the commit.
func TestOvertakenIsDecidedAgain(t *testing.T) {
	refused := errors.New("refused")
	for _, c := range []struct {
		rule   string
		others int // writes of others that come between
		end    error
		tries  int
		want   error
	}{
		{"a write", 3, nil, 4, nil},
		{"a refusal", 3, refused, 4, refused},
		{"for ever", 1000, nil, records.MaxTries, penstock.ErrConflict},
		{"a refusal for ever", 1000, refused, records.MaxTries, penstock.ErrConflict},
	} {
		s := memory.New()
		others, tries := newWriter(s), 0
		_, err := newWriter(s).Write(t.Context(), func(x *change) error {
			if tries++; tries <= c.others {
				if _, err := others.Write(t.Context(), add(fmt.Sprint(tries))); err != nil {
					t.Fatal(err)
				}
			}
			if c.end != nil {
				return c.end
			}
			return add("mine")(x)
		})
		if tries != c.tries || !errors.Is(err, c.want) {
			t.Errorf("%s: decided %d times, %v", c.rule, tries, err)
		}
	}
}

// Somebody else takes the id, not the head: it is decided again, too.
func TestATakenRecordIsDecidedAgain(t *testing.T) {
	s := memory.New()
	if _, err := s.Commit(t.Context(), store.Op{Record: store.Record{Key: store.Key{Kind: "thing", ID: "a"}}}); err != nil {
		t.Fatal(err)
	}
	tries := 0
	_, err := newWriter(s).Write(t.Context(), func(c *change) error {
		tries++
		return add([]string{"a", "b"}[tries-1])(c)
	})
	if tries != 2 || err != nil {
		t.Errorf("decided %d times, %v", tries, err)
	}
}

func TestLostAnswers(t *testing.T) {
	away := errors.New("away")
	for _, c := range []struct {
		rule    string
		commit  func(ctx context.Context, commit func() (int64, error)) (int64, error)
		want    string
		written bool
	}{
		{"it was carried out", func(_ context.Context, commit func() (int64, error)) (int64, error) { _, _ = commit(); return 0, away }, "<nil>", true},
		{"it was not", func(context.Context, func() (int64, error)) (int64, error) { return 0, away }, "commit: away", false},
		{"it is known to be wrong", func(context.Context, func() (int64, error)) (int64, error) { return 0, penstock.ErrInvalid }, penstock.ErrInvalid.Error(), false},
	} {
		s := &hooked{Store: memory.New()}
		if _, err := newWriter(s).Write(t.Context(), add("before")); err != nil {
			t.Fatal(err)
		}
		s.commit = c.commit
		version, err := newWriter(s).Write(t.Context(), add("a"))
		found, getErr := s.Get(t.Context(), store.Key{Kind: "thing", ID: "a"})
		if fmt.Sprint(err) != c.want || getErr != nil || (version != 0) != c.written || found[0].Version != version {
			t.Errorf("%s: version %d, %v; %+v", c.rule, version, err, found[0])
		}
	}
}

// Whoever asked may have gone: the look for the commit goes on all the same.
func TestTheLookOutlivesItsCaller(t *testing.T) {
	s := &hooked{Store: memory.New()}
	ctx, cancel := context.WithCancel(t.Context())
	s.commit = func(_ context.Context, commit func() (int64, error)) (int64, error) {
		_, _ = commit()
		cancel()
		return 0, ctx.Err()
	}
	if version, err := newWriter(s).Write(ctx, add("a")); version == 0 || err != nil {
		t.Errorf("version %d, %v", version, err)
	}
}

func TestTheStoreFails(t *testing.T) {
	away := errors.New("away")
	for n := range 3 { // before, after a refusal, and not
		s := &hooked{Store: memory.New()}
		gets := 0
		s.get = func() error {
			if gets++; gets == n+1 {
				return away
			}
			return nil
		}
		refused := errors.New("refused")
		if _, err := newWriter(s).Write(t.Context(), func(*change) error { return refused }); errors.Is(err, away) != (n < 2) || errors.Is(err, refused) != (n == 2) {
			t.Errorf("read %d fails: %v", n, err)
		}
	}
}

func TestOneWriteAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(memory.New())
		release := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := w.Write(t.Context(), func(c *change) error { <-release; return add("a")(c) }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := w.Write(ctx, add("b")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting ends with %v", err)
		}
		close(release)
		all.Wait()
		if _, err := w.Write(t.Context(), add("b")); err != nil {
			t.Error(err)
		}
	})
}

func TestSteady(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		rule   string
		others int
		fails  error
		reads  int
		want   error
	}{
		{"nobody writes", 0, nil, 1, nil},
		{"others write", 3, nil, 4, nil},
		{"others write for ever", 1000, nil, records.MaxTries, penstock.ErrConflict},
		{"the reading fails", 0, broken, 1, broken},
		{"the reading fails while others write", 1000, broken, 1, broken},
	} {
		s := memory.New()
		others, reads := newWriter(s), 0
		err := newWriter(s).Steady(t.Context(), func(context.Context) error {
			if reads++; reads <= c.others {
				if _, err := others.Write(t.Context(), add(fmt.Sprint(reads))); err != nil {
					t.Fatal(err)
				}
			}
			return c.fails
		})
		if reads != c.reads || !errors.Is(err, c.want) {
			t.Errorf("%s: read %d times, %v", c.rule, reads, err)
		}
	}
}

// Writes of the same process wait once they have overtaken.
func TestSteadyMakesWritesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(memory.New())
		var all sync.WaitGroup
		reads := 0
		err := w.Steady(t.Context(), func(ctx context.Context) error {
			reads++
			id := fmt.Sprint(reads)
			all.Go(func() {
				if _, err := w.Write(ctx, add(id)); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
			return nil
		})
		all.Wait()
		if err != nil || reads != 2 {
			t.Errorf("read %d times, %v", reads, err)
		}
	})
}

// What others commit with the next head comes before or after a write.
func TestNext(t *testing.T) {
	s := memory.New()
	w := newWriter(s)
	version, h, err := w.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	op, err := w.Next(&h, version)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(t.Context(), add("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), op); !errors.Is(err, penstock.ErrExists) && !errors.Is(err, penstock.ErrConflict) {
		t.Errorf("a write came between: %v", err)
	}
}
