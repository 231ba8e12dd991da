package conformance_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// A process that is stopped for longer than the TTL, and then goes on, finds that another took over what it carried
// out: what it says of that is told as late and changes nothing, and it goes on with other work.
func TestStoppedRunnerComesBack(t *testing.T) {
	t.Parallel()
	for _, b := range backends(t) {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			o := &shift{address: addressOf(b), Journal: filepath.Join(dir, "stopped"), TTL: 3 * time.Second, Takes: 2 * time.Second}
			here := &shift{address: addressOf(b), Journal: filepath.Join(dir, "here"), TTL: o.TTL, Takes: 10 * time.Millisecond}
			plans, r := here.process(t)
			h := hire(t, o)
			h.begin(t)
			id := start(t, plans, work(1, 1))
			begun := noted(t, o.Journal, "begin "+id)
			b.unlocked(t, func() {
				if err := h.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
					t.Fatal(err)
				}
			})
			stop := carryWith(t, r) // it sees the heartbeat stand still for the TTL
			p := finished(t, plans, id)
			before := p.Status()
			stop()
			if err := h.cmd.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			over := noted(t, o.Journal, "end "+id, "stop "+id)
			if strings.Fields(begun)[3] != strings.Fields(over)[3] {
				t.Errorf("it began %s, and ended %s", begun, over)
			}
			next := start(t, plans, work(1, 2)) // there is nobody else: it goes on under another lease
			finished(t, plans, next)
			h.retire(t)

			p, err := plans.Get(t.Context(), id, ann)
			if err != nil {
				t.Fatal(err)
			}
			attempts := p.Tasks()[0].Status.Attempts
			if p.State() != releaseplan.Completed || !p.Status().Ended.Equal(before.Ended) || len(attempts) != 2 || attempts[0].Result != releaseplan.TaskFailed || attempts[1].Result != releaseplan.TaskDone {
				t.Errorf("the plan is %s, with the attempts %+v", p, attempts)
			}
			y := &yard{T: t, plans: plans}
			for _, e := range y.trail(id)[before.Changes:] {
				if e.Kind != releaseplan.TaskLate {
					t.Errorf("after the plan's end: %s by %s", e.Kind, e.Action)
				}
			}
			for file, want := range map[string]int{o.Journal: 3, here.Journal: 1} {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if n := strings.Count(string(text), "begin "); n != want {
					t.Errorf("%d attempts in %s, want %d:\n%s", n, filepath.Base(file), want, text)
				}
			}
		})
	}
}

// unlocked calls f while no other process holds the lock of the file: one that is stopped with it keeps it.
func (b *backend) unlocked(t *testing.T, f func()) {
	t.Helper()
	if b.driver != "sqlite" {
		f()
		return
	}
	conn, err := b.db(t).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	run(t, conn, "PRAGMA busy_timeout = 10000")
	run(t, conn, "BEGIN IMMEDIATE")
	f()
	run(t, conn, "ROLLBACK")
}

// noted waits until a line of a journal begins in one of some ways, and returns it.
func noted(t *testing.T, journal string, starts ...string) string {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(time.Minute); ; {
		text, err := os.ReadFile(journal)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			for _, start := range starts {
				if strings.HasPrefix(line, start) && strings.HasSuffix(line, "\n") {
					return strings.TrimSpace(line)
				}
			}
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("the journal never has %q", starts)
		}
	}
}
