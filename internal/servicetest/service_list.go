package servicetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// shelf files plans of all sorts and returns what a list shall show of them.
func (on suite) shelf(t *testing.T, cfg releaseplan.Config) (*releaseplan.Service, []*releaseplan.Plan) {
	now := noon
	cfg.Now = func() time.Time { now = now.Add(time.Second); return now }
	s := on.service(t, cfg)
	var plans []*releaseplan.Plan
	names := []string{"api", "api 2", "web", "web*2", "*", "a*", "Web", "ünï", "api*web"}
	for i := range 36 {
		c := contentOf(names[i%len(names)], 1, 1, "")
		c.Description = fmt.Sprint(i)
		if i%3 > 0 {
			c.Folder = penstock.Folder{ID: fmt.Sprint("f", i%3)}
		}
		if i%4 == 1 {
			c.Owner = penstock.GroupParty("sre")
		}
		if i%2 == 1 {
			c.Labels = map[string]string{"tier": fmt.Sprint(i % 5), "team": "x"}
		}
		day := time.Duration(i) * 24 * time.Hour
		switch i % 4 {
		case 0:
			c.Planned = &releaseplan.PlannedTime{Start: noon.Add(day), End: noon.Add(day + 36*time.Hour)}
		case 2:
			c.Window = &releaseplan.Window{Start: noon.Add(-day), End: noon.Add(day + time.Hour)}
		}
		p := create(t, s, c)
		if i%5 == 0 && c.Window == nil {
			p, _ = s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Finalize}, penstock.Actor{ID: "root", Admin: true})
		}
		if i%7 == 0 {
			p, _ = s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Archive}, penstock.Actor{ID: "root", Admin: true})
		}
		plans = append(plans, p)
	}
	return s, plans
}

// selects is what a Filter means, said another way.
func selects(f releaseplan.Filter, p *releaseplan.Plan) bool {
	c := p.Content()
	if f.Name != "" {
		front, back := strings.HasPrefix(f.Name, "*"), strings.HasSuffix(f.Name, "*")
		switch text := strings.TrimSuffix(strings.TrimPrefix(f.Name, "*"), "*"); {
		case f.Name == "*":
		case front && back && !strings.Contains(c.Name, text),
			front && !back && !strings.HasSuffix(c.Name, text),
			back && !front && !strings.HasPrefix(c.Name, text),
			!front && !back && c.Name != f.Name:
			return false
		}
	}
	var from, to time.Time
	if c.Window != nil {
		from, to = c.Window.Start, c.Window.End
	}
	if c.Planned != nil {
		from, to = c.Planned.Start, c.Planned.Finish()
	}
	for k, v := range f.Label {
		if c.Labels[k] != v {
			return false
		}
	}
	return (len(f.States) == 0 || slices.Contains(f.States, p.State())) &&
		(f.Owner.IsZero() || f.Owner.Key() == c.Owner.Key()) &&
		(f.Folder.Key() == "" || f.Folder.Key() == c.Folder.Key()) &&
		(f.Archived == releaseplan.WithArchived || p.Archived() == (f.Archived == releaseplan.OnlyArchived)) &&
		(f.To.IsZero() || !from.IsZero() && !from.After(f.To)) &&
		(f.From.IsZero() || !to.IsZero() && !to.Before(f.From)) &&
		(f.Order != releaseplan.ByPlannedStart || !from.IsZero())
}

// sorted puts plans as an Order says; equal ones by id.
func sorted(o releaseplan.Order, plans []*releaseplan.Plan) {
	start := func(p *releaseplan.Plan) time.Time {
		if c := p.Content(); c.Planned != nil {
			return c.Planned.Start
		} else if c.Window != nil {
			return c.Window.Start
		}
		return time.Time{}
	}
	slices.SortFunc(plans, func(a, b *releaseplan.Plan) int {
		by, id := 0, strings.Compare(a.ID(), b.ID())
		switch o {
		case releaseplan.NewestFirst:
			return int(b.Number() - a.Number())
		case releaseplan.OldestFirst:
			return int(a.Number() - b.Number())
		case releaseplan.ByName:
			by = strings.Compare(a.Name(), b.Name())
		case releaseplan.ByUpdated:
			by, id = b.Status().Updated.At.Compare(a.Status().Updated.At), -id
		case releaseplan.ByPlannedStart:
			by = start(a).Compare(start(b))
		}
		if by == 0 {
			return id
		}
		return by
	})
}

