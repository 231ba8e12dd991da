package releaseplan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Filter selects plans; what is set must all hold. The zero Filter selects
// every plan that is not archived.
type Filter struct {
	Name     string // the whole name, or with * at its beginning, its end, or both, a part of it
	States   []State
	Owner    penstock.Party
	Folder   penstock.Folder
	Label    map[string]string
	Archived Archived
	From, To time.Time // plans whose planned time, or else window, meets these bounds; either may be zero
	Order    Order

	// Keep is asked last about each plan that the rest selects and that may be read; plans that it
	// does not keep are passed over and not counted. With it, a list costs a look at every such
	// plan. Its error is returned as it is.
	Keep func(Summary) (bool, error)

	penstock.Page
}

// Archived says whether archived plans are selected.
type Archived int

// What to do about archived plans.
const (
	HideArchived Archived = iota // the default
	OnlyArchived
	WithArchived
)

// An Order is the order of a list.
type Order int

// The orders of a list.
const (
	NewestFirst    Order = iota // by number, descending: the default
	OldestFirst                 // by number
	ByName                      // by name, byte for byte
	ByUpdated                   // the latest change first
	ByPlannedStart              // the earliest first; plans without a planned start are left out
)

// A Summary is what a list shows of a plan.
type Summary struct {
	ID          string
	Number      int64
	Name        string
	Description string
	Folder      penstock.Folder
	Owner       penstock.Party
	Target      *Target
	Planned     *PlannedTime
	Window      *Window
	Labels      map[string]string
	Status      Status
	Version     int64
	Tasks       TaskCount
}

// List returns a page of plans. If there is an Authorizer, plans that by may not
// read are passed over and not counted; it is asked about every plan that the
// filter selects. A filter that cannot be is an ErrInvalid.
func (s *Service) List(ctx context.Context, f Filter, by penstock.Actor) (penstock.List[Summary], error) {
	page, pageErr := f.Normal()
	q, err := f.query()
	if err := errors.Join(pageErr, err); err != nil {
		return penstock.List[Summary]{}, err
	}
	if s.authorizer != nil || f.Keep != nil {
		return s.listEach(ctx, q, page, f.Keep, by)
	}
	q.Offset, q.Limit, q.Total = page.Offset, page.Limit, true
	found, err := s.store.Find(ctx, q)
	if err != nil {
		return penstock.List[Summary]{}, err
	}
	items, err := s.summaries(ctx, found.Records)
	return penstock.List[Summary]{Items: items, Total: found.Total}, err
}

// query translates the filter.
func (f Filter) query() (store.Query, error) {
	var v validator
	q := store.Query{Kind: kindPlan}
	if f.Name != "" && f.Name != "*" {
		v.text("name", f.Name, store.MaxValue)
		q.Where = append(q.Where, nameFilter(f.Name))
	}
	if len(f.States) > 0 {
		values := make([]string, len(f.States))
		for i, state := range f.States {
			if !state.known() {
				v.fault(fmt.Sprintf("states[%d]", i), "%q is no state of a plan", short(string(state)))
			}
			values[i] = string(state)
		}
		q.Where = append(q.Where, store.In(fieldState, values...))
	}
	if !f.Owner.IsZero() {
		v.party("owner", f.Owner)
		q.Where = append(q.Where, store.Equals(fieldOwner, f.Owner.Key()))
	}
	if key := f.Folder.Key(); key != "" {
		v.short("folder", key)
		q.Where = append(q.Where, store.Equals(fieldFolder, key))
	}
	if len(f.Label) > 16 {
		v.fault("label", "%d are too many: at most 16", len(f.Label))
	}
	v.instant("from", f.From)
	v.instant("to", f.To)
	for k, value := range f.Label {
		v.name("label", k)
		v.text("label."+short(k), value, store.MaxValue)
		q.Where = append(q.Where, store.Equals(fieldLabel, labelValue(k, value)))
	}
	switch f.Archived {
	case HideArchived, OnlyArchived:
		q.Where = append(q.Where, store.Equals(fieldArchived, strconv.FormatBool(f.Archived == OnlyArchived)))
	case WithArchived:
	default:
		v.fault("archived", "%d is not a choice", f.Archived)
	}
	if !f.To.IsZero() {
		q.Where = append(q.Where, store.Less(fieldPlanned, store.Time(f.To.Add(tick))))
	}
	if !f.From.IsZero() {
		q.Where = append(q.Where, store.AtLeast(fieldEnd, store.Time(f.From)))
	}
	orders := map[Order]store.Order{NewestFirst: {Desc: true}, OldestFirst: {}, ByName: {By: fieldName},
		ByUpdated: {By: fieldUpdated, Desc: true}, ByPlannedStart: {By: fieldPlanned}}
	order, ok := orders[f.Order]
	if !ok {
		v.fault("order", "%d is no order", f.Order)
	}
	q.Order = order
	return q, errors.Join(v.faults...)
}

// nameFilter reads a wildcard: * counts only at the beginning and the end.
func nameFilter(pattern string) store.Filter {
	front, back := strings.HasPrefix(pattern, "*"), len(pattern) > 1 && strings.HasSuffix(pattern, "*")
	text := strings.TrimPrefix(pattern, "*")
	if back {
		text = strings.TrimSuffix(text, "*")
	}
	switch {
	case front && back:
		return store.HasPart(fieldName, text)
	case front:
		return store.HasSuffix(fieldName, text)
	case back:
		return store.HasPrefix(fieldName, text)
	default:
		return store.Equals(fieldName, text)
	}
}

// summaries reads what lists show of the plans with these headers.
func (s *Service) summaries(ctx context.Context, headers []store.Record) ([]Summary, error) {
	contents, err := s.contents(ctx, headers)
	if err != nil || len(headers) == 0 {
		return nil, err
	}
	all := make([]Summary, 0, len(headers))
	for i, r := range headers {
		if contents[i].Version == 0 {
			continue // deleted since
		}
		item, err := summaryOf(r, contents[i].Body)
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// contents reads the contents of the plans with these headers.
func (s *Service) contents(ctx context.Context, headers []store.Record) ([]store.Record, error) {
	if len(headers) == 0 {
		return nil, nil
	}
	keys := make([]store.Key, len(headers))
	for i, r := range headers {
		keys[i] = contentKey(r.ID)
	}
	return s.store.Get(ctx, keys...)
}

// summaryOf returns what a list shows of a plan.
func summaryOf(r store.Record, content []byte) (Summary, error) {
	var h header
	var c Content
	if err := errors.Join(json.Unmarshal(r.Body, &h), json.Unmarshal(content, &c)); err != nil {
		return Summary{}, fmt.Errorf("plan %s cannot be read: %w", r.ID, err)
	}
	item := Summary{ID: r.ID, Number: h.Number, Name: c.Name, Description: c.Description, Folder: c.Folder, Owner: c.Owner, Target: c.Target,
		Planned: c.Planned, Window: c.Window, Labels: c.Labels, Status: h.Status, Version: h.Version}
	var totals [len(taskStates)]int32
	for _, counts := range h.Counts {
		for k, n := range counts {
			totals[k] += n
		}
	}
	item.Tasks = taskCount(totals)
	return item, nil
}
