package conformance_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock/workflow"
)

const (
	shareRuns      = 200 // of all processes together
	shareProcesses = 4
	shareKills     = 8
	shareLimit     = 10 // of all runs at once
)

// Several processes share a database and its limits, and each job is executed by one of
// them; also when some are killed and others come in their place.
func TestProcessesShareRuns(t *testing.T) {
	if os.Getenv(ordersEnv) != "" { // this is one of them
		obey(t)
		return
	}
	t.Parallel()
	for _, kills := range []int{0, shareKills} {
		t.Run(fmt.Sprint(kills, " are killed"), func(t *testing.T) {
			t.Parallel()
			_, schema := openPostgres(t)
			o := ordersOn(t, postgresAt(pgURL, schema))
			o.define(t, flows()...)
			o.TTL, o.Limit = 30*time.Second, shareLimit // nobody is taken for dead who only waits for the processor
			if kills > 0 {
				o.TTL = time.Second
			}
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			dice := rand.New(rand.NewPCG(seed, 0))
			var ids []string
			for i := range shareRuns {
				ids = append(ids, fmt.Sprintf("%s-%03d", []string{"steady", "strict"}[i/shareProcesses%2], i))
			}
			heard := make(chan *seat)
			for i := range shareProcesses {
				p := &seat{orders: *o}
				for j := i; j < shareRuns; j += shareProcesses {
					p.orders.Starts = append(p.orders.Starts, ids[j])
				}
				p.worker = employ(t, &p.orders)
				go p.listen(heard)
			}
			// Each process that has started all that it was to go on serving until the end.
			var serving []*seat
			for killed := 0; len(serving) < shareProcesses; {
				p := <-heard
				switch {
				case p.ended:
					p.worker.gone(t)
					t.Fatalf("a process ended by itself\n%s", p.worker.complaint.String())
				case p.left() == 0:
					serving = append(serving, p)
				case killed < kills && dice.IntN(shareRuns/kills/2) == 0:
					killed++
					p.worker.kill()
					p.worker.gone(t)
					p.orders.Starts = p.orders.Starts[p.n:] // the first of them may have been started
					p.n, p.worker = 0, employ(t, &p.orders)
					fallthrough
				default:
					go p.listen(heard)
				}
			}
			s, _ := o.process(t)
			awaitEnds(t, s)
			for _, p := range serving {
				_ = p.worker.stdin.Close()
				p.worker.gone(t)
				if code := p.worker.cmd.ProcessState.ExitCode(); code != 0 {
					t.Errorf("a process ended with status %d\n%s", code, p.worker.complaint.String())
				}
			}
			h := o.read(t, s)
			h.started(t, ids)
			h.check(t)
			h.atMost(t, "runs of all", shareLimit, func(*workflow.Run) bool { return true })
			if interrupted := h.repeated + h.failed; interrupted > 0 != (kills > 0) {
				t.Errorf("%d attempts were interrupted", interrupted)
			}
			if executors := h.executors(t); len(executors) < shareProcesses {
				t.Errorf("only %v executed anything", executors)
			}
		})
	}
}

// A seat is one for a process, which is followed by another if it is killed.
type seat struct {
	orders orders
	worker *worker
	n      int // starts that it told of
	ended  bool
}

// listen waits for the next start.
func (p *seat) listen(to chan<- *seat) {
	if p.ended = p.worker.started() == ""; !p.ended {
		p.n++
	}
	to <- p
}

func (p *seat) left() int { return len(p.orders.Starts) - p.n }

// executors returns the leases under which jobs were executed.
func (h *harvest) executors(t *testing.T) (all []string) {
	t.Helper()
	for _, r := range h.runs {
		for _, stage := range r.Stages() {
			for _, j := range stage.Jobs {
				if lease := j.Status.Attempt.Lease; lease != "" && !slices.Contains(all, lease) {
					all = append(all, lease)
				}
			}
		}
	}
	return all
}
