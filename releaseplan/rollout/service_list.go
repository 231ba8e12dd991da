package rollout

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Filter selects records. The zero Filter selects the first page of all that
// are not archived.
type Filter struct {
	Projects []string // of these; "" stands for what belongs to none; nil: of all
	Prefix   string   // the name begins with it
	Refers   Ref      // only features that refer to this record
	Archived bool     // archived features instead of the others
	penstock.Page
}

// List returns a page of records: segments by id, environments by their sort
// order, others by name. Records that by may not read are passed over and not
// counted. A filter that cannot be is an ErrInvalid.
func (r *Records[ID, T]) List(ctx context.Context, f Filter, by penstock.Actor) (penstock.List[Record[T]], error) {
	var list penstock.List[Record[T]]
	page, pageErr := f.Normal()
	q, err := f.query(r.kind)
	if err := errors.Join(pageErr, err); err != nil {
		return list, err
	}
	if r.service.authorizer == nil {
		q.Offset, q.Limit, q.Total = page.Offset, page.Limit, true
		found, err := r.all.Find(ctx, q)
		if err != nil {
			return list, err
		}
		for _, e := range found.Items {
			e.Value.Version = e.Version
			list.Items = append(list.Items, e.Value)
		}
		list.Total = found.Total
		return list, nil
	}
	for v, err := range r.each(ctx, q) {
		if err == nil {
			err = r.ask(ctx, by, penstock.Read, &v.Value)
		}
		switch {
		case errors.Is(err, penstock.ErrForbidden):
			continue
		case err != nil:
			return penstock.List[Record[T]]{}, err
		case list.Total >= page.Offset && len(list.Items) < page.Limit:
			list.Items = append(list.Items, v)
		}
		list.Total++
	}
	return list, nil
}

// query translates the filter.
func (f *Filter) query(kind string) (q store.Query, err error) {
	var v validator
	if f.Projects != nil && v.most("projects", len(f.Projects), MaxValues) {
		for i, project := range f.Projects {
			v.projectName(fmt.Sprintf("projects[%d]", i), project)
		}
		q.Where = append(q.Where, store.In(fieldProject, f.Projects...))
	}
	if f.Prefix != "" {
		v.bytes("prefix", f.Prefix, store.MaxValue)
		v.printable("prefix", f.Prefix)
		q.Where = append(q.Where, store.HasPrefix(fieldName, f.Prefix))
	}
	if kind == KindFeature {
		q.Where = append(q.Where, store.Equals(fieldArchived, fmt.Sprint(f.Archived)))
	} else if f.Archived {
		v.fault("archived", "only features are")
	}
	if f.Refers != (Ref{}) {
		field := f.Refers.field()
		if kind != KindFeature {
			v.fault("refers", "only features do")
		} else if field == "" {
			v.fault("refers.kind", "%q is no kind of record", clip(f.Refers.Kind))
		}
		v.given("refers.id", f.Refers.ID)
		v.printable("refers.id", f.Refers.ID)
		q.Where = append(q.Where, store.Equals(field, f.Refers.ID))
	}
	return q, errors.Join(v.faults...)
}

// History returns what the log says of the record with id, oldest first: entries
// with a Seq greater than after, at most limit of them (0: 100, at most 1,000). It includes
// what was under the same id before it was deleted, but for entries of a name or
// project that by may not read. An ErrNotFound if it is deleted now.
func (r *Records[ID, T]) History(ctx context.Context, id ID, after int64, limit int, by penstock.Actor) ([]Entry[T], error) {
	now, err := r.Get(ctx, id, by)
	if err != nil {
		return nil, err
	}
	limit = cmp.Or(limit, store.DefaultLimit)
	q := store.EventQuery{Subject: r.all.Key(r.rules.key(id)), After: after, Limit: limit}
	all := []Entry[T]{}
	for {
		events, err := r.service.store.Events(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			entry := Entry[T]{Seq: e.Seq, Name: e.Name, At: e.At}
			if err := json.Unmarshal(e.Body, &entry); err != nil {
				return nil, fmt.Errorf("decode event %d of %s: %w", e.Seq, e.Subject, err)
			}
			switch err := r.askThen(ctx, by, &now.Value, entry.Before, entry.After); {
			case err == nil:
				all = append(all, entry)
			case !errors.Is(err, penstock.ErrForbidden):
				return nil, err
			}
			q.After = e.Seq
		}
		if len(all) == limit || len(events) < q.Limit {
			return all, nil
		}
		q.Limit = limit - len(all)
	}
}

// askThen asks about a record as it was, where that may be answered in another way
// than for what it is now.
func (r *Records[ID, T]) askThen(ctx context.Context, by penstock.Actor, now *T, then ...*T) error {
	name, project := r.rules.named(now)
	for _, v := range then {
		if v == nil {
			continue
		}
		if n, p := r.rules.named(v); n == name && p == project {
			continue
		}
		if err := r.ask(ctx, by, penstock.Read, v); err != nil {
			return err
		}
	}
	return nil
}

// projectName: empty, or as it stands in a URL.
func (v *validator) projectName(path, name string) {
	if name != "" {
		v.name(path, name)
	}
}

// printable: without what stores cannot find.
func (v *validator) printable(path, s string) {
	if strings.IndexByte(s, 0) >= 0 {
		v.fault(path, "has a NUL character")
	}
}
