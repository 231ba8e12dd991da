package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/penstock-go/penstock/examples/internal/console"
)

// asProgram makes the test's binary the program itself.
const asProgram = "QUICKSTART_IS_THE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// A process is a run that can be killed.
type process struct {
	*started
	cmd *exec.Cmd
}

// launch runs the program as a process of its own.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	s := &started{transcript: newTranscript(), errors: newTranscript(), code: make(chan int, 1)}
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stdout, cmd.Stderr = s.transcript, s.errors
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		var exit *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
			t.Error(err)
		}
		s.code <- cmd.ProcessState.ExitCode() // -1: killed
	}()
	return &process{started: s, cmd: cmd}
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// waitsAtTheGate launches a plan on a new database and returns in the middle of it.
func waitsAtTheGate(t *testing.T, plan string) (p *process, db string) {
	t.Helper()
	db = filepath.Join(t.TempDir(), "plans.db")
	p = launch(t, "-db", db, "-plan", plan)
	p.await(t, "│ try 1 with ***")
	return p, db
}

// open lets everybody pass, now and later.
func open(t *testing.T, db string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(db+".files", "open"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// lines counts the lines of a file in the directory of the run.
func lines(t *testing.T, db, file string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(db+".files", file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "\n")
}

func TestKilledPlanGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	const plan = "testdata/resumed.yaml"
	p, db := waitsAtTheGate(t, plan)
	p.signal(t, syscall.SIGKILL)
	p.ends(t, -1)
	open(t, db)

	s := start(t.Context(), t, "-db", db, "-plan", plan)
	s.await(t, "── so far")
	s.await(t, "✓ once")
	s.await(t, "── going on after")
	s.await(t, "another process began pass the gate: if that has ended, in about 3s it runs again")
	s.await(t, "│ try 2 with ***")
	s.ends(t, console.ExitDone)
	s.has(t, "kept in "+db, "✗ pass the gate", `task "pass the gate" running → failed (the process that ran it i`, "Shop 2.4.4: completed.")
	if once, tries := lines(t, db, "once"), lines(t, db, "tries"); once != 1 || tries != 2 {
		t.Errorf("what was done ran %d times, what was killed %d times", once, tries)
	}
	if strings.Contains(s.String(), "s3cret") {
		t.Errorf("a secret was printed:\n%s", s)
	}

	again := start(t.Context(), t, "-db", db, "-plan", plan)
	again.ends(t, console.ExitDone)
	again.has(t, `The last plan, "Shop 2.4.4" of `, "is at its end. A new one begins.", "try 1 with ***")
	if once := lines(t, db, "once"); once != 2 {
		t.Errorf("two plans left %d lines", once)
	}
}

// A command that says nothing else is not run again by itself: people decide.
func TestKilledCommandFailsAndPeopleDecide(t *testing.T) {
	t.Parallel()
	const plan = "testdata/decided.yaml"
	p, db := waitsAtTheGate(t, plan)
	p.signal(t, syscall.SIGKILL)
	p.ends(t, -1)
	open(t, db)

	s := start(t.Context(), t, "-db", db, "-plan", plan)
	s.await(t, "another process began pass the gate: if that has ended, in about 3s it counts as failed")
	s.ends(t, console.ExitFailed)
	s.has(t, `what stopped  "pass the gate"`, "why           the process that ran it is gone", "possible now  retry, skip",
		"go run ./examples/quickstart -interactive -db "+db+" -plan "+plan)

	still := start(t.Context(), t, "-db", db, "-plan", plan)
	still.ends(t, console.ExitFailed)
	still.has(t, "so far", "going on after", "failed, 1 task to do", "possible now  retry, skip")

	asked := start(t.Context(), t, "-db", db, "-plan", plan, "-interactive")
	asked.say(t, `"pass the gate" failed (the process that ran it is gone)`, "retry")
	asked.ends(t, console.ExitDone)
	if once, tries := lines(t, db, "once"), lines(t, db, "tries"); once != 1 || tries != 2 {
		t.Errorf("what was done ran %d times, what was killed %d times", once, tries)
	}
}

func TestInterruptedPlanIsKept(t *testing.T) {
	t.Parallel()
	const plan = "testdata/resumed.yaml"
	p, db := waitsAtTheGate(t, plan)
	p.signal(t, syscall.SIGINT)
	p.await(t, "interrupted: commands that run may end, for 30s at most; no other begins")
	gate, err := os.OpenFile(filepath.Join(db+".files", "gate"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gate.WriteString("go\n"); err != nil { // the command that waits goes on
		t.Error(err)
	}
	if err := gate.Close(); err != nil {
		t.Error(err)
	}
	p.await(t, "✓ pass the gate")
	p.await(t, "Shop 2.4.4: running.")
	p.await(t, "Run it again with the same -db: the plan is kept in "+db)
	p.ends(t, console.ExitInterrupted)

	s := start(t.Context(), t, "-db", db, "-plan", plan)
	s.await(t, "✓ pass the gate")
	s.await(t, "going on after")
	s.await(t, "▶ at last")
	s.ends(t, console.ExitDone)
	if once, tries := lines(t, db, "once"), lines(t, db, "tries"); once != 1 || tries != 1 {
		t.Errorf("what was done ran %d times, what was interrupted %d times", once, tries)
	}
}

func TestEndOfInputKeepsThePlan(t *testing.T) {
	t.Parallel()
	args := []string{"-plan", "testdata/interactive.yaml", "-interactive", "-db", filepath.Join(t.TempDir(), "plans.db")}
	s := start(t.Context(), t, args...)
	s.say(t, "ann: do you approve", "approve")
	s.await(t, "bob: do you approve")
	if err := s.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	s.ends(t, console.ExitFailed)
	s.has(t, "the input has ended: nobody decides any more", "Shop 2.4.2: awaiting approval.", "Run it again")

	again := start(t.Context(), t, args...)
	again.await(t, "✓ ann approves")
	again.await(t, "going on after")
	again.say(t, "bob: do you approve", "reject not on a Friday")
	again.ends(t, console.ExitFailed)
	again.has(t, "Shop 2.4.2: denied.")
}

func TestUnfinishedPlanIsNotLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := filepath.Join(dir, "plans.db")
	const plan = "testdata/failing.yaml"
	start(t.Context(), t, "-db", db, "-plan", plan).ends(t, console.ExitFailed)
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"another file":      {[]string{"-plan", "testdata/decided.yaml"}, []string{db + " keeps an unfinished plan that was made of another file, or of this one before it was changed", `"Shop 2.4.1" of`, ", failed", "add -new"}},
		"another directory": {[]string{"-plan", plan, "-dir", dir}, []string{"the unfinished plan works in " + db + ".files"}},
	} {
		s := start(t.Context(), t, append(test.args, "-db", db)...)
		s.ends(t, console.ExitFailed)
		for _, says := range test.says {
			if !strings.Contains(s.errors.String(), says) {
				t.Errorf("%s: %q was not said:\n%s", name, says, s.errors)
			}
		}
	}
	if err := os.RemoveAll(db + ".files"); err != nil {
		t.Fatal(err)
	}
	s := start(t.Context(), t, "-db", db, "-plan", plan)
	s.ends(t, console.ExitFailed)
	if !strings.Contains(s.errors.String(), "the files of the unfinished plan are gone") {
		t.Errorf("nothing was said of the files:\n%s", s.errors)
	}
	anew := start(t.Context(), t, "-db", db, "-plan", plan, "-new")
	anew.ends(t, console.ExitFailed)
	anew.has(t, `The unfinished plan, "Shop 2.4.1" of`, "is canceled. A new one begins.", "✓ back up", "Shop 2.4.1: failed.")
}

func TestDatabaseThatIsNone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(file, []byte(strings.Repeat("certainly no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for at, says := range map[string]string{
		t.TempDir():                            "is not a file",
		file:                                   "file is not a database",
		"mysql://ann:hunter2@host/x":           `"mysql" is no scheme`,
		"postgres://ann:hunter2@127.0.0.1:1/x": "cannot be reached",
	} {
		s := start(t.Context(), t, "-db", at)
		s.ends(t, console.ExitUsage)
		if text := s.errors.String(); !strings.Contains(text, says) || strings.Contains(text, "hunter2") {
			t.Errorf("-db %s says:\n%s", at, text)
		}
	}
}
