package zadig_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
)

// found are the names of the plans that a search finds, and how many there are on all pages.
func (d *desk) found(query string, headers ...string) (names []string, total int) {
	d.t.Helper()
	var out struct {
		List  []struct{ Name string }
		Total int
	}
	d.Do(http.MethodGet, plansUIAt+"?"+query, nil, headers...).Want(http.StatusOK).Into(&out)
	for _, row := range out.List {
		names = append(names, row.Name)
	}
	return names, out.Total
}

// Plans are searched for by one thing at a time; a keyword is not a pattern.
func TestPlanSearch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.create(`{"name":"Checkout 2.4","manager":"admin","start_time":100,"end_time":200}`)
	d.at(deskTime + 10)
	d.create(`{"name":"checkout *","manager":"ann","end_time":5000}`)
	d.at(deskTime + 20)
	id := d.create(`{"name":"Shop","manager":"admin","jobs":[{"name":"a","type":"text"}]}`)
	d.move(id, "executing").Want(http.StatusOK)
	d.command(id, "execute", `{"id":"`+d.job(id, 0)+`"}`).Want(http.StatusOK)
	for query, want := range map[string][]string{
		"":                            {"Shop", "checkout *", "Checkout 2.4"},
		"type=name&keyword=CHECK":     {"checkout *", "Checkout 2.4"},
		"keyword=check":               {"checkout *", "Checkout 2.4"},
		"type=name&keyword=.*":        {},
		"type=name&keyword=*":         {"checkout *"},
		"type=manager&keyword=AN":     {"checkout *"},
		"type=manager&keyword=eve":    {},
		"type=status&keyword=success": {"Shop"},
		fmt.Sprintf("type=success_time&keyword=%d-%d", deskTime, deskTime+100):  {"Shop"},
		fmt.Sprintf("type=update_time&keyword=%d-%d", deskTime, deskTime+10):    {"checkout *", "Checkout 2.4"},
		fmt.Sprintf("type=update_time&keyword=%d-%d", deskTime+11, deskTime+12): {},
		"startTime=150&endTime=300":               {"Checkout 2.4"},
		"startTime=4000":                          {"checkout *"},
		"endTime=4000":                            {"Checkout 2.4"},
		"type=name&keyword=2.4&startTime=4000":    {},
		"type=status&keyword=planning&endTime=99": {"checkout *", "Checkout 2.4"},
	} {
		got, total := d.found("pageNum=1&pageSize=10&" + strings.ReplaceAll(query, "*", "%2A"))
		if !slices.Equal(got, want) || total != len(want) {
			t.Errorf("%s: %q of %d, want %q", query, got, total, want)
		}
	}
}

// Pages are what they say; a page behind the last is empty.
func TestPlanPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 7 {
		d.create(fmt.Sprintf(`{"name":"plan %d","manager":"admin"}`, i))
	}
	for query, want := range map[string][]string{"pageNum=1&pageSize=3": {"plan 6", "plan 5", "plan 4"}, "pageNum=3&pageSize=3": {"plan 0"}, "pageNum=4&pageSize=3": nil, "pageNum=1&pageSize=1000": {"plan 6", "plan 5", "plan 4", "plan 3", "plan 2", "plan 1", "plan 0"}} {
		for _, more := range []string{"", "&keyword=plan"} {
			if got, total := d.found(query + more); !slices.Equal(got, want) || total != 7 {
				t.Errorf("%s: %q of %d", query+more, got, total)
			}
		}
		var out struct {
			List  []struct{ Name string }
			Total int
		}
		d.Do(http.MethodGet, plansAt+"?"+query, nil).Want(http.StatusOK).Into(&out)
		if len(out.List) != len(want) || out.Total != 7 || len(want) > 0 && out.List[0].Name != want[0] {
			t.Errorf("%s: %+v", query, out)
		}
	}
	for _, query := range []string{"", "pageNum=1", "pageSize=1", "pageNum=0&pageSize=1", "pageNum=1&pageSize=0", "pageNum=-1&pageSize=1", "pageNum=1&pageSize=-1", "pageNum=1&pageSize=1001", "pageNum=x&pageSize=1",
		"pageNum=1&pageSize=1&pageNum=2", "pageNum=9223372036854775807&pageSize=1000", "pageNum=1&pageSize=1&%zz"} {
		for _, path := range []string{plansAt, plansUIAt} {
			d.Do(http.MethodGet, path+"?"+query, nil).Want(http.StatusBadRequest)
		}
	}
	for _, query := range []string{"type=dance", "type=status&keyword=dance", "type=status", "type=success_time&keyword=1", "type=update_time&keyword=a-b", "startTime=x"} {
		d.Do(http.MethodGet, plansUIAt+"?pageNum=1&pageSize=1&"+query, nil).Want(http.StatusBadRequest)
	}
}

// What somebody may not read is in no list, and nothing can be done with it.
func TestPlanRights(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := approved(content())
	c.Folder.Name, c.Name = "vault", "hidden"
	p := d.file(c, "root")
	d.do(p.ID(), "root", actions(releaseplan.Finalize, releaseplan.RequestApproval)...)
	before := d.export(p.ID())
	if names, total := d.found("pageNum=1&pageSize=10"); len(names) != 0 || total != 0 {
		t.Errorf("it is listed: %q of %d", names, total)
	}
	job := `{"id":"` + p.Tasks()[0].ID + `"}`
	full := `{"name":"x","manager":"admin"}`
	for _, request := range [][3]string{
		{http.MethodGet, plansAt + "/%s", ""}, {http.MethodPatch, plansAt + "/%s", full}, {http.MethodGet, plansUIAt + "/%s", ""},
		{http.MethodPut, plansUIAt + "/%s", `{"verb":"update_name","spec":{"name":"x"}}`}, {http.MethodDelete, plansUIAt + "/%s", ""},
		{http.MethodPost, plansUIAt + "/%s/copy", full}, {http.MethodPost, plansUIAt + "/%s/status/planning", ""},
		{http.MethodPost, plansUIAt + "/%s/execute", job}, {http.MethodPost, plansUIAt + "/%s/retry", job}, {http.MethodPost, plansUIAt + "/%s/skip", job},
		{http.MethodPost, plansUIAt + "/%s/approve", `{"approve":true}`}, {http.MethodGet, plansUIAt + "/%s/logs", ""}, {http.MethodGet, plansUIAt + "/%s/versions", ""},
		{http.MethodGet, plansUIAt + "/%s/versions/1/diff", ""}, {http.MethodGet, plansUIAt + "/%s/check_update?version=1", ""}, {http.MethodGet, plansUIAt + "/%s/job/" + p.Tasks()[0].ID, ""},
	} {
		var body any
		if request[2] != "" {
			body = request[2]
		}
		path := strings.Replace(request[1], "%s", url.PathEscape(p.ID()), 1)
		if a := d.Do(request[0], path, body, as("ann")...).Want(http.StatusForbidden); strings.Contains(string(a.Body), "hidden") && strings.Contains(string(a.Body), "one") {
			t.Errorf("%s", a.Body)
		}
		if a := d.Do(request[0], path, body, as("nobody")...).Want(http.StatusUnauthorized); a.Get("code") != 401.0 {
			t.Errorf("%s", a.Body)
		}
		d.Do(request[0], strings.Replace(request[1], "%s", "01H97ZEY68DYBSP0E1ZAQ8S7PC", 1), body, as("ann")...).Want(http.StatusNotFound)
	}
	if before != d.export(p.ID()) {
		t.Error("something changed")
	}
}
