package rollout

import "strconv"

// A bucket says on which number of 1..n a context falls, for a group of people.
type bucket struct {
	ids    []field // the first that is there is the id
	orDraw bool    // without an id, draw one; otherwise there is no number
	hash   hash    // of the group and a colon
	n      uint64
	draw   func(n uint32) uint32
}

// number returns the number of the context; false if it has none.
func (b *bucket) number(ctx *Context, m *memo) (uint64, bool) {
	if id := b.id(ctx, m); id != "" {
		return uint64(sum(&b.hash, id))%b.n + 1, true
	}
	if !b.orDraw {
		return 0, false
	}
	var room [8]byte
	id := strconv.AppendUint(room[:0], uint64(b.draw(10000))+1, 10)
	return uint64(sum(&b.hash, id))%b.n + 1, true
}

// id returns the id of the context, or "" if it has none.
func (b *bucket) id(ctx *Context, m *memo) string {
	for i := range b.ids {
		if id := m.read(ctx, &b.ids[i]); id != "" {
			return id
		}
	}
	return ""
}
