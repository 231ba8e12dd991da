package arp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// faults tells an error as details do.
func faults(err error) string {
	if err == nil {
		return ""
	}
	return details(err)
}

// What is said of a planned time is put into what was known of it.
func TestPlannedTimeIsRead(t *testing.T) {
	day := penstock.Duration{Days: 1}
	was := releaseplan.PlannedTime{Start: noon, Duration: &day}
	ends := releaseplan.PlannedTime{Start: noon, End: noon.AddDate(0, 0, 2)}
	for name, row := range map[string]struct {
		body string
		t    releaseplan.PlannedTime
		want string // as it is shown, or the faults
	}{
		"an end":              {`{"end":"2026-11-25T12:00:00Z"}`, was, "2026-11-20T12:00:00Z 2026-11-25T12:00:00Z P5D"},
		"a duration":          {`{"duration":"PT1H"}`, ends, "2026-11-20T12:00:00Z 2026-11-20T13:00:00Z PT1H"},
		"an end wins":         {`{"end":"2026-11-25T12:00:00Z","duration":"P1D"}`, was, "2026-11-20T12:00:00Z 2026-11-25T12:00:00Z P5D"},
		"whatever it is":      {`{"end":"2026-11-25T12:00:00Z","duration":"soon"}`, was, "2026-11-20T12:00:00Z 2026-11-25T12:00:00Z P5D"},
		"a start keeps":       {`{"start":"2026-12-01T12:00:00Z"}`, was, "2026-12-01T12:00:00Z 2026-12-02T12:00:00Z P1D"},
		"a start keeps ends":  {`{"start":"2026-12-01T12:00:00Z"}`, ends, "2026-12-01T12:00:00Z 2026-12-03T12:00:00Z P2D"},
		"all":                 {`{"start":"2026-12-01T12:00:00Z","duration":"P3D"}`, ends, "2026-12-01T12:00:00Z 2026-12-04T12:00:00Z P3D"},
		"nothing":             {`{}`, was, "2026-11-20T12:00:00Z 2026-11-21T12:00:00Z P1D"},
		"another zone":        {`{"start":"2026-12-01T13:00:00+01:00"}`, was, "2026-12-01T12:00:00Z 2026-12-02T12:00:00Z P1D"},
		"no time":             {`{"start":"tomorrow","end":"2026-13-01T00:00:00Z"}`, was, `p.start: "tomorrow" is not a time such as 2016-12-13T00:00:00Z; p.end: "2026-13-01T00:00:00Z" is not a time such as 2016-12-13T00:00:00Z`},
		"the year 0":          {`{"start":"0000-01-01T00:00:00Z"}`, was, "p.start: must be a time in the years 1 to 9999"},
		"the first instant":   {`{"start":"0001-01-01T00:00:00Z"}`, was, "p.start: must be a time in the years 1 to 9999"},
		"beyond the last":     {`{"end":"9999-12-31T23:59:59-01:00"}`, was, "p.end: must be a time in the years 1 to 9999"},
		"no duration":         {`{"duration":"P"}`, was, `p.duration: "P" is not an ISO 8601 duration such as P3D or PT1H30M`},
		"a negative duration": {`{"duration":"-P1D"}`, was, `p.duration: "-P1D" is not an ISO 8601 duration such as P3D or PT1H30M`},
	} {
		t.Run(name, func(t *testing.T) {
			var b plannedBody
			if err := json.Unmarshal([]byte(row.body), &b); err != nil {
				t.Fatal(err)
			}
			got, err := b.onto(row.t, "p")
			shown := planned(got)
			said := text(shown.Start) + " " + text(shown.End) + " " + text(shown.Duration)
			if err != nil {
				said = faults(err)
			}
			if said != row.want {
				t.Errorf("%s\nwant %s", said, row.want)
			}
		})
	}
	if was.Duration.Days != 1 || !ends.End.Equal(noon.AddDate(0, 0, 2)) {
		t.Error("what was known has changed")
	}
}

// What was shown says nothing new when it comes back.
func TestPlannedTimesEcho(t *testing.T) {
	day := penstock.Duration{Days: 1}
	shown := planned(releaseplan.PlannedTime{Start: noon, Duration: &day})
	for body, want := range map[string]bool{
		`{"start":"2026-11-20T12:00:00Z","end":"2026-11-21T12:00:00Z","duration":"P1D"}`: true, `{"start":"2026-11-20T12:00:00Z"}`: true, `{}`: true,
		`{"duration":"P1D"}`: true, `{"end":"2026-11-21T12:00:00Z","duration":"P9D"}`: true, // that is ignored
		`{"duration":"P2D"}`: false, `{"start":"2026-11-20T12:00:01Z"}`: false, `{"end":"2026-11-20T12:00:00Z"}`: false,
	} {
		var b plannedBody
		if err := json.Unmarshal([]byte(body), &b); err != nil {
			t.Fatal(err)
		}
		if got := b.echoes(shown); got != want {
			t.Errorf("%s: %t, want %t", body, got, want)
		}
	}
	start := "2026-11-20T12:00:00Z"
	if (&plannedBody{Start: &start}).echoes(plannedTime{}) {
		t.Error("a start where none was shown is new")
	}
}

