// Package racetest lets tests race.
package racetest

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// Run calls f in n goroutines at once, the i-th on services[i%len(services)], and
// returns how many calls succeeded. What fails must be of one of the kinds, as by
// errors.Is, or so does the test.
func Run[S any](t testing.TB, n int, services []S, f func(on S, i int) error, kinds ...error) int {
	t.Helper()
	var done atomic.Int64
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			err := f(services[i%len(services)], i)
			switch {
			case err == nil:
				done.Add(1)
			case !slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) }):
				t.Errorf("racer %d: %v", i, err)
			}
		})
	}
	all.Wait()
	return int(done.Load())
}
