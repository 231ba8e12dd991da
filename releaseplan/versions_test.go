package releaseplan_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// A diffLife is a plan in a Service with a clock, that people edit.
type diffLife struct {
	*testing.T
	plans *releaseplan.Service
	id    string
	now   time.Time
}

func newDiffLife(t *testing.T, c releaseplan.Content) *diffLife {
	t.Helper()
	l := &diffLife{T: t, now: bNoon}
	l.plans = releaseplan.New(releaseplan.Config{Store: memory.New(), Now: func() time.Time { return l.now },
		Authorizer: func(_ context.Context, by penstock.Actor, _ penstock.Right, on penstock.Resource) error {
			if by.ID == "eve" {
				return &penstock.ForbiddenError{Right: penstock.Read, On: on}
			}
			return nil
		}})
	p, err := l.plans.Create(t.Context(), c, bAnn)
	l.id = cMust(t, p, err).ID()
	return l
}

// edit lets somebody change the content an hour later.
func (l *diffLife) edit(by penstock.Actor, remark string, change func(*releaseplan.Content)) {
	l.Helper()
	l.now = l.now.Add(time.Hour)
	p, err := l.plans.Get(l.Context(), l.id, by)
	c := cMust(l, p, err).Content()
	change(&c)
	l.do(by, releaseplan.Command{Action: releaseplan.Edit, Content: &c, Remark: remark})
}

func (l *diffLife) do(by penstock.Actor, c releaseplan.Command) {
	l.Helper()
	if _, err := l.plans.Do(l.Context(), l.id, c, by); err != nil {
		l.Fatal(err)
	}
}

// approve finalizes the plan and lets Bob approve it.
func (l *diffLife) approve() {
	l.Helper()
	l.now = l.now.Add(time.Hour)
	l.do(bAnn, releaseplan.Command{Action: releaseplan.Finalize})
	l.do(bAnn, releaseplan.Command{Action: releaseplan.RequestApproval})
	l.do(bBob, releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve})
}

var diffRoot = penstock.Actor{ID: "root", Name: "Root", Admin: true}

// diffGuarded is a plan of two phases that takes Bob's approval.
func diffGuarded() releaseplan.Content {
	c := cContent("Checkout", 2, 2, releaseplan.Sequential)
	c.Approval = &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.All, Approvers: []penstock.Party{penstock.UserParty("bob")}}}}
	return c
}

func diffHistory(t *testing.T) *diffLife {
	t.Helper()
	l := newDiffLife(t, diffGuarded())
	l.edit(diffRoot, "as agreed", func(c *releaseplan.Content) {
		c.Phases[0].Tasks[0].Name = "deploy"
		c.Phases[1].Name = "production"
	})
	l.edit(bAnn, "", func(c *releaseplan.Content) {
		c.Phases[1].Tasks = append(c.Phases[1].Tasks, c.Phases[0].Tasks[0])
		c.Phases[0].Tasks = c.Phases[0].Tasks[1:]
		c.Labels = map[string]string{"team": "shop"}
	})
	l.edit(diffRoot, "", func(c *releaseplan.Content) {
		c.Labels = nil
		c.Phases[1].Tasks = slices.Delete(c.Phases[1].Tasks, 0, 1)
		c.Phases[1].Tasks[1].Timeout = penstock.Duration{Time: time.Hour}
	})
	return l
}

