package storetest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/penstock-go/penstock/store"
)

var findCases = []contractCase{
	{"FiltersByOrders", "every filter under every order finds what a plain loop finds", testFiltersByOrders},
	{"RandomQueries", "filters, orders, windows and cursors work together, also after updates and deletes", testRandomQueries},
	{"ManyValues", "as many filters and values as there may be are a query like others", testManyValues},
	{"CursorIsOffset", "a scan by cursor sees what a scan by offset sees, once", testCursor},
	{"CursorStays", "a cursor holds its place while records before it come and go", testCursorStays},
	{"TiesByID", "pages of equal places do not overlap", testTies},
	{"PatternsAreLiteral", "bytes that are special to a database are not special here", testPatterns},
	{"KindsAreApart", "a query sees one kind", testKinds},
	{"NothingFound", "an empty answer is no error", testNothing},
}

// letters make values that are often equal, contained in each other and in need of escapes.
var letters = []string{"", "a", "b", "ab", "ba", "aba", "A", "%", "_", `\`, "*", "é", "a%b", "\U0010ffff", "z"}

// orders are all orders that differ in kind: of a single field, a field with
// several values, one that few records have, and one that none has.
func orders() (all []store.Order) {
	for _, by := range []string{"", "state", "name", "label", "rare", "never"} {
		all = append(all, store.Order{By: by}, store.Order{By: by, Desc: true})
	}
	return all
}

func randomOp(r *rand.Rand, id string, version int64) store.Op {
	fields := map[string][]string{"state": {fmt.Sprint("s", r.IntN(3))}}
	if r.IntN(8) > 0 {
		fields["name"] = []string{letters[r.IntN(len(letters))] + letters[r.IntN(len(letters))]}
	}
	for range r.IntN(4) {
		fields["label"] = append(fields["label"], letters[r.IntN(len(letters))])
	}
	if r.IntN(10) == 0 {
		fields["rare"] = []string{letters[r.IntN(3)]}
	}
	op := put(id, version)
	op.Sort, op.Fields = r.Int64N(9)-4, fields
	return op
}

// fill commits n random records in few commits and returns all that is stored.
func fill(t reporter, s store.Store, r *rand.Rand, n int) []store.Record {
	t.Helper()
	all := map[string]store.Record{}
	for range 3 {
		var ops []store.Op
		for i := range n {
			id := fmt.Sprintf("%03d", i)
			switch old := all[id]; {
			case r.IntN(3) == 0:
			case old.Version != 0 && r.IntN(4) == 0:
				ops = append(ops, remove(id, old.Version))
				delete(all, id)
			default:
				ops = append(ops, randomOp(r, id, old.Version))
				all[id] = ops[len(ops)-1].Record
			}
		}
		version := commit(t, s, ops...)
		for _, op := range ops {
			if op.Kind == store.Put {
				op.Version = version
				all[op.ID] = op.Record
			}
		}
	}
	records := make([]store.Record, 0, len(all))
	for _, record := range all {
		records = append(records, record)
	}
	return records
}

// same demands that the store answers q as the naive evaluation does.
func same(t reporter, s store.Store, all []store.Record, q store.Query) {
	t.Helper()
	q.Kind = "plan"
	got, want := find(t, s, q), naive(all, q)
	if !slices.Equal(ids(got.Records), ids(want.Records)) {
		t.Errorf("Find(%+v)\n got %v\nwant %v", q, ids(got.Records), ids(want.Records))
		return
	}
	if got.Total != want.Total || !reflect.DeepEqual(got.Next, want.Next) {
		t.Errorf("Find(%+v): total %d, next %v, want %d, %v", q, got.Total, got.Next, want.Total, want.Next)
	}
	for i := range got.Records {
		if !reflect.DeepEqual(got.Records[i], want.Records[i]) {
			t.Errorf("Find(%+v): %+v, want %+v", q, got.Records[i], want.Records[i])
		}
	}
}

func testFiltersByOrders(t reporter, s store.Store) {
	all := fill(t, s, rand.New(rand.NewPCG(1, 2)), 200)
	for _, order := range orders() {
		for _, total := range []bool{false, true} {
			same(t, s, all, store.Query{Order: order, Limit: 7, Total: total})
			for _, field := range []string{"state", "name", "label", "rare", "never"} {
				for op := store.Equal; op <= store.After; op++ {
					for _, value := range []string{"", "a", "ab", "s1", "%", "\U0010ffff"} {
						filter := store.Filter{Field: field, Op: op, Values: []string{value}}
						same(t, s, all, store.Query{Where: []store.Filter{filter}, Order: order, Limit: 7, Total: total})
					}
				}
				for _, filter := range []store.Filter{store.In(field), store.In(field, "s1", "a", "", "a", "s0", "b")} {
					same(t, s, all, store.Query{Where: []store.Filter{filter}, Order: order, Limit: 7, Offset: 2, Total: total})
				}
			}
		}
	}
}

func testRandomQueries(t reporter, s store.Store) {
	r := rand.New(rand.NewPCG(3, 4))
	all := fill(t, s, r, 300)
	orders := orders()
	for range 3_000 {
		q := store.Query{Order: orders[r.IntN(len(orders))], Offset: r.IntN(3) * r.IntN(60), Limit: 1 + r.IntN(40), Total: r.IntN(2) == 0}
		for range r.IntN(4) {
			f := store.Filter{Field: []string{"state", "name", "label", "rare"}[r.IntN(4)], Op: store.FilterOp(r.IntN(int(store.After) + 1))}
			f.Values = []string{letters[r.IntN(len(letters))]}
			if f.Field == "state" {
				f.Values[0] = fmt.Sprint("s", r.IntN(3))
			}
			if f.Op == store.OneOf {
				f.Values = append(f.Values, letters[r.IntN(len(letters))], "s1", "s2")
			}
			q.Where = append(q.Where, f)
		}
		if at := all[r.IntN(len(all))]; r.IntN(2) == 0 && (q.Order.By == "" || len(at.Fields[q.Order.By]) > 0) {
			c := cursor(at, q.Order)
			q.After = &c
		}
		same(t, s, all, q)
	}
}

func testManyValues(t reporter, s store.Store) {
	all := fill(t, s, rand.New(rand.NewPCG(7, 8)), 60)
	for _, size := range []int{16, 17, store.MaxValues} { // 16 and fewer may be looked up one by one
		many := func(field string, some ...string) store.Filter {
			some = slices.Clip(some)
			for i := 0; len(some) < size; i++ {
				some = append(some, fmt.Sprintf("é%d\"\\{}\n", i))
			}
			return store.In(field, some...)
		}
		where := []store.Filter{many("state", "s0", "s1"), many("label", letters...)}
		for len(where) < store.MaxFields {
			where = append(where, many("label", letters[:len(letters)-len(where)%2]...))
		}
		for _, where := range [][]store.Filter{where[:1], where[:2], where} {
			for _, order := range []store.Order{{}, {By: "label"}, {By: "name", Desc: true}} {
				same(t, s, all, store.Query{Where: where, Order: order, Limit: 7, Total: true})
				same(t, s, all, store.Query{Where: where, Order: order, Limit: 7, Offset: 2})
			}
		}
	}
}

func testCursor(t reporter, s store.Store) {
	all := fill(t, s, rand.New(rand.NewPCG(5, 6)), 100)
	for _, order := range orders() {
		for _, where := range [][]store.Filter{nil, {store.Equals("state", "s1")}, {store.In("label", "a", "b", "ab")}, {store.HasPrefix("name", ""), store.HasPart("name", "a")}} {
			q := store.Query{Kind: "plan", Where: where, Order: order, Limit: 1_000}
			want := ids(naive(all, q).Records)
			var byCursor, byOffset []string
			for q.Limit = 7; ; {
				page := find(t, s, q)
				byCursor = append(byCursor, ids(page.Records)...)
				if q.After = page.Next; q.After == nil || len(page.Records) == 0 || len(byCursor) > len(want) {
					break
				}
			}
			for q.After = nil; len(byOffset) <= len(want); q.Offset += q.Limit {
				page := find(t, s, q)
				if byOffset = append(byOffset, ids(page.Records)...); page.Next == nil || len(page.Records) == 0 {
					break
				}
			}
			if !slices.Equal(byCursor, want) || !slices.Equal(byOffset, want) {
				t.Errorf("%+v %+v\nby cursor %v\nby offset %v\n     want %v", order, where, byCursor, byOffset, want)
			}
		}
	}
}

func testCursorStays(t reporter, s store.Store) {
	for i := range 6 {
		commit(t, s, with(fmt.Sprint("p", i), int64(10*i), nil))
	}
	first := find(t, s, store.Query{Limit: 3})
	commit(t, s, with("early", -5, nil), remove("p1", get(t, s, "p1").Version), remove("p2", get(t, s, "p2").Version))
	if got := ids(find(t, s, store.Query{After: first.Next}).Records); !slices.Equal(got, []string{"p3", "p4", "p5"}) {
		t.Errorf("behind the cursor: %v", got)
	}
}

func testTies(t reporter, s store.Store) {
	for _, id := range []string{"c", "a", "e", "b", "d"} {
		commit(t, s, with(id, 1, map[string][]string{"state": {"same"}}))
	}
	up, down := []string{"a", "b", "c", "d", "e"}, []string{"e", "d", "c", "b", "a"}
	for _, by := range []string{"", "state"} {
		if got := ids(find(t, s, store.Query{Order: store.Order{By: by}}).Records); !slices.Equal(got, up) {
			t.Errorf("by %q: %v, want %v", by, got, up)
		}
		if got := ids(find(t, s, store.Query{Order: store.Order{By: by, Desc: true}}).Records); !slices.Equal(got, down) {
			t.Errorf("by %q, descending: %v, want %v", by, got, down)
		}
	}
}

func testPatterns(t reporter, s store.Store) {
	names := []string{"100%", "100x", "a_b", "axb", `a\b`, "a*b", "A_B", "a[b", "Straße", "STRASSE", `"q"`, "'q'", "e\u0301", "é"}
	for i, name := range names {
		commit(t, s, with(fmt.Sprintf("%02d", i), 0, map[string][]string{"name": {name}}))
	}
	for i, name := range names {
		for _, f := range []store.Filter{store.Equals("name", name), store.HasPrefix("name", name), store.HasSuffix("name", name), store.HasPart("name", name)} {
			if got := ids(find(t, s, store.Query{Where: []store.Filter{f}}).Records); !slices.Equal(got, []string{fmt.Sprintf("%02d", i)}) {
				t.Errorf("%+v finds %v, want only %02d", f, got, i)
			}
		}
	}
}

func testKinds(t reporter, s store.Store) {
	commit(t, s, with("a", 1, map[string][]string{"state": {"x"}}))
	for _, kind := range []string{"pla", "plan.name", "plans", "Plan"} {
		op := with("b", 1, map[string][]string{"state": {"x"}})
		op.Key.Kind = kind
		commit(t, s, op)
	}
	for _, q := range []store.Query{{}, {Where: []store.Filter{store.Equals("state", "x")}}, {Order: store.Order{By: "state"}}} {
		q.Total = true
		if page := find(t, s, q); page.Total != 1 || !slices.Equal(ids(page.Records), []string{"a"}) {
			t.Errorf("Find(%+v) = %v of %d", q, ids(page.Records), page.Total)
		}
	}
}

func testNothing(t reporter, s store.Store) {
	for range 2 {
		for _, q := range []store.Query{{Kind: "none"}, {Where: []store.Filter{store.Equals("state", "no")}}, {Where: []store.Filter{store.In("state")}},
			{Offset: 5}, {Order: store.Order{By: "state"}, Offset: 1 << 62}} {
			if page := find(t, s, q); len(page.Records) != 0 || page.Next != nil || page.Total != 0 {
				t.Errorf("Find(%+v) = %+v", q, page)
			}
		}
		if get(t, s, "a").Version == 0 {
			commit(t, s, with("a", 1, map[string][]string{"state": {"x"}}))
		}
	}
}
