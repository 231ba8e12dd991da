package penstock_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/penstock-go/penstock"
)

// moment returns the time that an id was made at.
func moment(t *testing.T, id string) time.Time {
	t.Helper()
	parsed, err := ulid.ParseStrict(id)
	if err != nil {
		t.Fatalf("%q is no ULID: %v", id, err)
	}
	return ulid.Time(parsed.Time()).UTC()
}

func TestIDsTellTheTimeOfTheirMaking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := penstock.NewIDs(nil) // the clock of the bubble
		last := ""
		for range 10 {
			<-time.After(time.Second)
			id := ids.New()
			if got := moment(t, id); !got.Equal(time.Now()) {
				t.Errorf("%s was made at %v, want %v", id, got, time.Now())
			}
			if id <= last {
				t.Errorf("%s after %s", id, last)
			}
			last = id
		}
	})
}

func TestIDsOfOneMillisecondAreInOrder(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ids := penstock.NewIDs(func() time.Time { return now })
	last := ids.New()
	for range 10_000 {
		id := ids.New()
		if id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
	if got := moment(t, last); !got.Equal(now) {
		t.Errorf("the last was made at %v, want %v", got, now)
	}
}

func TestAClockThatGoesBackDoesNotDisturbTheOrder(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	now := start
	ids := penstock.NewIDs(func() time.Time { return now })
	last := ids.New()
	for range 100 {
		now = now.Add(-time.Hour)
		id := ids.New()
		if id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
	if got := moment(t, last); !got.Equal(start) {
		t.Errorf("the last was made at %v, want the latest time that was seen, %v", got, start)
	}
	now = start.Add(time.Millisecond)
	if got := moment(t, ids.New()); !got.Equal(now) {
		t.Errorf("made at %v, want %v", got, now)
	}
}

func TestIDsAreNeverTheSameAcrossGoroutines(t *testing.T) {
	const workers, each = 8, 1_000
	ids := penstock.NewIDs(nil)
	made := make([][]string, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range each {
				made[w] = append(made[w], ids.New())
			}
		})
	}
	wg.Wait()

	seen := make(map[string]bool, workers*each)
	for _, own := range made {
		for i, id := range own {
			if i > 0 && id <= own[i-1] {
				t.Fatalf("one goroutine got %s after %s", id, own[i-1])
			}
			if seen[id] {
				t.Fatalf("%s was made twice", id)
			}
			seen[id] = true
		}
	}
	if len(seen) != workers*each {
		t.Errorf("made %d ids, want %d", len(seen), workers*each)
	}
}

func TestTwoSourcesMakeDifferentIDs(t *testing.T) {
	now := func() time.Time { return time.Unix(1_700_000_000, 0) }
	if a, b := penstock.NewIDs(now).New(), penstock.NewIDs(now).New(); a == b {
		t.Errorf("both made %s", a)
	}
}

func BenchmarkIDs(b *testing.B) {
	b.ReportAllocs()
	ids := penstock.NewIDs(nil)
	for b.Loop() {
		ids.New()
	}
}
