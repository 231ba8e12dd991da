package workflow_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

var logBuild = workflow.LogKey{Run: "run", Job: "job-0-0-0-build", Attempt: 1}

// logOpen begins a log.
func logOpen(t testing.TB, l *workflow.Logs, key workflow.LogKey, secrets ...string) *workflow.LogWriter {
	t.Helper()
	w, err := l.Writer(key, workflow.NewMasker(secrets...))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// logWrite writes a log that is closed then.
func logWrite(t testing.TB, l *workflow.Logs, key workflow.LogKey, texts ...string) {
	t.Helper()
	w := logOpen(t, l, key)
	for _, text := range texts {
		if n, err := io.WriteString(w, text); n != len(text) || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// logText reads a whole log.
func logText(t testing.TB, l *workflow.Logs, key workflow.LogKey) string {
	t.Helper()
	r, err := l.Read(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// logLines follows a log to its end.
func logLines(t testing.TB, l *workflow.Logs, key workflow.LogKey, lines int) (texts []string) {
	t.Helper()
	next := int64(0)
	for line, err := range l.Tail(context.Background(), key, lines) {
		if err != nil {
			t.Fatal(err)
		}
		if next > 0 && line.N != next {
			t.Errorf("line %d follows line %d", line.N, next-1)
		}
		next = line.N + 1
		texts = append(texts, line.Text)
	}
	return texts
}

// logChunks returns how many chunks are stored.
func logChunks(t testing.TB, s store.Store) int {
	t.Helper()
	page, err := s.Find(context.Background(), store.Query{Kind: "workflow.log", Limit: 1, Total: true})
	if err != nil {
		t.Fatal(err)
	}
	return page.Total
}

// logWait lets time pass, in a bubble, and everything happen that is due then.
func logWait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// A logStore is a store that fails as it is told to.
type logStore struct {
	store.Store

	slow time.Duration // how long a Commit takes

	mu      sync.Mutex
	refuse  error // of Commit, before it is done
	forget  error // of Commit, after it is done
	blind   error // of Get
	commits int
}

func newLogStore() *logStore { return &logStore{Store: memory.New()} }

func (s *logStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if s.slow > 0 {
		<-time.After(s.slow)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	if s.refuse != nil {
		return 0, s.refuse
	}
	version, err := s.Store.Commit(ctx, ops...)
	if s.forget != nil {
		return 0, s.forget
	}
	return version, err
}

func (s *logStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blind != nil {
		return nil, s.blind
	}
	return s.Store.Get(ctx, keys...)
}

// set changes how it fails.
func (s *logStore) set(refuse, forget, blind error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse, s.forget, s.blind = refuse, forget, blind
}

func (s *logStore) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commits
}
