package main

import (
	"sync"

	"github.com/penstock-go/penstock/examples/internal/console"
)

// A board shows what jobs print, grouped by job, in the order of the workflow. The first
// job that has not ended is shown live; what others print meanwhile waits for its turn.
type board struct {
	*console.Screen
	mu     sync.Mutex
	groups []*group // of jobs that have not been shown to their end
}

// A group is what there is to show of a job.
type group struct {
	job   string   // key
	begun bool     // its heading was shown
	held  []string // lines that wait for its turn
	ended bool
}

// show shows a line of a job, now or when it is its turn.
func (b *board) show(job, line string) { b.add(job, line, false) }

// end shows the last line of a job, after which the next has its turn.
func (b *board) end(job, line string) { b.add(job, line, true) }

func (b *board) add(job, line string, last bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, g := range b.groups {
		if g.job == job {
			g.held, g.ended = append(g.held, line), last
		}
	}
	b.flush()
}

// flush shows what can be shown.
func (b *board) flush() {
	for len(b.groups) > 0 {
		g := b.groups[0]
		if len(g.held) > 0 && !g.begun {
			b.Heading(g.job)
			g.begun = true
		}
		for _, line := range g.held {
			b.Line("%s", line)
		}
		g.held = nil
		if !g.ended {
			return
		}
		b.groups = b.groups[1:]
	}
}
