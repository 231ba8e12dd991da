package lifecycle_test

import "testing"

// moves are moves that are made, from the cheapest to the dearest.
var moves = []struct {
	name  string
	thing plan
	from  state
	do    action
}{
	{"no guard", plan{}, running, pause},
	{"one guard", plan{flags: 1}, draft, finalize},
	{"two guards", plan{flags: 3}, draft, execute},
	{"first by rule", plan{flags: 1 << 6}, awaitingApproval, reject},
	{"fifth by rule", plan{flags: 1 << 8}, running, finish},
	{"last by rule", plan{flags: 1 << 2}, canceling, settle},
}

func TestMovesDoNotAllocate(t *testing.T) {
	for _, m := range moves {
		var do action
		var ok bool
		var err error
		n := testing.AllocsPerRun(100, func() {
			if do, _, ok = life.Settle(&m.thing, m.from); ok {
				_, err = life.Follow(&m.thing, m.from, do)
			} else {
				_, err = life.Next(&m.thing, m.from, m.do)
			}
		})
		if n != 0 || err != nil || ok != (do != "") {
			t.Errorf("%s: %v allocations, error %v", m.name, n, err)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for _, m := range moves[:3] {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := life.Next(&m.thing, m.from, m.do); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSettle(b *testing.B) {
	for _, m := range moves[3:] {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if do, _, _ := life.Settle(&m.thing, m.from); do != m.do {
					b.Fatal(do)
				}
			}
		})
	}
	b.Run("nothing to do", func(b *testing.B) {
		b.ReportAllocs()
		var thing plan
		for b.Loop() {
			if do, _, ok := life.Settle(&thing, running); ok {
				b.Fatal(do)
			}
		}
	})
}

func BenchmarkNextRefused(b *testing.B) {
	b.ReportAllocs()
	var thing plan
	for b.Loop() {
		if _, err := life.Next(&thing, draft, execute); err == nil {
			b.Fatal("not refused")
		}
	}
}
