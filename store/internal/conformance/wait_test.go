package conformance_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// Two Stores on one file are two processes.
func TestWaitSeesOtherProcessesOnSQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plans.db")
	writer, reader := newSQLite(t, openSQLite(t, path), nil), newSQLite(t, openSQLite(t, path), nil)
	var took []time.Duration
	for i := range int64(30) {
		woken := make(chan time.Time, 1)
		go func() {
			last, err := reader.Wait(t.Context(), i)
			if err != nil || last != i+1 {
				t.Errorf("Wait = %d, %v", last, err)
			}
			woken <- time.Now()
		}()
		commit(t, writer, put(fmt.Sprint("p", i), 0, event(1)))
		begin := time.Now()
		took = append(took, soon(t, "a commit", woken).Sub(begin))
	}
	median(t, "another Store wakes", took, 100*time.Millisecond)
}

func TestWaitPollsOnPostgreSQL(t *testing.T) {
	db, schema := openPostgres(t)
	writer := newPostgres(t, db, schema)
	reader, err := postgres.New(t.Context(), db, &postgres.Options{Schema: schema, Poll: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for i := range int64(5) {
		commit(t, writer, put(fmt.Sprint("p", i), 0, event(1)))
		if last, err := reader.Wait(t.Context(), i); err != nil || last != i+1 {
			t.Errorf("Wait = %d, %v", last, err)
		}
	}
}

// Two processes with a Runner each and a third one with a command line: what one
// makes ready, another starts, and a third one sees, long before anybody polls.
func TestWaitLetsRunnersReactToOtherProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plans.db")
	_, schema := openPostgres(t)
	for name, open := range map[string]func(t *testing.T) store.Store{
		"SQLite":     func(t *testing.T) store.Store { return newSQLite(t, openSQLite(t, path), nil) },
		"PostgreSQL": func(t *testing.T) store.Store { return newHearer(t, pgURL, schema, nil).Store },
	} {
		t.Run(name, func(t *testing.T) { runners(t, open) })
	}
}

func runners(t *testing.T, open func(t *testing.T) store.Store) {
	ann := penstock.Actor{ID: "ann"}
	started := map[string]chan time.Time{"build": make(chan time.Time, 1), "deploy": make(chan time.Time, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	for _, kind := range []string{"build", "deploy"} {
		r := releaseplan.NewRunner(releaseplan.New(releaseplan.Config{Store: open(t)}), map[string]releaseplan.Handler{
			kind: releaseplan.HandlerFunc(func(context.Context, releaseplan.Job) error {
				started[kind] <- time.Now()
				return nil
			}),
		})
		r.Poll = time.Minute
		go func() { ended <- r.Run(ctx) }()
	}
	plans := releaseplan.New(releaseplan.Config{Store: open(t)})
	var byCommand, byRunner, followed []time.Duration
	for i := range 21 {
		p, err := plans.Create(t.Context(), releaseplan.Content{Name: fmt.Sprint("plan ", i), Phases: []releaseplan.Phase{{Name: "all", Tasks: []releaseplan.Task{
			{Name: "build", Kind: "build"}, {Name: "deploy", Kind: "deploy"}}}}}, ann)
		if err != nil {
			t.Fatal(err)
		}
		over := make(chan time.Time, 1)
		go func() {
			for _, err := range plans.Follow(t.Context(), p.ID(), ann) {
				if err != nil {
					t.Error(err)
				}
			}
			over <- time.Now()
		}()
		begin := time.Now()
		if _, err := plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann); err != nil {
			t.Fatal(err)
		}
		build := soon(t, "build", started["build"])
		deploy := soon(t, "deploy", started["deploy"])
		end := soon(t, "the end", over)
		if i > 0 { // the first time, Runners may still be at their beginning
			byCommand = append(byCommand, build.Sub(begin))
			byRunner = append(byRunner, deploy.Sub(build))
			followed = append(followed, end.Sub(deploy))
		}
	}
	median(t, "a Runner starts what another process executes", byCommand, 100*time.Millisecond)
	median(t, "a Runner starts what another Runner made ready", byRunner, 100*time.Millisecond)
	median(t, "Follow sees the end", followed, 100*time.Millisecond)
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

var _ store.Waker = (*sqlite.Store)(nil)
