package releaseplan

import (
	"container/list"
	"context"
	"sync"
)

// A cache keeps the plans that were used last, up to a size. A plan in it may be
// stale: who decides by it finds out when committing, who shows it asks first.
type cache struct {
	mu    sync.Mutex
	limit int64
	size  int64
	byID  map[string]*list.Element
	used  *list.List // of *stored, the latest first
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, byID: make(map[string]*list.Element), used: list.New()}
}

// memoryPerByte is about how much memory a plan takes for a byte of its records.
const memoryPerByte = 4

func (s *stored) memory() int64 { return int64(s.header+s.bytes)*memoryPerByte + 4096 }

func (c *cache) get(id string) *stored {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byID[id]
	if !ok {
		return nil
	}
	c.used.MoveToFront(e)
	return planOf(e)
}

// put keeps st unless there is a later version of the plan already.
func (c *cache) put(st *stored) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byID[st.plan.id]; ok {
		if planOf(e).version > st.version {
			return
		}
		c.remove(e)
	}
	if st.memory() > c.limit {
		return
	}
	c.byID[st.plan.id] = c.used.PushFront(st)
	c.size += st.memory()
	for c.size > c.limit {
		c.remove(c.used.Back())
	}
}

func (c *cache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byID[id]; ok {
		c.remove(e)
	}
}

func (c *cache) remove(e *list.Element) {
	st := planOf(e)
	c.used.Remove(e)
	delete(c.byID, st.plan.id)
	c.size -= st.memory()
}

// locks let one goroutine of a process at a time decide on a plan, so that they
// need not overtake each other. Between processes, versions decide.
type locks struct {
	mu   sync.Mutex
	byID map[string]*planLock
}

type planLock struct {
	free  chan struct{}
	users int
}

// lock waits for the plan's turn, or for ctx to end.
func (l *locks) lock(ctx context.Context, id string) (unlock func(), err error) {
	l.mu.Lock()
	if l.byID == nil {
		l.byID = make(map[string]*planLock)
	}
	p := l.byID[id]
	if p == nil {
		p = &planLock{free: make(chan struct{}, 1)}
		l.byID[id] = p
	}
	p.users++
	l.mu.Unlock()
	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if p.users--; p.users == 0 {
			delete(l.byID, id)
		}
	}
	select {
	case p.free <- struct{}{}:
		return func() { <-p.free; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// planOf returns what an element of the list holds.
func planOf(e *list.Element) *stored {
	st, _ := e.Value.(*stored) // nothing else is put in
	return st
}
