// Package postgrestest runs a PostgreSQL for a test, in a folder of its own.
package postgrestest

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// patience is how long a server may take to answer.
const patience = 30 * time.Second

// URL returns the URL of an empty database of a server that ends with the test. Where no server
// is installed the test is left out, unless CI=true demands it.
func URL(tb testing.TB) string {
	tb.Helper()
	bin := programs()
	if bin == "" && os.Getenv("CI") == "true" {
		tb.Fatal("no initdb: install PostgreSQL's server")
	}
	if bin == "" {
		tb.Skip("no initdb: PostgreSQL's server is not installed")
	}
	dir, err := os.MkdirTemp("", "penstock") //nolint:usetesting // its path is too long for a socket
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	as, data := unprivileged(tb, dir), filepath.Join(dir, "data")
	initdb := exec.CommandContext(tb.Context(), filepath.Join(bin, "initdb"), "-D", data, "-U", "penstock", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = &syscall.SysProcAttr{Credential: as}, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		tb.Fatalf("initdb: %v\n%s", err, out)
	}
	// Not under the test's context, which ends before the cleanups of those that use it.
	server := exec.CommandContext(context.Background(), filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-h", "", "-c", "max_connections=100", "-c", "shared_buffers=128MB")
	server.SysProcAttr, server.Dir = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGQUIT}, dir
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the server has its own
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT)
		_ = server.Wait()
	})
	at := "postgres:///postgres?user=penstock&host=" + url.QueryEscape(dir)
	await(tb, at, log.Name())
	return at
}

// await returns when the server answers.
func await(tb testing.TB, at, log string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	db, err := sql.Open("pgx", at)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for db.PingContext(ctx) != nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			text, _ := os.ReadFile(log)
			tb.Fatalf("no PostgreSQL: %s", text)
		}
	}
}

// programs is the folder of initdb and postgres, empty if there are none.
func programs() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

// unprivileged makes a folder that of an ordinary user, if we are root: PostgreSQL does not run as root.
func unprivileged(tb testing.TB, dir string) *syscall.Credential {
	tb.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		who, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(who.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(who.Gid, 10, 32)
		if errUID != nil || errGID != nil {
			tb.Fatal(errUID, errGID)
		}
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			tb.Fatal(err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	tb.Fatal("neither a user postgres nor nobody")
	return nil
}
