package releaseplan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// prune removes what is older than now of the plan, which is archived meanwhile.
func (l *diffLife) prune() {
	l.Helper()
	l.do(diffRoot, releaseplan.Command{Action: releaseplan.Archive})
	l.now = l.now.Add(time.Hour)
	if done, err := l.plans.Prune(l.Context(), l.now, diffRoot); err != nil || done.Plans != 1 {
		l.Fatalf("%+v %v", done, err)
	}
	l.do(diffRoot, releaseplan.Command{Action: releaseplan.Unarchive})
}

// versions are the versions of the plan, and their contents; nil: it was pruned.
func (l *diffLife) versions() (all []releaseplan.Version, contents []string) {
	l.Helper()
	list, err := l.plans.Versions(l.Context(), l.id, penstock.Page{}, bAnn)
	for _, v := range cMust(l, list, err).Items {
		w, c, err := l.plans.VersionOf(l.Context(), l.id, v.Number, bAnn)
		if err != nil || w != v {
			l.Errorf("version %d: %v: %+v, want %+v", v.Number, err, w, v)
		}
		all, contents = append(all, v), append(contents, diffText(l.T, c))
	}
	return all, contents
}

// From the version at the anchor on, all that was told before a pruning is told after it.
func TestVersionsGoOnFromTheAnchor(t *testing.T) {
	l := diffHistory(t) // 4 versions
	l.prune()
	for i, text := range []string{"five", "six"} {
		l.edit([]penstock.Actor{bAnn, diffRoot}[i], text, func(c *releaseplan.Content) { c.Description = text })
	}
	all, contents := l.versions()
	if len(all) != 3 || all[2].Number != 4 || all[2].Seq != 0 || all[2].By.Label() != "Root" || !all[2].At.Equal(bNoon.Add(3*time.Hour)) {
		t.Fatalf("%+v", all)
	}
	for i, from := range all {
		for j, to := range all {
			d, err := l.plans.Diff(t.Context(), l.id, from.Number, to.Number, bAnn)
			if cMust(t, d, err); (len(d) == 0) != (contents[i] == contents[j]) {
				t.Errorf("from %d to %d: %s", from.Number, to.Number, d)
			}
		}
	}
	for number, want := range map[int64]error{3: releaseplan.ErrPruned, 1: releaseplan.ErrPruned, 7: releaseplan.ErrNoVersion} {
		if _, _, err := l.plans.VersionOf(t.Context(), l.id, number, bAnn); !errors.Is(err, want) {
			t.Errorf("version %d: %v", number, err)
		}
	}
	l.prune() // of version 6, which no entry makes any more, who made it is known still
	l.edit(bAnn, "", func(c *releaseplan.Content) { c.Description = "seven" })
	again, texts := l.versions()
	if len(again) != 2 || again[1].Number != 6 || again[1].By != all[0].By || !again[1].At.Equal(all[0].At) || again[1].Hash != all[0].Hash {
		t.Errorf("%+v", again)
	}
	if diff := cmp.Diff(contents[0], texts[1]); diff != "" {
		t.Error(diff)
	}
}

// What was approved before the anchor is known if the plan has it there.
func TestDiffSinceAnApprovalThatWasPruned(t *testing.T) {
	l := newDiffLife(t, diffGuarded())
	l.edit(bAnn, "", func(c *releaseplan.Content) { c.Description = "agreed" })
	l.approve()
	l.prune()
	l.do(bAnn, releaseplan.Command{Action: releaseplan.Reopen})
	l.edit(bAnn, "", func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Timeout = penstock.Duration{Days: 1} })
	s, err := l.plans.DiffSinceApproval(t.Context(), l.id, bBob)
	if cMust(t, s, err); s.Approved.Number != 2 || s.Current.Number != 3 || s.Holds || len(s.Covered) != 1 || len(s.ApprovedBy) != 1 {
		t.Errorf("%+v\n%s", s, s)
	}
	l.prune() // now what was approved is gone
	if _, err := l.plans.DiffSinceApproval(t.Context(), l.id, bBob); !errors.Is(err, releaseplan.ErrPruned) {
		t.Errorf("of what was pruned: %v", err)
	}
}

// An approval of a version that was edited before the anchor is not held to be one of the edited version,
// although that has the same hash.
func TestDiffSinceAnApprovalOfAnEarlierVersion(t *testing.T) {
	l := newDiffLife(t, diffGuarded())
	l.approve()
	l.do(bAnn, releaseplan.Command{Action: releaseplan.Execute})
	l.do(bAnn, releaseplan.Command{Action: releaseplan.Pause})
	l.edit(bAnn, "", func(c *releaseplan.Content) { c.Description = "later" })
	if s, err := l.plans.DiffSinceApproval(t.Context(), l.id, bBob); err != nil || s.Approved.Number != 1 || len(s.Rest) != 1 || !s.Holds {
		t.Errorf("%+v %v", s, err)
	}
	l.prune()
	if s, err := l.plans.DiffSinceApproval(t.Context(), l.id, bBob); !errors.Is(err, releaseplan.ErrPruned) {
		t.Errorf("%+v %v", s, err)
	}
}
