package conformance_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// shiftEnv holds what a process that carries plans out is told.
const shiftEnv = "PENSTOCK_PLANS"

// A shift is what such a process is told, as JSON.
type shift struct {
	address

	Journal string        // the file in which handlers write what they do; empty: they write nothing
	TTL     time.Duration // of leases
	Takes   time.Duration // how long a task takes, at most; half of it at least
	Remarks string        // id of a plan to remark on all the time, with as many new plans; empty: none
	Name    string        // of the process: keys of its commands begin with it
}

func (o *shift) process(tb testing.TB) (*releaseplan.Service, *releaseplan.Runner) {
	tb.Helper()
	plans := releaseplan.New(releaseplan.Config{Store: o.store(tb)})
	file := io.Discard
	if o.Journal != "" {
		f, err := os.OpenFile(o.Journal, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = f.Close() })
		file = f
	}
	r := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"work": releaseplan.HandlerFunc(func(ctx context.Context, job releaseplan.Job) error {
		return o.handle(ctx, file, job)
	})})
	r.TTL, r.Poll = o.TTL, 20*time.Millisecond
	return plans, r
}

// handle notes when an attempt is begun, and when it has ended. Each note is one write, so
// that the order of the lines is that in which things happened.
func (o *shift) handle(ctx context.Context, journal io.Writer, job releaseplan.Job) error {
	if _, err := fmt.Fprintln(journal, "begin", job.Plan.ID(), job.Task.ID, job.Attempt); err != nil {
		return err
	}
	select {
	case <-time.After(o.Takes/2 + time.Duration(rand.Int64N(int64(o.Takes/2)+1))):
	case <-ctx.Done():
		_, err := fmt.Fprintln(journal, "stop", job.Plan.ID(), job.Task.ID, job.Attempt)
		return errors.Join(context.Cause(ctx), err)
	}
	_, err := fmt.Fprintln(journal, "end", job.Plan.ID(), job.Task.ID, job.Attempt)
	return err
}

// carryOut carries plans out until it is killed, or its input ends. It begins when it is told to.
func carryOut(t *testing.T) {
	var o shift
	if err := json.Unmarshal([]byte(os.Getenv(shiftEnv)), &o); err != nil {
		t.Fatal(err)
	}
	plans, r := o.process(t)
	fmt.Println("ready")
	in := bufio.NewReader(os.Stdin)
	if _, err := in.ReadString('\n'); err != nil {
		return
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	if o.Remarks != "" {
		go o.remark(ctx, t, plans)
	}
	_, _ = io.Copy(io.Discard, in)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// remark comments on a plan and files another, each time with a key, and says so before and after.
func (o *shift) remark(ctx context.Context, t *testing.T, plans *releaseplan.Service) {
	for i := 0; ctx.Err() == nil; i++ {
		key := fmt.Sprintf("%s-%d", o.Name, i)
		fmt.Println("asks", key)
		_, err := plans.Do(ctx, o.Remarks, remarkOf(key), ann)
		if err == nil {
			_, err = plans.CreateWith(ctx, noteOf(key), ann)
		}
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, penstock.ErrConflict) {
				t.Error(err)
			}
			continue
		}
		fmt.Println("told", key)
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func remarkOf(key string) releaseplan.Command {
	return releaseplan.Command{Action: releaseplan.Comment, Remark: key, Key: key}
}

// noteOf is a plan that is filed with a key.
func noteOf(key string) releaseplan.Creation {
	return releaseplan.Creation{Content: releaseplan.Content{Name: key, Folder: notes}, Key: key}
}

// notes is where such plans are.
var notes = penstock.Folder{ID: "notes"}

// A hand is a process that carries plans out.
type hand struct {
	*process
	ended chan struct{}
	asked string          // the last key that it said it would use
	told  map[string]bool // keys of which it said that they were used
}

// hire starts a process that carries plans out, and waits until it is ready.
func hire(tb testing.TB, o *shift) *hand {
	tb.Helper()
	h := &hand{process: spawn(tb, "TestKilledRunnersGoOn", shiftEnv, o), ended: make(chan struct{}), told: make(map[string]bool)}
	for h.lines.Scan() && h.lines.Text() != "ready" {
	}
	return h
}

// begin lets the process begin, and listens to it until it ends.
func (h *hand) begin(tb testing.TB) {
	tb.Helper()
	if _, err := fmt.Fprintln(h.stdin, "go"); err != nil {
		tb.Fatalf("%v\n%s", err, h.complaint.String())
	}
	go func() {
		defer close(h.ended)
		for h.lines.Scan() {
			switch what, key, _ := strings.Cut(h.lines.Text(), " "); what {
			case "asks":
				h.asked = key
			case "told":
				h.told[key] = true
			}
		}
	}()
}

// kill ends the process without its knowledge.
func (h *hand) kill(tb testing.TB) {
	tb.Helper()
	h.process.kill()
	h.wait(tb)
}

// retire lets the process end in good order.
func (h *hand) retire(tb testing.TB) {
	tb.Helper()
	_ = h.stdin.Close()
	h.wait(tb)
}

func (h *hand) wait(tb testing.TB) {
	tb.Helper()
	<-h.ended
	h.gone(tb)
}
