package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/storetest"
)

// A commit whose answer is lost was made all the same: who asks again has to find out.
func ExampleFaulty() {
	ctx, key := context.Background(), store.Key{Kind: "note", ID: "1"}
	s := storetest.NewFaulty(memory.New())
	s.Tell(func(c storetest.Call) storetest.Fault {
		if c.Method == "Commit" && c.N == 1 {
			return storetest.Fault{After: storetest.ErrLost}
		}
		return storetest.Fault{}
	})
	_, err := s.Commit(ctx, store.Op{Record: store.Record{Key: key, Body: []byte("{}")}})
	fmt.Println(err)
	records, err := s.Get(ctx, key)
	fmt.Println(string(records[0].Body), err, len(s.Calls("")))
	// Output:
	// connection reset
	// {} <nil> 2
}

func TestFaultyStoresFailAsTheyAreTold(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		method string
		call   func(ctx context.Context, s store.Store) error
	}{
		{"Get", func(ctx context.Context, s store.Store) error {
			_, err := s.Get(ctx, store.Key{Kind: "note", ID: "1"})
			return err
		}},
		{"Find", func(ctx context.Context, s store.Store) error {
			_, err := s.Find(ctx, store.Query{Kind: "note"})
			return err
		}},
		{"Commit", func(ctx context.Context, s store.Store) error {
			_, err := s.Commit(ctx, store.Op{Record: store.Record{Key: store.Key{Kind: "note", ID: "1"}, Body: []byte("{}")}})
			return err
		}},
		{"Events", func(ctx context.Context, s store.Store) error {
			_, err := s.Events(ctx, store.EventQuery{})
			return err
		}},
		{"Next", func(ctx context.Context, s store.Store) error {
			_, err := s.Next(ctx, "numbers", 1)
			return err
		}},
	} {
		ran := 0
		s := storetest.NewFaulty(memory.New())
		s.Tell(func(call storetest.Call) storetest.Fault {
			switch {
			case call.Method != c.method:
				t.Errorf("%s is told as %s", c.method, call.Method)
			case call.N == 1:
				return storetest.Fault{Run: func() { ran++ }, Before: broken}
			}
			return storetest.Fault{}
		})
		if err := c.call(t.Context(), s); !errors.Is(err, broken) || ran != 1 {
			t.Errorf("%s: %v", c.method, err)
		}
		if err := c.call(t.Context(), s); err != nil {
			t.Errorf("%s: %v", c.method, err)
		}
		if n := len(s.Calls(c.method)); n != 2 {
			t.Errorf("%s: %d calls", c.method, n)
		}
		s.Tell(func(storetest.Call) storetest.Fault { return storetest.Fault{After: broken} })
		if c.method == "Commit" {
			continue // the record is there by now
		}
		if err := c.call(t.Context(), s); !errors.Is(err, broken) || len(s.Calls("")) != 1 {
			t.Errorf("%s: %v", c.method, err)
		}
	}
}
