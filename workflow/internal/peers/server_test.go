package peers

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
	"syscall"
	"testing"
	"time"
)

// hasPostgres reports whether there is a server to measure on, or there must be one.
func hasPostgres() bool {
	_, err := serverPrograms()
	return err == nil || os.Getenv("PENSTOCK_POSTGRES_URL") != "" || os.Getenv("CI") == "true"
}

// postgresURL returns a database of the server that PENSTOCK_POSTGRES_URL names, or of
// one that is started for tb: in a folder of its own, under an ordinary user, on a socket in it.
func postgresURL(tb testing.TB) string {
	tb.Helper()
	if at := os.Getenv("PENSTOCK_POSTGRES_URL"); at != "" {
		return at
	}
	dir, err := os.MkdirTemp("", "penstock") //nolint:usetesting // an ordinary user cannot reach into that of tb
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	at, err := startServer(tb, dir)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func startServer(tb testing.TB, dir string) (at string, err error) {
	tb.Helper()
	bin, err := serverPrograms()
	if err != nil {
		return "", err
	}
	as, err := unprivileged(dir)
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(tb.Context(), filepath.Join(bin, "initdb"), "-D", data, "-U", "penstock", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = &syscall.SysProcAttr{Credential: as}, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w\n%s", err, out)
	}
	server := exec.CommandContext(context.Background(), filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-h", "", "-c", "shared_buffers=256MB")
	server.SysProcAttr, server.Dir = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGQUIT}, dir
	if err := server.Start(); err != nil {
		return "", fmt.Errorf("postgres: %w", err)
	}
	tb.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT)
		_ = server.Wait()
	})
	at = "postgres:///postgres?user=penstock&host=" + url.QueryEscape(dir)
	return at, answers(tb.Context(), at)
}

// answers waits until a server does.
func answers(ctx context.Context, at string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	db, err := sql.Open("pgx", at)
	if err != nil {
		return err
	}
	defer db.Close()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := db.PingContext(ctx)
		if err == nil {
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
		return "", errors.New("no initdb: install PostgreSQL's server, or set PENSTOCK_POSTGRES_URL")
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
	return nil, errors.New("neither a user postgres nor nobody")
}
