package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"
)

// A tally is what became of all requests. It is safe for concurrent use.
type tally struct {
	mu     sync.Mutex
	took   map[string][]time.Duration // by the kind of request
	status map[string]map[int]int
	wrong  []string // at most maxWrong
	wrongs int
	length time.Duration
	checks int
	failed chan struct{} // closed at the first fault
}

// maxWrong bounds the wrong answers that are shown.
const maxWrong = 20

func newTally() *tally {
	return &tally{took: make(map[string][]time.Duration), status: make(map[string]map[int]int), failed: make(chan struct{})}
}

// answered counts an answer. The status 0 is that there was none.
func (t *tally) answered(kind string, status int, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.status[kind] == nil {
		t.status[kind] = make(map[int]int)
	}
	t.status[kind][status]++
	t.took[kind] = append(t.took[kind], took)
}

// fault notes what is wrong.
func (t *tally) fault(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wrongs++; t.wrongs == 1 {
		close(t.failed)
	}
	if len(t.wrong) < maxWrong {
		t.wrong = append(t.wrong, fmt.Sprintf(format, args...))
	}
}

// check notes something that must hold.
func (t *tally) check(holds bool, format string, args ...any) {
	t.mu.Lock()
	t.checks++
	t.mu.Unlock()
	if !holds {
		t.fault(format, args...)
	}
}

// report says what became of everything, and returns the exit status.
func (t *tally) report(w io.Writer) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	line := func(kind string, took []time.Duration, status map[int]int) {
		slices.Sort(took)
		_, _ = fmt.Fprintf(w, "%-28s %8d %8.1f %9s %9s %9s  ", kind, len(took), float64(len(took))/t.length.Seconds(), at(took, .5), at(took, .99), at(took, 1))
		for _, code := range slices.Sorted(maps.Keys(status)) {
			_, _ = fmt.Fprintf(w, " %d: %d", code, status[code])
		}
		_, _ = fmt.Fprintln(w)
	}
	_, _ = fmt.Fprintf(w, "%-28s %8s %8s %9s %9s %9s   %s\n", "requests", "number", "per s", "p50", "p99", "max", "by status")
	var all []time.Duration
	sum := make(map[int]int)
	for _, kind := range slices.Sorted(maps.Keys(t.took)) {
		line(kind, t.took[kind], t.status[kind])
		all = append(all, t.took[kind]...)
		for code, n := range t.status[kind] {
			sum[code] += n
		}
	}
	line("all", all, sum)
	_, _ = fmt.Fprintf(w, "%d checks in %v, %d faults\n", t.checks, t.length.Round(time.Millisecond), t.wrongs)
	for _, what := range t.wrong {
		_, _ = fmt.Fprintln(w, "FAULT:", what)
	}
	if t.wrongs > 0 || len(all) == 0 {
		return 1
	}
	return 0
}

// at returns a quantile of what is sorted.
func at(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)].Round(10 * time.Microsecond)
}
