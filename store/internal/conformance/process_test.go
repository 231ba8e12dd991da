package conformance_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// A process runs a test of this program anew, and may be killed.
type process struct {
	cmd       *exec.Cmd
	stdin     io.WriteCloser
	complaint bytes.Buffer
	lines     *bufio.Scanner
}

// spawn starts a process that runs a test, with what it is told, as JSON, in a variable
// of its environment.
func spawn(tb testing.TB, test, variable string, told any) *process {
	tb.Helper()
	text, err := json.Marshal(told)
	if err != nil {
		tb.Fatal(err)
	}
	p := &process{cmd: exec.CommandContext(tb.Context(), os.Args[0], "-test.run=^"+test+"$")}
	p.cmd.Env = append(os.Environ(), "PENSTOCK_POSTGRES_URL="+pgURL, variable+"="+string(text))
	p.cmd.Stderr = &p.complaint
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		tb.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	p.lines = bufio.NewScanner(out)
	return p
}

// kill ends the process without its knowledge.
func (p *process) kill() { _ = p.cmd.Process.Kill() }

// gone waits until the process has ended.
func (p *process) gone(tb testing.TB) {
	tb.Helper()
	for p.lines.Scan() {
	}
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() >= 0) {
		tb.Errorf("a process ended with %v\n%s", err, p.complaint.String())
	}
}

// An address is that of the database that processes share, as they are told.
type address struct{ Backend, DSN, Schema string }

func addressOf(b *backend) address { return address{Backend: b.name, DSN: b.dsn, Schema: b.schema} }

// store opens the database as a process does that shares it.
func (a address) store(tb testing.TB) store.Store {
	tb.Helper()
	b := sqliteAt(a.DSN)
	b.open = func(ctx context.Context, db *sql.DB) (store.Store, error) {
		return sqlite.New(ctx, db, &sqlite.Options{Synchronous: sqlite.Normal})
	}
	if a.Backend != b.name {
		b = postgresAt(a.DSN, a.Schema)
		b.open = func(ctx context.Context, db *sql.DB) (store.Store, error) {
			return postgres.New(ctx, db, &postgres.Options{Schema: a.Schema, Poll: 50 * time.Millisecond})
		}
	}
	db := b.db(tb)
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	return b.store(tb, db)
}