// Versions tell who changed how much when, the latest first, page by page.
func TestVersions(t *testing.T) {
	l := diffHistory(t)
	all, err := l.plans.Versions(t.Context(), l.id, penstock.Page{}, bBob)
	var got []string
	for _, v := range cMust(t, all, err).Items {
		got = append(got, fmt.Sprintf("%d %v by %s: %d %s", v.Number, v.At.Sub(bNoon), v.By.Label(), v.Differences, v.Remark))
		if w, c, err := l.plans.VersionOf(t.Context(), l.id, v.Number, bBob); err != nil || w != v || c.Name != "Checkout" {
			t.Errorf("%v: %+v, want %+v", err, w, v)
		}
	}
	if diff := cmp.Diff([]string{"4 3h0m0s by Root: 3 ", "3 2h0m0s by ann: 2 ", "2 1h0m0s by Root: 2 as agreed", "1 0s by ann: 0 "}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	page, err := l.plans.Versions(t.Context(), l.id, penstock.Page{Offset: 1, Limit: 2}, bBob)
	if err != nil || page.Total != 4 || !cmp.Equal(page.Items, all.Items[1:3]) {
		t.Errorf("%v: %+v", err, page)
	}
	if page, err := l.plans.Versions(t.Context(), l.id, penstock.Page{Offset: 1 << 60}, bBob); err != nil || len(page.Items) != 0 {
		t.Errorf("%v: %+v", err, page)
	}
}

// Diff compares any two versions; every way through the versions leads to the same content.
func TestServiceDiff(t *testing.T) {
	l := diffHistory(t)
	for from := int64(1); from <= 4; from++ {
		for to := int64(1); to <= 4; to++ {
			_, a, err := l.plans.VersionOf(t.Context(), l.id, from, bAnn)
			if err != nil {
				t.Fatal(err)
			}
			_, b, err := l.plans.VersionOf(t.Context(), l.id, to, bAnn)
			if err != nil {
				t.Fatal(err)
			}
			d, err := l.plans.Diff(t.Context(), l.id, from, to, bAnn)
			if got := cMust(t, d, err); got.String() != diffTurns(t, a, b).String() {
				t.Errorf("from %d to %d: %s", from, to, got)
			}
		}
	}
	d, err := l.plans.Diff(t.Context(), l.id, 0, 0, bAnn)
	if got := cMust(t, d, err).String(); !strings.Contains(got, `task "deploy" from phase "phase 1", place 1 → 2`) {
		t.Errorf("from the first to the latest:\n%s", got)
	}
	for _, row := range []struct {
		from, to int64
		want     error
	}{{5, 0, penstock.ErrNotFound}, {1, 5, penstock.ErrNotFound}, {-1, 0, penstock.ErrInvalid}, {1, -7, penstock.ErrInvalid}, {1, 1 << 62, penstock.ErrNotFound}} {
		if _, err := l.plans.Diff(t.Context(), l.id, row.from, row.to, bAnn); !errors.Is(err, row.want) {
			t.Errorf("from %d to %d: %v, want %v", row.from, row.to, err, row.want)
		}
	}
}

// Blame names the version that last touched each part and member, wherever it has gone since.
func TestBlame(t *testing.T) {
	l := diffHistory(t)
	rows, err := l.plans.Blame(t.Context(), l.id, bAnn)
	var got []string
	for _, b := range cMust(t, rows, err) {
		member := b.Path[strings.LastIndexAny(b.Path, ".]")+1:]
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s: %s in %d by %s", b.Label, member, b.Kind, b.Version.Number, b.Version.By.Label())))
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{
		`: added in 1 by ann`,
		`phase "phase 1" : added in 1 by ann`,
		`phase "phase 1" › task "task 1.2" : added in 1 by ann`,
		`phase "production" : added in 1 by ann`,
		`phase "production" name: renamed in 2 by Root`,
		`phase "production" › task "deploy" : moved in 3 by ann`,
		`phase "production" › task "deploy" name: renamed in 2 by Root`,
		`phase "production" › task "deploy" timeout: added in 4 by Root`,
		`phase "production" › task "task 2.2" : added in 1 by ann`,
		`team: removed in 4 by Root`,
	}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Who approves again is told what changed since, and what of it matters.
func TestDiffSinceApproval(t *testing.T) {
	l := newDiffLife(t, diffGuarded())
	if _, err := l.plans.DiffSinceApproval(t.Context(), l.id, bBob); !errors.Is(err, releaseplan.ErrNeverApproved) || !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("never approved: %v", err)
	}
	l.edit(bAnn, "", func(c *releaseplan.Content) { c.Description = "first" })
	l.approve()
	told := func() *releaseplan.SinceApproval {
		t.Helper()
		s, err := l.plans.DiffSinceApproval(t.Context(), l.id, bBob)
		return cMust(t, s, err)
	}
	if s := told(); !s.Holds || len(s.Covered)+len(s.Rest) != 0 || s.Approved.Number != 2 || s.String() != "version 2 was approved at 2026-05-04T14:00:00Z by bob; nothing has changed since" {
		t.Errorf("at once: %+v\n%s", s, s)
	}
	l.do(bAnn, releaseplan.Command{Action: releaseplan.Reopen})
	l.edit(bAnn, "", func(c *releaseplan.Content) { c.Description = "second" })
	if s := told(); !s.Holds || len(s.Covered) != 0 || len(s.Rest) != 1 || s.Current.Number != 3 {
		t.Errorf("after words: %s", s)
	}
	l.edit(bAnn, "", func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Timeout = penstock.Duration{Days: 1} })
	if s := told(); s.Holds || len(s.Covered) != 1 || len(s.Rest) != 1 || s.Approved.Number != 2 {
		t.Errorf("after deeds: %s", s)
	}
	l.approve()
	if s := told(); !s.Holds || s.Approved.Number != 4 || len(s.Covered)+len(s.Rest) != 0 {
		t.Errorf("approved again: %s", s)
	}
}

// Whoever may not read a plan is told nothing of its versions; a plan that is gone has none.
func TestVersionsTakeTheRightToRead(t *testing.T) {
	l := diffHistory(t)
	asks := map[string]func(id string, by penstock.Actor) error{
		"Versions": func(id string, by penstock.Actor) error {
			_, err := l.plans.Versions(t.Context(), id, penstock.Page{}, by)
			return err
		},
		"VersionOf": func(id string, by penstock.Actor) error {
			_, _, err := l.plans.VersionOf(t.Context(), id, 1, by)
			return err
		},
		"Diff": func(id string, by penstock.Actor) error {
			_, err := l.plans.Diff(t.Context(), id, 1, 2, by)
			return err
		},
		"Blame": func(id string, by penstock.Actor) error { _, err := l.plans.Blame(t.Context(), id, by); return err },
		"DiffSinceApproval": func(id string, by penstock.Actor) error {
			_, err := l.plans.DiffSinceApproval(t.Context(), id, by)
			return err
		},
	}
	for name, ask := range asks {
		if err := ask(l.id, penstock.Actor{ID: "eve"}); !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("%s by a stranger: %v", name, err)
		}
		if err := ask("nix", bAnn); !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("%s of no plan: %v", name, err)
		}
	}
	if err := l.plans.Delete(t.Context(), l.id, diffRoot); err != nil {
		t.Fatal(err)
	}
	for name, ask := range asks {
		if err := ask(l.id, bAnn); !errors.Is(err, penstock.ErrNotFound) || errors.Is(err, releaseplan.ErrNoVersion) {
			t.Errorf("%s of a plan that is gone: %v", name, err)
		}
	}
}

