package storetest

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock/store"
)

var endCases = []contractCase{
	{"EndedContext", "who gave up gets no effect", testCanceled},
	{"ClosedStore", "use after Close is an error, not a hang or a panic", testClosed},
}

// everything calls each method once and returns the errors by name.
func everything(ctx context.Context, s store.Store) map[string]error {
	errs := map[string]error{}
	_, errs["Get"] = s.Get(ctx, key("p"))
	_, errs["Find"] = s.Find(ctx, store.Query{Kind: "plan"})
	_, errs["Commit"] = s.Commit(ctx, put("p", 0, event(1, "e")))
	_, errs["Events"] = s.Events(ctx, store.EventQuery{})
	_, errs["Next"] = s.Next(ctx, "plan", 1)
	if waker, ok := s.(store.Waker); ok {
		_, errs["Wait"] = waker.Wait(ctx, 0)
	}
	return errs
}

func testCanceled(t reporter, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for method, err := range everything(ctx, s) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s = %v, want context.Canceled", method, err)
		}
	}
	if got := get(t, s, "p"); got.Version != 0 {
		t.Errorf("a commit whose context had ended was carried out")
	}
	if got := events(t, s, store.EventQuery{}); len(got) != 0 {
		t.Errorf("it left events %v", summary(got))
	}
	commit(t, s, put("p", 0))
}

func testClosed(t reporter, s store.Store) {
	commit(t, s, put("p", 0))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		for method, err := range everything(t.Context(), s) {
			if !errors.Is(err, store.ErrClosed) {
				t.Errorf("%s after Close = %v, want ErrClosed", method, err)
			}
		}
	}
}
