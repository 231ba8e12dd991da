package check

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
)

// A Losing store fails to keep the replies to requests with idempotency keys, while it is told to: as
// if the process ended after a commit, before it answered.
type Losing struct {
	store.Store
	Lose atomic.Bool
}

// Commit implements [store.Store].
func (l *Losing) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if l.Lose.Load() && slices.ContainsFunc(ops, func(op store.Op) bool { return strings.HasPrefix(op.Key.ID, "/replies/") }) {
		return 0, errors.New("the process has ended")
	}
	return l.Store.Commit(ctx, ops...)
}

// events are how many facts are stored. Everything that is done adds some.
func (l *Losing) events(t testing.TB) (n int) {
	t.Helper()
	for after := int64(0); ; {
		page, err := l.Events(t.Context(), store.EventQuery{After: after, Limit: store.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		if n += len(page); len(page) < store.MaxLimit {
			return n
		}
		after = page[len(page)-1].Position
	}
}

// A Repeat is a request that succeeds, and what it is sent to.
type Repeat struct {
	Store        *Losing
	One, Other   *Server // over the store
	Method, Path string
	Body         any
	Headers      []string
	Status       int
	Nothing      bool   // it changes nothing
	Settle       func() // waits until what the request set off has happened; nil: nothing is
	Later        func() // changes what it is about, and sets the clock; nil: nothing

	// Lasting leaves of a body what does not depend on when it is asked for; nil: all of it.
	Lasting func(body []byte) []byte
}

func (r *Repeat) send(s *Server, body any, key string) *Answer {
	return s.Do(r.Method, r.Path, body, append([]string{"Idempotency-Key", key}, r.Headers...)...)
}

func (r *Repeat) settle(t *testing.T) {
	t.Helper()
	if r.Settle == nil {
		return
	}
	r.Settle()
	for n, same := r.Store.events(t), 0; same < 5; same++ { // what follows from it may be on its way
		<-time.After(20 * time.Millisecond)
		if now := r.Store.events(t); now != n {
			n, same = now, 0
		}
	}
}

// first sends the request for the first time, and returns how many facts it made.
func (r *Repeat) first(t *testing.T) (first *Answer, facts int) {
	t.Helper()
	before := r.Store.events(t)
	first = r.send(r.One, r.Body, "k").Want(r.Status)
	r.settle(t)
	if facts = r.Store.events(t) - before; facts == 0 != r.Nothing {
		t.Errorf("%s made %d facts", first.what, facts)
	}
	return first, facts
}

// again sends it again.
func (r *Repeat) again(t *testing.T, when string, s *Server, first *Answer) {
	t.Helper()
	before := r.Store.events(t)
	a := r.send(s, r.Body, "k")
	if a.Status != first.Status || !bytes.Equal(a.Body, first.Body) || a.Header.Get("Content-Type") != first.Header.Get("Content-Type") || a.Header.Get("Location") != first.Header.Get("Location") {
		t.Errorf("%s, %s: %d %s\nwant %d %s", a.what, when, a.Status, a.Body, first.Status, first.Body)
	}
	if n := r.Store.events(t) - before; n != 0 {
		t.Errorf("%s, %s: made %d facts", a.what, when, n)
	}
}

// Answered fails the test unless the request is carried out once, and answered again with the same
// bytes, whatever has happened since; and unless its key is refused to others.
func (r *Repeat) Answered(t *testing.T) {
	t.Helper()
	first, _ := r.first(t)
	r.again(t, "at once", r.One, first)
	r.again(t, "at another server", r.Other, first)
	if r.Later != nil {
		r.Later()
		r.again(t, "later", r.One, first)
		r.again(t, "later, at another server", r.Other, first)
	}
	before := r.Store.events(t)
	r.send(r.Other, `{"another":"request"}`, "k").Want(http.StatusUnprocessableEntity)
	if n := r.Store.events(t) - before; n != 0 {
		t.Errorf("another request with the key made %d facts", n)
	}
}

// Lost fails the test unless the request is answered so even if the process ended before it answered.
func (r *Repeat) Lost(t *testing.T) {
	t.Helper()
	r.Store.Lose.Store(true)
	first, _ := r.first(t)
	r.Store.Lose.Store(false)
	r.again(t, "after the answer was lost", r.Other, first)
	r.again(t, "once more", r.One, first)
}

// LostLong fails the test unless that is so, too, if others went on before the request was sent again. What an
// answer tells of the present may be another then.
func (r *Repeat) LostLong(t *testing.T) {
	t.Helper()
	r.Store.Lose.Store(true)
	first, _ := r.first(t)
	if r.Later != nil {
		r.Later()
	}
	before := r.Store.events(t)
	lasting := r.Lasting
	if lasting == nil {
		lasting = func(body []byte) []byte { return body }
	}
	for _, s := range []*Server{r.Other, r.One} {
		if a := r.send(s, r.Body, "k"); a.Status != first.Status || !bytes.Equal(lasting(a.Body), lasting(first.Body)) {
			t.Errorf("%s, after the answer was lost, later: %d %s\nwant %d %s", a.what, a.Status, a.Body, first.Status, first.Body)
		}
		r.Store.Lose.Store(false)
	}
	if n := r.Store.events(t) - before; n != 0 {
		t.Errorf("%s, after the answer was lost, later: made %d facts", first.what, n)
	}
}

// AtOnce fails the test unless the request, sent many times at once, is carried out once: it makes as many facts
// as when it is sent alone, and all answers are the same, or conflicts.
func (r *Repeat) AtOnce(t *testing.T, facts int) {
	t.Helper()
	before := r.Store.events(t)
	answers := make([]*Answer, 8)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = r.send([]*Server{r.One, r.Other}[i%2], r.Body, "k") })
	}
	wg.Wait()
	r.settle(t)
	if n := r.Store.events(t) - before; n != facts {
		t.Errorf("%s at once made %d facts, and alone %d", answers[0].what, n, facts)
	}
	last := r.send(r.One, r.Body, "k").Want(r.Status)
	for _, a := range answers {
		if a.Status != http.StatusConflict && (a.Status != last.Status || !bytes.Equal(a.Body, last.Body)) {
			t.Errorf("%s at once: %d %s\nwant %d %s", a.what, a.Status, a.Body, last.Status, last.Body)
		}
	}
}

// Alone sends the request once and returns how many facts it made.
func (r *Repeat) Alone(t *testing.T) int {
	t.Helper()
	_, facts := r.first(t)
	return facts
}

// Keyed returns the ids of the operations of a description that take an idempotency key, and of those that change
// something and take none.
func Keyed(t testing.TB, description []byte) (keyed, others []string) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			ID         string `json:"operationId"`
			Parameters []struct{ Name, In string }
		}
	}
	if err := json.Unmarshal(description, &doc); err != nil {
		t.Fatal(err)
	}
	for _, methods := range doc.Paths {
		for method, op := range methods {
			switch takes := slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.Name == "Idempotency-Key" && p.In == "header" }); {
			case takes:
				keyed = append(keyed, op.ID)
			case method != "get":
				others = append(others, op.ID)
			}
		}
	}
	slices.Sort(keyed)
	slices.Sort(others)
	return keyed, others
}
