package conformance_test

import (
	"bytes"
	"context"
	"database/sql"
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

// pgURL is that of a database of a real PostgreSQL, set by TestMain.
var pgURL string

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	var code int
	if err := withServer(func(at string) { pgURL = at; code = m.Run() }); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

// withServer runs a PostgreSQL while it calls do: that of PENSTOCK_POSTGRES_URL,
// or one of its own in a folder of its own, which ends with it.
func withServer(do func(url string)) error {
	if at := os.Getenv("PENSTOCK_POSTGRES_URL"); at != "" {
		do(at)
		return nil
	}
	ctx := context.Background()
	bin, err := serverPrograms()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "penstock")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	as, err := unprivileged(dir)
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "penstock", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = &syscall.SysProcAttr{Credential: as}, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	var log bytes.Buffer
	server := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-h", "", "-c", "max_connections=200", "-c", "shared_buffers=256MB", "-c", "deadlock_timeout=100ms")
	server.SysProcAttr, server.Dir = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGQUIT}, dir
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer func() {
		_ = server.Process.Signal(syscall.SIGQUIT) // nothing needs to be kept
		_ = server.Wait()
	}()
	at := "postgres:///postgres?user=penstock&host=" + url.QueryEscape(dir)
	if err := reachable(at); err != nil {
		return fmt.Errorf("%w\n%s", err, log.String())
	}
	do(at)
	return nil
}

func reachable(at string) error {
	db, err := sql.Open("pgx", at)
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("no PostgreSQL: %w", err)
		}
	}
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
		return "", fmt.Errorf("no initdb: install PostgreSQL's server, or set PENSTOCK_POSTGRES_URL")
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
