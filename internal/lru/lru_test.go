package lru

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// kept returns the keys, the one used last first, and reports a Cache that is at
// odds with itself.
func kept[V any](t *testing.T, c *Cache[string, V]) (keys []string) {
	t.Helper()
	var size int64
	for e := c.ring.next; e != &c.ring; e = e.next {
		if c.byKey[e.key] != e || e.next.prev != e {
			t.Errorf("%s is not linked as it should be", e.key)
		}
		keys, size = append(keys, e.key), size+e.size
	}
	if len(keys) != len(c.byKey) || size != c.size || size > c.limit {
		t.Errorf("%d keys, %d by key, %d of %d, limit %d", len(keys), len(c.byKey), size, c.size, c.limit)
	}
	return keys
}

func TestCache(t *testing.T) {
	put := func(key string, version, size int64) func(*Cache[string, string]) {
		return func(c *Cache[string, string]) { c.Put(key, version, fmt.Sprint(key, version), size) }
	}
	get := func(key, want string) func(*Cache[string, string]) {
		return func(c *Cache[string, string]) {
			if got, ok := c.Get(key); got != want || ok != (want != "") {
				t.Errorf("%s is %q, %t", key, got, ok)
			}
		}
	}
	drop := func(key string) func(*Cache[string, string]) { return func(c *Cache[string, string]) { c.Drop(key) } }
	type steps = []func(*Cache[string, string])
	for _, c := range []struct {
		rule string
		do   steps
		want []string
	}{
		{"nothing", steps{get("a", ""), drop("a")}, nil},
		{"what is put is kept", steps{put("a", 1, 1), put("b", 1, 1), get("a", "a1"), get("b", "b1")}, []string{"b", "a"}},
		{"a look is a use", steps{put("a", 1, 1), put("b", 1, 1), get("a", "a1")}, []string{"a", "b"}},
		{"a put is a use", steps{put("a", 1, 1), put("b", 1, 1), put("a", 1, 1)}, []string{"a", "b"}},
		{"it is exactly full", steps{put("a", 1, 5), put("b", 1, 5)}, []string{"b", "a"}},
		{"what was used last stays", steps{put("a", 1, 5), put("b", 1, 5), get("a", "a1"), put("c", 1, 1), get("b", "")}, []string{"c", "a"}},
		{"several make room", steps{put("a", 1, 3), put("b", 1, 3), put("c", 1, 3), put("d", 1, 7)}, []string{"d", "c"}},
		{"a later version takes the place", steps{put("a", 1, 9), put("a", 2, 1), put("b", 1, 9), get("a", "a2")}, []string{"a", "b"}},
		{"an earlier one does not", steps{put("a", 2, 1), put("b", 1, 1), put("a", 1, 1), get("b", "b1"), get("a", "a2")}, []string{"a", "b"}},
		{"nor by its size", steps{put("a", 2, 1), put("a", 1, 11), get("a", "a2")}, []string{"a"}},
		{"one that grows pushes others out", steps{put("a", 1, 1), put("b", 1, 1), put("a", 2, 10)}, []string{"a"}},
		{"one that is too large is not kept", steps{put("a", 1, 1), put("b", 1, 11), get("b", "")}, []string{"a"}},
		{"nor what it takes the place of", steps{put("a", 1, 1), put("b", 1, 1), put("b", 2, 11), get("b", "")}, []string{"a"}},
		{"what is dropped is gone", steps{put("a", 2, 1), put("b", 1, 9), drop("a"), put("a", 1, 1), get("a", "a1")}, []string{"a", "b"}},
	} {
		all := New[string, string](10)
		for _, do := range c.do {
			do(all)
			kept(t, all)
		}
		if diff := cmp.Diff(c.want, kept(t, all)); diff != "" {
			t.Errorf("%s: %s", c.rule, diff)
		}
	}
}

func TestNoLimitKeepsNothing(t *testing.T) {
	c := New[string, int](0)
	c.Put("a", 1, 1, 1)
	if _, ok := c.Get("a"); ok || kept(t, c) != nil {
		t.Error("it is kept")
	}
}

// A Cache does what a list of keys does that is searched from end to end.
func TestCacheIsAList(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	c := New[string, int64](20)
	var want []string
	at := make(map[string]int64)
	for range 20_000 {
		key := string(rune('a' + dice.IntN(12)))
		i := slices.Index(want, key)
		switch dice.IntN(3) {
		case 0:
			c.Drop(key)
			if i >= 0 {
				want = slices.Delete(want, i, i+1)
			}
		case 1:
			if got, ok := c.Get(key); ok != (i >= 0) || ok && got != at[key] {
				t.Fatalf("%s is %d, %t; it is at %d in %v", key, got, ok, i, want)
			}
			if i >= 0 {
				want = slices.Insert(slices.Delete(want, i, i+1), 0, key)
			}
		default:
			version := dice.Int64N(5)
			c.Put(key, version, version, 5) // four fit in
			if i >= 0 && version < at[key] {
				break
			}
			if i >= 0 {
				want = slices.Delete(want, i, i+1)
			}
			want, at[key] = slices.Insert(want, 0, key), version
			want = want[:min(4, len(want))]
		}
		if !slices.Equal(kept(t, c), want) {
			t.Fatalf("%v are kept, not %v", kept(t, c), want)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	c := New[string, *int](1 << 20)
	keys := make([]string, 1_000)
	for i := range keys {
		keys[i] = fmt.Sprint(i)
		c.Put(keys[i], 1, &i, 1)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Get(keys[i%len(keys)])
	}
}
