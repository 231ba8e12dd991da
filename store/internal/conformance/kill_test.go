package conformance_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// The environment of a child: what it is, and its database.
const (
	childEnv  = "PENSTOCK_CHILD" // sqlite or a schema of PostgreSQL
	childAt   = "PENSTOCK_CHILD_AT"
	childFrom = "PENSTOCK_CHILD_FROM"
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
	kind, at := os.Getenv(childEnv), os.Getenv(childAt)
	var s store.Store
	if kind == "sqlite" {
		db, err := sql.Open("sqlite", at)
		if err != nil {
			return err
		}
		if s, err = sqlite.New(ctx, db, nil); err != nil {
			return err
		}
	} else {
		db, err := sql.Open("pgx", at)
		if err != nil {
			return err
		}
		if s, err = postgres.New(ctx, db, &postgres.Options{Schema: kind}); err != nil {
			return err
		}
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

func pair(i int) []store.Op {
	a, b := put(fmt.Sprint("a", i), 0, event(1)), put(fmt.Sprint("b", i), 0, event(1))
	a.Fields, b.Fields = map[string][]string{"n": {fmt.Sprint(i)}}, map[string][]string{"n": {fmt.Sprint(i)}}
	a.Body = make([]byte, 10_000)
	return []store.Op{a, b}
}

// Whatever moment a process is killed at, everything it was told is committed
// is there, and nothing is there by half.
func TestKilledInMidCommit(t *testing.T) {
	const rounds = 15
	eachBackend(t, func(t *testing.T, b *backend) {
		kind := "sqlite"
		if b.name == "PostgreSQL" {
			kind = strings.TrimSuffix(b.prefix, ".penstock_")
		}
		r := rand.New(rand.NewPCG(7, 8))
		s := b.store(t, b.db(t))
		said := map[int]bool{}
		for round := range rounds {
			for _, i := range killed(t, kind, b.dsn, round*1_000_000, time.Duration(r.IntN(40_000))*time.Microsecond) {
				said[i] = true
			}
		}
		if len(said) == 0 {
			t.Fatal("no child committed anything")
		}
		whole := map[int]bool{}
		for q := (store.Query{Kind: "plan", Limit: store.MaxLimit}); ; {
			page, err := s.Find(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Records {
				i, _ := strconv.Atoi(r.ID[1:])
				pair := complete(t, s, i)
				if said[i] && !pair || !pair {
					t.Errorf("%s is there without all that was committed with it", r.ID)
				}
				whole[i] = true
			}
			if q.After = page.Next; q.After == nil {
				break
			}
		}
		for i := range said {
			if !whole[i] {
				t.Errorf("%d was committed and is gone", i)
			}
		}
		f := follow(s)
		if n := f.read(t); n != 2*len(whole) {
			t.Errorf("%d events of %d pairs", n, len(whole))
		}
		t.Logf("%d pairs committed, %d of them said", len(whole), len(said))
	})
}

// complete reports whether a pair is there with its entries and events.
func complete(t *testing.T, s store.Store, i int) bool {
	t.Helper()
	page, err := s.Find(t.Context(), store.Query{Kind: "plan", Where: []store.Filter{store.Equals("n", fmt.Sprint(i))}, NoBody: true})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Records) == 2 && page.Records[0].Version == page.Records[1].Version
}

// killed runs a child, kills it some time after its first commit, and returns what it said.
func killed(t *testing.T, kind, at string, from int, after time.Duration) (said []int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), childEnv+"="+kind, childAt+"="+at, childFrom+"="+strconv.Itoa(from))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(io.Reader(out))
	var timer *time.Timer
	for lines.Scan() {
		if timer == nil {
			timer = time.AfterFunc(after, func() { _ = c.Process.Kill() })
		}
		if i, err := strconv.Atoi(lines.Text()); err == nil && i >= from && i < from+1_000_000 {
			said = append(said, i)
		}
	}
	_ = c.Wait() // it was killed
	return said
}
