package conformance_test

import (
	"bufio"
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
	p.await(t, "another process began pass the gate: if that has ended, in about 3s it runs again")
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

// Those that start at once on one database share one plan, and so its directory.
func TestQuickstartsThatStartAtOnce(t *testing.T) {
	at, _ := inSchema(t)
	quickstart := built(t, "quickstart")
	plan := filepath.Join("..", "..", "..", "examples", "quickstart", "testdata", "resumed.yaml")
	var programs []*program
	for range 3 {
		programs = append(programs, launch(t, quickstart, "-db", at, "-plan", plan))
	}
	var dir string
	for _, p := range programs {
		line := p.await(t, "files in ")
		_, in, _ := strings.Cut(line, "files in ")
		if dir == "" {
			dir = in
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
		}
		if in != dir {
			t.Fatalf("one works in %s, another in %s", dir, in)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "open"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		p.await(t, "Shop 2.4.4: completed.")
	}
	for _, p := range programs {
		p.ends(t, 0)
	}
	text, err := os.ReadFile(filepath.Join(dir, "once"))
	if err != nil || string(text) != "done\n" {
		t.Errorf("what was to be done once: %q, %v", text, err)
	}
}

// An embed is that example under way.
type embed struct {
	*program
	at string // its URL
}

// serve launches a built embed on a database.
func serve(t *testing.T, name, db string) *embed {
	t.Helper()
	return &embed{program: launch(t, name, "-db", db, "-listen", "127.0.0.1:0")}
}

// listens returns once it does.
func (e *embed) listens(t *testing.T) {
	t.Helper()
	line := e.await(t, "listening on ")
	e.at, _, _ = strings.Cut(strings.TrimPrefix(line, "listening on "), ";")
}

// ask sends a request and checks the status of the answer.
func (e *embed) ask(t *testing.T, method, path, body string, want int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, e.at+path, strings.NewReader(body))
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
		t.Errorf("%s %s %s = %s, want %d", method, path, body, answer.Status, want)
	}
}

// file files a release and returns where it is.
func (e *embed) file(t *testing.T, name string) string {
	t.Helper()
	e.ask(t, http.MethodPost, "/releases", `{"service": "shop", "name": "`+name+`"}`, http.StatusCreated)
	line := e.await(t, "filed: shop "+name+" by ann, with the plan ")
	return "/releases/" + line[strings.LastIndex(line, " ")+1:]
}

func TestEmbedCommitsRowAndPlanTogether(t *testing.T) {
	at, schema := inSchema(t)
	e := serve(t, built(t, "embed"), at)
	e.listens(t)
	release := e.file(t, "2.4")
	e.ask(t, http.MethodPost, "/releases", `{"service": "shop", "name": "2.4"}`, http.StatusConflict)         // the row is refused
	e.ask(t, http.MethodPost, "/releases", `{"service": "shop", "name": ""}`, http.StatusUnprocessableEntity) // the plan is refused
	// What PostgreSQL could not store or look up is refused before.
	e.ask(t, http.MethodPost, "/releases", `{"service": "a\u0000b", "name": "2.4"}`, http.StatusUnprocessableEntity)
	e.ask(t, http.MethodGet, "/releases/%00", "", http.StatusNotFound)
	e.ask(t, http.MethodGet, "/releases/%ff", "", http.StatusNotFound)
	e.ask(t, http.MethodPost, release+"/execute", "", http.StatusOK)
	e.await(t, "smoke test: shop 2.4")
	gone := e.file(t, "2.5")
	e.ask(t, http.MethodDelete, gone, "", http.StatusOK)
	e.ask(t, http.MethodGet, gone, "", http.StatusNotFound)
	e.signal(t, syscall.SIGTERM)
	e.ends(t, 0)

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

func TestReplicasOfEmbedStartAtOnce(t *testing.T) {
	name := built(t, "embed")
	for range 3 {
		at, _ := inSchema(t)
		var replicas []*embed
		for range 4 {
			replicas = append(replicas, serve(t, name, at))
		}
		for _, e := range replicas {
			e.listens(t)
			e.signal(t, syscall.SIGTERM)
			e.ends(t, 0)
		}
	}
}

// A database that is away for so long that others may take the service for dead does not
// end it.
func TestEmbedOutlivesAnOutage(t *testing.T) {
	t.Parallel() // it waits most of the time
	s, _ := ownServer(t)
	e := serve(t, built(t, "embed"), s.url)
	e.listens(t)
	release := e.file(t, "2.4")
	s.stop(syscall.SIGINT)
	e.ask(t, http.MethodPost, release+"/execute", "", http.StatusInternalServerError)
	e.await(t, "begins anew")
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	e.ask(t, http.MethodPost, release+"/execute", "", http.StatusOK)
	e.await(t, "smoke test: shop 2.4")
	e.signal(t, syscall.SIGTERM)
	e.ends(t, 0)
}
