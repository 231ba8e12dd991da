package arp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
)

const notCreated = "Invalid data: Release plan cannot be created."

// body is a plan to be created: the member that a test is about, and the others that it takes.
func body(members string) string {
	all := []string{members}
	for name, value := range map[string]string{
		"name": `"p"`, "folder": `"DEFAULT"`, "planned_time": `{"start": "2017-08-01T00:00:00Z", "duration": "P1D"}`,
	} {
		if !strings.HasPrefix(members, `"`+name+`": `) {
			all = append(all, fmt.Sprintf("%q: %s", name, value))
		}
	}
	return "{" + strings.Join(strings.Fields(strings.Join(all, ", ")), " ") + "}"
}

// TestPlannedTimes: what is given, and what is shown of it.
func TestPlannedTimes(t *testing.T) {
	f := newFixture(t)
	for name, row := range map[string]struct{ given, want string }{
		"a duration":                {`{"start": "2017-08-01T00:00:00Z", "duration": "P1D"}`, "2017-08-01T00:00:00Z 2017-08-02T00:00:00Z P1D"},
		"an end":                    {`{"start": "2017-08-01T00:00:00Z", "end": "2017-08-04T00:00:00Z"}`, "2017-08-01T00:00:00Z 2017-08-04T00:00:00Z P3D"},
		"the end wins":              {`{"start": "2017-08-01T00:00:00Z", "end": "2017-08-04T00:00:00Z", "duration": "P9D"}`, "2017-08-01T00:00:00Z 2017-08-04T00:00:00Z P3D"},
		"weeks are days":            {`{"start": "2017-08-01T00:00:00Z", "duration": "P3W"}`, "2017-08-01T00:00:00Z 2017-08-22T00:00:00Z P21D"},
		"hours are days":            {`{"start": "2017-08-01T00:00:00Z", "duration": "PT36H"}`, "2017-08-01T00:00:00Z 2017-08-02T12:00:00Z P1DT12H"},
		"days stay days":            {`{"start": "2016-01-01T00:00:00Z", "end": "2019-07-15T12:32:54Z"}`, "2016-01-01T00:00:00Z 2019-07-15T12:32:54Z P1291DT12H32M54S"},
		"months are calendar dates": {`{"start": "2016-02-01T00:00:00Z", "duration": "P1M"}`, "2016-02-01T00:00:00Z 2016-03-01T00:00:00Z P29D"},
		"years too":                 {`{"start": "2016-02-01T00:00:00Z", "duration": "P1Y"}`, "2016-02-01T00:00:00Z 2017-02-01T00:00:00Z P366D"},
		"other zones are UTC":       {`{"start": "2017-08-01T02:00:00+02:00", "duration": "PT1S"}`, "2017-08-01T00:00:00Z 2017-08-01T00:00:01Z PT1S"},
		"a start by default":        {`{"duration": "P1D"}`, "2017-07-31T12:00:00Z 2017-08-01T12:00:00Z P1D"},
		"also before an end":        {`{"end": "2017-08-01T12:00:00Z"}`, "2017-07-31T12:00:00Z 2017-08-01T12:00:00Z P1D"},
		"whole seconds are shown":   {`{"start": "2017-08-01T00:00:00.5Z", "duration": "PT1.5S"}`, "2017-08-01T00:00:00Z 2017-08-01T00:00:02Z PT2S"},
	} {
		t.Run(name, func(t *testing.T) {
			a := f.post("/plans", body(`"planned_time": `+row.given)).Want(http.StatusCreated)
			if got := fmt.Sprint(a.Get("planned_time.start"), " ", a.Get("planned_time.end"), " ", a.Get("planned_time.duration")); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
	for name, given := range map[string]string{
		"nothing":                  `{}`,
		"null":                     `null`,
		"a text":                   `"2017-08-01T00:00:00Z"`,
		"no end":                   `{"start": "2017-08-01T00:00:00Z"}`,
		"an end that is the start": `{"start": "2017-08-01T00:00:00Z", "end": "2017-08-01T00:00:00Z"}`,
		"an end before the start":  `{"start": "2017-08-01T00:00:00Z", "end": "2017-07-01T00:00:00Z", "duration": "P1D"}`,
		"an end before the start that is not given": `{"end": "2017-07-31T12:00:00Z"}`,
		"no date":                    `{"start": "tomorrow", "duration": "P1D"}`,
		"a date without a time":      `{"start": "2017-08-01", "duration": "P1D"}`,
		"a time without a zone":      `{"start": "2017-08-01T00:00:00", "duration": "P1D"}`,
		"a number for a start":       `{"start": 1501545600, "duration": "P1D"}`,
		"a number for a duration":    `{"start": "2017-08-01T00:00:00Z", "duration": 86400}`,
		"an empty duration":          `{"start": "2017-08-01T00:00:00Z", "duration": ""}`,
		"P":                          `{"start": "2017-08-01T00:00:00Z", "duration": "P"}`,
		"PT":                         `{"start": "2017-08-01T00:00:00Z", "duration": "PT"}`,
		"P1DT":                       `{"start": "2017-08-01T00:00:00Z", "duration": "P1DT"}`,
		"a sign":                     `{"start": "2017-08-01T00:00:00Z", "duration": "-P1D"}`,
		"no time at all":             `{"start": "2017-08-01T00:00:00Z", "duration": "PT0S"}`,
		"for ever":                   `{"start": "2017-08-01T00:00:00Z", "duration": "P9999999D"}`,
		"beyond the calendar":        `{"start": "9999-12-31T00:00:00Z", "duration": "P2D"}`,
		"a member that is not known": `{"start": "2017-08-01T00:00:00Z", "duration": "P1D", "zone": "UTC"}`,
	} {
		t.Run(name, func(t *testing.T) {
			f.untouched(func() {
				refused(t, f.post("/plans", body(`"planned_time": `+given)), http.StatusBadRequest, 134511, notCreated)
			})
		})
	}
}

// TestOwnersAndFoldersAreNamedInManyWays: by a name, a number, or both.
func TestOwnersAndFoldersAreNamedInManyWays(t *testing.T) {
	f := newFixture(t)
	for _, row := range []struct{ member, value, want string }{
		{"owner", `"2/ADM/ADM"`, adm},
		{"owner", `{"name": "2/ADM/ADM"}`, adm},
		{"owner", `{"id": 18000}`, adm},
		{"owner", `{"id": 18000, "name": "2/ADM/ADM"}`, adm},
		{"owner", `{"type": "User", "id": 18000, "name": "2/ADM/ADM"}`, adm},
		{"owner", `{"id": 303, "name": "100/AUTOMIC/AUTOMIC"}`, mailbox}, // of two with the name
		{"owner", `{"type": "UserGroup", "id": 500}`, ops},
		{"owner", `{"type": "UserGroup", "name": "OPS"}`, ops},
		{"folder", `"VAULT"`, "vault"},
		{"folder", `{"name": "VAULT"}`, "vault"},
		{"folder", `{"id": 666}`, "vault"},
		{"folder", `{"id": 666, "name": "VAULT"}`, "vault"},
	} {
		t.Run(row.member+row.value, func(t *testing.T) {
			a := f.post("/plans", body(fmt.Sprintf("%q: %s", row.member, row.value))).Want(http.StatusCreated)
			p, err := f.plans.GetByNumber(t.Context(), number(a.Get("id")), actor(adm))
			if err != nil {
				t.Fatal(err)
			}
			if got := map[string]string{"owner": p.Content().Owner.ID, "folder": p.Content().Folder.ID}[row.member]; got != row.want {
				t.Errorf("the %s is %s, want %s", row.member, got, row.want)
			}
		})
	}
	p := f.plan1908()
	for _, row := range []struct{ member, value string }{
		{"owner", `"nobody"`}, {"owner", `{"id": 1}`}, {"owner", `{"id": 0}`}, {"owner", `{"id": -1}`}, {"owner", `{}`}, {"owner", `""`}, {"owner", `7`}, {"owner", `[]`},
		{"owner", `{"id": 18000, "name": "2/NONADMIN/ADM"}`}, // they must agree
		{"owner", `{"id": 302.5}`}, {"owner", `{"id": "302"}`}, {"owner", `{"name": 302}`},
		{"owner", `{"type": "UserGroup", "id": 18000}`}, {"owner", `{"type": "Robot", "id": 18000}`}, {"owner", `{"type": "User", "name": "OPS"}`},
		{"owner", `"2/GONE/ADM"`}, // inactive
		{"owner", `{"id": 18000, "nick": "adm"}`},
		{"owner", `"automic"`}, // an id of the directory is no name
		{"folder", `"NOWHERE"`}, {"folder", `{"id": 1}`}, {"folder", `{}`}, {"folder", `""`}, {"folder", `666`},
		{"folder", `{"id": 666, "name": "DEFAULT"}`}, {"folder", `{"id": "666"}`}, {"folder", `{"id": 666, "path": "/"}`},
	} {
		t.Run(row.member+row.value, func(t *testing.T) {
			member := fmt.Sprintf("%q: %s", row.member, row.value)
			f.untouched(func() {
				refused(t, f.post("/plans", body(member)), http.StatusBadRequest, 134511, notCreated)
				refused(t, f.post(at(p), "{"+member+"}"), http.StatusBadRequest, 134541, "Invalid data")
			})
		})
	}
}

func TestCreateTakesWhatIsDocumentedAndNothingElse(t *testing.T) {
	t.Run("who asks owns it by default", func(t *testing.T) {
		f := newFixture(t)
		a := f.post("/plans", body(`"name": "mine"`), as(nonadmin)...).Want(http.StatusCreated)
		if got := a.Get("owner.name"); got != "2/NONADMIN/ADM" {
			t.Errorf("the owner is %v", got)
		}
	})
	t.Run("every fault at once", func(t *testing.T) {
		f := newFixture(t)
		a := f.post("/plans", `{"planned_time": {"start": "2017-08-01T00:00:00Z"}}`)
		refused(t, a, http.StatusBadRequest, 134511, notCreated)
		for _, name := range []string{"name", "folder", "planned_time"} {
			if !strings.Contains(fmt.Sprint(a.Get("details")), name) {
				t.Errorf("nothing of the %s in %v", name, a.Get("details"))
			}
		}
	})
	t.Run("a name that is taken", func(t *testing.T) {
		f := newFixture(t, func(c *releaseplan.Config) { c.UniqueNames = true })
		f.post("/plans", body(`"name": "p"`)).Want(http.StatusCreated)
		f.untouched(func() { refused(t, f.post("/plans", body(`"name": "p"`)), http.StatusBadRequest, 134511, notCreated) })
	})
	f := newFixture(t)
	for name, text := range map[string]string{
		"an empty name":              body(`"name": ""`),
		"a long name":                body(`"name": "` + strings.Repeat("x", 256) + `"`),
		"a control character":        body(`"name": "a\u0000b"`),
		"a number":                   body(`"name": 7`),
		"a null":                     body(`"name": null`),
		"a description that is none": body(`"description": {}`),
		"an id":                      body(`"id": 1`),
		"a status":                   body(`"status": "Running"`),
		"archived":                   body(`"archived": true`),
		"a list":                     `[]`,
		"a text":                     `"x"`,
		"null":                       `null`,
		"nothing":                    ``,
	} {
		t.Run(name, func(t *testing.T) {
			f.untouched(func() { refused(t, f.post("/plans", text), http.StatusBadRequest, 134511, notCreated) })
		})
	}
}
