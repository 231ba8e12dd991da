// Package lru keeps the values that were used last, up to a size.
package lru

import "sync"

// A Cache keeps the values that were used last, of which the sizes together are at
// most its limit. It is safe for concurrent use; make one with [New].
type Cache[K comparable, V any] struct {
	mu    sync.Mutex
	limit int64
	size  int64
	byKey map[K]*entry[K, V]
	ring  entry[K, V] // of all entries: next is the one used last, prev the one to go
}

// An entry is part of the ring itself, so that a look at it allocates nothing.
type entry[K comparable, V any] struct {
	key           K
	value         V
	version, size int64
	prev, next    *entry[K, V]
}

// New returns a Cache; one with a limit of 0 keeps nothing.
func New[K comparable, V any](limit int64) *Cache[K, V] {
	c := &Cache[K, V]{limit: limit, byKey: make(map[K]*entry[K, V])}
	c.ring.prev, c.ring.next = &c.ring, &c.ring
	return c
}

// Get returns the value with a key, if it is kept.
func (c *Cache[K, V]) Get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[key]
	if e == nil {
		return value, false
	}
	if c.ring.next != e {
		e.unlink()
		c.first(e)
	}
	return e.value, true
}

// Put keeps a value in place of the one with its key, unless that has a later version,
// and lets others go to make room. A size is more than 0; one above the limit is
// not kept.
func (c *Cache[K, V]) Put(key K, version int64, value V, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[key]
	switch {
	case e != nil && e.version > version:
		return
	case e != nil:
		e.unlink()
		c.size -= e.size
	default:
		e = &entry[K, V]{key: key}
		c.byKey[key] = e
	}
	e.value, e.version, e.size = value, version, size
	c.first(e)
	c.size += size
	if size > c.limit {
		c.remove(e)
	}
	for c.size > c.limit {
		c.remove(c.ring.prev)
	}
}

// Drop lets the value with a key go.
func (c *Cache[K, V]) Drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byKey[key]; e != nil {
		c.remove(e)
	}
}

func (c *Cache[K, V]) first(e *entry[K, V]) {
	e.prev, e.next = &c.ring, c.ring.next
	e.prev.next, e.next.prev = e, e
}

func (c *Cache[K, V]) remove(e *entry[K, V]) {
	e.unlink()
	delete(c.byKey, e.key)
	c.size -= e.size
}

func (e *entry[K, V]) unlink() { e.prev.next, e.next.prev = e.next, e.prev }
