package memory

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

type number int

func (n number) compare(o number) int { return cmp.Compare(n, o) }

// A tree is a sorted slice: after every step of a random life, in order and at
// random, growing and shrinking.
func TestTreeIsSortedSlice(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var tr tree[number]
	var want []number
	for step := range 20_000 {
		n := number(r.IntN(3_000))
		if step%1_000 < 300 {
			n = number(3_000 + step) // in order
		}
		ed := new(edit)
		growing := step/5_000%2 == 0
		if at, found := slices.BinarySearch(want, n); r.IntN(4) > 0 == growing {
			tr.put(ed, n)
			if !found {
				want = slices.Insert(want, at, n)
			}
		} else {
			if !found && len(want) > 0 {
				at = r.IntN(len(want))
				n, found = want[at], true
			}
			tr.remove(ed, n)
			if found {
				want = slices.Delete(want, at, at+1)
			}
		}
		probe := number(r.IntN(3_000))
		at, found := slices.BinarySearch(want, probe)
		if got, ok := tr.get(probe); tr.rank(probe) != at || ok != found || ok && got != probe || tr.size != len(want) {
			t.Fatalf("step %d: rank %d, found %v, size %d, want %d, %v, %d", step, tr.rank(probe), ok, tr.size, at, found, len(want))
		}
		if step%500 == 0 {
			sameItems(t, tr, want, 0, len(want))
			lo := r.IntN(len(want) + 1)
			sameItems(t, tr, want, lo, lo+r.IntN(len(want)-lo+1))
			checkShape(t, tr.root, depth(tr.root))
		}
	}
	for len(want) > 0 {
		tr.remove(new(edit), want[0])
		want = want[1:]
	}
	if tr.root != nil || tr.size != 0 {
		t.Errorf("an emptied tree has %d items", tr.size)
	}
}

// Ranges that go and partly come again leave nodes with bounds that no longer
// fit their first items.
func TestTreeSurvivesHoles(t *testing.T) {
	const size = 60_000
	r := rand.New(rand.NewPCG(3, 3))
	var tr tree[number]
	for n := range number(size) {
		tr.put(new(edit), n*2)
	}
	has := make([]bool, 2*size)
	for n := range size {
		has[n*2] = true
	}
	for range 60 {
		from, ed := r.IntN(size*2-6_000), new(edit)
		for n := from; n < from+6_000; n++ {
			if r.IntN(400) > 0 {
				tr.remove(ed, number(n))
				has[n] = false
			}
		}
		for range 20 {
			n := from + r.IntN(6_000)
			tr.put(ed, number(n))
			has[n] = true
		}
		for n := from; n < from+6_000; n++ {
			if _, ok := tr.get(number(n)); ok != has[n] {
				t.Fatalf("%d is found: %v, want %v", n, ok, has[n])
			}
		}
		checkShape(t, tr.root, depth(tr.root))
	}
}

func sameItems(t *testing.T, tr tree[number], want []number, from, to int) {
	t.Helper()
	up, down := slices.Collect(tr.walk(from, to, false)), slices.Collect(tr.walk(from, to, true))
	slices.Reverse(down)
	if !slices.Equal(up, want[from:to]) || !slices.Equal(down, want[from:to]) {
		t.Fatalf("walk from %d to %d is not what was put in", from, to)
	}
}

func depth(n *node[number]) int {
	if n == nil || n.kids == nil {
		return 0
	}
	return 1 + depth(n.kids[0].node)
}

// checkShape demands that all leaves are equally deep, that no node is empty or
// too large, and that the counts are right.
func checkShape(t *testing.T, n *node[number], depth int) {
	t.Helper()
	if n == nil {
		return
	}
	if (n.kids == nil) != (depth == 0) || len(n.items) > fanout || len(n.kids) > fanout || len(n.items)+len(n.kids) == 0 {
		t.Fatalf("node with %d items and %d kids at height %d", len(n.items), len(n.kids), depth)
	}
	for _, k := range n.kids {
		if k.size != k.node.size() {
			t.Fatalf("count %d of a node with %d items", k.size, k.node.size())
		}
		checkShape(t, k.node, depth-1)
	}
}

func TestTreeCopiesStayAsTheyWere(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var tr tree[number]
	var copies []tree[number]
	var items [][]number
	for range 100 {
		ed := new(edit)
		for range 40 {
			if n := number(r.IntN(500)); r.IntN(2) == 0 {
				tr.put(ed, n)
			} else {
				tr.remove(ed, n)
			}
		}
		copies = append(copies, tr)
		items = append(items, slices.Collect(tr.walk(0, tr.size, false)))
	}
	for i, c := range copies {
		if got := slices.Collect(c.walk(0, c.size, false)); !slices.Equal(got, items[i]) {
			t.Fatalf("copy %d changed", i)
		}
	}
}

func TestTreeStaysDense(t *testing.T) {
	var tr tree[number]
	for n := range number(10_000) {
		tr.put(new(edit), n)
	}
	if got := nodes(tr.root); got > 10_000/fanout*11/10 {
		t.Errorf("%d nodes after adding in order", got)
	}
	for n := range number(10_000) {
		if n%50 != 0 {
			tr.remove(new(edit), n)
		}
	}
	if got := nodes(tr.root); got > 200/(fanout/4)+10 {
		t.Errorf("%d nodes for the 200 items that are left", got)
	}
}

func nodes(n *node[number]) int {
	count := 1
	for _, k := range n.kids {
		count += nodes(k.node)
	}
	return count
}
