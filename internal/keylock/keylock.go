// Package keylock has locks by key: one goroutine of a process at a time has that of a
// thing, so that they need not overtake each other. Between processes, versions decide.
package keylock

import (
	"context"
	"sync"
)

// Locks are locks by key. The zero Locks are ready to use; they must not be copied
// after that.
type Locks struct {
	mu    sync.Mutex
	byKey map[string]*lock // that somebody has or waits for
	spare []*lock          // to be used again
}

// maxSpare bounds how many locks are kept that nobody has.
const maxSpare = 64

type lock struct {
	key    string
	users  int
	taken  chan struct{} // full while somebody has it
	unlock func()
}

// Lock waits for the lock of a key, or for ctx to end: then the error is that of ctx.
// Who has it calls unlock, once.
func (l *Locks) Lock(ctx context.Context, key string) (unlock func(), err error) {
	one := l.join(key)
	select {
	case one.taken <- struct{}{}:
		return one.unlock, nil
	case <-ctx.Done():
		l.leave(one)
		return nil, ctx.Err()
	}
}

func (l *Locks) join(key string) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.byKey[key]
	if one == nil {
		one = l.unused()
		one.key = key
		l.byKey[key] = one
	}
	one.users++
	return one
}

// unused returns a lock that nobody has. The caller holds mu.
func (l *Locks) unused() *lock {
	if l.byKey == nil {
		l.byKey = make(map[string]*lock)
	}
	if n := len(l.spare); n > 0 {
		one := l.spare[n-1]
		l.spare = l.spare[:n-1]
		return one
	}
	one := &lock{taken: make(chan struct{}, 1)}
	one.unlock = func() {
		<-one.taken
		l.leave(one)
	}
	return one
}

func (l *Locks) leave(one *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one.users--; one.users > 0 {
		return
	}
	delete(l.byKey, one.key)
	if len(l.spare) < maxSpare {
		l.spare = append(l.spare, one)
	}
}
