package calendar_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

func date(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func set(t testing.TB, calendars ...calendar.Calendar) *calendar.Set {
	t.Helper()
	s, err := calendar.NewSet(calendars...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// freeze is closed for ever.
func freeze(name string) calendar.Calendar {
	return calendar.Calendar{Name: name, Blackouts: []calendar.Blackout{{Weekly: &calendar.Hours{Days: calendar.Weekdays()}}}}
}

func TestFaults(t *testing.T) {
	long := strings.Repeat("x", 256)
	var many []calendar.Blackout
	for range calendar.MaxBlackouts + 1 {
		many = append(many, calendar.Blackout{From: "2026-12-20"})
	}
	for _, c := range []struct {
		rule string
		of   calendar.Calendar
		want []string
	}{
		{"nothing but a name", calendar.Calendar{Name: "a"}, nil},
		{"no name", calendar.Calendar{}, []string{"calendars[0].name"}},
		{"texts too long", calendar.Calendar{Name: long, Zone: long, Reason: strings.Repeat("x", 1001)}, []string{"calendars[0].name", "calendars[0].reason", "calendars[0].zone"}},
		{"the zone of the machine", calendar.Calendar{Name: "a", Zone: "Local"}, []string{"calendars[0].zone"}},
		{"a zone that is none", calendar.Calendar{Name: "a", Zone: "Europe/Atlantis"}, []string{"calendars[0].zone"}},
		{"a zone that is a file", calendar.Calendar{Name: "a", Zone: "../../etc/passwd"}, []string{"calendars[0].zone"}},
		{"empty scopes", calendar.Calendar{Name: "a", Scope: calendar.Scope{Folders: []string{"x", ""}, Classes: []string{""}, Labels: map[string]string{"": "x", "y": long}}, Exempt: []string{""}},
			[]string{"calendars[0].scope.folders[1]", "calendars[0].scope.classes[0]", "calendars[0].exempt[0]", `calendars[0].scope.labels[""]`, `calendars[0].scope.labels["y"]`}},
		{"hours", calendar.Calendar{Name: "a", Hours: []calendar.Hours{{From: "9:00", To: "25:00"}, {}, {Days: []calendar.Weekday{"Monday"}}, {From: "24:00"}, {From: "12:60", To: "24:01"}, {From: "-1:00"}}},
			[]string{"calendars[0].hours[0].from", "calendars[0].hours[0].to", "calendars[0].hours[1]", "calendars[0].hours[2].days[0]", "calendars[0].hours[3].from", "calendars[0].hours[4].from", "calendars[0].hours[4].to", "calendars[0].hours[5].from"}},
		{"forms of a blackout", calendar.Calendar{Name: "a", Blackouts: []calendar.Blackout{{}, {From: "2026-01-01", Weekly: &calendar.Hours{From: "01:00"}}, {Start: date("2026-01-01 00:00"), To: "2026-01-01"}}},
			[]string{"calendars[0].blackouts[0]", "calendars[0].blackouts[1]", "calendars[0].blackouts[2]"}},
		{"intervals", calendar.Calendar{Name: "a", Blackouts: []calendar.Blackout{{Start: date("2026-01-01 00:00")}, {End: date("2026-01-01 00:00")}, {Start: date("2026-01-01 00:00"), End: date("2026-01-01 00:00").Add(time.Nanosecond)}}},
			[]string{"calendars[0].blackouts[0]", "calendars[0].blackouts[1]", "calendars[0].blackouts[2].end"}},
		{"dates", calendar.Calendar{Name: "a", Blackouts: []calendar.Blackout{{From: "2026-02-29"}, {From: "2026-02-02", To: "2026-02-01"}, {To: "2026-02-01"}, {From: "12-20"}, {From: "2026-12-20", Yearly: true}, {Yearly: true}, {From: "0000-01-01"}}},
			[]string{"calendars[0].blackouts[0].from", "calendars[0].blackouts[1].to", "calendars[0].blackouts[2].from", "calendars[0].blackouts[3].from", "calendars[0].blackouts[4].from", "calendars[0].blackouts[5].from", "calendars[0].blackouts[6].from"}},
		{"hours of a blackout", calendar.Calendar{Name: "a", Blackouts: []calendar.Blackout{{Weekly: &calendar.Hours{}, Reason: "\n"}}}, []string{"calendars[0].blackouts[0].reason", "calendars[0].blackouts[0].weekly"}},
		{"too many", calendar.Calendar{Name: "a", Blackouts: many, Hours: make([]calendar.Hours, 101), Exempt: make([]string, 1001)}, []string{"calendars[0].exempt", "calendars[0].hours", "calendars[0].blackouts"}},
		{"leap days are in some years", calendar.Calendar{Name: "a", Blackouts: []calendar.Blackout{{From: "02-29", Yearly: true}, {From: "2028-02-29"}}}, nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s, err := calendar.NewSet(c.of)
			var got []string
			for _, f := range penstock.Faults(err) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if (s == nil) != (err != nil) || err != nil && !errors.Is(err, penstock.ErrInvalid) {
				t.Errorf("got %v, %v", s, err)
			}
		})
	}
	_, err := calendar.NewSet(freeze("a"), freeze("b"), freeze("a"))
	if fs := penstock.Faults(err); len(fs) != 1 || fs[0].Field != "calendars[2].name" {
		t.Errorf("a name twice: %v", err)
	}
	if _, err = calendar.NewSet(make([]calendar.Calendar, 1001)...); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("too many calendars: %v", err)
	}
	if _, err = calendar.NewSet(make([]calendar.Calendar, 1000)...); len(penstock.Faults(err)) != 100 {
		t.Errorf("%d faults were told", len(penstock.Faults(err)))
	}
}

func TestScope(t *testing.T) {
	of := func(s calendar.Scope, exempt ...string) calendar.Calendar {
		c := freeze("a")
		c.Scope, c.Exempt = s, exempt
		return c
	}
	folder := penstock.Folder{ID: "7", Name: "payments"}
	plan := calendar.Subject{Folder: folder, Labels: map[string]string{"tier": "1", "eu": ""}}
	task := func(class string) calendar.Subject {
		s := plan
		s.Task, s.Class = true, class
		return s
	}
	for _, c := range []struct {
		rule string
		of   calendar.Calendar
		on   calendar.Subject
		want bool
	}{
		{"everyone", of(calendar.Scope{}), calendar.Subject{}, true},
		{"a folder by id", of(calendar.Scope{Folders: []string{"x", "7"}}), plan, true},
		{"a folder by name", of(calendar.Scope{Folders: []string{"payments"}}), plan, true},
		{"another folder", of(calendar.Scope{Folders: []string{"x"}}), plan, false},
		{"no folder", of(calendar.Scope{Folders: []string{"x"}}), calendar.Subject{}, false},
		{"all labels", of(calendar.Scope{Labels: map[string]string{"tier": "1", "eu": ""}}), plan, true},
		{"one label less", of(calendar.Scope{Labels: map[string]string{"tier": "1", "us": ""}}), plan, false},
		{"another value", of(calendar.Scope{Labels: map[string]string{"tier": "2"}}), plan, false},
		{"every member must fit", of(calendar.Scope{Folders: []string{"7"}, Labels: map[string]string{"tier": "2"}}), plan, false},
		{"a class", of(calendar.Scope{Classes: []string{"deploy", "db"}}), task("db"), true},
		{"another class", of(calendar.Scope{Classes: []string{"deploy"}}), task("db"), false},
		{"no class", of(calendar.Scope{Classes: []string{"deploy"}}), task(""), false},
		{"classes are not of a plan", of(calendar.Scope{Classes: []string{"deploy"}}), plan, false},
		{"an exempt class", of(calendar.Scope{}, "rollback"), task("rollback"), false},
		{"a class that is not exempt", of(calendar.Scope{}, "rollback"), task(""), true},
		{"a plan is never exempt", of(calendar.Scope{}, ""+"rollback"), plan, true},
		{"exempt though in scope", of(calendar.Scope{Classes: []string{"rollback"}}, "rollback"), task("rollback"), false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s, at := set(t, c.of), date("2026-05-05 12:00")
			if got := len(s.Closed(at, c.on, nil)) > 0; got != c.want {
				t.Errorf("closed: %t", got)
			}
			if _, opens := s.NextOpening(at, 0, c.on, nil); opens == c.want {
				t.Errorf("opens: %t", opens)
			}
			if _, closes := s.NextClosing(at, c.on, nil); closes != c.want {
				t.Errorf("closes: %t", closes)
			}
		})
	}
}

