package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-go/penstock/workflow"
)

// A request that is under way when the server is to end is answered.
func TestRequestsUnderWayEndWell(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	c := s.dial(t, s.begun())
	s.await(t, "penstock_http_requests_in_flight 1")
	s.stop()
	s.log.await(t, `"msg":"ending"`)
	_, _ = io.WriteString(c, onePlan[9:])
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatal(answer, err)
	}
	_ = answer.Body.Close()
	s.ends(t, 0)
}

// One that does not end in time is broken off.
func TestRequestsThatDoNotEndAreBrokenOff(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "-drain", "100ms")
	c := s.dial(t, s.begun())
	s.await(t, "penstock_http_requests_in_flight 1")
	begin := time.Now()
	s.stop()
	s.ends(t, 0)
	if took := time.Since(begin); took > 15*time.Second { // the request may take 30 s to come
		t.Errorf("it took %v", took)
	}
	s.log.await(t, "broken off")
	if text, _ := io.ReadAll(c); strings.Contains(string(text), " 201 ") {
		t.Errorf("it answered %s", text)
	}
}

// While the server lingers it answers, and asks for no more.
func TestReadinessWhileItLingers(t *testing.T) {
	t.Parallel()
	s := start(t, nil, "-linger", "2s")
	s.expect(t, http.StatusOK, http.MethodGet, "/readyz", "")
	s.stop()
	s.log.await(t, `"msg":"ending"`)
	if said := s.expect(t, http.StatusServiceUnavailable, http.MethodGet, "/readyz", ""); said != "ending\n" {
		t.Errorf("it says %q", said)
	}
	s.expect(t, http.StatusOK, http.MethodGet, "/healthz", "")
	s.expect(t, http.StatusOK, http.MethodGet, plansAt, "")
	s.ends(t, 0)
}

// What was there is there at the next start; the token is another.
func TestDatabaseIsOpenedAgain(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "penstock.db")
	first := start(t, nil, "-db", db)
	first.expect(t, http.StatusCreated, http.MethodPost, plansAt, onePlan)
	first.stop()
	first.ends(t, 0)
	again := start(t, nil, "-db", db)
	if again.token == first.token {
		t.Error("the token is the same")
	}
	if text := again.expect(t, http.StatusOK, http.MethodGet, plansAt, ""); !strings.Contains(text, "Shop 2.4") {
		t.Errorf("the plan is gone: %s", text)
	}
}

// A script is a run of one job, a script that waits until a file is there.
type script struct {
	dir, db, run string
}

// begin makes a workflow and starts it: the next server carries it out.
func begin(t *testing.T) script {
	t.Helper()
	dir := t.TempDir()
	s := script{dir: dir, db: filepath.Join(dir, "penstock.db")}
	spec, err := json.Marshal(map[string]string{"script": fmt.Sprintf(`echo here; echo begun >>%[1]s/begun; while [ -d %[1]s ] && [ ! -e %[1]s/open ]; do sleep 0.02; done; echo there; echo done >>%[1]s/done`, dir)})
	if err != nil {
		t.Fatal(err)
	}
	s.with(t, func(h *host) error {
		_, err := h.workflows.Definitions().Create(t.Context(), workflow.Definition{Project: "shop", Key: "patient", Stages: []workflow.Stage{
			{Name: "only", Jobs: []workflow.Job{{Name: "wait", Type: "freestyle", Spec: spec, Crash: workflow.RepeatOnCrash}}}}}, itself())
		if err != nil {
			return err
		}
		r, err := h.workflows.Start(t.Context(), "patient", workflow.Start{}, itself())
		if err == nil {
			s.run = r.ID()
		}
		return err
	})
	return s
}

// with opens the database for a moment.
func (s script) with(t *testing.T, do func(*host) error) {
	t.Helper()
	o, _ := parse([]string{"-db", s.db, "-shell", filepath.Join(s.dir, "jobs")}, t.Output())
	tokens, err := readTokens("", newLog(t.Output(), 0))
	if err != nil {
		t.Fatal(err)
	}
	h, err := open(t.Context(), o, tokens, newLog(t.Output(), 0))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	}()
	if err := do(h); err != nil {
		t.Fatal(err)
	}
}

// ended checks how the run ended, and what the script did.
func (s script) ended(t *testing.T, begun int) {
	t.Helper()
	s.with(t, func(h *host) error {
		r, err := h.workflows.Get(t.Context(), s.run, itself())
		if err == nil && r.State() != workflow.RunPassed {
			t.Errorf("the run is %s", r.State())
		}
		return err
	})
	if n, m := s.lines("begun"), s.lines("done"); n != begun || m != 1 {
		t.Errorf("the script began %d times, want %d, and ended %d times", n, begun, m)
	}
}

func (s script) lines(file string) int {
	text, _ := os.ReadFile(filepath.Join(s.dir, file))
	return strings.Count(string(text), "\n")
}

// await waits until a file has so many lines.
func (s script) await(t *testing.T, file string, n int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for timeout := time.After(patience); s.lines(file) < n; {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("%s does not have %d lines", file, n)
		}
	}
}

// open lets the script go on.
func (s script) open(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "open"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s script) launch(t *testing.T, drain string) (*served, *os.Process) {
	t.Helper()
	return launch(t, "-db", s.db, "-shell", filepath.Join(s.dir, "jobs"), "-drain", drain)
}

func TestJobsEndBeforeTheServerDoes(t *testing.T) {
	t.Parallel()
	j := begin(t)
	s, _ := j.launch(t, "1m")
	j.await(t, "begun", 1)
	s.stop()
	s.log.await(t, `"msg":"ending"`)
	j.open(t)
	s.ends(t, 0)
	j.ended(t, 1)
}

func TestJobsThatDoNotEndAreTakenUpAgain(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *served, *os.Process){
		"drained": func(t *testing.T, s *served, _ *os.Process) { s.stop(); s.ends(t, 0) },
		"killed": func(t *testing.T, s *served, p *os.Process) {
			if err := p.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			s.ends(t, -1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := begin(t)
			s, p := j.launch(t, "100ms")
			j.await(t, "begun", 1)
			end(t, s, p)
			next, _ := j.launch(t, "1m")
			j.await(t, "begun", 2)
			next.stop()
			next.log.await(t, `"msg":"ending"`)
			j.open(t)
			next.ends(t, 0)
			j.ended(t, 2)
		})
	}
}
