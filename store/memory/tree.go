package memory

import (
	"iter"
	"slices"
)

// fanout is the most items of a leaf and children of an inner node.
const fanout = 32

// A tree is a persistent B+ tree with order statistics. Reading a copy of it is
// safe while another copy is changed: put and remove copy the path they
// change, except for nodes that were made under the same edit.
type tree[E ordered[E]] struct {
	root *node[E]
	size int
}

type ordered[E any] interface{ compare(E) int }

// An edit is the right to change the nodes that were made under it in place.
// It ends when the tree is shown to readers.
type edit struct{ _ byte }

// A node is a leaf with items or an inner node with kids; never empty.
type node[E ordered[E]] struct {
	edit  *edit
	items []E
	kids  []kid[E]
}

// A kid is a subtree whose items are all >= low, but for the first kid of a
// node, whose low means nothing.
type kid[E ordered[E]] struct {
	low  E
	node *node[E]
	size int
}

// get returns the item that compares as equal to e.
func (t tree[E]) get(e E) (found E, ok bool) {
	n := t.root
	if n == nil {
		return found, false
	}
	for n.kids != nil {
		n = n.kids[n.kid(e)].node
	}
	i, ok := n.search(e)
	if ok {
		found = n.items[i]
	}
	return found, ok
}

// rank returns the number of items that are less than e.
func (t tree[E]) rank(e E) int {
	rank, n := 0, t.root
	if n == nil {
		return 0
	}
	for n.kids != nil {
		k := n.kid(e)
		for i := range k {
			rank += n.kids[i].size
		}
		n = n.kids[k].node
	}
	i, _ := n.search(e)
	return rank + i
}

// walk yields the items with rank from (included) to to (excluded), or the same
// backwards.
func (t tree[E]) walk(from, to int, desc bool) iter.Seq[E] {
	return func(yield func(E) bool) {
		if from = max(from, 0); from < to && t.root != nil {
			t.root.walk(from, min(to, t.size), desc, yield)
		}
	}
}

// put adds e, or replaces the item that compares as equal.
func (t *tree[E]) put(ed *edit, e E) {
	if t.root == nil {
		t.root, t.size = &node[E]{edit: ed, items: []E{e}}, 1
		return
	}
	left, right, added := t.root.put(ed, e)
	t.root = left
	if added {
		t.size++
	}
	if right != nil {
		t.root = &node[E]{edit: ed, kids: []kid[E]{
			{low: left.low(), node: left, size: left.size()},
			{low: right.low(), node: right, size: right.size()},
		}}
	}
}

// remove removes the item that compares as equal to e, if there is one.
func (t *tree[E]) remove(ed *edit, e E) {
	if t.root == nil {
		return
	}
	n, removed := t.root.remove(ed, e)
	if !removed {
		return
	}
	t.size--
	for n != nil && len(n.kids) == 1 {
		n = n.kids[0].node
	}
	t.root = n
}

