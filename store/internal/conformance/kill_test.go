package conformance_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/store"
)

// The environment of a child: what it is, and its database.
const (
	childEnv    = "PENSTOCK_CHILD"
	childAt     = "PENSTOCK_CHILD_AT"
	childSchema = "PENSTOCK_CHILD_SCHEMA"
	childFrom   = "PENSTOCK_CHILD_FROM"
)

// The process under test commits pairs of records, with an event each, and
// says so. It is killed at some moment.
func child() int {
	if err := commitForever(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return 1
}

func commitForever() error {
	ctx := context.Background()
	b := sqliteAt(os.Getenv(childAt))
	if os.Getenv(childEnv) != b.name {
		at, err := calling(os.Getenv(childAt), childEnv)
		if err != nil {
			return err
		}
		b = postgresAt(at, os.Getenv(childSchema))
	}
	db, err := sql.Open(b.driver, b.dsn)
	if err != nil {
		return err
	}
	s, err := b.open(ctx, db)
	if err != nil {
		return err
	}
	from, err := strconv.Atoi(os.Getenv(childFrom))
	if err != nil {
		return err
	}
	for w := range 2 {
		go func() {
			for i := from + w; ; i += 2 {
				if _, err := s.Commit(ctx, pair(i)...); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Println(i) // one write: what was said was committed before
			}
		}()
	}
	select {}
}

// calling returns the URL of a database for an application of a name.
func calling(at, application string) (string, error) {
	u, err := url.Parse(at)
	if err != nil {
		return "", err
	}
	query := u.Query()
	query.Set("application_name", application)
	u.RawQuery = query.Encode()
	return u.String(), nil
}

func pair(i int) []store.Op {
	a, b := put(fmt.Sprint("a", i), 0, event(1)), put(fmt.Sprint("b", i), 0, event(1))
	a.Fields, b.Fields = map[string][]string{"n": {fmt.Sprint(i)}}, map[string][]string{"n": {fmt.Sprint(i)}}
	a.Body = make([]byte, 5_000) // more than a page
	return []store.Op{a, b}
}

// kills is how many processes are killed on each database.
const kills = 200

// Whatever moment a process is killed at, everything it was told is committed
// is there, and nothing is there by half.
func TestKilledInMidCommit(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		b := sqliteAt(filepath.Join(t.TempDir(), "plans.db"))
		db := b.db(t)
		s := b.store(t, db)
		said := killEach(t, b, func(int) {})
		wholePairs(t, s, said)
		var sound string
		if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
			t.Errorf("integrity: %s, %v", sound, err)
		}
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		server, b := ownServer(t)
		b.store(t, b.db(t))
		said := killEach(t, b, func(round int) {
			switch round % 20 {
			case 5: // one of its processes: it ends all connections and recovers
				killBackend(t, server, b)
			case 15: // or all of it
				if err := server.restart([]syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL}[round/20%2]); err != nil {
					t.Error(err)
				}
			}
		})
		if err := server.restart(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		wholePairs(t, b.store(t, b.db(t)), said)
	})
}

// killEach kills children that commit, each some time after its first commit, does
// more at the same moment, and returns what was committed as far as they knew.
func killEach(t *testing.T, b *backend, more func(round int)) map[int]bool {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 8))
	said := map[int]bool{}
	for round := range kills {
		from := round * 1_000_000
		c := exec.CommandContext(t.Context(), os.Args[0])
		c.Env = append(os.Environ(), childEnv+"="+b.name, childAt+"="+b.dsn, childSchema+"="+b.schema, childFrom+"="+strconv.Itoa(from))
		var complaint bytes.Buffer
		c.Stderr = &complaint
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		n, killed := 0, make(chan struct{})
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if n++; n == 1 {
				time.AfterFunc(time.Duration(r.IntN(8_000))*time.Microsecond, func() {
					defer close(killed)
					more(round)
					_ = c.Process.Kill()
				})
			}
			if i, err := strconv.Atoi(lines.Text()); err == nil && i >= from && i < from+1_000_000 {
				said[i] = true
			}
		}
		_ = c.Wait() // it was killed
		if n == 0 {
			t.Fatalf("round %d: the child committed nothing\n%s", round, complaint.String())
		}
		<-killed
	}
	return said
}

// killBackend kills a process of the server that serves a child, and waits until the
// server has recovered from that.
func killBackend(t *testing.T, server *server, b *backend) {
	db := b.db(t)
	beside, err := db.Conn(t.Context())
	if err != nil {
		t.Error(err)
		return
	}
	defer beside.Close()
	var pid int
	if err := beside.QueryRowContext(t.Context(), "SELECT pid FROM pg_stat_activity WHERE application_name = $1 LIMIT 1", childEnv).Scan(&pid); err != nil {
		t.Error(err)
		return
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	for beside.PingContext(t.Context()) == nil {
		runtime.Gosched() // the server ends all connections
	}
	if !answers(t.Context(), b.dsn, server.ended) {
		t.Error("the server did not recover")
	}
}

// wholePairs demands that every pair is there with its records, index and events, or nothing
// of it is, that those which were said are there, and that some are which were not.
func wholePairs(t *testing.T, s store.Store, said map[int]bool) {
	t.Helper()
	versions := func(order store.Order) map[string]int64 {
		all := map[string]int64{}
		for q := (store.Query{Kind: "plan", Order: order, Limit: store.MaxLimit, NoBody: true}); ; {
			page, err := s.Find(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Records {
				all[r.ID] = r.Version
			}
			if q.After = page.Next; q.After == nil {
				return all
			}
		}
	}
	stored := versions(store.Order{})
	if diff := cmp.Diff(stored, versions(store.Order{By: "n"})); diff != "" {
		t.Errorf("the index differs from the records (-records +index):\n%s", diff)
	}
	for id, version := range stored {
		if stored["a"+id[1:]] != version || stored["b"+id[1:]] != version {
			t.Errorf("%s is there without what was committed with it", id)
		}
	}
	for i := range said {
		if stored[fmt.Sprint("a", i)] == 0 {
			t.Errorf("%d was committed and is gone", i)
		}
	}
	f := follow(s)
	if n := f.read(t); n != len(stored) {
		t.Errorf("%d events of %d records", n, len(stored))
	}
	for id := range stored {
		if !f.seen[id+"#1"] {
			t.Errorf("the event of %s is gone", id)
		}
	}
	t.Logf("%d pairs committed, %d of them said", len(stored)/2, len(said))
	if len(stored)/2 <= len(said) {
		t.Error("no process was killed between its commit and saying so")
	}
}
