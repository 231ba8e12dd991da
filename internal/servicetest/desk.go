package servicetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// A desk is a system that decides approvals, and notes who talks to it at the same time.
type desk struct {
	began time.Time

	mu       sync.Mutex
	takes    time.Duration        // to answer
	cases    map[string]*deskCase // by request
	overlaps []string
}

type deskCase struct {
	request  string
	outcome  approval.State
	asking   int
	creates  int
	polls    []time.Duration
	canceled int
}

func newDesk(takes time.Duration) *desk {
	return &desk{takes: takes, began: time.Now(), cases: make(map[string]*deskCase)}
}

// answersAfter sets how long the calls to come take.
func (d *desk) answersAfter(takes time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.takes = takes
}

// talk answers a call about a request, after a while.
func (d *desk) talk(ctx context.Context, request string, f func(c *deskCase)) error {
	d.mu.Lock()
	c := d.cases[request]
	if c == nil {
		c = &deskCase{request: request, outcome: approval.Pending}
		d.cases[request] = c
	}
	if c.asking++; c.asking > 1 {
		d.overlaps = append(d.overlaps, fmt.Sprintf("%s after %v", request, time.Since(d.began)))
	}
	f(c)
	takes := d.takes
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		c.asking--
	}()
	select {
	case <-time.After(takes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *desk) Create(ctx context.Context, r *approval.Request) (string, error) {
	return "desk-" + r.ID(), d.talk(ctx, r.ID(), func(c *deskCase) { c.creates++ })
}

func (d *desk) Poll(ctx context.Context, code string) (answer approval.Answer, err error) {
	d.mu.Lock()
	known := len(code) > 5 && d.cases[code[5:]] != nil
	d.mu.Unlock()
	if !known {
		return answer, penstock.ErrNotFound
	}
	err = d.talk(ctx, code[5:], func(c *deskCase) {
		c.polls = append(c.polls, time.Since(d.began))
		answer.Outcome = c.outcome
	})
	return answer, err
}

func (d *desk) Cancel(ctx context.Context, code string) error {
	return d.talk(ctx, code[5:], func(c *deskCase) { c.canceled++ })
}

// decide decides every request so far.
func (d *desk) decide(s approval.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.cases {
		c.outcome = s
	}
}

// polled returns when the desk was asked about each request.
func (d *desk) polled() (all [][]time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.cases {
		all = append(all, slices.Clone(c.polls))
	}
	return all
}

// want fails unless there were n requests, each opened once and talked about by one at a time, with
// at least so long between two polls.
func (d *desk) want(t *testing.T, n int, between time.Duration) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.cases) != n {
		t.Errorf("%d requests reached the desk, want %d", len(d.cases), n)
	}
	if len(d.overlaps) > 0 {
		t.Errorf("talked to by two at once: %v", d.overlaps)
	}
	for _, c := range d.cases {
		if c.creates != 1 {
			t.Errorf("request %s was opened %d times", c.request, c.creates)
		}
		for i := 1; i < len(c.polls); i++ {
			if gap := c.polls[i] - c.polls[i-1]; gap < between {
				t.Errorf("request %s was asked about after %v again, at %v", c.request, gap, c.polls[i])
			}
		}
	}
}
