package peers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// penstockOn runs a Local, as it is by default, on a store.
func penstockOn(open func(testing.TB) wholeStore) func(testing.TB, *work) func(context.Context) error {
	return func(tb testing.TB, w *work) func(context.Context) error {
		tb.Helper()
		run, stop := newPenstock(tb, open(tb), w)
		tb.Cleanup(stop)
		return run
	}
}

func newPenstock(tb testing.TB, on wholeStore, w *work) (run func(context.Context) error, stop func()) {
	tb.Helper()
	s := &tellingStore{on, newEnds()}
	service, err := workflow.New(workflow.Config{Store: s})
	if err != nil {
		tb.Fatal(err)
	}
	d, jobs := workflow.Definition{Project: "shop", Key: "release"}, make(map[string]func())
	for i := range w {
		stage := workflow.Stage{Name: fmt.Sprintf("stage %d", i), Parallel: true}
		for j, job := range w[i] {
			jobs[jobName(i, j)] = job
			stage.Jobs = append(stage.Jobs, workflow.Job{Name: jobName(i, j), Type: "freestyle", Spec: json.RawMessage(`{"script":"true"}`)})
		}
		d.Stages = append(d.Stages, stage)
	}
	ann := penstock.Actor{ID: "ann"}
	if _, err := service.Definitions().Create(tb.Context(), d, ann); err != nil && !errors.Is(err, penstock.ErrExists) {
		tb.Fatal(err)
	}
	l := workflow.NewLocal(service, map[string]workflow.Executor{"freestyle": workflow.ExecutorFunc(
		func(_ context.Context, e workflow.Execution) (map[string]string, error) {
			jobs[e.Job]()
			return nil, nil
		})})
	l.Log = slog.New(slog.NewTextHandler(tb.Output(), nil)) // of what goes wrong
	ctx, end := context.WithCancel(context.Background())
	over := make(chan error)
	go func() { over <- l.Run(ctx) }()
	stop = func() {
		end()
		if err := <-over; err != nil {
			tb.Error(err)
		}
	}
	ids := penstock.NewIDs(time.Now)
	return func(ctx context.Context) error {
		id := ids.New()
		return s.ends.await(ctx, id, func() error {
			_, err := service.StartAs(ctx, id, d.Key, workflow.Start{}, ann)
			return err
		})
	}, stop
}

// A wholeStore is what each of Penstock's stores is.
type wholeStore interface {
	store.Store
	store.Waker
	store.Pruner
}

// A tellingStore tells of the ends of runs that it has stored.
type tellingStore struct {
	wholeStore
	ends *ends
}

func (s *tellingStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	version, err := s.wholeStore.Commit(ctx, ops...)
	if err != nil {
		return 0, err
	}
	for i := range ops {
		if ops[i].Key.Kind != "workflow.run" {
			continue
		}
		switch state := workflow.RunState(ops[i].Fields["state"][0]); {
		case state == workflow.RunPassed:
			s.ends.tell(ops[i].ID, nil)
		case state.Ended():
			s.ends.tell(ops[i].ID, fmt.Errorf("run %s has %s", ops[i].ID, state))
		}
	}
	return version, nil
}
