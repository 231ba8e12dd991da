package conformance_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// pgURL is that of a database of a real PostgreSQL, set by TestMain. It is empty where there is none, and
// nobody demands one by CI=true.
var pgURL string

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	var code int
	err := withServer(func(at string) { pgURL = at; code = m.Run() })
	if errors.Is(err, errNoServer) && !demanded() {
		fmt.Fprintln(os.Stderr, err, "(tests on PostgreSQL are left out)")
		err, code = nil, m.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withServer runs a PostgreSQL while it calls do: that of PENSTOCK_POSTGRES_URL,
// or one of its own, which ends with it.
func withServer(do func(url string)) error {
	if at := os.Getenv("PENSTOCK_POSTGRES_URL"); at != "" {
		do(at)
		return nil
	}
	s, err := newServer()
	if err != nil {
		return err
	}
	defer s.remove()
	if err := s.start(); err != nil {
		return err
	}
	do(s.url)
	return nil
}

// A server is a PostgreSQL in a folder of its own, under an ordinary user.
type server struct {
	bin, dir string
	as       *syscall.Credential
	url      string
	process  *os.Process
	ended    chan struct{} // closed when the process is gone
}

// newServer makes the folder; the server is not started yet.
func newServer() (*server, error) {
	bin, err := serverPrograms()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "penstock")
	if err != nil {
		return nil, err
	}
	s := &server{bin: bin, dir: dir, url: "postgres:///postgres?user=penstock&host=" + url.QueryEscape(dir)}
	if s.as, err = unprivileged(dir); err == nil {
		err = s.initialize()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *server) initialize() error {
	initdb := exec.CommandContext(context.Background(), filepath.Join(s.bin, "initdb"), "-D", s.data(), "-U", "penstock", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--data-checksums")
	initdb.SysProcAttr, initdb.Dir = &syscall.SysProcAttr{Credential: s.as}, s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

// start returns when the server answers. One whose predecessor was killed may have to
// be started more than once: it does not run beside what is left of that.
func (s *server) start() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		// Not under ctx: the server goes on when it has answered.
		c := exec.CommandContext(context.Background(), filepath.Join(s.bin, "postgres"), "-D", s.data(), "-k", s.dir, "-h", "",
			"-c", "max_connections=200", "-c", "shared_buffers=256MB", "-c", "deadlock_timeout=100ms")
		c.SysProcAttr, c.Dir = &syscall.SysProcAttr{Credential: s.as, Pdeathsig: syscall.SIGQUIT}, s.dir
		c.Stdout, c.Stderr = log, log
		err = c.Start()
		_ = log.Close() // the server has its own
		if err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
		ended := make(chan struct{})
		go func() {
			_ = c.Wait()
			close(ended)
		}()
		s.process, s.ended = c.Process, ended
		if answers(ctx, s.url, ended) {
			return nil
		}
		if ctx.Err() != nil {
			text, _ := os.ReadFile(log.Name())
			s.stop(syscall.SIGQUIT)
			return fmt.Errorf("no PostgreSQL: %s", text)
		}
	}
}

// stop ends the server by a signal: SIGINT in good order, though without waiting for clients,
// SIGQUIT at once, SIGKILL without its knowledge.
func (s *server) stop(how syscall.Signal) {
	if s.process != nil {
		_ = s.process.Signal(how)
		<-s.ended
	}
}

// restart ends the server and starts it again.
func (s *server) restart(how syscall.Signal) error {
	s.stop(how)
	return s.start()
}

// remove ends the server, of which nothing needs to be kept.
func (s *server) remove() {
	s.stop(syscall.SIGQUIT)
	_ = os.RemoveAll(s.dir)
}

// answers waits until a server answers, or has ended.
func answers(ctx context.Context, at string, ended <-chan struct{}) bool {
	db, err := sql.Open("pgx", at)
	if err != nil {
		return false
	}
	defer db.Close()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for db.PingContext(ctx) != nil {
		select {
		case <-tick.C:
		case <-ended:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// ownServer starts a PostgreSQL that the test may end, and returns a schema in it.
func ownServer(tb testing.TB) (*server, *backend) {
	tb.Helper()
	s, err := newServer()
	if errors.Is(err, errNoServer) {
		leaveOut(tb)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.remove)
	if err := s.start(); err != nil {
		tb.Fatal(err)
	}
	return s, postgresAt(s.url, "own")
}

// errNoServer says that there is no PostgreSQL to test on.
var errNoServer = errors.New("no initdb: install PostgreSQL's server, or set PENSTOCK_POSTGRES_URL")

// demanded reports whether nothing may be left out.
func demanded() bool { return os.Getenv("CI") == "true" }

// needPostgres ends a test that needs the server of pgURL if there is none.
func needPostgres(tb testing.TB) {
	tb.Helper()
	if pgURL == "" {
		leaveOut(tb)
	}
}

// leaveOut ends a test for which there is no server: it fails if nothing may be left out.
func leaveOut(tb testing.TB) {
	tb.Helper()
	if demanded() {
		tb.Fatal(errNoServer)
	}
	tb.Skip(errNoServer)
}

// serverPrograms finds where initdb and postgres are.
func serverPrograms() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return "", errNoServer
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// unprivileged makes a folder that of an ordinary user, if we are root: PostgreSQL refuses to run as root.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		who, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(who.Uid)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.Atoi(who.Gid)
		if err != nil {
			return nil, err
		}
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("neither a user postgres nor nobody")
}

// openPostgres returns the server's database, and the name of a schema of the test's own.
func openPostgres(tb testing.TB) (*sql.DB, string) {
	tb.Helper()
	needPostgres(tb)
	db, err := sql.Open("pgx", pgURL)
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(12)
	db.SetMaxIdleConns(12)
	tb.Cleanup(func() { _ = db.Close() })
	name := fmt.Sprintf("t%d_%s", time.Now().UnixNano()%1e12, strings.ToLower(strings.Map(letter, tb.Name())))
	name = name[:min(len(name), 40)]
	tb.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), `DROP SCHEMA IF EXISTS "`+name+`" CASCADE`); err != nil {
			tb.Error(err)
		}
	})
	return db, name
}

func letter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return -1
}