// A phone book is a Directory of a few, without numbers to be found by.
type phoneBook struct{}

func (phoneBook) Party(_ context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	for _, have := range []penstock.PartyInfo{
		{Party: penstock.Party{Type: penstock.User, ID: "u1", Name: "ann"}, Number: 11, Active: true},
		{Party: penstock.Party{Type: penstock.User, ID: "12", Name: "bob"}, Number: 12, Active: true},
		{Party: penstock.Party{Type: penstock.Group, ID: "g1", Name: "ann"}, Number: 13, Active: true},
	} {
		if have.Type == p.Type && (p.ID == have.ID || p.ID == "" && p.Name == have.Name) {
			return have, nil
		}
	}
	return penstock.PartyInfo{}, fmt.Errorf("party: %w", penstock.ErrNotFound)
}

func (phoneBook) Folder(_ context.Context, f penstock.Folder) (penstock.FolderInfo, error) {
	switch {
	case f.ID == "f1" || f.ID == "" && f.Name == "DEFAULT":
		return penstock.FolderInfo{Folder: penstock.Folder{ID: "f1", Name: "DEFAULT"}, Number: 21}, nil
	case f.ID == "22" || f.ID == "" && f.Name == "OPS":
		return penstock.FolderInfo{Folder: penstock.Folder{ID: "22", Name: "OPS"}, Number: 22}, nil
	case f.Name == "BROKEN":
		return penstock.FolderInfo{}, errors.New("the directory is down")
	}
	return penstock.FolderInfo{}, penstock.ErrNotFound
}

// A numbered book finds by number too.
type numberedBook struct{ phoneBook }

func (b numberedBook) PartyByNumber(ctx context.Context, kind penstock.PartyType, n int64) (penstock.PartyInfo, error) {
	for _, p := range []penstock.Party{{Type: penstock.User, ID: "u1"}, {Type: penstock.User, ID: "12"}, {Type: penstock.Group, ID: "g1"}} {
		if info, err := b.Party(ctx, p); err == nil && info.Number == n && p.Type == kind {
			return info, nil
		}
	}
	return penstock.PartyInfo{}, penstock.ErrNotFound
}

func (b numberedBook) FolderByNumber(ctx context.Context, n int64) (penstock.FolderInfo, error) {
	for _, id := range []string{"f1", "22"} {
		if info, err := b.Folder(ctx, penstock.Folder{ID: id}); err == nil && info.Number == n {
			return info, nil
		}
	}
	return penstock.FolderInfo{}, penstock.ErrNotFound
}

