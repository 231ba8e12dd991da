package servicetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// stubborn works for a while, whatever its context says, and tells why it was
// to stop.
func stubborn(d time.Duration, cause *error) func(context.Context, releaseplan.Job) error {
	return func(ctx context.Context, _ releaseplan.Job) error {
		<-time.After(d)
		*cause = context.Cause(ctx)
		return nil
	}
}

func (on suite) testRunnerAbortStopsTheHandler(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var cause error
		w.handle(func(ctx context.Context, _ releaseplan.Job) error {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return ctx.Err()
		})
		p := w.start(tasksOf(releaseplan.Task{Retry: releaseplan.RetryPolicy{Max: 3}}))
		w.pass(time.Minute)
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Abort, Task: p.Tasks()[0].ID, Remark: "wrong host"})
		if got := w.reach(p.ID(), releaseplan.Failed); got != time.Minute {
			t.Errorf("failed after %v", got)
		}
		if !errors.Is(cause, releaseplan.ErrAborted) {
			t.Errorf("told to stop for %v", cause)
		}
		if s := w.status(p.ID(), 0); s.State != releaseplan.TaskFailed || s.Count != 1 {
			t.Errorf("the aborted task is %+v, want failed and not retried", s)
		}
	})
}

func (on suite) testRunnerCancelWaitsForHandlers(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		causes := make(chan error, 2)
		w.handle(func(ctx context.Context, _ releaseplan.Job) error {
			<-ctx.Done()
			causes <- context.Cause(ctx)
			<-time.After(20 * time.Second)
			return ctx.Err()
		})
		p := w.start(planOf(phaseOf(releaseplan.Parallel, 2), phaseOf(releaseplan.Parallel, 2)))
		w.pass(time.Minute)
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Cancel})
		w.wantState(p.ID(), releaseplan.Canceling)
		for range 2 {
			if cause := <-causes; !errors.Is(cause, releaseplan.ErrCanceled) {
				t.Errorf("told to stop for %v", cause)
			}
		}
		if got := w.reach(p.ID(), releaseplan.Canceled); got != 80*time.Second {
			t.Errorf("canceled after %v, want once the handlers have returned", got)
		}
		for _, task := range w.get(p.ID()).Tasks() {
			if task.Status.State != releaseplan.TaskCanceled {
				t.Errorf("%s is %s", task.Name, task.Status.State)
			}
		}
	})
}

func (on suite) testRunnerHandlerThatIgnoresItsContextHoldsUpOnlyItself(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var cause error
		w.handle(stubborn(time.Hour, &cause))
		p := w.start(tasksOf(releaseplan.Task{Timeout: lasting(time.Minute)}))
		w.pass(30 * time.Minute)
		if s := w.status(p.ID(), 0); s.State != releaseplan.TaskCanceling {
			t.Errorf("the task is %s", s.State)
		}
		other := w.start(tasksOf(releaseplan.Task{Kind: releaseplan.Manual}))
		w.do(other.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: other.Tasks()[0].ID})
		w.reach(other.ID(), releaseplan.Completed)
		if got := w.reach(p.ID(), releaseplan.Failed); got != time.Hour {
			t.Errorf("failed after %v", got)
		}
		if !errors.Is(cause, releaseplan.ErrTimeout) {
			t.Errorf("told to stop for %v", cause)
		}
	})
}

// nastyError is an error whose text cannot be had.
type nastyError struct{ text string }

func (e *nastyError) Error() string { return e.text }

func (on suite) testRunnerSurvivesPanics(t *testing.T) {
	for name, f := range map[string]releaseplan.HandlerFunc{
		"in the handler":   func(context.Context, releaseplan.Job) error { panic("boom") },
		"in its error":     func(context.Context, releaseplan.Job) error { return (*nastyError)(nil) },
		"of a nil pointer": func(context.Context, releaseplan.Job) error { return (*nastyError)(nil).unwrap() },
	} {
		t.Run(name, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				w.handle(func(ctx context.Context, job releaseplan.Job) error {
					if job.Task.Class == "bad" {
						return f(ctx, job)
					}
					return nil
				})
				p := w.start(tasksOf(releaseplan.Task{Class: "bad"}))
				w.reach(p.ID(), releaseplan.Failed)
				s := w.status(p.ID(), 0)
				if s.Attempts[0].Result != releaseplan.TaskFailed || s.Remark == "" {
					t.Errorf("the task is %+v", s)
				}
				if name == "in the handler" && !strings.Contains(s.Remark, "boom") {
					t.Errorf("the remark is %q", s.Remark)
				}
				w.reach(w.start(tasksOf(releaseplan.Task{})).ID(), releaseplan.Completed)
			})
		})
	}
}

func (e *nastyError) unwrap() error { return errors.New(e.text) }

