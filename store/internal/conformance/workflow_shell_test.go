package conformance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-go/penstock/workflow"
)

// scripted returns a definition of one parallel stage, whose jobs are scripts.
func scripted(t *testing.T, key string, jobs ...workflow.Job) workflow.Definition {
	t.Helper()
	for i := range jobs {
		spec, err := json.Marshal(map[string]string{"script": string(jobs[i].Spec)})
		if err != nil {
			t.Fatal(err)
		}
		jobs[i].Type, jobs[i].Spec = "freestyle", spec
	}
	return workflow.Definition{Project: "shop", Key: key, Stages: []workflow.Stage{{Name: "only", Parallel: true, Jobs: jobs}}}
}

// A cancel ends the processes of scripts, and those that these have made, in the process that
// runs them: whoever asks for it, wherever.
func TestCanceledScriptsAreGone(t *testing.T) {
	if os.Getenv(ordersEnv) != "" { // this is the process that runs them
		obey(t)
		return
	}
	t.Parallel()
	for _, b := range backends(t) {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			o, dir := ordersOn(t, b), t.TempDir()
			o.Scripts, o.TTL = t.TempDir(), 30*time.Second
			family := json.RawMessage(`sh -c 'sleep 1000 & echo $! >> ` + dir + `/pids; echo $$ >> ` + dir + `/pids; wait; sleep 1000' & echo $$ >> ` + dir + `/pids; wait; sleep 1000`)
			o.define(t, scripted(t, "family", workflow.Job{Name: "one", Spec: family}, workflow.Job{Name: "two", Spec: family}))
			w := employ(t, o)
			s, _ := o.process(t)
			r, err := s.Start(t.Context(), "family", workflow.Start{}, ann)
			if err != nil {
				t.Fatal(err)
			}
			pids := written(t, filepath.Join(dir, "pids"), 6)
			t.Cleanup(func() {
				if t.Failed() {
					end(pids)
				}
			})
			for _, pid := range pids {
				if !lives(t, pid) {
					t.Fatalf("process %s is not there", pid)
				}
			}
			if _, err := s.Do(t.Context(), r.ID(), workflow.Command{Action: workflow.CancelRun}, ann); err != nil {
				t.Fatal(err)
			}
			awaitEnds(t, s)
			for _, pid := range pids {
				if lives(t, pid) {
					t.Errorf("process %s is there after the cancel", pid)
				}
			}
			if r, err = s.Get(t.Context(), r.ID(), ann); err != nil || r.State() != workflow.RunCanceled {
				t.Errorf("run %s, %v", r, err)
			}
			_ = w.stdin.Close()
			w.gone(t)
		})
	}
}

// When the process that runs scripts is killed, they do not go on; the next one
// begins those again that are to be repeated, and the others have failed.
func TestScriptsOfAKilledProcessAreGone(t *testing.T) {
	if os.Getenv(ordersEnv) != "" { // this is the process that is to be killed
		obey(t)
		return
	}
	t.Parallel()
	for _, b := range backends(t) {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			o, dir := ordersOn(t, b), t.TempDir()
			o.Scripts, o.TTL = t.TempDir(), time.Second
			waiting := func(name string) json.RawMessage {
				return json.RawMessage(fmt.Sprintf(`echo $$ >> %s/%s; while [ -d %[1]s ] && [ ! -e %[1]s/open ]; do sleep 0.02; done`, dir, name))
			}
			o.define(t, scripted(t, "patient", workflow.Job{Name: "again", Spec: waiting("again"), Crash: workflow.RepeatOnCrash}, workflow.Job{Name: "once", Spec: waiting("once")}))
			o.Starts = []string{"patient-1"}
			w := employ(t, o)
			again, once := written(t, filepath.Join(dir, "again"), 1), written(t, filepath.Join(dir, "once"), 1)
			w.kill()
			w.gone(t)
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for limit := time.After(20 * time.Second); lives(t, again[0]) || lives(t, once[0]); {
				select {
				case <-tick.C:
				case <-limit:
					t.Fatal("scripts outlive the process that ran them")
				}
			}
			heir := employ(t, o)
			written(t, filepath.Join(dir, "again"), 2)
			if err := os.WriteFile(filepath.Join(dir, "open"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			s, _ := o.process(t)
			awaitEnds(t, s)
			r, err := s.Get(t.Context(), "patient-1", ann)
			if err != nil {
				t.Fatal(err)
			}
			for job, want := range map[string]workflow.JobState{"again": workflow.JobPassed, "once": workflow.JobFailed} {
				if j, err := r.Job(job); err != nil || j.State != want {
					t.Errorf("%s is %s, not %s (%v)", job, j.State, want, err)
				}
			}
			if n := len(written(t, filepath.Join(dir, "once"), 1)); n != 1 {
				t.Errorf("what is not to be repeated was executed %d times", n)
			}
			_ = heir.stdin.Close()
			heir.gone(t)
		})
	}
}

// written waits until a file has n lines, and returns all.
func written(t *testing.T, file string, n int) []string {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(30 * time.Second); ; {
		text, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if lines := strings.Fields(string(text)); len(lines) >= n && strings.HasSuffix(string(text), "\n") {
			return lines
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s holds %q", file, text)
		}
	}
}

// end kills processes that may be there although they should not.
func end(pids []string) {
	for _, text := range pids {
		if pid, err := strconv.Atoi(text); err == nil && pid > 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// lives reports whether a process is there. One that has ended, but that nobody has asked
// how, is not.
func lives(t *testing.T, pid string) bool {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	return !strings.Contains(string(stat), ") Z ")
}
