package bell

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// rings returns what rang since the last time.
func rings(rung <-chan string) (ids []string) {
	for {
		select {
		case id := <-rung:
			ids = append(ids, id)
		default:
			return ids
		}
	}
}

// What this process commits rings once, though the log shows it too.
func TestOwnCommitsRingOnce(t *testing.T) {
	b := Bell{Kind: "plan"}
	all, stop := b.Listen(memory.New(), &Listener{Rung: make(chan string, 100)})
	defer stop()
	one, stopOne := b.Listen(memory.New(), &Listener{Subject: "a", Rung: make(chan string, 100)})
	defer stopOne()
	if got := <-all; got != "" {
		t.Errorf("rung for %q at the beginning", got)
	}
	for _, c := range []struct {
		rule string
		do   func()
		want []string
	}{
		{"a commit", func() { b.Committed("a", 3) }, []string{"a"}},
		{"in the log", func() { b.logged("a", 2); b.logged("a", 3) }, nil},
		{"the next change, by others", func() { b.logged("a", 4) }, []string{"a"}},
		{"others first", func() { b.Committed("a", 6); b.logged("a", 5); b.logged("a", 6) }, []string{"a"}},
		{"others behind", func() { b.Committed("a", 7); b.logged("a", 8) }, []string{"a", "a"}},
		{"another plan", func() { b.logged("b", 1) }, []string{"b"}},
		{"all", func() { b.all() }, []string{""}},
	} {
		rings(one)
		c.do()
		if diff := cmp.Diff(c.want, rings(all)); diff != "" {
			t.Errorf("%s: %s", c.rule, diff)
		}
		for _, id := range rings(one) {
			if id == "b" {
				t.Errorf("%s: rung for another plan", c.rule)
			}
		}
	}
	if len(b.told) != 0 {
		t.Errorf("%v is remembered", b.told)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	b := Bell{Kind: "plan"}
	b.Committed("nobody listens", 1)
	if len(b.told) != 0 {
		t.Error("remembered, and nobody listens")
	}
	_, stop := b.Listen(memory.New(), &Listener{Rung: make(chan string, 1)})
	for i := range 3 * maxTold {
		b.Committed(fmt.Sprint(i), 1)
	}
	if len(b.told) > maxTold {
		t.Errorf("%d plans are remembered", len(b.told))
	}
	stop()
	if b.told != nil || b.deafen != nil {
		t.Error("something is left when nobody listens")
	}
}

// The log is read as long as somebody listens, whoever came first.
func TestTheLogIsReadWhileSomebodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := Bell{Kind: "plan"}
		s := memory.New()
		first, stopFirst := b.Listen(s, &Listener{Rung: make(chan string, 100)})
		second, stopSecond := b.Listen(s, &Listener{Rung: make(chan string, 100)})
		synctest.Wait()
		stopFirst()
		rings(first)
		rings(second)
		var ops []store.Op
		for i := range 3 {
			ops = append(ops, store.Op{Record: store.Record{Key: store.Key{Kind: "plan", ID: fmt.Sprint("p", i)}}, Events: []store.Event{{Seq: 1, Name: "e"}, {Seq: 2, Name: "e"}}},
				store.Op{Record: store.Record{Key: store.Key{Kind: "other", ID: fmt.Sprint(i)}}, Events: []store.Event{{Seq: 1, Name: "e"}}})
		}
		if _, err := s.Commit(t.Context(), ops...); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{"p0", "p1", "p2"}, rings(second)); diff != "" {
			t.Error(diff)
		}
		stopSecond()
		if len(rings(first)) != 0 {
			t.Error("rung for who does not listen")
		}
	})
}
