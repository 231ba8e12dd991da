package zadig

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// What a keyword can be about.
const (
	searchName    = "name"
	searchManager = "manager"
	searchStatus  = "status"
	searchSuccess = "success_time"
	searchUpdate  = "update_time"
)

// A planSearch tells which plans are searched for.
type planSearch struct {
	filter releaseplan.Filter
	match  func(planHead) bool
	every  bool // the filter says it all
}

// fromSearch reads what is searched for.
func fromSearch(c *rest.Call) (planSearch, error) {
	s := planSearch{match: func(planHead) bool { return true }}
	keyword := c.Query("keyword")
	switch kind := c.Query("type"); kind {
	case searchStatus:
		states, ok := planStates[keyword]
		if !ok {
			return s, &rest.ParamError{Name: "keyword", Value: keyword, Why: "must be a status: " + strings.Join(planWords, ", ")}
		}
		s.filter.States, s.every = states, true
		return s, nil
	case searchSuccess, searchUpdate:
		from, to, err := between(keyword)
		if err != nil {
			return s, err
		}
		s.filter.Order = releaseplan.ByUpdated
		s.match = func(p planHead) bool {
			at := p.UpdateTime
			if kind == searchSuccess {
				at = p.SuccessTime
			}
			return at != 0 && from <= at && at <= to
		}
	case searchManager:
		s.match = func(p planHead) bool { return contains(p.Manager, keyword) }
	default:
		s.match = func(p planHead) bool { return contains(p.Name, keyword) }
		s.every = keyword == ""
	}
	if c.Has("startTime") || c.Has("endTime") {
		inner, from, to := s.match, int64(c.Int("startTime", 0)), int64(c.Int("endTime", maxTime))
		s.every = false
		s.match = func(p planHead) bool {
			within := func(at int64) bool { return at != 0 && from <= at && at <= to }
			return inner(p) && (within(p.StartTime) || within(p.EndTime))
		}
	}
	return s, nil
}

// between reads from-to.
func between(keyword string) (from, to int64, err error) {
	a, b, ok := strings.Cut(keyword, "-")
	from, errA := strconv.ParseInt(a, 10, 64)
	to, errB := strconv.ParseInt(b, 10, 64)
	if !ok || errA != nil || errB != nil {
		return 0, 0, &rest.ParamError{Name: "keyword", Value: keyword, Why: "must be from-to in Unix time"}
	}
	return from, to, nil
}

// contains reports whether text holds a part, in whatever letters.
func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

func (a *api) searchPlans(c *rest.Call) error {
	window, err := page(c)
	if err != nil {
		return err
	}
	search, err := fromSearch(c)
	if err != nil {
		return err
	}
	out, err := a.found(c, search, window)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

// found returns a page of what is searched for. What the filter cannot say is looked for in all plans.
func (a *api) found(c *rest.Call, search planSearch, window penstock.Page) (planItems, error) {
	out, lib := planItems{List: []planItem{}}, a.library(c)
	search.filter.Page = penstock.Page{Limit: penstock.MaxLimit}
	if search.every {
		search.filter.Page = window
	}
	seen := make(map[string]bool)
	for {
		found, err := a.Plans.List(c.Context(), search.filter, c.Actor)
		if err != nil {
			return out, err
		}
		for _, s := range found.Items {
			manager, err := lib.manager(s.Owner)
			if err != nil {
				return out, err
			}
			head := toHead(s, manager)
			if seen[s.ID] || !search.match(head) { // a plan can have moved to a later page
				continue
			}
			seen[s.ID] = true
			if search.every || out.Total >= window.Offset && len(out.List) < window.Limit {
				out.List = append(out.List, planItem{planHead: head, Version: s.Version, Jira: toJira(s.Labels)})
			}
			out.Total++
		}
		switch search.filter.Offset += len(found.Items); {
		case search.every:
			out.Total = found.Total
			return out, nil
		case len(found.Items) == 0 || search.filter.Offset >= found.Total:
			return out, nil
		}
	}
}
