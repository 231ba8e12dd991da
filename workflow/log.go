package workflow

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// The limits of logs.
const (
	MaxLogLine      = maxLogChunk - 2 // bytes of a line; a longer one goes on in the next
	DefaultLogBytes = 10 << 20        // bytes of a log that are kept, unless LogsConfig says otherwise
)

// LogsConfig is what Logs need to know. Only Store is required.
type LogsConfig struct {
	Store    store.Store
	MaxBytes int64            // of one log that are kept; default: DefaultLogBytes
	Now      func() time.Time // the times of lines; default: time.Now

	// Ended reports whether nobody will write to a log any more: its job has ended, or
	// a later attempt at it has begun; if Attempt is 0, the job has ended. Tail asks it, twice a
	// second at most, so as not to wait for a writer that was killed, or that never
	// was. Default: nothing is known, and only Close ends a log.
	Ended func(ctx context.Context, log LogKey) (bool, error)
}

// Logs are what jobs write, kept in a store in chunks of at most 64 KiB of text. A
// job writes with a [LogWriter]; others follow with Tail while it does, and Read the
// whole at any time. Any number of Logs may share a store: who writes, and who
// reads, may be in different processes. Logs are safe for concurrent use.
//
// A log is valid UTF-8: each byte that is not becomes U+FFFD. A line ends
// with "\n", "\r\n" or "\r", so the states of a progress bar are lines of their own,
// or after [MaxLogLine] bytes.
type Logs struct {
	store store.Store
	max   int64
	now   func() time.Time
	ended func(context.Context, LogKey) (bool, error)

	mu   sync.Mutex
	live map[logJob][]*logStream // those that are written here
}

// A LogKey names a log: each attempt at a job has one.
type LogKey struct {
	Run     string // id, without a slash
	Job     string // its name in the run (job-0-1-0-build), without a slash
	Attempt int    // from 1; for those who read, 0 is the latest that has a log
}

// A logJob is what the attempts at a job have in common.
type logJob struct{ run, job string }

// NewLogs returns Logs over cfg.Store.
func NewLogs(cfg LogsConfig) *Logs {
	l := &Logs{store: cfg.Store, max: cfg.MaxBytes, now: cfg.Now, ended: cfg.Ended, live: make(map[logJob][]*logStream)}
	if l.max <= 0 {
		l.max = DefaultLogBytes
	}
	if l.now == nil {
		l.now = time.Now
	}
	if l.ended == nil {
		l.ended = func(context.Context, LogKey) (bool, error) { return false, nil }
	}
	return l
}

func (k LogKey) job() logJob { return logJob{k.Run, k.Job} }

// String returns the run, the job and the attempt.
func (k LogKey) String() string { return k.Run + "/" + k.Job + "/" + digits(k.Attempt, 4) }

// maxLogKey leaves room for the kind, the attempt and the chunk.
const maxLogKey = store.MaxKey - len(kindLog) - len("///0000/00000000")

// check returns every fault of the key. The first attempt that it may name is first.
func (k LogKey) check(first int) error {
	var faults []error
	for _, part := range []struct{ field, text string }{{"run", k.Run}, {"job", k.Job}} {
		if part.text == "" || strings.ContainsAny(part.text, "/\x00") {
			faults = append(faults, penstock.Invalid(part.field, "%q is not a text without a slash", short(part.text)))
		}
	}
	if n := len(k.Run) + len(k.Job); n > maxLogKey {
		faults = append(faults, penstock.Invalid("job", "%d bytes are too many: at most %d with the run", n, maxLogKey))
	}
	if k.Attempt < first || k.Attempt > MaxAttempts {
		faults = append(faults, penstock.Invalid("attempt", "must be %d to %d, not %d", first, MaxAttempts, k.Attempt))
	}
	return errors.Join(faults...)
}

// open adds a stream to those that are written here.
func (l *Logs) open(s *logStream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	job := s.key.job()
	l.live[job] = append(l.live[job], s)
}

// close removes a stream from those that are written here.
func (l *Logs) close(s *logStream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	job := s.key.job()
	rest := slices.DeleteFunc(l.live[job], func(other *logStream) bool { return other == s })
	if l.live[job] = rest; len(rest) == 0 {
		delete(l.live, job)
	}
}

// writtenHere returns the stream of a log, or of the latest attempt if the key names
// none; nil if it is not written here.
func (l *Logs) writtenHere(key LogKey) *logStream {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found *logStream
	for _, s := range l.live[key.job()] {
		if key.Attempt == s.key.Attempt || key.Attempt == 0 && (found == nil || s.key.Attempt >= found.key.Attempt) {
			found = s
		}
	}
	return found
}
