package storetest

import (
	"sync"

	"github.com/penstock-go/penstock/store"
)

var nextCases = []contractCase{
	{"NextCountsFromOne", "people see these numbers", testNext},
	{"NextNeverRepeats", "two plans with one number are one too many", testNextConcurrent},
}

func testNext(t reporter, s store.Store) {
	used := map[string]int64{}
	for _, c := range []struct {
		sequence string
		n        int
	}{{"plan", 1}, {"plan", 1}, {"run", 5}, {"plan", 10}, {"run", 1}, {"Plan", 1}, {"plan", store.MaxNumbers}, {"plan", 1}} {
		first, err := s.Next(t.Context(), c.sequence, c.n)
		if err != nil || first <= used[c.sequence] {
			t.Errorf("Next(%s, %d) = %d, %v after %d", c.sequence, c.n, first, err, used[c.sequence])
		}
		if used[c.sequence] == 0 && first != 1 {
			t.Errorf("%s starts at %d", c.sequence, first)
		}
		used[c.sequence] = first + int64(c.n) - 1
	}
}

func testNextConcurrent(t reporter, s store.Store) {
	const workers, rounds = 8, 40
	var mu sync.Mutex
	var wg sync.WaitGroup
	taken := map[int64]bool{}
	for w := range workers {
		wg.Go(func() {
			for range rounds {
				n := 1 + w%3
				first, err := s.Next(t.Context(), "plan", n)
				if err != nil {
					t.Errorf("Next: %v", err)
					return
				}
				mu.Lock()
				for i := first; i < first+int64(n); i++ {
					if taken[i] {
						t.Errorf("%d came twice", i)
					}
					taken[i] = true
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}
