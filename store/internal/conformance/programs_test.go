package conformance_test

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
)

// The examples' own tests run them on SQLite; here they run on PostgreSQL.

// built returns an example as a program, as its users get it.
func built(t *testing.T, example string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), example)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "..", "..", "examples", example)
	build.Env = append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// inSchema is the URL of a database in which a new schema comes first.
func inSchema(t *testing.T) (at, schema string) {
	t.Helper()
	db, schema := openPostgres(t)
	run(t, db, `CREATE SCHEMA "`+schema+`"`)
	u, err := url.Parse(pgURL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String(), schema
}

// A program is one that runs.
type program struct {
	cmd *exec.Cmd
	out *bufio.Scanner
	all strings.Builder // what was read of it
}

func launch(t *testing.T, name string, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.CommandContext(t.Context(), name, args...)}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewScanner(out)
	return p
}

// await reads up to a line with a text in it, and returns that.
func (p *program) await(t *testing.T, text string) string {
	t.Helper()
	for p.out.Scan() {
		p.all.WriteString(p.out.Text() + "\n")
		if strings.Contains(p.out.Text(), text) {
			return p.out.Text()
		}
	}
	t.Fatalf("%q was not printed:\n%s", text, p.all.String())
	return ""
}

// ends reads to the end and checks the exit status; -1: killed by a signal.
func (p *program) ends(t *testing.T, want int) {
	t.Helper()
	for p.out.Scan() {
		p.all.WriteString(p.out.Text() + "\n")
	}
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := p.cmd.ProcessState.ExitCode(); got != want {
		t.Fatalf("exit status %d, want %d:\n%s", got, want, p.all.String())
	}
}

func (p *program) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// A plan whose process is killed, and whose next one is interrupted, goes on each
// time where it was.
func TestQuickstartGoesOnWhereItWas(t *testing.T) {
	at, _ := inSchema(t)
	quickstart, dir := built(t, "quickstart"), t.TempDir()
	args := []string{"-db", at, "-plan", filepath.Join("..", "..", "..", "examples", "quickstart", "testdata", "resumed.yaml"), "-dir", dir}

	p := launch(t, quickstart, args...)
	p.await(t, "│ try 1 with ***")
	p.signal(t, syscall.SIGKILL)
	p.ends(t, -1)

	p = launch(t, quickstart, args...)
	p.await(t, "✓ once")
	p.await(t, "taking over from a process that ended")
	p.await(t, "│ try 2 with ***")
	p.signal(t, syscall.SIGINT)
	p.await(t, "interrupted")
	gate, err := os.OpenFile(filepath.Join(dir, "gate"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = gate.WriteString("go\n")
	if err := errors.Join(err, gate.Close()); err != nil {
		t.Fatal(err)
	}
	p.await(t, "✓ pass the gate")
	p.await(t, "Run it again with the same -db: the plan is kept in the database ")
	p.ends(t, 130)

	p = launch(t, quickstart, args...)
	p.await(t, "✓ pass the gate")
	p.await(t, "going on after")
	p.await(t, "▶ at last")
	p.await(t, "(the process that ran it i") // in the trail
	p.await(t, "Shop 2.4.4: completed.")
	p.ends(t, 0)
	for file, want := range map[string]int{"once": 1, "tries": 2} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n != want {
			t.Errorf("%s has %d lines, want %d", file, n, want)
		}
	}
}

func TestEmbedCommitsRowAndPlanTogether(t *testing.T) {
	at, schema := inSchema(t)
	p := launch(t, built(t, "embed"), "-db", at, "-listen", "127.0.0.1:0")
	line := p.await(t, "listening on ")
	host, _, _ := strings.Cut(strings.TrimPrefix(line, "listening on "), ";")
	post := func(path, body string, want int) {
		t.Helper()
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, host+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-User", "ann")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("POST %s %s = %s, want %d", path, body, answer.Status, want)
		}
	}
	post("/releases", `{"service": "shop", "name": "2.4"}`, http.StatusCreated)
	post("/releases", `{"service": "shop", "name": "2.4"}`, http.StatusConflict)         // the row is refused
	post("/releases", `{"service": "shop", "name": ""}`, http.StatusUnprocessableEntity) // the plan is refused
	filed := p.await(t, "filed: shop 2.4 by ann, with the plan ")
	post("/releases/"+filed[strings.LastIndex(filed, " ")+1:]+"/execute", "", http.StatusOK)
	p.await(t, "smoke test: shop 2.4")
	p.signal(t, syscall.SIGTERM)
	p.ends(t, 0)

	db, _ := openPostgres(t)
	var rows int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM "`+schema+`".releases`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.New(t.Context(), db, &postgres.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	page, err := s.Find(t.Context(), store.Query{Kind: "plan", Total: true})
	if err != nil {
		t.Fatal(err)
	}
	if rows != 1 || page.Total != 1 {
		t.Errorf("%d rows and %d plans are there, want one of each", rows, page.Total)
	}
}