// search returns the place of e in a leaf.
func (n *node[E]) search(e E) (int, bool) {
	lo, hi := 0, len(n.items)
	for lo < hi {
		mid := (lo + hi) / 2
		switch c := n.items[mid].compare(e); {
		case c == 0:
			return mid, true
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo, false
}

// kid returns the number of the kid that has or would have e.
func (n *node[E]) kid(e E) int {
	lo, hi := 1, len(n.kids)
	for lo < hi {
		if mid := (lo + hi) / 2; n.kids[mid].low.compare(e) <= 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

func (n *node[E]) walk(from, to int, desc bool, yield func(E) bool) bool {
	if n.kids == nil {
		for i := from; i < to; i++ {
			at := i
			if desc {
				at = to - 1 - (i - from)
			}
			if !yield(n.items[at]) {
				return false
			}
		}
		return true
	}
	before := 0
	if desc {
		before = n.size()
	}
	for i := range n.kids {
		if desc {
			i = len(n.kids) - 1 - i
			before -= n.kids[i].size
		}
		k := &n.kids[i]
		if lo, hi := max(from-before, 0), min(to-before, k.size); lo < hi && !k.node.walk(lo, hi, desc, yield) {
			return false
		}
		if !desc {
			before += k.size
		}
	}
	return true
}

// put returns the node that takes n's place and, if that had to be split, its
// right neighbour.
func (n *node[E]) put(ed *edit, e E) (self, right *node[E], added bool) {
	if n.kids == nil {
		i, found := n.search(e)
		n = n.own(ed)
		if found {
			n.items[i] = e
			return n, nil, false
		}
		if len(n.items) == cap(n.items) { // never to more than it may have: most leaves stay as they are
			n.items = append(make([]E, 0, min(len(n.items)+len(n.items)/4+2, fanout+1)), n.items...)
		}
		n.items = slices.Insert(n.items, i, e)
		if len(n.items) > fanout {
			at := splitAt(i, len(n.items))
			right = &node[E]{edit: ed, items: slices.Clone(n.items[at:])}
			n.items = slices.Delete(n.items, at, len(n.items))
		}
		return n, right, true
	}
	i := n.kid(e)
	k, split, added := n.kids[i].node.put(ed, e)
	n = n.own(ed)
	n.kids[i].node = k
	if added {
		n.kids[i].size++
	}
	if split != nil {
		moved := split.size()
		n.kids[i].size -= moved
		n.kids = slices.Insert(n.kids, i+1, kid[E]{low: split.low(), node: split, size: moved})
		if len(n.kids) > fanout {
			at := splitAt(i+1, len(n.kids))
			right = &node[E]{edit: ed, kids: slices.Clone(n.kids[at:])}
			n.kids = slices.Delete(n.kids, at, len(n.kids))
		}
	}
	return n, right, added
}

// splitAt splits in the middle, or behind all that was there if the last came
// last: what is added in order leaves full nodes behind.
func splitAt(added, length int) int {
	if added == length-1 {
		return added
	}
	return length / 2
}

// remove returns the node that takes n's place; nil if nothing is left.
func (n *node[E]) remove(ed *edit, e E) (self *node[E], removed bool) {
	if n.kids == nil {
		i, found := n.search(e)
		if !found {
			return n, false
		}
		if len(n.items) == 1 {
			return nil, true
		}
		n = n.own(ed)
		n.items = slices.Delete(n.items, i, i+1)
		return n, true
	}
	i := n.kid(e)
	k, removed := n.kids[i].node.remove(ed, e)
	if !removed {
		return n, false
	}
	if k == nil && len(n.kids) == 1 {
		return nil, true
	}
	n = n.own(ed)
	if k == nil {
		n.kids = slices.Delete(n.kids, i, i+1)
		return n, true
	}
	n.kids[i].node = k
	n.kids[i].size--
	if i > 0 && n.merge(ed, i-1) || i+1 < len(n.kids) && n.merge(ed, i) {
		return n, true
	}
	return n, true
}

// merge makes one of kids i and i+1 if that leaves room to grow.
func (n *node[E]) merge(ed *edit, i int) bool {
	l, r := n.kids[i].node, n.kids[i+1].node
	if len(l.items)+len(r.items) > fanout/2 || len(l.kids)+len(r.kids) > fanout/2 {
		return false
	}
	l = l.own(ed)
	l.items = append(l.items, r.items...)
	if l.kids != nil {
		at := len(l.kids)
		l.kids = append(l.kids, r.kids...)
		l.kids[at].low = n.kids[i+1].low // r's first low means nothing
	}
	n.kids[i].node = l
	n.kids[i].size += n.kids[i+1].size
	n.kids = slices.Delete(n.kids, i+1, i+2)
	return true
}

// own returns n if it was made under ed, and else a copy that was.
func (n *node[E]) own(ed *edit) *node[E] {
	if n.edit == ed {
		return n
	}
	own := &node[E]{edit: ed}
	if n.kids == nil {
		own.items = append(make([]E, 0, len(n.items)+1), n.items...)
	} else {
		own.kids = append(make([]kid[E], 0, len(n.kids)+1), n.kids...)
	}
	return own
}

func (n *node[E]) size() int {
	if n.kids == nil {
		return len(n.items)
	}
	size := 0
	for i := range n.kids {
		size += n.kids[i].size
	}
	return size
}

// low returns a bound that no item of a node that was just split off is below.
func (n *node[E]) low() E {
	if n.kids == nil {
		return n.items[0]
	}
	return n.kids[0].low
}
