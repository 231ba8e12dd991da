package platform

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A Token is what calls are made with. It is fetched when it is needed, and anew
// shortly before it expires; callers that need it at the same time share one fetch. It
// is safe for concurrent use. Set Fetch before the first use.
type Token struct {
	// Fetch gets a token and how long it is good for.
	Fetch func(context.Context) (value string, life time.Duration, err error)

	mu     sync.Mutex
	value  string
	until  time.Time
	flight *flight
}

// early is how long before it expires a token is replaced, at most: half of a short life.
const early = 5 * time.Minute

// maxLife is how long a token is kept at most, whatever it says of itself.
const maxLife = 24 * time.Hour

// A flight is a fetch that others may wait for.
type flight struct {
	done  chan struct{} // closed once the fields below are set
	value string
	err   error
	left  bool // its caller went away: it says nothing about the token
}

// Get returns the token. A fetch that fails fails for everybody who waits for it; one
// whose caller went away is taken over by another.
func (t *Token) Get(ctx context.Context) (string, error) {
	for {
		t.mu.Lock()
		if t.value != "" && time.Now().Before(t.until) {
			value := t.value
			t.mu.Unlock()
			return value, nil
		}
		f := t.flight
		if f == nil {
			f = &flight{done: make(chan struct{}), left: true}
			t.flight = f
			t.mu.Unlock()
			t.fly(ctx, f)
			return f.value, f.err
		}
		t.mu.Unlock()
		select {
		case <-f.done:
			if !f.left {
				return f.value, f.err
			}
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// fly fetches a token for everybody who waits for f.
func (t *Token) fly(ctx context.Context, f *flight) {
	var life time.Duration
	defer func() { // also if Fetch panics
		t.mu.Lock()
		defer t.mu.Unlock()
		if f.err == nil && f.value != "" {
			life = min(life, maxLife)
			t.value, t.until = f.value, time.Now().Add(life-min(early, life/2))
		}
		t.flight = nil
		close(f.done)
	}()
	f.value, life, f.err = t.Fetch(ctx)
	if f.err == nil && (f.value == "" || life <= 0) {
		f.value, f.err = "", errors.New("get a token: the answer holds none that is valid")
	}
	f.left = f.err != nil && ctx.Err() != nil
}

// Drop forgets the token if it is still this one, so that the next Get fetches another.
func (t *Token) Drop(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == value {
		t.value = ""
	}
}