func TestOverride(t *testing.T) {
	s := set(t, freeze("a"), freeze("b"))
	at, until := date("2026-05-05 12:00"), date("2026-05-05 13:00")
	closed := func(overrides ...calendar.Override) string {
		var names []string
		for _, c := range s.Closed(at, calendar.Subject{}, overrides) {
			names = append(names, c.Calendar)
		}
		return strings.Join(names, " ")
	}
	for _, c := range []struct{ rule, got, want string }{
		{"none", closed(), "a b"},
		{"of one", closed(calendar.Override{Calendar: "a", Until: until}), "b"},
		{"of all", closed(calendar.Override{Until: until}), ""},
		{"until now", closed(calendar.Override{Until: at}), "a b"},
		{"the longest", closed(calendar.Override{Until: until}, calendar.Override{Calendar: "a", Until: at}), ""},
		{"of another", closed(calendar.Override{Calendar: "c", Until: until}), "a b"},
		{"without an end", closed(calendar.Override{Calendar: "a"}), "a b"},
	} {
		if c.got != c.want {
			t.Errorf("%s: closed %q, want %q", c.rule, c.got, c.want)
		}
	}
	all := []calendar.Override{{Until: until}}
	if got, ok := s.NextClosing(at, calendar.Subject{}, all); !ok || !got.Equal(until) {
		t.Errorf("closes at %s %t", got, ok)
	}
	if got, ok := s.NextOpening(at, time.Hour, calendar.Subject{}, all); !ok || !got.Equal(at) {
		t.Errorf("an hour fits: %s %t", got, ok)
	}
	if got, ok := s.NextOpening(at, time.Hour+1, calendar.Subject{}, all); ok {
		t.Errorf("more than an hour fits at %s", got)
	}
}

