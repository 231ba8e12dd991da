package conformance_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store/outbox"
)

// The environment of a process that commits and delivers, beside that of a child: the
// kind of its database and the URL of its inbox.
const (
	outboxEnv = "PENSTOCK_OUTBOX"
	outboxTo  = "PENSTOCK_OUTBOX_TO"
)

// outboxTTL is short: whoever follows a process that was killed has to wait for it.
const outboxTTL = 200 * time.Millisecond

// outboxKills is how many processes are killed on each database.
const outboxKills = 24

// Whatever moment a process is killed at, everything that was committed is
// delivered by those that come after it: in order, with the same ids.
func TestOutboxSurvivesKills(t *testing.T) {
	if os.Getenv(outboxEnv) != "" { // this is a process that is to be killed
		commitAndDeliver(t)
		return
	}
	for _, b := range backends(t) {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			victim := &victim{r: rand.New(rand.NewPCG(3, 4))}
			in := newInbox(t, victim.answer)
			s := b.store(t, b.db(t))
			said := make(map[string]int64)
			for round := range outboxKills {
				victim.live(t, b, in, moment(round%3), said)
			}
			last := make(map[string]int64)
			for _, plan := range outboxPlans {
				last[plan] = get(t, s, plan).Sort
				if last[plan] < said[plan] {
					t.Errorf("%s#%d was committed and is gone: there is #%d", plan, said[plan], last[plan])
				}
			}
			d := in.dispatcher(t, s, "heir", outboxConfig)
			stop := deliver(t, d)
			in.awaitAll(t, last)
			settled(t, d)
			stop()
			again := in.check(t, last)
			t.Logf("%v were committed, %v said; %d arrivals of %d were not the first", last, said, again, len(in.arrivals()))
			if again == 0 {
				t.Error("no process was killed in mid-delivery")
			}
		})
	}
}

var outboxPlans = []string{"a", "b", "c", "d"}

func outboxConfig(c *outbox.Config, _ *outbox.WebhookConfig) {
	c.TTL, c.Poll = outboxTTL, 20*time.Millisecond
}

// commitAndDeliver commits events of each plan, says so, and delivers until it is killed.
func commitAndDeliver(t *testing.T) {
	b := sqliteAt(os.Getenv(childAt))
	if os.Getenv(outboxEnv) != b.name {
		b = postgresAt(os.Getenv(childAt), os.Getenv(childSchema))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	s := b.store(t, b.db(t))
	in := &inbox{url: os.Getenv(outboxTo)}
	deliver(t, in.dispatcher(t, s, strconv.Itoa(os.Getpid()), outboxConfig))
	for _, plan := range outboxPlans {
		go func() {
			for range 12 {
				seq, err := happen(ctx, s, plan)
				if err != nil {
					return
				}
				fmt.Println("committed", plan, seq) // one write: what was said was committed before
			}
		}()
	}
	<-ctx.Done()
}

// A moment is when a process is killed.
type moment int

const (
	committed moment = iota // soon after a commit
	delivered               // when its receiver has a message and has not answered
	answered                // when its receiver has answered
)

// A victim is the process that is to be killed now.
type victim struct {
	r    *rand.Rand
	life atomic.Pointer[life]
}

type life struct {
	at      moment
	process *os.Process
	left    atomic.Int64 // arrivals until it is killed
}

// answer kills the process if it is time to.
func (v *victim) answer(w http.ResponseWriter, _ *http.Request, _ arrival) {
	l := v.life.Load()
	kill := l != nil && l.at != committed && l.left.Add(-1) == 0
	if kill && l.at == answered {
		w.WriteHeader(http.StatusNoContent)
		_ = http.NewResponseController(w).Flush()
	}
	if kill {
		_ = l.process.Kill()
	}
}

// live starts a process, notes what it says, and returns when it was killed.
func (v *victim) live(t *testing.T, b *backend, in *inbox, at moment, said map[string]int64) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOutboxSurvivesKills$")
	c.Env = append(os.Environ(), "PENSTOCK_POSTGRES_URL="+pgURL, outboxEnv+"="+b.name, outboxTo+"="+in.url, childAt+"="+b.dsn, childSchema+"="+b.schema)
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	l := &life{at: at, process: c.Process}
	l.left.Store(1 + v.r.Int64N(20))
	v.life.Store(l)
	late := time.AfterFunc(20*time.Second, func() {
		t.Errorf("a process had to be killed before its time\n%s", complaint.String())
		_ = c.Process.Kill()
	})
	defer late.Stop()
	n, soon := 0, time.Duration(v.r.IntN(10_000))*time.Microsecond
	for lines := bufio.NewScanner(out); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) != 3 || words[0] != "committed" {
			continue
		}
		if seq, err := strconv.ParseInt(words[2], 10, 64); err == nil {
			said[words[1]] = max(said[words[1]], seq)
		}
		if n++; n == 1 && at == committed {
			time.AfterFunc(soon, func() { _ = c.Process.Kill() })
		}
	}
	_ = c.Wait() // it was killed
	v.life.Store(nil)
	if n == 0 {
		t.Fatalf("a process committed nothing\n%s", complaint.String())
	}
}
