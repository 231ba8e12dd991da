package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

var concurrencyCases = []contractCase{
	{"OneWriterWins", "of many who saw the same version one may write", testOneWriterWins},
	{"NoUpdateIsLost", "counting by read, write and retry counts right", testCounter},
	{"GetIsOneMoment", "records that change together are never seen apart", testOneMoment},
	{"FindIsOneMoment", "a page never shows half a commit", testFindMoment},
	{"ReaderSkipsNoEvent", "whoever follows the log misses nothing", testNoEventSkipped},
}

func testOneWriterWins(t reporter, s store.Store) {
	for _, start := range []int64{0, commit(t, s, put("old", 0))} {
		id := "new"
		if start != 0 {
			id = "old"
		}
		var wg sync.WaitGroup
		var won atomic.Int32
		begin := make(chan struct{})
		for range 32 {
			wg.Go(func() {
				<-begin
				_, err := s.Commit(t.Context(), put(id, start))
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, penstock.ErrConflict) && !errors.Is(err, penstock.ErrExists):
					t.Errorf("a loser got %v", err)
				}
			})
		}
		close(begin)
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d of 32 writers won", won.Load())
		}
	}
}

func testCounter(t reporter, s store.Store) {
	const workers, rounds = 4, 20
	op := put("count", 0)
	op.Body = []byte("0")
	commit(t, s, op)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for done := 0; done < rounds; {
				records, err := s.Get(t.Context(), key("count"))
				if err != nil {
					t.Errorf("Get: %v", err)
					return
				}
				n, _ := strconv.Atoi(string(records[0].Body))
				op := put("count", records[0].Version)
				op.Body = strconv.AppendInt(nil, int64(n+1), 10)
				if _, err = s.Commit(t.Context(), op); err == nil {
					done++
				} else if !errors.Is(err, penstock.ErrConflict) {
					t.Errorf("Commit: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got := string(get(t, s, "count").Body); got != strconv.Itoa(workers*rounds) {
		t.Errorf("counted %s, want %d", got, workers*rounds)
	}
}

// pairs commits rounds versions of a and b that have the same body, and closes done.
func pairs(t reporter, s store.Store, rounds int) (done chan struct{}) {
	write := func(i int, version int64) (int64, error) {
		a, b := put("a", version), put("b", version)
		a.Body = strconv.AppendInt(nil, int64(i), 10)
		b.Body = a.Body
		a.Sort, b.Sort = int64(i), int64(-i)
		a.Fields = map[string][]string{"round": {strconv.Itoa(i)}}
		b.Fields = a.Fields
		return s.Commit(t.Context(), a, b)
	}
	version, err := write(0, 0)
	if err != nil {
		t.Fatalf("Commit: %v", err)
	}
	done = make(chan struct{})
	go func() {
		defer close(done)
		for i := 1; i < rounds; i++ {
			if version, err = write(i, version); err != nil {
				t.Errorf("Commit: %v", err)
				return
			}
		}
	}()
	return done
}

// during calls read until done, and at least once; it is for readers beside a writer.
func during(done chan struct{}, read func() (ok bool)) {
	for {
		select {
		case <-done:
			read()
			return
		default:
			if !read() {
				<-done
				return
			}
		}
	}
}

func testOneMoment(t reporter, s store.Store) {
	during(pairs(t, s, 300), func() bool {
		records, err := s.Get(t.Context(), key("a"), key("b"))
		if err != nil {
			t.Errorf("Get: %v", err)
			return false
		}
		if a, b := records[0], records[1]; a.Version != b.Version || !bytes.Equal(a.Body, b.Body) || a.Fields["round"][0] != b.Fields["round"][0] {
			t.Errorf("a %d %s beside b %d %s", a.Version, a.Body, b.Version, b.Body)
			return false
		}
		return true
	})
}

func testFindMoment(t reporter, s store.Store) {
	during(pairs(t, s, 300), func() bool {
		page, err := s.Find(t.Context(), store.Query{Kind: "plan", Order: store.Order{By: "round"}, Total: true})
		if err != nil {
			t.Errorf("Find: %v", err)
			return false
		}
		if page.Total != 2 || len(page.Records) != 2 || page.Records[0].Version != page.Records[1].Version {
			t.Errorf("Find shows %d of %d records: %v", len(page.Records), page.Total, page.Records)
			return false
		}
		return true
	})
}

func testNoEventSkipped(t reporter, s store.Store) {
	const writers, rounds = 8, 30
	done := make(chan struct{})
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			var version int64
			for i := range rounds {
				var err error
				id := fmt.Sprint("w", w)
				if version, err = s.Commit(t.Context(), put(id, version, event(int64(2*i+1), "odd"), event(int64(2*i+2), "even"))); err != nil {
					t.Errorf("Commit: %v", err)
					return
				}
			}
		})
	}
	go func() { wg.Wait(); close(done) }()
	var last int64
	seen := map[store.Key]int64{}
	follow := func() bool {
		for {
			found, err := s.Events(t.Context(), store.EventQuery{After: last, Limit: 13})
			if err != nil {
				t.Errorf("Events: %v", err)
				return false
			}
			for _, e := range found {
				if e.Position != last+1 || e.Seq != seen[e.Subject]+1 {
					t.Errorf("position %d after %d; %s has seq %d after %d", e.Position, last, e.Subject, e.Seq, seen[e.Subject])
					return false
				}
				last, seen[e.Subject] = e.Position, e.Seq
			}
			if len(found) == 0 {
				return true
			}
		}
	}
	during(done, follow)
	if last != writers*rounds*2 {
		t.Errorf("the reader saw %d events, want %d", last, writers*rounds*2)
	}
}
