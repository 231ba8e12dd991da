package workflow

import (
	"container/list"
	"context"
	"sync"
)

// A runCache keeps the runs that were used last, up to a size. A run in it may be
// stale: who decides by it finds out when committing, who shows it asks first.
type runCache struct {
	mu    sync.Mutex
	limit int64
	size  int64
	byID  map[string]*list.Element
	used  *list.List // of *storedRun, the latest first
}

func newRunCache(limit int64) *runCache {
	return &runCache{limit: limit, byID: make(map[string]*list.Element), used: list.New()}
}

func (c *runCache) get(id string) *storedRun {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byID[id]
	if !ok {
		return nil
	}
	c.used.MoveToFront(e)
	return runOf(e)
}

// put keeps st unless there is a later version of the run already.
func (c *runCache) put(st *storedRun) {
	size := st.memory()
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byID[st.run.id]
	switch {
	case ok && runOf(e).version > st.version:
		return
	case ok:
		c.size += size - runOf(e).memory()
		e.Value = st
		c.used.MoveToFront(e)
	default:
		c.byID[st.run.id] = c.used.PushFront(st)
		c.size += size
	}
	for c.size > c.limit {
		c.remove(c.used.Back())
	}
}

func (c *runCache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byID[id]; ok {
		c.remove(e)
	}
}

func (c *runCache) remove(e *list.Element) {
	st := runOf(e)
	c.used.Remove(e)
	delete(c.byID, st.run.id)
	c.size -= st.memory()
}

// runOf returns what an element of the list holds.
func runOf(e *list.Element) *storedRun {
	st, _ := e.Value.(*storedRun) // nothing else is put in
	return st
}

// turns let one goroutine of a process at a time decide on a thing, so that they
// need not overtake each other. Between processes, versions decide.
type turns struct {
	mu   sync.Mutex
	byID map[string]*turn
}

type turn struct {
	free  chan struct{}
	users int
}

// take waits for the turn of what has an id, or for ctx to end.
func (l *turns) take(ctx context.Context, id string) (leave func(), err error) {
	l.mu.Lock()
	if l.byID == nil {
		l.byID = make(map[string]*turn)
	}
	p := l.byID[id]
	if p == nil {
		p = &turn{free: make(chan struct{}, 1)}
		l.byID[id] = p
	}
	p.users++
	l.mu.Unlock()
	forget := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if p.users--; p.users == 0 {
			delete(l.byID, id)
		}
	}
	select {
	case p.free <- struct{}{}:
		return func() { <-p.free; forget() }, nil
	case <-ctx.Done():
		forget()
		return nil, ctx.Err()
	}
}

// A graphCache keeps the graphs of definitions that are run without inputs.
type graphCache struct {
	mu    sync.Mutex
	byKey map[graphKey]*graph
}

type graphKey struct {
	workflow string
	version  int64
}

// maxGraphs bounds how many are kept; then all are made anew.
const maxGraphs = 1_000

// get returns the graph of a version of a definition with inputs.
func (c *graphCache) get(d *Definition, version int64, types *Types, inputs []JobInput) (*graph, error) {
	if len(inputs) > 0 {
		return newGraph(d, types, inputs)
	}
	key := graphKey{d.Key, version}
	c.mu.Lock()
	g := c.byKey[key]
	c.mu.Unlock()
	if g != nil && g.def == d {
		return g, nil
	}
	g, err := newGraph(d, types, nil)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey == nil || len(c.byKey) >= maxGraphs {
		c.byKey = make(map[graphKey]*graph)
	}
	c.byKey[key] = g
	return g, nil
}
