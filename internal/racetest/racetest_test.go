package racetest_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/internal/racetest"
)

// A judge remembers how often a test failed.
type judge struct {
	testing.TB
	mu     sync.Mutex
	failed int
}

func (j *judge) Helper() {}

func (j *judge) Errorf(string, ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failed++
}

func TestRun(t *testing.T) {
	overtaken, broken := errors.New("overtaken"), errors.New("broken")
	var all [2]sync.Map
	together := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Add(8)
	go func() {
		waiting.Wait()
		close(together)
	}()
	j := &judge{TB: t}
	n := racetest.Run(j, 8, []*sync.Map{&all[0], &all[1]}, func(on *sync.Map, i int) error {
		waiting.Done()
		<-together // or it would wait for ever
		on.Store(i, true)
		switch {
		case i < 3:
			return nil
		case i < 7:
			return fmt.Errorf("racer: %w", overtaken)
		default:
			return broken
		}
	}, overtaken)
	if n != 3 || j.failed != 1 {
		t.Errorf("%d succeeded, %d failed", n, j.failed)
	}
	for i := range 8 {
		if _, ok := all[i%2].Load(i); !ok {
			t.Errorf("racer %d was on another one", i)
		}
	}
}
