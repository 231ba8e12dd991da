package workflow

import (
	"context"
	"io"
	"iter"

	"github.com/penstock-go/penstock"
)

// ReadLog returns the whole log of an attempt at a job of a run, or what there is of
// it so far: see [Logs.Read]. The job is named by its key; an attempt of 0 is the
// latest that has a log. Secrets are masked in it.
func (s *Service) ReadLog(ctx context.Context, run, job string, attempt int, by penstock.Actor) (io.ReadCloser, error) {
	key, err := s.logKey(ctx, run, job, attempt, by)
	if err != nil {
		return nil, err
	}
	return s.logs.Read(ctx, key)
}

// TailLog yields the last lines of a log, and then every further line: see
// [Logs.Tail]. It takes the right to read the workflow when it begins.
func (s *Service) TailLog(ctx context.Context, run, job string, attempt, lines int, by penstock.Actor) iter.Seq2[LogLine, error] {
	return func(yield func(LogLine, error) bool) {
		key, err := s.logKey(ctx, run, job, attempt, by)
		if err != nil {
			yield(LogLine{}, err)
			return
		}
		s.logs.Tail(ctx, key, lines)(yield)
	}
}

func (s *Service) logKey(ctx context.Context, run, job string, attempt int, by penstock.Actor) (LogKey, error) {
	st, err := s.readRun(ctx, run, by, penstock.Read)
	if err != nil {
		return LogKey{}, err
	}
	j, err := st.run.Job(job)
	return LogKey{Run: run, Job: j.Name, Attempt: attempt}, err
}