// What was pruned cannot be compared; the content of now can.
func TestVersionsOfAPrunedPlan(t *testing.T) {
	l := diffHistory(t)
	l.do(diffRoot, releaseplan.Command{Action: releaseplan.Archive})
	l.now = l.now.AddDate(1, 0, 0)
	if done, err := l.plans.Prune(t.Context(), l.now, diffRoot); err != nil || done.Plans != 1 {
		t.Fatalf("%+v %v", done, err)
	}
	l.do(diffRoot, releaseplan.Command{Action: releaseplan.Unarchive})
	if _, err := l.plans.Diff(t.Context(), l.id, 1, 4, bAnn); !errors.Is(err, releaseplan.ErrPruned) {
		t.Errorf("from what was pruned: %v", err)
	}
	if _, err := l.plans.Diff(t.Context(), l.id, 5, 0, bAnn); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("from what never was: %v", err)
	}
	if d, err := l.plans.Diff(t.Context(), l.id, 4, 0, bAnn); err != nil || len(d) != 0 {
		t.Errorf("of now: %v %v", d, err)
	}
	if _, err := l.plans.Blame(t.Context(), l.id, bAnn); !errors.Is(err, releaseplan.ErrPruned) {
		t.Errorf("blame: %v", err)
	}
	if _, err := l.plans.DiffSinceApproval(t.Context(), l.id, bAnn); !errors.Is(err, releaseplan.ErrPruned) {
		t.Errorf("since approval: %v", err)
	}
	l.edit(bAnn, "", func(c *releaseplan.Content) { c.Description = "anew" })
	all, err := l.plans.Versions(t.Context(), l.id, penstock.Page{}, bAnn)
	if cMust(t, all, err); all.Total == 0 || all.Items[0].Number != 5 || all.Items[0].By.Label() != "ann" {
		t.Errorf("versions: %+v", all)
	}
	if _, c, err := l.plans.VersionOf(t.Context(), l.id, 0, bAnn); err != nil || c.Description != "anew" {
		t.Errorf("of now: %v", err)
	}
}