// Parties and folders are found by name, by number, or by both, which have to agree; a Directory
// that does not know numbers is asked for the number as an id.
func TestReferencesAreFound(t *testing.T) {
	for _, row := range []struct {
		of   string
		with penstock.Directory
		text string
		want string // the id, or the faults
	}{
		{"owner", phoneBook{}, `"ann"`, "user:u1"},
		{"owner", phoneBook{}, `{"name":"ann"}`, "user:u1"},
		{"owner", phoneBook{}, `{"type":"UserGroup","name":"ann"}`, "group:g1"},
		{"owner", phoneBook{}, `{"id":12}`, "user:12"},
		{"owner", phoneBook{}, `{"id":11}`, "owner: id 11 is not known"},
		{"owner", phoneBook{}, `{"id":11,"name":"ann"}`, "user:u1"}, // her number
		{"owner", phoneBook{}, `{"id":12,"name":"ann"}`, `owner: "ann" does not have the id 12`},
		{"owner", phoneBook{}, `{"id":99,"name":"ann"}`, `owner: "ann" is not known`},
		{"owner", numberedBook{}, `{"id":11}`, "user:u1"},
		{"owner", numberedBook{}, `{"type":"UserGroup","id":13}`, "group:g1"},
		{"owner", numberedBook{}, `{"type":"User","id":13}`, "owner: id 13 is not known"},
		{"owner", numberedBook{}, `{"id":11,"name":"bob"}`, `owner: "bob" does not have the id 11`},
		{"owner", penstock.Trust{}, `{"type":"User","id":302,"name":"100/AUTOMIC/AUTOMIC"}`, "user:302"},
		{"owner", phoneBook{}, `"carl"`, `owner: "carl" is not known`},
		{"owner", phoneBook{}, `{}`, "owner: must be a name, or have a name or an id"},
		{"owner", phoneBook{}, `""`, "owner: must be a name, or have a name or an id"},
		{"owner", phoneBook{}, `7`, "owner: must be an object, not number"},
		{"owner", phoneBook{}, `{"id":"12"}`, "owner.id: must be a whole number, not string"},
		{"owner", phoneBook{}, `{"id":0}`, "owner.id: must be more than 0"},
		{"owner", phoneBook{}, `{"type":"Robot","name":"ann"}`, "owner.type: must be one of User, UserGroup"},
		{"owner", phoneBook{}, `{"name":"ann","x":1,"y":2}`, "owner.x: is not known; owner.y: is not known"},
		{"folder", phoneBook{}, `"DEFAULT"`, "f1"},
		{"folder", phoneBook{}, `{"id":21,"name":"DEFAULT"}`, "f1"},
		{"folder", phoneBook{}, `{"id":22}`, "22"},
		{"folder", phoneBook{}, `{"id":21}`, "folder: id 21 is not known"},
		{"folder", numberedBook{}, `{"id":21}`, "f1"},
		{"folder", numberedBook{}, `{"id":21,"name":"OPS"}`, `folder: "OPS" does not have the id 21`},
		{"folder", numberedBook{}, `{"id":99,"name":"OPS"}`, `folder: "OPS" is not known`},
		{"folder", penstock.Trust{}, `{"id":12798,"name":"DEFAULT"}`, "12798"},
		{"folder", penstock.Trust{}, `"DEFAULT"`, "DEFAULT"},
		{"folder", phoneBook{}, `"BROKEN"`, "the directory is down"},
		{"folder", phoneBook{}, `{"type":"User","name":"OPS"}`, "folder.type: is not known"},
	} {
		t.Run(fmt.Sprintf("%s %T %s", row.of, row.with, row.text), func(t *testing.T) {
			a := &api{Config{Directory: row.with}}
			r := &reference{text: json.RawMessage(row.text)}
			var got string
			var err error
			if row.of == "owner" {
				var info penstock.PartyInfo
				info, err = a.party(t.Context(), "owner", r)
				got = string(info.Type) + ":" + info.ID
			} else {
				var folder penstock.Folder
				folder, err = a.folder(t.Context(), r)
				got = folder.ID
			}
			if err != nil {
				got = faults(err)
			}
			if got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
	// What Trust shows of a folder that it knows by name leads back to it.
	info, err := penstock.Trust{}.Folder(t.Context(), penstock.Folder{Name: "DEFAULT"})
	if err != nil {
		t.Fatal(err)
	}
	a := &api{Config{Directory: penstock.Trust{}}}
	got, err := a.folder(t.Context(), &reference{text: fmt.Appendf(nil, `{"id":%d,"name":"DEFAULT"}`, info.Number)})
	if err != nil || got != info.Folder {
		t.Errorf("%v, %v; want %v", got, err, info.Folder)
	}
}

// No member of a body is null or there twice, whatever the size of its letters.
func TestBodiesArePlain(t *testing.T) {
	for body, want := range map[string]string{
		`{"name":"x","planned_time":{"end":"y"}}`:   "",
		`{"name":null,"planned_time":{"end":null}}`: "name: must not be null; planned_time.end: must not be null",
		`[{"name":null},null]`:                      "[0].name: must not be null; [1]: must not be null",
		`null`:                                      "must not be null",
		`{"Name":"x","name":"y"}`:                   "name: is there twice",
		`{"a":{"B":1,"b":2}}`:                       "a.b: is there twice",
		`{"spec":{"a":null,"A":1},"assignee":null}`: "",
	} {
		var all []error
		plain(&all, "", json.RawMessage(body))
		if got := faults(errors.Join(all...)); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// Which ids can be those of plans, phases and tasks.
func TestNumbers(t *testing.T) {
	for id, want := range map[string]int64{"1": 1, "1908": 1908, "9223372036854775807": 1<<63 - 1, "0": 0, "-1": 0, "+1": 0, "01": 0, "1.0": 0, "1e3": 0,
		"": 0, "1 2": 0, "9223372036854775808": 0, "٣": 0, "x": 0, "1/2": 0, strings.Repeat("1", 4000): 0} {
		got, err := number(id)
		if got != want || (err == nil) != (want > 0) || err != nil && !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("%.20q: %d, %v; want %d", id, got, err, want)
		}
	}
}

// Places are from 1; a window on a list says whether there is more.
func TestPlacesAndWindows(t *testing.T) {
	at := func(i int) *int { return &i }
	for _, row := range []struct {
		at   *int
		want string
	}{{nil, "abx"}, {at(1), "xab"}, {at(2), "axb"}, {at(3), "abx"}, {at(0), "position: must be from 1 to 3"}, {at(4), "position: must be from 1 to 3"}, {at(-1 << 62), "position: must be from 1 to 3"}} {
		all, i, err := insert([]string{"a", "b"}, "x", row.at)
		got := strings.Join(all, "")
		if err != nil {
			got = faults(err)
		} else if all[i] != "x" {
			t.Errorf("%q: x is said to be at %d", got, i)
		}
		if got != row.want {
			t.Errorf("%q, want %q", got, row.want)
		}
	}
	for _, row := range []struct {
		page penstock.Page
		want []int
		more bool
	}{{penstock.Page{Limit: 2}, []int{1, 2}, true}, {penstock.Page{Offset: 1, Limit: 2}, []int{2, 3}, false}, {penstock.Page{Offset: 9, Limit: 2}, []int{}, false}} {
		got, more := window([]int{1, 2, 3}, row.page)
		if diff := cmp.Diff(row.want, got); diff != "" || more != row.more {
			t.Errorf("%+v: more %t: -want +got:\n%s", row.page, more, diff)
		}
	}
}
