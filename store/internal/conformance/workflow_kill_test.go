package conformance_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// dayLong is a time for jobs that they never take: on a machine that is busy, an hour of the clock of the
// runs may go by until a process lives long enough to take one over.
var dayLong = map[string]int{"timeout": 24 * 60}

// flows are what the processes run: in steady, whatever a crash interrupts is
// repeated; in strict, most of it has failed.
func flows() []workflow.Definition {
	job := func(name, script string, crash workflow.CrashPolicy) workflow.Job {
		spec, _ := json.Marshal(map[string]any{"script": script, "advanced_setting": dayLong, "outputs": []any{map[string]string{"name": "ATTEMPT"}}}) // can be written
		return workflow.Job{Name: name, Type: "freestyle", Spec: spec, Crash: crash}
	}
	flow := func(key string, crash workflow.CrashPolicy) workflow.Definition {
		flaky, tell := job("flaky", "true", workflow.RepeatOnCrash), job("tell", "true", crash)
		flaky.Error = &workflow.ErrorPolicy{Policy: workflow.Retry, MaxRetries: 1}
		tell.Error = &workflow.ErrorPolicy{Policy: workflow.IgnoreError}
		return workflow.Definition{Project: "shop", Key: key, Stages: []workflow.Stage{
			{Name: "make", Parallel: true, Jobs: []workflow.Job{job("build", "true", workflow.RepeatOnCrash), job("lint", "true", crash)}},
			{Name: "try", Jobs: []workflow.Job{flaky, job("test", "{{.job.build.output.ATTEMPT}}", crash)}},
			{Name: "ship", Parallel: true, Jobs: []workflow.Job{job("push", "{{.job.test.output.ATTEMPT}}", crash), tell}},
		}}
	}
	steady := flow("steady", workflow.RepeatOnCrash)
	steady.ConcurrencyLimit = new(steadyLimit)
	return []workflow.Definition{steady, flow("strict", workflow.FailOnCrash)}
}

// steadyLimit is how many runs of steady there can be at once.
const steadyLimit = 4

// runKills is how many processes are killed on each database.
const runKills = 200

// Whatever moment a process is killed at, those that come after it take all its runs up:
// what had finished is kept, and what was being executed is repeated or has failed.
func TestKilledRunsGoOn(t *testing.T) {
	if os.Getenv(ordersEnv) != "" { // this is a process that is to be killed
		obey(t)
		return
	}
	t.Parallel()
	for _, b := range backends(t) {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			o := ordersOn(t, b)
			o.define(t, flows()...)
			o.TTL, o.Pause = 120*time.Millisecond, 40*time.Millisecond
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			dice := rand.New(rand.NewPCG(seed, 0))
			var said []string
			again := "" // what the one that was killed last may have started, or not
			for round := range runKills {
				o.Starts = nil
				if again != "" {
					o.Starts = append(o.Starts, again)
				}
				for i := range 50 {
					o.Starts = append(o.Starts, fmt.Sprintf("%s-%03d-%02d", []string{"steady", "strict"}[(round+i)%2], round, i))
				}
				life := time.Duration(dice.IntN(60)) * time.Millisecond
				if round%2 == 0 { // long enough to take over
					life *= 6
				}
				n := o.live(t, life)
				said = append(said, o.Starts[:n]...)
				again = o.Starts[n]
			}
			o.Starts = []string{again}
			said = append(said, again)
			o.TTL = 2 * time.Second
			h := o.harvest(t)
			h.started(t, said)
			h.check(t)
			if h.repeated == 0 || h.failed == 0 {
				t.Error("no process was killed while it executed jobs of either policy")
			}
		})
	}
}

// ordersOn returns orders for processes on an empty database.
func ordersOn(t *testing.T, b *backend) *orders {
	t.Helper()
	return &orders{address: addressOf(b), Epoch: time.Now().Truncate(time.Second), Journal: filepath.Join(t.TempDir(), "journal")}
}

// define stores definitions.
func (o *orders) define(t *testing.T, all ...workflow.Definition) {
	t.Helper()
	s, _ := o.process(t)
	for _, d := range all {
		if _, err := s.Definitions().Create(t.Context(), d, ann); err != nil {
			t.Fatal(err)
		}
	}
}

// live lets a process obey for some time after its first start, kills it, and returns how
// many starts it told of.
func (o *orders) live(t *testing.T, life time.Duration) (n int) {
	t.Helper()
	w := employ(t, o)
	late := time.AfterFunc(20*time.Second, w.kill)
	defer late.Stop()
	for w.started() != "" {
		if n++; n == 1 {
			time.AfterFunc(life, w.kill)
		}
	}
	w.gone(t)
	if n == 0 {
		t.Fatalf("a process started nothing\n%s", w.complaint.String())
	}
	return n
}

// harvest lets a last process, which is this one, bring all runs to their ends, and returns what
// became of them.
func (o *orders) harvest(t *testing.T) *harvest {
	t.Helper()
	s, l := o.process(t)
	stop := drive(t, l)
	for _, id := range o.Starts {
		key, _, _ := strings.Cut(id, "-")
		if _, err := s.StartAs(t.Context(), id, key, workflow.Start{}, ann); err != nil {
			t.Fatal(err)
		}
	}
	awaitEnds(t, s)
	stop()
	return o.read(t, s)
}

// awaitEnds waits until every run has ended.
func awaitEnds(t *testing.T, s *workflow.Service) {
	t.Helper()
	open := workflow.RunFilter{States: []workflow.RunState{workflow.RunQueued, workflow.RunRunning, workflow.RunPaused, workflow.RunCanceling}}
	open.Page = penstock.Page{Limit: 10}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(5 * time.Minute); ; {
		list, err := s.List(t.Context(), open, ann)
		if err != nil {
			t.Fatal(err)
		}
		if list.Total == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%d runs hang, of them %+v", list.Total, list.Items)
		}
	}
}
