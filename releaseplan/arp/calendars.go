package arp

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// calendarOperations are those on what calendars hold back.
func calendarOperations() []rest.Operation[*api] {
	const overrides = "/plans/{id}/calendar_overrides"
	return table("plans", []operation{
		{method: http.MethodGet, path: "/plans/{id}/next_opening", id: "getNextOpening", summary: "Get when a plan or a task may go on by its window and the calendars", query: openingParams,
			answer: opening{}, says: wording{"next_opening", noPlan, badData}, handle: nextOpening},
		{method: http.MethodGet, path: overrides, id: "listCalendarOverrides", summary: "Get the calendars that hold a plan back no more for now",
			answer: overrideList{}, says: wording{"get", noPlan, badData}, handle: listOverrides},
		{method: http.MethodPost, path: overrides, id: "overrideCalendar", summary: "Let a plan go on although a calendar is closed", body: overrideBody{}, status: http.StatusCreated,
			answer: override{}, says: wording{"override_calendar", noPlan, badData}, handle: overrideCalendar},
		{method: http.MethodDelete, path: overrides, id: "endCalendarOverrides", summary: "Let all calendars hold a plan back again",
			says: wording{"end_override", noPlan, badData}, handle: endOverride},
		{method: http.MethodDelete, path: overrides + "/{calendar}", id: "endCalendarOverride", summary: "Let a calendar hold a plan back again",
			says: wording{"end_override", noPlan, badData}, handle: endOverride},
	})
}

var taskParam = openapi.Param{Name: "task_id", Type: openapi.Integer, About: "a task; default: the plan as a whole"}

var openingParams = []openapi.Param{
	{Name: "duration", About: "how long it must be able to go on, in ISO 8601 without years and months, such as PT2H; default: PT0S"}, taskParam,
}

// An opening is when something may go on.
type opening struct {
	Time    *string `json:"time" format:"date-time" doc:"not before now; null: never, or not in the next ten years"`
	OpenNow bool    `json:"open_now"`
}

func nextOpening(r *request) error {
	long, err := r.duration("duration")
	if err != nil {
		return err
	}
	if err := r.readWithTask(); err != nil {
		return err
	}
	now := instantOf(r.Now())
	opens, err := r.opening(long, now)
	if whole := instantOf(opens); err == nil && whole.Before(opens) { // what is told is in whole seconds
		opens, err = r.opening(long, whole.Add(time.Second))
	}
	switch {
	case errors.Is(err, penstock.ErrNotFound): // the plan and the task are there
		return r.JSON(http.StatusOK, opening{})
	case err != nil:
		return err
	default:
		return r.JSON(http.StatusOK, opening{Time: stamp(opens), OpenNow: opens.Equal(now)})
	}
}

// opening is when what the request is about may go on.
func (r *request) opening(long time.Duration, from time.Time) (time.Time, error) {
	task := ""
	if r.task != nil {
		task = r.task.ID
	}
	return r.plan.NextOpening(task, long, from)
}

// duration reads a length of time that is the same at any time; 0 if it is not there.
func (r *request) duration(name string) (time.Duration, error) {
	if !r.Has(name) {
		return 0, nil
	}
	d, err := penstock.ParseDuration(r.Query(name))
	switch {
	case err != nil:
		return 0, &rest.ParamError{Name: name, Value: r.Query(name), Why: "must be a duration such as P3D or PT1H30M"}
	case d.Months > 0:
		return 0, &rest.ParamError{Name: name, Value: r.Query(name), Why: "must not have years or months: they have no fixed length"}
	}
	return time.Duration(d.Days)*24*time.Hour + d.Time, nil
}

// An override lets a plan go on although a calendar is closed.
type override struct {
	Calendar string `json:"calendar" doc:"its name; empty: every one"`
	Reason   string `json:"reason"`
	By       string `json:"by" doc:"who wanted it"`
	Time     string `json:"time" format:"date-time" doc:"since when"`
	Until    string `json:"until" format:"date-time" doc:"from then on the calendar counts again"`
}

type overrideList struct {
	Total int        `json:"total"`
	Data  []override `json:"data"`
}

// An overrideBody is an override as it is read.
type overrideBody struct {
	Calendar string  `json:"calendar,omitempty" doc:"its name; default: every one"`
	Reason   *string `json:"reason,omitempty" need:"true"`
	Until    *string `json:"until,omitempty" need:"true" format:"date-time" doc:"within 366 days"`
}

func toOverride(o *releaseplan.Override) override {
	return override{Calendar: o.Calendar, Reason: o.Reason, By: o.By.Label(), Time: o.At.UTC().Format(timeLayout), Until: o.Until.UTC().Format(timeLayout)}
}

func listOverrides(r *request) error {
	if err := r.read(); err != nil {
		return err
	}
	list := overrideList{Data: []override{}}
	for _, o := range r.overrides() {
		list.Data = append(list.Data, toOverride(&o))
	}
	list.Total = len(list.Data)
	return r.JSON(http.StatusOK, list)
}

// overrides are those of the plan that have not ended.
func (r *request) overrides() []releaseplan.Override {
	now := r.Now()
	return slices.DeleteFunc(r.plan.Status().Overrides, func(o releaseplan.Override) bool { return !now.Before(o.Until) })
}

func overrideCalendar(r *request) error {
	var b overrideBody
	if err := r.readThen(&b, false); err != nil {
		return err
	}
	c := releaseplan.Command{Action: releaseplan.OverrideCalendar, Calendar: b.Calendar}
	var faults []error
	if b.Reason != nil {
		c.Remark = *b.Reason
	}
	if c.Remark == "" {
		faults = append(faults, penstock.Invalid("reason", "must be set"))
	}
	if b.Until == nil {
		faults = append(faults, penstock.Invalid("until", "must be set"))
	} else {
		var err error
		c.Until, err = instant(*b.Until, "until")
		faults = append(faults, err)
	}
	if err := rest.Join(faults); err != nil {
		return err
	}
	p, err := r.keyed().Do(r.plan.ID(), c)
	if err != nil {
		return rest.Renamed(err, func(field string) string {
			if field == "remark" {
				return "reason"
			}
			return field
		})
	}
	for _, o := range p.Status().Overrides {
		if o.Calendar == c.Calendar {
			return r.JSON(http.StatusCreated, toOverride(&o))
		}
	}
	return errors.New("the override is not there")
}

// endOverride ends the override that the path names, or all.
func endOverride(r *request) error {
	if err := r.read(); err != nil {
		return err
	}
	name := r.Path("calendar")
	_, err := r.keyed().Do(r.plan.ID(), releaseplan.Command{Action: releaseplan.EndOverride, Calendar: name})
	there := slices.ContainsFunc(r.overrides(), func(o releaseplan.Override) bool { return name == "" || name == o.Calendar })
	switch {
	case err == nil:
		return r.deleted()
	case there || !errors.Is(err, penstock.ErrRefused) && !errors.Is(err, penstock.ErrInvalid):
		return err
	case name == "":
		return &failed{http.StatusNotFound, noObject, err}
	default:
		return &failed{http.StatusNotFound, noID.about(name), err}
	}
}