func (on suite) testRunnerResolvesVariablesSecretsIncluded(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var got map[string]string
		w.handle(func(_ context.Context, job releaseplan.Job) error {
			got = job.Variables
			return nil
		})
		c := tasksOf(releaseplan.Task{})
		c.Variables = []releaseplan.Variable{
			{Name: "host", Value: "db1"},
			{Name: "token", Value: "s3cr3t", Secret: true},
			{Name: "url", Value: "https://{token}@{host}/{{x}}"},
		}
		p := w.start(c)
		w.reach(p.ID(), releaseplan.Completed)
		want := map[string]string{"host": "db1", "token": "s3cr3t", "url": "https://s3cr3t@db1/{x}"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("variables (-want +got):\n%s", diff)
		}
	})
}

func (on suite) testRunnerMasksSecretsInErrors(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(func(_ context.Context, job releaseplan.Job) error {
			if job.Task.Class == "panic" {
				panic("token " + job.Variables["long"])
			}
			return errors.New("cannot log in with " + job.Variables["url"] + " or " + job.Variables["long"])
		})
		for _, class := range []string{"", "panic"} {
			c := tasksOf(releaseplan.Task{Class: class})
			c.Variables = []releaseplan.Variable{
				{Name: "token", Value: "s3cr3t", Secret: true},
				{Name: "long", Value: "s3cr3t-and-more", Secret: true}, // the other is a part of it
				{Name: "url", Value: "https://{token}@host"},
			}
			p := w.start(c)
			w.reach(p.ID(), releaseplan.Failed)
			s := w.status(p.ID(), 0)
			if strings.Contains(s.Remark, "s3cr3t") || strings.Contains(s.Remark, "more") || !strings.Contains(s.Remark, "***") {
				t.Errorf("the remark is %q", s.Remark)
			}
		}
	})
}

func (on suite) testRunnerBoundsErrorTexts(t *testing.T) {
	for name, text := range map[string]string{
		"empty":         "",
		"not UTF-8":     "bad \xff\xfe bytes",
		"with a NUL":    "a\x00b",
		"long":          strings.Repeat("x", 100_000),
		"long, in Ã¤s":  strings.Repeat("äö", 10_000),
		"long, wrapped": "x" + strings.Repeat("世", releaseplan.MaxRemark),
		"just too long": strings.Repeat("é", releaseplan.MaxRemark/2+1),
	} {
		t.Run(name, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				w.handle(func(context.Context, releaseplan.Job) error { return errors.New(text) })
				p := w.start(tasksOf(releaseplan.Task{}))
				if got := w.reach(p.ID(), releaseplan.Failed); got != 0 {
					t.Errorf("failed after %v: its outcome was not taken at first", got)
				}
				s := w.status(p.ID(), 0)
				if s.Remark == "" || len(s.Remark) > releaseplan.MaxRemark || !utf8.ValidString(s.Remark) {
					t.Errorf("the remark is %d bytes: %.40q", len(s.Remark), s.Remark)
				}
			})
		})
	}
}

func (on suite) testRunnerPersonCompletesARunningTask(t *testing.T) {
	for name, result := range map[string]error{"done": nil, "failed": errors.New("too late")} {
		t.Run(name, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				var cause error
				w.handle(func(ctx context.Context, job releaseplan.Job) error {
					if job.Task.Class != "slow" {
						return nil
					}
					<-ctx.Done()
					cause = context.Cause(ctx)
					<-time.After(time.Minute)
					return result
				})
				p := w.start(tasksOf(releaseplan.Task{Class: "slow"}, releaseplan.Task{}))
				w.pass(time.Minute)
				w.do(p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID, Remark: "by hand"})
				if got := w.reach(p.ID(), releaseplan.Completed); got != time.Minute {
					t.Errorf("completed after %v, want at once", got)
				}
				w.pass(time.Hour)
				if !errors.Is(cause, releaseplan.ErrLost) {
					t.Errorf("the handler was told to stop for %v", cause)
				}
				s := w.status(p.ID(), 0)
				if s.State != releaseplan.TaskDone || s.Remark != "by hand" || !s.Attempts[0].Late {
					t.Errorf("the task is %+v, want done by hand, with a late outcome", s)
				}
				if late := w.trail(p.ID(), releaseplan.TaskLate); len(late) != 1 || late[0].At.Sub(w.began) != 2*time.Minute {
					t.Errorf("late outcomes: %v", late)
				}
			})
		})
	}
}

func (on suite) testRunnerDeletedAndUnknownPlansDoNotDisturb(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Minute))
		gone := w.create(tasksOf(releaseplan.Task{}))
		w.do(gone.ID(), releaseplan.Command{Action: releaseplan.Delete})
		archived := w.create(tasksOf(releaseplan.Task{}))
		w.do(archived.ID(), releaseplan.Command{Action: releaseplan.Archive})
		p := w.start(tasksOf(releaseplan.Task{}))
		if got := w.reach(p.ID(), releaseplan.Completed); got != time.Minute {
			t.Errorf("completed after %v", got)
		}
	})
}
