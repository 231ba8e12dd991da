package workflow

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/penstock-go/penstock"
)

// An attemptLog is the log of an attempt, which is begun by the first write.
type attemptLog struct {
	logs   *Logs
	key    LogKey
	masker *Masker

	mu     sync.Mutex
	to     io.WriteCloser
	closed bool
}

func (l *attemptLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return len(b), nil
	}
	if l.to == nil {
		w, err := l.logs.Writer(l.key, l.masker)
		if err != nil { // a key that cannot be one: there is no log
			l.closed = true
			return len(b), nil
		}
		l.to = w
	}
	return l.to.Write(b)
}

func (l *attemptLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.to == nil {
		return nil
	}
	return l.to.Close()
}

// logEnded reports whether nobody will write a log any more: its job has ended, or a
// later attempt at it has begun.
func (s *Service) logEnded(ctx context.Context, key LogKey) (bool, error) {
	st, err := s.confirmedRun(ctx, key.Run)
	if errors.Is(err, penstock.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for i := range st.run.graph.nodes {
		if st.run.graph.nodes[i].name != key.Job {
			continue
		}
		j := st.run.jobs[i]
		if key.Attempt != 0 && key.Attempt < j.Count {
			return true, nil
		}
		ended := j.state().settled() || j.state().bad() || j.Attempt.Ended
		return ended || st.run.st.State.Ended(), nil
	}
	return true, nil
}