// anyFilter returns a Filter of values that plans have or not.
func anyFilter(dice *rand.Rand) (f releaseplan.Filter) {
	maybe := func() bool { return dice.IntN(3) == 0 }
	if maybe() {
		names := []string{"api", "api*", "*2", "*eb*", "*", "**", "a*", "api*web", "*api*web*", "web*2", "ü*", "none", "*i*w*"}
		f.Name = names[dice.IntN(len(names))]
	}
	if maybe() {
		f.States = [][]releaseplan.State{{releaseplan.Draft}, {releaseplan.Finalized}, {releaseplan.Draft, releaseplan.Finalized}, {releaseplan.Running}}[dice.IntN(4)]
	}
	if maybe() {
		f.Owner = []penstock.Party{penstock.UserParty("ann"), {ID: "ann"}, penstock.GroupParty("sre"), penstock.UserParty("sre")}[dice.IntN(4)]
	}
	if maybe() {
		f.Folder = []penstock.Folder{{ID: "f1"}, {Name: "f2"}, {ID: "f3"}}[dice.IntN(3)]
	}
	if maybe() {
		f.Label = []map[string]string{{"team": "x"}, {"tier": "1"}, {"tier": "3", "team": "x"}, {"team": "y"}}[dice.IntN(4)]
	}
	if maybe() {
		f.From = noon.Add(time.Duration(dice.IntN(36)) * 24 * time.Hour)
	}
	if maybe() {
		f.To = noon.Add(time.Duration(dice.IntN(36)) * 24 * time.Hour)
	}
	f.Archived, f.Order = releaseplan.Archived(dice.IntN(3)), releaseplan.Order(dice.IntN(5))
	if maybe() {
		f.Page = penstock.Page{Offset: dice.IntN(20), Limit: 1 + dice.IntN(10)}
	}
	return f
}

// Every combination of filters, orders and pages shows what a look at every plan
// would, with an Authorizer and without.
func (on suite) testListShowsWhatTheFilterSelects(t *testing.T) {
	forbidden := func(f penstock.Folder) bool { return f.ID == "f2" }
	for _, authorized := range []bool{false, true} {
		cfg := releaseplan.Config{}
		if authorized {
			cfg.Authorizer = func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
				if who.ID == "bob" && (forbidden(on.Folder) || on.ID == "") {
					return &penstock.ForbiddenError{Right: right, On: on}
				}
				return nil
			}
		}
		s, plans := on.shelf(t, cfg)
		dice, some := rand.New(rand.NewPCG(1, 2)), 0
		for range 400 {
			f := anyFilter(dice)
			var want []*releaseplan.Plan
			for _, p := range plans {
				if selects(f, p) && !(authorized && forbidden(p.Content().Folder)) {
					want = append(want, p)
				}
			}
			sorted(f.Order, want)
			total := len(want)
			want = want[min(f.Offset, total):]
			if f.Limit > 0 {
				want = want[:min(f.Limit, len(want))]
			}
			if len(want) > 0 {
				some++
			}
			got, err := s.List(t.Context(), f, bob)
			if must(t, got, err).Total != total {
				t.Fatalf("%+v: the total is %d, not %d", f, got.Total, total)
			}
			if diff := cmp.Diff(summaries(want), got.Items); diff != "" {
				t.Fatalf("%+v: %s", f, diff)
			}
		}
		if some < 100 {
			t.Errorf("only %d lists showed something", some)
		}
	}
}

// summaries returns what a list shows of plans.
func summaries(plans []*releaseplan.Plan) (all []releaseplan.Summary) {
	for _, p := range plans {
		c := p.Content()
		all = append(all, releaseplan.Summary{ID: p.ID(), Number: p.Number(), Name: c.Name, Description: c.Description, Folder: c.Folder, Owner: c.Owner,
			Planned: c.Planned, Window: c.Window, Labels: c.Labels, Status: p.Status(), Version: p.Version(), Tasks: p.TaskCount()})
	}
	return all
}

func (on suite) testListReportsEveryFault(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	f := releaseplan.Filter{Name: strings.Repeat("x", 2_000), States: []releaseplan.State{releaseplan.Draft, "asleep"}, Archived: 7, Order: -1,
		Label: map[string]string{"": "x"}, Folder: penstock.Folder{ID: strings.Repeat("x", 300)},
		From: time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC), Page: penstock.Page{Offset: -1, Limit: 1_001}}
	_, err := s.List(t.Context(), f, ann)
	var fields []string
	for _, fault := range penstock.Faults(err) {
		fields = append(fields, fault.Field)
	}
	slices.Sort(fields)
	want := []string{"archived", "folder", "from", "label", "limit", "name", "offset", "order", "states[1]"}
	if diff := cmp.Diff(want, fields); diff != "" || !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("%v: %s", err, diff)
	}
}

// An Authorizer that fails is not one that says no.
func (on suite) testListPassesOtherErrorsOfTheAuthorizerOn(t *testing.T) {
	down := errors.New("the user table is down")
	var answer error
	s := on.service(t, releaseplan.Config{Authorizer: func(context.Context, penstock.Actor, penstock.Right, penstock.Resource) error { return answer }})
	create(t, s, contentOf("release", 1, 1, ""))
	answer = down
	list, err := s.List(t.Context(), releaseplan.Filter{}, ann)
	if !errors.Is(err, down) || list.Total != 0 || list.Items != nil {
		t.Errorf("%+v, %v", list, err)
	}
}

// Labels may be as long as names; what is too long for the index is still found.
func (on suite) testLongLabelsCanBeStoredAndFound(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	long := strings.Repeat("ü", 255)
	for _, shift := range []string{"", "x", "xy", "xyz"} {
		c := contentOf("release", 1, 1, "")
		c.Labels = map[string]string{shift + long[:2*250]: long}
		p := create(t, s, c)
		list, err := s.List(t.Context(), releaseplan.Filter{Label: c.Labels}, ann)
		if !slices.ContainsFunc(must(t, list, err).Items, func(i releaseplan.Summary) bool { return i.ID == p.ID() }) {
			t.Errorf("the plan with the label is not among %d", list.Total)
		}
	}
}