func TestReason(t *testing.T) {
	c := calendar.Calendar{Name: "a", Reason: "closed",
		Hours: []calendar.Hours{{Days: calendar.Workdays(), From: "09:00", To: "17:00"}},
		Blackouts: []calendar.Blackout{
			{From: "2026-05-05"},
			{From: "2026-05-05", To: "2026-05-06", Reason: "audit"},
			{From: "2026-05-06", Reason: "party"},
		},
		Recurring: fair{calendar.Interval{Start: date("2026-05-07 10:00"), End: date("2026-05-07 11:00"), Reason: "fair"}}}
	s := set(t, c)
	for at, want := range map[string]string{
		"2026-05-04 08:00": "closed", "2026-05-05 12:00": "audit", "2026-05-06 12:00": "audit",
		"2026-05-07 10:30": "fair", "2026-05-07 18:00": "closed",
	} {
		got := s.Closed(date(at), calendar.Subject{}, nil)
		if len(got) != 1 || got[0].Reason != want {
			t.Errorf("%s: %v, want %s", at, got, want)
		}
	}
	if got := s.Closed(date("2026-05-05 12:00"), calendar.Subject{}, nil)[0].Until; !got.Equal(date("2026-05-07 09:00")) {
		t.Errorf("blackouts and nights in a row end at %s", got)
	}
}

type fair struct{ calendar.Interval }

func (f fair) Next(t time.Time) (calendar.Interval, bool) { return f.Interval, f.End.After(t) }

func TestSetOwnsItsCalendars(t *testing.T) {
	c := calendar.Calendar{Name: "a", Exempt: []string{"x"}, Scope: calendar.Scope{Labels: map[string]string{"l": "v"}, Folders: []string{"f"}, Classes: []string{"c"}},
		Hours:     []calendar.Hours{{Days: calendar.Workdays(), From: "09:00"}},
		Blackouts: []calendar.Blackout{{Weekly: &calendar.Hours{Days: calendar.Workdays()}}, {Start: date("2026-05-05 12:00"), End: date("2026-05-05 13:00")}, {From: "12-20", To: "01-02", Yearly: true, Reason: "holidays"}}}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	s := set(t, c)
	change := func(c calendar.Calendar) {
		c.Exempt[0], c.Scope.Labels["l"], c.Scope.Folders[0], c.Scope.Classes[0] = "", "", "", ""
		c.Hours[0].Days[0], c.Blackouts[0].Weekly.Days[0], c.Blackouts[1].From = "", "", "x"
	}
	change(c)
	change(s.Calendars()[0])
	got, err := json.Marshal(s.Calendars()[0])
	if err != nil || !bytes.Equal(got, text) {
		t.Errorf("%v\n got %s\nwant %s", err, got, text)
	}
	var back calendar.Calendar
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.Calendars()[0], back); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a"}, s.Names()); diff != "" {
		t.Error(diff)
	}
}

func TestNothingIsNeverClosed(t *testing.T) {
	at := date("2026-05-05 12:00")
	empty, err := calendar.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*calendar.Set{"nil": nil, "zero": {}, "empty": empty} {
		if got := s.Closed(at, calendar.Subject{}, nil); got != nil {
			t.Errorf("%s: %v", name, got)
		}
		if got, ok := s.NextOpening(at, time.Hour, calendar.Subject{}, nil); !ok || !got.Equal(at) {
			t.Errorf("%s opens at %s %t", name, got, ok)
		}
		if got, ok := s.NextClosing(at, calendar.Subject{}, nil); ok || !got.IsZero() {
			t.Errorf("%s closes at %s", name, got)
		}
		if s.Names() != nil || len(s.Calendars()) > 0 || s.Current() != s {
			t.Errorf("%s has something", name)
		}
	}
}

func TestBook(t *testing.T) {
	var b calendar.Book
	if b.Current() != nil {
		t.Error("a new book has a set")
	}
	a, c := set(t, freeze("a")), set(t, freeze("c"), freeze("d"))
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 200 {
				n := len(calendar.Source(&b).Current().Closed(date("2026-05-05 12:00"), calendar.Subject{}, nil))
				if n > 2 {
					t.Error(n)
				}
			}
		})
	}
	for range 200 {
		b.Replace(a)
		b.Replace(c)
	}
	readers.Wait()
	if b.Current() != c {
		t.Error("not the last one")
	}
	if b.Replace(nil); b.Current() != nil {
		t.Error("not removed")
	}
}
