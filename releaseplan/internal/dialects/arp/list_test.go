package arp_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// badParameter is the failure for a member of the query that cannot be.
func badParameter(t *testing.T, a *check.Answer, name, value string) {
	t.Helper()
	refused(t, a, http.StatusBadRequest, 134541, fmt.Sprintf("Invalid value for parameter %s: '%s'", name, value))
}

func TestNamesMayHaveAStarAtEitherEnd(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"alpha", "alphabet", "beta", "al*ha", "x-alpha", "ALPHA"} {
		f.plan(0, releaseplan.Content{Name: name})
	}
	for pattern, want := range map[string]string{
		"alpha":   "alpha",
		"al*":     "alpha alphabet al*ha",
		"*pha":    "alpha x-alpha",
		"*lph*":   "alpha alphabet x-alpha",
		"al*ha":   "al*ha", // an inner star is no wildcard
		"*l*h*":   "al*ha",
		"*":       "alpha alphabet beta al*ha x-alpha ALPHA",
		"**":      "alpha alphabet beta al*ha x-alpha ALPHA",
		"":        "alpha alphabet beta al*ha x-alpha ALPHA",
		"ALPHA":   "ALPHA",
		"gamma*":  "",
		"alph":    "",
		"%":       "",
		"_lpha":   "",
		"*alpha*": "alpha alphabet x-alpha",
	} {
		t.Run(pattern, func(t *testing.T) {
			a := f.get("/plans?name=" + url.QueryEscape(pattern)).Want(http.StatusOK)
			if got := names(a); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			if got := number(a.Get("total")); got != int64(len(strings.Fields(want))) {
				t.Errorf("a total of %d", got)
			}
		})
	}
}

func TestPagesAddUp(t *testing.T) {
	f := newFixture(t)
	var all []string
	for i := range 7 {
		all = append(all, fmt.Sprintf("p%d", i))
		f.plan(0, releaseplan.Content{Name: all[i]})
	}
	for _, row := range []struct {
		query string
		want  []string
		more  bool
	}{
		{"", all, false},
		{"start_at=0", all, false},
		{"max_results=7", all, false},
		{"max_results=6", all[:6], true},
		{"max_results=3", all[:3], true},
		{"start_at=3&max_results=3", all[3:6], true},
		{"start_at=6&max_results=3", all[6:], false},
		{"start_at=4&max_results=3", all[4:], false},
		{"start_at=7", nil, false},
		{"start_at=700&max_results=1", nil, false},
		{"start_at=9223372036854775807&max_results=1000", nil, false},
		{"max_results=1000", all, false},
	} {
		t.Run(row.query, func(t *testing.T) {
			a := f.get("/plans?" + row.query).Want(http.StatusOK)
			if got := names(a); got != strings.Join(row.want, " ") {
				t.Errorf("%q, want %q", got, row.want)
			}
			if got := a.Get("has_more"); got != row.more {
				t.Errorf("has_more is %v", got)
			}
			if got := number(a.Get("total")); got != 7 {
				t.Errorf("a total of %d", got)
			}
			if len(row.want) == 0 && member(t, a, "data") != "[]" {
				t.Errorf("data is %s", member(t, a, "data"))
			}
		})
	}
	for _, row := range [][2]string{
		{"start_at", "-1"}, {"start_at", "x"}, {"start_at", "1.5"}, {"start_at", "99999999999999999999"},
		{"max_results", "0"}, {"max_results", "-1"}, {"max_results", "1001"}, {"max_results", "x"},
		{"archived", "yes"}, {"status", "x"}, {"status", "draft"}, {"include", "x"}, {"include", "Actions,x"}, {"include", "actions"}, {"p1", "x"},
	} {
		t.Run(row[0]+"="+row[1], func(t *testing.T) {
			badParameter(t, f.get("/plans?"+row[0]+"="+row[1]), row[0], row[1])
		})
	}
	t.Run("twice", func(t *testing.T) { f.get("/plans?start_at=1&start_at=2").Want(http.StatusBadRequest) })
}

