package arp_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// newFrozen is a fixture under a freeze that ends in two days, but for what rolls back, and in which
// nothing is ever done at night.
func newFrozen(t *testing.T) *fixture {
	t.Helper()
	set, err := calendar.NewSet(
		calendar.Calendar{Name: "freeze", Reason: "stock-taking", Zone: "UTC", Exempt: []string{"rollback"}, Blackouts: []calendar.Blackout{{From: "2017-07-01", To: "2017-07-02"}}},
		calendar.Calendar{Name: "day/shift", Zone: "UTC", Hours: []calendar.Hours{{Days: calendar.Weekdays(), From: "09:00", To: "17:00"}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return newFixture(t, func(c *releaseplan.Config) { c.Calendars = set })
}

// class is a change of content: the first task is of a class.
func class(name string) func(*releaseplan.Content) {
	return func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Class = name }
}

// TestAFreezeIsNamed: who is refused is told which calendar is closed, why, and until when.
func TestAFreezeIsNamed(t *testing.T) {
	f := newFrozen(t)
	p := f.basic()
	f.untouched(func() {
		a := f.post(at(p, "/execute"), nil)
		refused(t, a, http.StatusBadRequest, 100014, "The action 'execute' is not allowed on 'p' in its current state Draft.")
		if got := a.Get("details"); got != `needs every calendar to be open; calendar "freeze" is closed (stock-taking) until 2017-07-03T00:00:00Z` {
			t.Errorf("%s", got)
		}
	})
	f.at(instant("2017-07-02T20:00:00Z"))
	if got := f.post(at(p, "/execute"), nil).Get("details"); got != `needs every calendar to be open; calendar "freeze" is closed (stock-taking) until 2017-07-03T00:00:00Z; calendar "day/shift" is closed until 2017-07-03T09:00:00Z` {
		t.Errorf("at night: %s", got)
	}
	f.at(instant("2017-07-03T10:00:00Z"))
	p = f.reload(p)
	f.post(at(p, "/execute"), nil).Want(http.StatusOK)
	f.at(instant("2017-07-03T17:00:00Z"))
	a := f.post(below(p, "/tasks/{task}/start"), nil).Want(http.StatusBadRequest)
	if got := fmt.Sprint(a.Get("details")); !strings.Contains(got, `calendar "day/shift" is closed until 2017-07-04T09:00:00Z`) {
		t.Errorf("a task: %s", got)
	}
}

// TestNextOpening: when a plan or a task may go on for a while.
func TestNextOpening(t *testing.T) {
	f := newFrozen(t)
	p := f.basic(class("rollback"))
	task := fmt.Sprint("&task_id=", p.Tasks()[0].Number)
	for query, want := range map[string]string{
		"":                      `{"time": "2017-07-03T09:00:00Z", "open_now": false}`,
		"?duration=PT8H":        `{"time": "2017-07-03T09:00:00Z", "open_now": false}`,
		"?duration=PT8H1S":      `{"time": null, "open_now": false}`,
		"?duration=P1D":         `{"time": null, "open_now": false}`,
		"?duration=" + task:     `{"time": "2017-07-01T12:00:00Z", "open_now": true}`,
		"?duration=PT6H" + task: `{"time": "2017-07-02T09:00:00Z", "open_now": false}`,
	} {
		f.get(at(p, "/next_opening", query)).Want(http.StatusOK, want)
	}
	f.at(begin.Add(1500e6)) // half a second past
	f.get(at(p, "/next_opening?", task[1:])).Want(http.StatusOK, `{"time": "2017-07-01T12:00:01Z", "open_now": true}`)
	late := f.basic(func(c *releaseplan.Content) {
		c.Planned, c.Window = nil, &releaseplan.Window{Start: instant("2017-07-03T10:00:00.25Z"), End: instant("2017-07-03T12:00:00Z")}
	})
	f.get(at(late, "/next_opening")).Want(http.StatusOK, `{"time": "2017-07-03T10:00:01Z", "open_now": false}`)
	f.get(at(late, "/next_opening?duration=PT3H")).Want(http.StatusOK, `{"time": null, "open_now": false}`)
	f.untouched(func() {
		for query, want := range map[string]string{
			"duration=2h": "duration: '2h'", "duration=-PT1H": "duration: '-PT1H'", "duration=P1M": "duration: 'P1M'", "duration=P1Y1D": "duration: 'P1Y1D'",
			"duration=P99999D": "duration: 'P99999D'", "task_id=x": "task_id: 'x'",
		} {
			refused(t, f.get(at(p, "/next_opening?", query)), http.StatusBadRequest, 134541, "Invalid value for parameter "+want)
		}
		refused(t, f.get(at(p, "/next_opening?task_id=4711")), http.StatusNotFound, 134541, "Object with id '4711' does not exist.")
		refused(t, f.get(at(p, fmt.Sprint("/next_opening?task_id=", late.Tasks()[0].Number))), http.StatusNotFound, 134541, fmt.Sprintf("Object with id '%d' does not exist.", late.Tasks()[0].Number))
	})
}

// TestCalendarOverrides: whoever lets a plan go on says why, and until when.
func TestCalendarOverrides(t *testing.T) {
	f := newFrozen(t)
	p := f.basic()
	path := at(p, "/calendar_overrides")
	f.get(path).Want(http.StatusOK, `{"total": 0, "data": []}`)
	f.untouched(func() {
		for body, want := range map[string]string{
			`{}`: "reason: must be set; until: must be set",
			`{"reason": "", "until": "2017-07-01T14:00:00Z"}`:                                               "reason: must be set",
			`{"reason": "x", "until": "soon"}`:                                                              `until: "soon" is not a time such as 2016-12-13T00:00:00Z`,
			`{"reason": "x", "until": "2017-07-01T12:00:00Z"}`:                                              "until: must be after now",
			`{"reason": "x", "until": "2018-07-03T12:00:00Z"}`:                                              "until: must be within 366 days",
			`{"reason": "x", "until": "2017-07-01T14:00:00Z", "calendar": "thaw"}`:                          `calendar: "thaw" is not known`,
			`{"reason": "` + strings.Repeat("x", 20_000) + `", "until": "2017-07-01T14:00:00Z"}`:            "reason: 20000 bytes are too many: at most ",
			`{"reason": "x", "until": "2017-07-01T14:00:00Z", "calendar": null}`:                            "calendar: must not be null",
			`{"reason": "x", "until": "2017-07-01T14:00:00Z", "by": "2/ADM/ADM"}`:                           "by: is not known",
			`{"calendar": "` + strings.Repeat("x", 300) + `", "reason":"x","until":"2017-07-01T14:00:00Z"}`: "calendar: must be UTF-8 of at most",
		} {
			a := f.post(path, body)
			if refused(t, a, http.StatusBadRequest, 134541, "Invalid data"); !strings.HasPrefix(fmt.Sprint(a.Get("details")), want) {
				t.Errorf("%.80s: %s", body, a.Body)
			}
		}
	})
}

// TestOverridesComeAndGo, one by one and all at once.
func TestOverridesComeAndGo(t *testing.T) {
	f := newFrozen(t)
	p := f.basic()
	path := at(p, "/calendar_overrides")
	const made = `{"calendar": "freeze", "reason": "CVE-2017-5638", "by": "2/ADM/ADM", "time": "2017-07-01T12:00:00Z", "until": "2017-07-01T14:00:00Z"}`
	f.post(path, `{"calendar": "freeze", "reason": "CVE-2017-5638", "until": "2017-07-01T14:00:00Z"}`).Want(http.StatusCreated, made)
	f.post(path, `{"calendar": "day/shift", "reason": "the night", "until": "2017-07-01T23:00:00Z"}`).Want(http.StatusCreated)
	a := f.get(path).Want(http.StatusOK)
	if number(a.Get("total")) != 2 || check.Diff(made, member(t, a, "data.0")) != "" {
		t.Errorf("%s", a.Body)
	}
	f.get(at(p, "/next_opening")).Want(http.StatusOK, `{"time": "2017-07-01T12:00:00Z", "open_now": true}`)
	f.at(instant("2017-07-01T14:00:00Z")) // the first has ended
	if a := f.get(path).Want(http.StatusOK); number(a.Get("total")) != 1 || a.Get("data.0.calendar") != "day/shift" {
		t.Errorf("%s", a.Body)
	}
	refused(t, f.del(path+"/freeze"), http.StatusNotFound, 134541, "Object with id 'freeze' does not exist.")
	refused(t, f.del(path+"/"+strings.Repeat("x", 300)), http.StatusNotFound, 134541, "Object with id '"+strings.Repeat("x", 64)+"…' does not exist.")
	if a := f.del(path + "/day%2Fshift").Want(http.StatusOK); string(a.Body) != "object was deleted successfully." {
		t.Errorf("%s", a.Body)
	}
	f.get(path).Want(http.StatusOK, `{"total": 0, "data": []}`)
	refused(t, f.del(path), http.StatusNotFound, 134541, "Object does not exist.")
	refused(t, f.del(path+"/freeze"), http.StatusNotFound, 134541, "Object with id 'freeze' does not exist.")
	for _, name := range []string{"freeze", "day/shift", ""} {
		f.post(path, map[string]string{"calendar": name, "reason": "why", "until": "2017-07-02T00:00:00Z"}).Want(http.StatusCreated)
	}
	f.del(path).Want(http.StatusOK)
	f.get(path).Want(http.StatusOK, `{"total": 0, "data": []}`)
	var kinds []string
	history := f.get(at(p, "/history")).Want(http.StatusOK)
	all, _ := history.Get("data").([]any)
	for _, e := range all {
		kinds = append(kinds, text(e, "type"))
	}
	if n := len(slices.DeleteFunc(kinds, func(k string) bool { return k != string(releaseplan.CalendarRestored) })); n != 4 {
		t.Errorf("%d overrides were ended: %s", n, history.Body)
	}
	f.do(p, releaseplan.Command{Action: releaseplan.Archive})
	refused(t, f.post(path, `{"reason": "x", "until": "2017-07-02T00:00:00Z"}`), http.StatusBadRequest, 100014, "The action 'override_calendar' is not allowed on 'p' in its current state Draft.")
}

// TestExplanation: what can be done, and what stands against the rest.
func TestExplanation(t *testing.T) {
	f := newFrozen(t)
	p := f.basic()
	f.get(at(p, "/explanation?action=execute")).Want(http.StatusOK, `{"total": 1, "data": [{"action": "execute", "allowed": false, "earliest": "2017-07-03T09:00:00Z",
		"refusals": [{"rule": "calendars_open", "needs": "every calendar to be open", "earliest": "2017-07-03T09:00:00Z", "detail": "calendar \"freeze\" is closed (stock-taking) until 2017-07-03T00:00:00Z"}],
		"desc": "cannot execute: needs every calendar to be open (calendar \"freeze\" is closed (stock-taking) until 2017-07-03T00:00:00Z); not before 2017-07-03T09:00:00Z"}]}`)
	f.get(at(p, "/explanation?action=archive")).Want(http.StatusOK, `{"total": 1, "data": [{"action": "archive", "allowed": true, "earliest": null, "refusals": [], "desc": "can archive"}]}`)
	if a := f.get(at(p, "/explanation?action=reset")).Want(http.StatusOK); a.Get("data.0.action") != "reset" || a.Get("data.0.refusals.0.rule") != "state" || a.Get("data.0.earliest") != nil || !strings.HasPrefix(fmt.Sprint(a.Get("data.0.desc")), "cannot reset: ") {
		t.Errorf("%s", a.Body)
	}
	a := f.get(at(p, fmt.Sprint("/explanation?action=unclaim&task_id=", p.Tasks()[0].Number))).Want(http.StatusOK)
	if a.Get("data.0.action") != "unclaim" || a.Get("data.0.allowed") != false {
		t.Errorf("%s", a.Body)
	}
	f.deny(inVault(penstock.Execute, penstock.Admin))
	q := f.vaultPlan()
	a = f.get(at(q, "/explanation?action=cancel")).Want(http.StatusOK)
	if diff := check.Diff(`[{"rule": "permitted", "needs": "the execute right on plan \"hidden-plan\"", "earliest": null, "detail": ""}]`, member(t, a, "data.0.refusals")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	f.untouched(func() {
		for query, want := range map[string]string{
			"action=fly": "action: 'fly'", "action=start": "action: 'start'", "action=reopen": "action: 'reopen'", "task_id=1.5": "task_id: '1.5'",
			fmt.Sprint("action=execute&task_id=", p.Tasks()[0].Number): "action: 'execute'",
		} {
			refused(t, f.get(at(p, "/explanation?", query)), http.StatusBadRequest, 134541, "Invalid value for parameter "+want)
		}
		refused(t, f.get(at(p, "/explanation?task_id=4711")), http.StatusNotFound, 134541, "Object with id '4711' does not exist.")
	})
}

// TestEveryCommandIsExplained, by the last part of its path.
func TestEveryCommandIsExplained(t *testing.T) {
	f := newFixture(t)
	p := f.basic()
	explained := func(query string) (names []string) {
		a := f.get(at(p, "/explanation", query)).Want(http.StatusOK)
		all, _ := a.Get("data").([]any)
		for _, v := range all {
			names = append(names, text(v, "action"))
		}
		slices.Sort(names)
		if len(names) != int(number(a.Get("total"))) || len(slices.Compact(slices.Clone(names))) != len(names) {
			t.Errorf("%d of %v, or some twice", number(a.Get("total")), names)
		}
		return names
	}
	ofPlan, ofTask := explained(""), explained(fmt.Sprint("?task_id=", p.Tasks()[0].Number))
	for _, op := range operations(t) {
		last := op.path[strings.LastIndex(op.path, "/")+1:]
		switch {
		case op.method != http.MethodPost, strings.Contains(last, "{"), slices.Contains([]string{"plans", "import", "phases", "tasks", "reorder", "calendar_overrides"}, last):
		case strings.Contains(op.path, "{task}") && !slices.Contains(ofTask, last), !strings.Contains(op.path, "{task}") && !slices.Contains(ofPlan, last):
			t.Errorf("%s is not explained", op)
		}
	}
}
