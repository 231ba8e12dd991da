package template

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// Versions returns a page of the versions of a template, the newest first: the
// current one and those before it, at most [MaxVersions]. It takes the right to
// read. Versions of another name or project that by may not read are passed over
// and not counted.
func (s *Service) Versions(ctx context.Context, id string, page penstock.Page, by penstock.Actor) (penstock.List[Template], error) {
	var list penstock.List[Template]
	page, err := page.Normal()
	if err != nil {
		return list, err
	}
	now, _, err := s.read(ctx, id, penstock.Read, by)
	if err != nil {
		return list, err
	}
	found, err := s.store.Find(ctx, store.Query{Kind: kindVersion, Where: []store.Filter{store.Equals(fieldTemplate, id)},
		Order: store.Order{Desc: true}, Limit: store.MaxLimit, NoBody: true})
	if err != nil {
		return list, err
	}
	var seen []string
	for _, r := range found.Records {
		then := Template{ID: id, Name: only(r.Fields[fieldName]), Project: only(r.Fields[fieldProject])}
		switch err := s.askThen(ctx, by, &now, &then); {
		case err == nil:
			seen = append(seen, r.ID)
		case !errors.Is(err, penstock.ErrForbidden):
			return list, err
		}
	}
	from := min(page.Offset, len(seen))
	for _, version := range seen[from:min(from+page.Limit, len(seen))] {
		switch t, _, err := s.versions.Get(ctx, version); {
		case err == nil:
			list.Items = append(list.Items, t)
		case !errors.Is(err, penstock.ErrNotFound): // it went meanwhile
			return penstock.List[Template]{}, err
		}
	}
	list.Total = len(seen)
	return list, nil
}

func only(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// Version returns version n of a template, or an ErrNotFound. It takes the right to read the
// template. A version of another name or project that by may not read is an ErrNotFound too.
func (s *Service) Version(ctx context.Context, id string, n int64, by penstock.Actor) (Template, error) {
	now, _, err := s.read(ctx, id, penstock.Read, by)
	if err != nil {
		return Template{}, err
	}
	t, _, err := s.versions.Get(ctx, versionID(id, n))
	if err != nil {
		return Template{}, err
	}
	switch err := s.askThen(ctx, by, &now, &t); {
	case errors.Is(err, penstock.ErrForbidden):
		return Template{}, fmt.Errorf("%s: %w", s.versions.Key(versionID(id, n)), penstock.ErrNotFound)
	case err != nil:
		return Template{}, err
	}
	return t, nil
}

// askThen asks about a template as it was, where that may be answered in another
// way than for what it is now.
func (s *Service) askThen(ctx context.Context, by penstock.Actor, now *Template, then ...*Template) error {
	for _, t := range then {
		if t == nil || t.Name == now.Name && t.Project == now.Project {
			continue
		}
		if err := s.ask(ctx, by, penstock.Read, t); err != nil {
			return err
		}
	}
	return nil
}

// An Entry is what the log says of one write of a template.
type Entry struct {
	Seq    int64          `json:"-"` // grows from entry to entry, with gaps
	Name   string         `json:"-"` // [EventCreated] or one of its neighbours
	At     time.Time      `json:"-"`
	By     penstock.Party `json:"by,omitzero"`
	Before *Template      `json:"before,omitempty"` // nil if it was created
	After  *Template      `json:"after,omitempty"`  // nil if it was deleted
}

// History returns what the log says of the template with id, oldest first: entries
// with a Seq greater than after, at most limit of them (0: 100, at most 1,000), but for
// entries of a name or project that by may not read. An ErrNotFound if it is deleted.
// It takes the right to read.
func (s *Service) History(ctx context.Context, id string, after int64, limit int, by penstock.Actor) ([]Entry, error) {
	now, _, err := s.read(ctx, id, penstock.Read, by)
	if err != nil {
		return nil, err
	}
	limit = cmp.Or(limit, store.DefaultLimit)
	q := store.EventQuery{Subject: s.all.Key(id), After: after, Limit: limit}
	all := []Entry{}
	for {
		events, err := s.store.Events(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			var entry Entry
			if err := json.Unmarshal(e.Body, &entry); err != nil {
				return nil, fmt.Errorf("decode event %d of %s: %w", e.Seq, e.Subject, err)
			}
			entry.Seq, entry.Name, entry.At = e.Seq, e.Name, e.At
			switch err := s.askThen(ctx, by, &now, entry.Before, entry.After); {
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