// TestADefaultPageHasABound: who asks for none does not get everything.
func TestADefaultPageHasABound(t *testing.T) {
	f := newFixture(t)
	for i := range 51 {
		f.plan(0, releaseplan.Content{Name: fmt.Sprintf("p%d", i)})
	}
	a := f.get("/plans").Want(http.StatusOK)
	if n := len(strings.Fields(names(a))); n != 50 || a.Get("has_more") != true || number(a.Get("total")) != 51 {
		t.Errorf("%d plans, has_more %v, total %v", n, a.Get("has_more"), a.Get("total"))
	}
}

// TestIncludeSaysWhatIsThere tries every combination of what can be included.
func TestIncludeSaysWhatIsThere(t *testing.T) {
	f := newFixture(t)
	f.plan1908()
	always := []string{"status", "planned_time", "id", "name", "description", "archived", "owner", "folder"}
	options := map[string]string{"Actions": "actions", "Phases": "phases", "Summary": "summary", "Listeners": "listeners"}
	kinds := slices.Sorted(maps.Keys(options))
	check := func(query string, want []string) {
		t.Helper()
		a := f.get("/plans?" + query).Want(http.StatusOK)
		item, _ := a.Get("data.0").(map[string]any)
		want = slices.Sorted(slices.Values(append(slices.Clone(want), always...)))
		if got := slices.Sorted(maps.Keys(item)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	check("", []string{"actions"})
	check("include=", []string{"actions"})
	check("include=None", nil)
	for set := 1; set < 1<<len(kinds); set++ {
		var asked, want []string
		for i, kind := range kinds {
			if set&(1<<i) != 0 {
				asked, want = append(asked, kind), append(want, options[kind])
			}
		}
		check("include="+strings.Join(asked, ","), want)
		slices.Reverse(asked)
		check("include="+strings.Join(asked, ","), want)
	}
	t.Run("phases and listeners are those of the plan", func(t *testing.T) {
		a := f.get("/plans?include=Phases,Listeners,Actions", as(automic)...)
		one := f.get("/plans/1908", as(automic)...)
		for _, name := range []string{"phases", "listeners"} {
			if diff := cmpJSON(member(t, one, name), member(t, a, "data.0."+name)); diff != "" {
				t.Errorf("%s: -plan +list:\n%s", name, diff)
			}
		}
	})
}

func cmpJSON(want, got string) string { return check.Diff(want, got) }

func TestArchivedPlansAreListedOnRequestOnly(t *testing.T) {
	f := newFixture(t)
	f.plan(0, releaseplan.Content{Name: "here"})
	f.plan(0, releaseplan.Content{Name: "away"}, releaseplan.Command{Action: releaseplan.Archive})
	for query, want := range map[string]string{"": "here", "?archived=false": "here", "?archived=true": "away", "?archived=true&name=here": "", "?archived=true&status=Draft": "away", "?status=Draft": "here"} {
		a := f.get("/plans" + query).Want(http.StatusOK)
		if got := names(a); got != want || number(a.Get("total")) != int64(len(strings.Fields(want))) {
			t.Errorf("%s: %q of %v, want %q", query, got, a.Get("total"), want)
		}
	}
	if a := f.get("/plans?archived=true"); a.Get("data.0.archived") != true || a.Get("data.0.status") != "Draft" {
		t.Errorf("%s", a.Body)
	}
}

// TestListsShowOnlyWhatMayBeRead: of what may not be read not even the number is told.
func TestListsShowOnlyWhatMayBeRead(t *testing.T) {
	f := newFixture(t)
	for i := range 6 {
		folder := []string{"default", "vault"}[i%2]
		f.plan(0, releaseplan.Content{Name: fmt.Sprintf("%s%d", folder, i), Folder: penstock.Folder{ID: folder}})
	}
	f.deny(func(_ penstock.Actor, right penstock.Right, on penstock.Resource) bool {
		return right == penstock.Read && on.Folder.ID == "vault"
	})
	for _, query := range []string{"", "?max_results=2", "?status=Draft", "?status=Draft&max_results=2", "?name=*", "?status=Failed", "?status=Paused"} {
		a := f.get("/plans" + query).Want(http.StatusOK)
		want := int64(3)
		if strings.Contains(query, "Failed") || strings.Contains(query, "Paused") {
			want = 0
		}
		if got := number(a.Get("total")); got != want || strings.Contains(string(a.Body), "vault") || strings.Contains(string(a.Body), "VAULT") {
			t.Errorf("%s: a total of %d\n%s", query, got, a.Body)
		}
	}
}
