package memory

import (
	"cmp"
	"strings"

	"github.com/penstock-go/penstock/store"
)

// A snapshot is everything that is stored, as of one moment. It never changes
// once it is shown: a commit makes the next one, which shares what stayed.
type snapshot struct {
	version   int64 // of the last commit
	names     tree[name]
	rows      tree[row]
	index     tree[entry]
	unindexed []move // rows that the index does not lead to yet
	events    log
}

// A row is what is stored under a key. Rows are ordered by kind and id.
type row struct {
	kind uint32 // the number of the kind
	id   string
	*state
}

func (r row) compare(o row) int {
	if r.kind != o.kind {
		return cmp.Compare(r.kind, o.kind)
	}
	return strings.Compare(r.id, o.id)
}

// A state is one version of a row, together with the row's events: those
// outlive the record.
type state struct {
	version int64 // 0 if there is no record
	sort    int64
	fields  []field // ordered by name, none without values
	body    []byte
	events  []*store.Event // ordered by Seq
}

// A field is one of the fields of a record. Its values are never changed.
type field struct {
	name   string
	values []string
}

// row returns the row at key, or one with an empty state.
func (s *snapshot) row(key store.Key) row {
	if kind := s.number(name{kind: key.Kind, use: bySort}); kind != 0 {
		if r, ok := s.rows.get(row{kind: kind, id: key.ID}); ok {
			return r
		}
	}
	return row{id: key.ID, state: &state{}}
}

// values returns the values of the named field.
func (s *state) values(name string) []string {
	for i := range s.fields {
		if s.fields[i].name == name {
			return s.fields[i].values
		}
	}
	return nil
}

// record returns a copy of the record for a caller to keep.
func (s *state) record(key store.Key, noBody bool) store.Record {
	r := store.Record{Key: key, Version: s.version, Sort: s.sort}
	if s.version == 0 {
		return r
	}
	if !noBody {
		r.Body = append(r.Body, s.body...)
	}
	if len(s.fields) > 0 {
		n := 0
		for i := range s.fields {
			n += len(s.fields[i].values)
		}
		all := make([]string, 0, n)
		r.Fields = make(map[string][]string, len(s.fields))
		for _, f := range s.fields {
			at := len(all)
			all = append(all, f.values...)
			r.Fields[f.name] = all[at:len(all):len(all)]
		}
	}
	return r
}
