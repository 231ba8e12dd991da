package arp

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// pageParams are those of every list.
var pageParams = []openapi.Param{
	{Name: "start_at", Type: openapi.Integer, About: "how many to pass over; default: 0"},
	{Name: "max_results", Type: openapi.Integer, About: fmt.Sprintf("from 1 to %d; default: %d", penstock.MaxLimit, penstock.DefaultLimit)},
}

var listParams = append([]openapi.Param{
	{Name: "name", About: "the whole name, or a part with * before it, behind it, or both"},
	{Name: "status", Enum: slices.DeleteFunc(wordsIn(planWords), func(s string) bool { return s == "" })},
	{Name: "include", About: "comma-separated: " + strings.Join(includes, ", ") + "; default: Actions"},
	{Name: "archived", Type: openapi.Boolean, About: "true: the archived ones, and no others"},
}, pageParams...)

// includes are what can be asked for besides the plans.
var includes = []string{"None", "Actions", "Phases", "Summary", "Listeners"}

// page reads the window on a list.
func (r *request) page() (penstock.Page, error) {
	p := penstock.Page{Offset: r.Int("start_at", 0), Limit: r.Int("max_results", penstock.DefaultLimit)}
	var faults []error
	if p.Offset < 0 {
		faults = append(faults, &rest.ParamError{Name: "start_at", Value: r.Query("start_at"), Why: "must be 0 or more"})
	}
	if p.Limit < 1 || p.Limit > penstock.MaxLimit {
		faults = append(faults, &rest.ParamError{Name: "max_results", Value: r.Query("max_results"), Why: fmt.Sprintf("must be from 1 to %d", penstock.MaxLimit)})
	}
	return p, errors.Join(faults...)
}

// included reads what is asked for besides the plans.
func (r *request) included() (map[string]bool, error) {
	text := r.Query("include")
	if text == "" {
		return map[string]bool{"Actions": true}, nil
	}
	all := make(map[string]bool)
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); !slices.Contains(includes, word) {
			return nil, &rest.ParamError{Name: "include", Value: text, Why: "must be of " + strings.Join(includes, ", ")}
		}
		all[word] = true
	}
	return all, nil
}

func listPlans(r *request) error {
	page, pageErr := r.page()
	with, includeErr := r.included()
	if err := errors.Join(pageErr, includeErr); err != nil {
		return err
	}
	f := releaseplan.Filter{Name: r.Query("name"), Order: releaseplan.OldestFirst, Page: page}
	if r.Bool("archived") {
		f.Archived = releaseplan.OnlyArchived
	}
	if word := r.Query("status"); word != "" {
		f.States, f.Keep = statesCalled(word), r.called(word)
	}
	found, err := r.Plans.List(r.Context(), f, r.Actor)
	if err != nil {
		return r.paramFaults(err)
	}
	out := planList{HasMore: found.More(page.Offset), Total: found.Total, Data: make([]listedPlan, len(found.Items))}
	names := newBook()
	for i, s := range found.Items {
		if out.Data[i], err = r.listed(s, with, names); err != nil {
			return err
		}
	}
	return r.JSON(http.StatusOK, out)
}

// paramFaults says of faults in a filter which member of the query they are in.
func (r *request) paramFaults(err error) error {
	var all []error
	for _, f := range penstock.Faults(err) {
		all = append(all, &rest.ParamError{Name: f.Field, Value: r.Query(f.Field), Why: f.Why})
	}
	if len(all) == 0 {
		return err
	}
	return errors.Join(all...)
}

// called keeps the plans that are called by a word, as far as their stored state leaves it open.
func (r *request) called(word string) func(releaseplan.Summary) (bool, error) {
	if word == planWords[releaseplan.Draft] || word == planWords[releaseplan.Completed] || word == planWords[releaseplan.Canceled] {
		return nil // the store can tell alone
	}
	return func(s releaseplan.Summary) (bool, error) {
		if !unclear(s, r.Now()) {
			return planWords[s.Status.State] == word, nil
		}
		p, err := r.Plans.Get(r.Context(), s.ID, r.Actor)
		if err != nil {
			return false, unlessGone(err)
		}
		return wordOf(p) == word, nil
	}
}

// listed shows a plan in a list.
func (r *request) listed(s releaseplan.Summary, with map[string]bool, names book) (listedPlan, error) {
	if err := errors.Join(names.addParty(r.Context(), r.Directory, s.Owner), names.addFolder(r.Context(), r.Directory, s.Folder)); err != nil {
		return listedPlan{}, err
	}
	out := listedPlan{
		Status: planWord(s.Status.State, ""), PlannedTime: planned(planTime(s.Planned, s.Window, s.Status)), ID: s.Number, Name: s.Name,
		Description: s.Description, Archived: !s.Status.Archived.IsZero(), Owner: names.owner(s.Owner), Folder: names.folder(s.Folder),
	}
	var v *view
	if with["Phases"] || with["Summary"] || with["Listeners"] || unclear(s, r.Now()) {
		p, getErr := r.Plans.Get(r.Context(), s.ID, r.Actor)
		if err := unlessGone(getErr); err != nil {
			return out, err
		}
		if p != nil {
			var err error
			if v, err = r.viewWith(p, with["Actions"], with["Phases"], names); err != nil {
				return out, err
			}
			out.Status = wordOf(p)
		}
	}
	if with["Actions"] {
		if v == nil {
			can, canErr := r.Plans.Can(r.Context(), s.ID, r.Actor)
			if err := unlessGone(canErr); err != nil {
				return out, err
			}
			out.Actions = offered(planOffers, allowed(can), s.Status.State == releaseplan.Draft, planPath(s.Number))
		} else {
			out.Actions = v.planActions()
		}
	}
	if v == nil {
		return out, nil
	}
	if with["Phases"] {
		out.Phases = v.phases()
	}
	if with["Listeners"] {
		out.Listeners = names.listeners(v.content.Listeners)
	}
	if with["Summary"] {
		out.Summary = v.summary()
	}
	return out, nil
}
