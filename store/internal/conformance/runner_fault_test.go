package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

var ann = penstock.Actor{ID: "ann"}

// work is a plan of phases of tasks that are repeated if their process ends.
func work(phases, tasks int) releaseplan.Content {
	c := releaseplan.Content{Name: "work"}
	for i := range phases {
		phase := releaseplan.Phase{Name: fmt.Sprint("phase ", i)}
		for j := range tasks {
			phase.Tasks = append(phase.Tasks, releaseplan.Task{Name: fmt.Sprint("task ", i, ".", j), Kind: "work", Crash: releaseplan.RepeatOnCrash})
		}
		c.Phases = append(c.Phases, phase)
	}
	return c
}

// replica is a process with a clock and a pool of its own.
func replica(t *testing.T, b *backend, ahead time.Duration) *releaseplan.Service {
	t.Helper()
	return releaseplan.New(releaseplan.Config{Store: b.store(t, b.db(t)), Now: func() time.Time { return time.Now().Add(ahead) }})
}

func start(t *testing.T, plans *releaseplan.Service, c releaseplan.Content) string {
	t.Helper()
	p, err := plans.Create(t.Context(), c, ann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann); err != nil {
		t.Fatal(err)
	}
	return p.ID()
}

// carry runs a Runner until the test ends, or stop is called.
func carry(t *testing.T, plans *releaseplan.Service, ttl time.Duration, f releaseplan.HandlerFunc) (stop func()) {
	t.Helper()
	r := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"work": f})
	r.Poll, r.TTL = 20*time.Millisecond, ttl
	return carryWith(t, r)
}

// carryWith is carry with a Runner.
func carryWith(t *testing.T, r *releaseplan.Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// finished waits until a plan is completed, and returns it.
func finished(t *testing.T, plans *releaseplan.Service, id string) *releaseplan.Plan {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(time.Minute); ; {
		p, err := plans.Get(t.Context(), id, ann)
		if err != nil {
			t.Fatal(err)
		}
		switch p.State() {
		case releaseplan.Completed:
			return p
		case releaseplan.Failed, releaseplan.Canceled:
			t.Fatalf("the plan ended as %s", p)
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("the plan stays %s", p)
		}
	}
}

// A Runner goes on by itself when the database was away, however it ended: in good
// order, at once, or killed; and nothing is carried out twice because of it.
func TestRunnerOutlivesItsDatabase(t *testing.T) {
	t.Parallel()
	server, b := ownServer(t)
	plans := replica(t, b, 0)
	const phases, tasks = 4, 3
	type turn struct {
		name string
		on   chan struct{}
	}
	turns := make(chan turn)
	var runs sync.Map
	carry(t, plans, 30*time.Second, func(ctx context.Context, job releaseplan.Job) error {
		n, _ := runs.LoadOrStore(job.Task.Name, new(atomic.Int32))
		n.(*atomic.Int32).Add(1)
		on := make(chan struct{})
		turns <- turn{job.Task.Name, on}
		<-on
		return nil
	})
	id := start(t, plans, work(phases, tasks))
	ends := map[string]syscall.Signal{"task 0.1": syscall.SIGINT, "task 1.1": syscall.SIGQUIT, "task 2.1": syscall.SIGKILL}
	for range phases * tasks {
		now := <-turns
		how, ends := ends[now.name]
		if ends {
			server.stop(how)
		}
		close(now.on) // the outcome cannot be committed while the server is away
		if ends {
			if err := server.start(); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := finished(t, plans, id)
	for i := range phases {
		for j := range tasks {
			name := fmt.Sprint("task ", i, ".", j)
			if n, ok := runs.Load(name); !ok || n.(*atomic.Int32).Load() != 1 {
				t.Errorf("%s of %s was not carried out once", name, p)
			}
		}
	}
}

// Replicas whose clocks are hours apart hold their leases by versions and their own
// clocks: no task is carried out twice, though tasks take longer than the TTL, and
// when one replica ends the other goes on.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	const ttl = 2 * time.Second
	_, schema := openPostgres(t)
	b := postgresAt(pgURL, schema)
	replicas := []*releaseplan.Service{replica(t, b, 5*time.Hour), replica(t, b, -5*time.Hour)}
	var running, count sync.Map
	handler := func(ctx context.Context, job releaseplan.Job) error {
		name := job.Plan.ID() + job.Task.Name
		if _, twice := running.LoadOrStore(name, true); twice {
			t.Errorf("%s runs twice at a time", job.Task.Name)
		}
		defer running.Delete(name)
		n, _ := count.LoadOrStore(name, new(atomic.Int32))
		n.(*atomic.Int32).Add(1)
		if job.Task.Name != "task 0.0" {
			return nil
		}
		select { // much longer than a lease lasts without a heartbeat
		case <-time.After(2 * ttl):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	var stops []func()
	var ids []string
	for _, r := range replicas {
		stops = append(stops, carry(t, r, ttl, handler))
	}
	for _, r := range replicas {
		ids = append(ids, start(t, r, work(2, 2)), start(t, r, work(2, 2)))
	}
	for _, id := range ids {
		finished(t, replicas[0], id)
	}
	count.Range(func(name, n any) bool {
		if n := n.(*atomic.Int32).Load(); n != 1 {
			t.Errorf("%v was carried out %d times", name, n)
		}
		return true
	})
	// Each alone carries out what the other one was told.
	stops[0]()
	finished(t, replicas[1], start(t, replicas[0], work(1, 2)))
	stop := carry(t, replicas[0], ttl, handler)
	stops[1]()
	finished(t, replicas[0], start(t, replicas[1], work(1, 2)))
	stop()
}

// Without a database nobody hangs, and everybody hears why.
func TestDatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	server, b := ownServer(t)
	s := b.store(t, b.db(t))
	version := commit(t, s, put("p", 0, event(1)))
	server.stop(syscall.SIGKILL)
	for name, do := range everyMethod(s) {
		if err := do(t.Context()); err == nil || errors.Is(err, penstock.ErrConflict) || errors.Is(err, store.ErrClosed) {
			t.Errorf("%s = %v", name, err)
		}
	}
	if err := server.start(); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, "p"); got.Version != version {
		t.Errorf("afterwards p has version %d, want %d", got.Version, version)
	}
	commit(t, s, put("p", version, event(2)))
}
