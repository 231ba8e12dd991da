package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A RunFilter selects runs; what is set must all hold. The zero filter selects all.
type RunFilter struct {
	Workflow string // key
	Project  string // key
	Creator  string // id of who started it
	States   []RunState
	penstock.Page
}

// A RunSummary is what a list shows of a run.
type RunSummary struct {
	ID       string
	Number   int64
	Workflow string    // key
	Name     string    // of the workflow, for people
	Project  string    // key
	Version  int64     // of the definition
	Status   RunStatus // without Jobs: see [Service.Get]
}

// List returns a page of runs, the newest first. If there is an Authorizer, runs of
// workflows that by may not read are passed over and not counted. A filter that
// cannot be is an ErrInvalid.
func (s *Service) List(ctx context.Context, f RunFilter, by penstock.Actor) (penstock.List[RunSummary], error) {
	var list penstock.List[RunSummary]
	page, pageErr := f.Normal()
	q, err := f.query()
	if err := errors.Join(pageErr, err); err != nil {
		return list, err
	}
	if s.authorizer == nil {
		q.Offset, q.Limit, q.Total = page.Offset, page.Limit, true
		found, err := s.store.Find(ctx, q)
		if err != nil {
			return list, err
		}
		list.Total = found.Total
		list.Items, err = s.runSummaries(ctx, found.Records)
		return list, err
	}
	may := make(map[penstock.Resource]bool) // an Authorizer is asked about a workflow, not about a run
	for q.Limit = 200; ; {
		found, err := s.store.Find(ctx, q)
		if err != nil {
			return penstock.List[RunSummary]{}, err
		}
		var shown []store.Record
		for _, record := range found.Records {
			ok, err := s.mayRead(ctx, may, record, by)
			if err != nil {
				return penstock.List[RunSummary]{}, err
			}
			if !ok {
				continue
			}
			if list.Total >= page.Offset && len(list.Items)+len(shown) < page.Limit {
				shown = append(shown, record)
			}
			list.Total++
		}
		items, err := s.runSummaries(ctx, shown)
		if err != nil {
			return penstock.List[RunSummary]{}, err
		}
		list.Items = append(list.Items, items...)
		if found.Next == nil {
			return list, nil
		}
		q.After = found.Next
	}
}

// mayRead asks the Authorizer about the workflow of a run, once for each.
func (s *Service) mayRead(ctx context.Context, may map[penstock.Resource]bool, record store.Record, by penstock.Actor) (bool, error) {
	// A workflow that was deleted and made again can be of another project.
	key := penstock.Resource{ID: fieldOf(record, runWorkflow), Project: fieldOf(record, runProject)}
	if ok, asked := may[key]; asked {
		return ok, nil
	}
	st, err := s.confirmedRun(ctx, record.ID)
	if errors.Is(err, penstock.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = s.authorizer(ctx, by, penstock.Read, st.run.Resource())
	if err != nil && !errors.Is(err, penstock.ErrForbidden) {
		return false, err
	}
	may[key] = err == nil
	return may[key], nil
}

func fieldOf(r store.Record, field string) string {
	if values := r.Fields[field]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func (f RunFilter) query() (store.Query, error) {
	var c Checker
	q := store.Query{Kind: kindRun, Order: store.Order{Desc: true}}
	for _, x := range []struct{ path, field, value string }{
		{"workflow", runWorkflow, f.Workflow}, {"project", runProject, f.Project}, {"creator", runCreator, f.Creator},
	} {
		if x.value != "" {
			c.Text(x.path, x.value, store.MaxValue)
			q.Where = append(q.Where, store.Equals(x.field, x.value))
		}
	}
	if len(f.States) > 0 {
		values := make([]string, len(f.States))
		for i, state := range f.States {
			if !state.known() {
				c.Fault(fmt.Sprintf("states[%d]", i), "%q is no state of a run", short(string(state)))
			}
			values[i] = string(state)
		}
		q.Where = append(q.Where, store.In(runState, values...))
	}
	return q, c.Faults()
}

// runSummaries reads what lists show of the runs with these headers.
func (s *Service) runSummaries(ctx context.Context, headers []store.Record) ([]RunSummary, error) {
	all := make([]RunSummary, len(headers))
	for i, record := range headers {
		var h runHeader
		if err := json.Unmarshal(record.Body, &h); err != nil {
			return nil, corrupt(record.ID, "header", err)
		}
		h.Status.Jobs = nil // not of every run they are there
		d, _, err := s.definition(ctx, h.Workflow, h.Version)
		if err != nil {
			return nil, fmt.Errorf("the definition of run %s: %w", record.ID, err)
		}
		all[i] = RunSummary{ID: record.ID, Number: h.Number, Workflow: h.Workflow, Name: d.DisplayName(), Project: d.Project, Version: h.Version, Status: h.Status}
	}
	return all, nil
}
