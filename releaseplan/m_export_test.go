package releaseplan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/canonical"
	"github.com/penstock-go/penstock/releaseplan"
)

// mLives are plans whose milestones have come to all kinds of things.
func mLives(t testing.TB) map[string]*releaseplan.Plan {
	t.Helper()
	all := make(map[string]*releaseplan.Plan)
	life := func(name string, do func(*aLife)) {
		c := mWatched(func(g *releaseplan.Safeguard) { g.Action, g.Back = releaseplan.SafeguardBack, "5%" })
		a := aNew(t, c).act(releaseplan.Execute).at(90 * time.Minute).advance()
		do(a)
		all[name] = a.p
	}
	life("live", func(*aLife) {})
	life("paused", func(a *aLife) { a.act(releaseplan.PauseRollout) })
	life("paused plan", func(a *aLife) { a.act(releaseplan.Pause) })
	life("stopped", func(a *aLife) { a.act(releaseplan.StopRollout) })
	life("tripped", func(a *aLife) { a.observe("errors", 2) })
	life("through", func(a *aLife) { a.of(releaseplan.StartMilestone, "100%").act(releaseplan.CompleteMilestone) })
	life("scheduled", func(a *aLife) { a.do(mStartAt("100%", 5*time.Hour)) })
	life("skipped", func(a *aLife) { a.of(releaseplan.SkipMilestone, "100%") })
	life("another interval", func(a *aLife) {
		a.do(releaseplan.Command{Action: releaseplan.SetInterval, Interval: &penstock.Duration{Months: 1}})
	})
	life("edited away", func(a *aLife) {
		a.act(releaseplan.Reopen).edit(func(c *releaseplan.Content) { c.Milestones = c.Milestones[:1] })
	})
	life("canceled", func(a *aLife) { a.act(releaseplan.Cancel) })
	life("completed", func(a *aLife) { a.act(releaseplan.Finish) })
	return all
}

func mDocument(t testing.TB, p *releaseplan.Plan) (doc, rollout map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(aExport(t, p)), &doc); err != nil {
		t.Fatal(err)
	}
	return doc, doc["status"].(map[string]any)["rollout"].(map[string]any)
}

func TestImportRefusesARolloutThatCannotBe(t *testing.T) {
	t.Parallel()
	lives := mLives(t)
	first := func(r map[string]any, list string) map[string]any { return r[list].([]any)[0].(map[string]any) }
	many := func(n int, of func(i int) any) (all []any) {
		for i := range n {
			all = append(all, of(i))
		}
		return all
	}
	for _, row := range []struct {
		rule, life, field string
		forge             func(r map[string]any)
	}{
		{"what is served without a live one", "live", "live", func(r map[string]any) { delete(r, "live") }},
		{"an absurd id", "live", "live", func(r map[string]any) { r["live"] = "../../etc" }},
		{"no name", "live", "name", func(r map[string]any) { delete(r, "name") }},
		{"live since ever", "live", "since", func(r map[string]any) { delete(r, "since") }},
		{"live since tomorrow", "live", "since", func(r map[string]any) { r["since"] = "2126-05-04T10:00:00Z" }},
		{"a clock that stands", "live", "clock", func(r map[string]any) { delete(r, "clock") }},
		{"a clock from before", "live", "clock", func(r map[string]any) { r["clock"] = "2000-05-04T10:00:00Z" }},
		{"a clock of tomorrow", "live", "clock", func(r map[string]any) { r["clock"] = "2126-05-04T10:00:00Z" }},
		{"a clock that runs while paused", "paused", "clock", func(r map[string]any) { r["clock"] = "2026-05-04T10:00:00Z" }},
		{"negative time", "paused", "counted", func(r map[string]any) { r["counted"] = -1000 }},
		{"nanoseconds", "paused", "counted", func(r map[string]any) { r["counted"] = 1001 }},
		{"more time than has passed", "paused", "counted", func(r map[string]any) { r["counted"] = 31 * 60 * 1_000_000_000 }},
		{"endless time", "live", "counted", func(r map[string]any) { r["counted"] = int64(1) << 52 }},
		{"stopped, but live", "live", "stopped", func(r map[string]any) { r["stopped"] = "2026-05-04T10:00:00Z" }},
		{"live, but never was", "live", "milestones", func(r map[string]any) { delete(r, "milestones") }},
		{"tripped, but going on", "tripped", "paused", func(r map[string]any) { delete(r, "paused") }},
		{"a trip of nothing", "tripped", "tripped[0].safeguard", func(r map[string]any) { delete(first(r, "tripped"), "safeguard") }},
		{"a trip without a name", "tripped", "tripped[0].name", func(r map[string]any) { delete(first(r, "tripped"), "name") }},
		{"a sample of less than nothing", "tripped", "tripped[0].sample.count", func(r map[string]any) { first(r, "tripped")["sample"] = map[string]any{"value": 1, "count": -1} }},
		{"the same trip twice", "tripped", "tripped[1].safeguard", func(r map[string]any) { r["tripped"] = append(r["tripped"].([]any), first(r, "tripped")) }},
		{"endless trips", "tripped", "tripped", func(r map[string]any) {
			r["tripped"] = many(41, func(i int) any {
				return map[string]any{"safeguard": fmt.Sprint(i), "name": "x", "at": "2026-05-04T10:00:00Z", "sample": map[string]any{"value": 1, "count": 1}}
			})
		}},
		{"an exposure of nothing", "live", "milestones[0].milestone", func(r map[string]any) { first(r, "milestones")["milestone"] = "" }},
		{"the same exposure twice", "live", "milestones[2].milestone", func(r map[string]any) { r["milestones"] = append(r["milestones"].([]any), first(r, "milestones")) }},
		{"less than no starts", "live", "milestones[0].count", func(r map[string]any) { first(r, "milestones")["count"] = -1 }},
		{"an endless interval", "live", "", func(r map[string]any) { first(r, "milestones")["after"] = "P99999999D" }},
		{"endless exposures", "live", "milestones", func(r map[string]any) {
			r["milestones"] = append(r["milestones"].([]any), many(200, func(i int) any { return map[string]any{"milestone": fmt.Sprint(i)} })...)
		}},
		{"endless strategies", "live", "serves", func(r map[string]any) { r["serves"] = many(51, func(int) any { return first(r, "serves") }) }},
		{"a strategy without a name", "live", "serves[0].name", func(r map[string]any) { first(r, "serves")["name"] = "" }},
		{"a disabled strategy", "live", "serves[0].disabled", func(r map[string]any) { first(r, "serves")["disabled"] = true }},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			doc, r := mDocument(t, lives[row.life])
			row.forge(r)
			p, err := releaseplan.Import(bSeal(t, doc))
			if err == nil {
				t.Fatalf("it is read: %+v", p.Status().Rollout)
			}
			named := func(f *penstock.InvalidError) bool { return f.Field == "status.rollout."+row.field }
			if row.field != "" && !slices.ContainsFunc(penstock.Faults(err), named) {
				t.Errorf("%v, want a fault of %s", err, row.field)
			}
		})
	}
}

// mDrive asks everything of the milestones of a plan, now and in a year. What it
// comes to can be exported and read again.
func mDrive(t testing.TB, p *releaseplan.Plan) {
	t.Helper()
	at := p.Status().Updated.At
	for _, wait := range []time.Duration{0, time.Minute, 365 * 24 * time.Hour} {
		at = later(at.Add(wait), at)
		for _, named := range append(mAsked, "resume", "reopen", "execute", "cancel", "archive", "finish") {
			c := mCommand(named)
			next, changes, err := p.Do(c, penstock.System(), at)
			if err != nil && (next != p || changes != nil) {
				t.Errorf("%s: refused, and something changed", named)
			}
			next.Milestones(at)
			next.Next(at)
			doc, err := releaseplan.Export(next)
			if err != nil {
				t.Fatalf("%s: %v", named, err)
			}
			if _, err := releaseplan.Import(doc); err != nil {
				t.Fatalf("%s: its own export: %v", named, err)
			}
		}
		for _, g := range p.Content().Safeguards {
			p.Query(g.ID, at)
			for _, value := range []float64{0, 2} {
				if _, _, err := p.Do(releaseplan.Command{Action: releaseplan.Observe, Safeguard: g.ID, Sample: &releaseplan.Sample{Value: value, Count: 1}}, penstock.System(), at); err != nil && !errors.Is(err, penstock.ErrRefused) {
					t.Error(err)
				}
			}
		}
		for _, m := range p.Content().Milestones {
			if _, err := p.CanMilestone(m.ID, aAnn, at); err != nil {
				t.Error(err)
			}
		}
		p = p.At(at)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// A rollout that is forged in one place is refused, or is as good as any other.
func TestImportOfAForgedRolloutIsSafe(t *testing.T) {
	t.Parallel()
	read, refused := 0, 0
	for _, life := range []string{"live", "tripped", "another interval"} {
		doc, r := mDocument(t, mLives(t)[life])
		alter(r, 3, life, func(path string) {
			p, err := releaseplan.Import(bSeal(t, doc))
			if err != nil {
				if refused++; !errors.Is(err, penstock.ErrInvalid) {
					t.Errorf("%s: %v", path, err)
				}
				return
			}
			if read++; read%8 == 0 {
				mDrive(t, p)
			}
		})
	}
	if read < 30 || refused < 100 {
		t.Errorf("%d documents were read, %d refused", read, refused)
	}
}

// FuzzRollout: a rollout of any kind is read or refused, and what was read takes
// commands without panic.
func FuzzRollout(f *testing.F) {
	lives := mLives(f)
	for _, p := range lives {
		_, r := mDocument(f, p)
		raw, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r any
		if _, err := canonical.Transform(raw); err != nil || json.Unmarshal(raw, &r) != nil {
			return
		}
		doc, _ := mDocument(t, lives["live"])
		doc["status"].(map[string]any)["rollout"] = r
		p, err := releaseplan.Import(bSeal(t, doc))
		if err != nil {
			if !errors.Is(err, penstock.ErrInvalid) {
				t.Fatalf("not an ErrInvalid: %v", err)
			}
			return
		}
		mDrive(t, p)
	})
}

// A trail that is forged is refused.
func TestFoldRefusesForgedMilestones(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched()).act(releaseplan.Execute)
	id := a.milestone("5%").ID
	for rule, c := range map[string]releaseplan.Change{
		"no milestone":                {Kind: releaseplan.ExposureStarted},
		"an absurd milestone":         {Kind: releaseplan.ExposureStarted, Milestone: "a b"},
		"no exposure":                 {Kind: releaseplan.ExposureChanged, Milestone: id},
		"another one's exposure":      {Kind: releaseplan.ExposureChanged, Milestone: id, Exposure: &releaseplan.Exposure{Milestone: "x"}},
		"a negative interval":         {Kind: releaseplan.ExposureChanged, Milestone: id, Exposure: &releaseplan.Exposure{Milestone: id, After: &penstock.Duration{Days: -1}}},
		"no trip":                     {Kind: releaseplan.SafeguardTripped},
		"a trip of nothing":           {Kind: releaseplan.SafeguardTripped, Trip: &releaseplan.Trip{}},
		"a trip on what is no number": {Kind: releaseplan.SafeguardTripped, Trip: &releaseplan.Trip{Safeguard: "g", Name: "g", Sample: releaseplan.Sample{Value: math.NaN()}}},
		"an unknown kind":             {Kind: "milestone.danced"},
	} {
		c.At = aStart
		if _, err := releaseplan.Fold(append(slices.Clip(a.trail), c)); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// Years that count are still exact, and can be exported.
func TestMilestoneThatIsServedForYears(t *testing.T) {
	t.Parallel()
	a := aNew(t, mContent("5%", "100%")).act(releaseplan.Execute)
	for range 5 {
		a.wait(500*24*time.Hour + 7*time.Microsecond).act(releaseplan.PauseRollout)
		aSame(t, a.p, a.trail)
		a.act(releaseplan.ResumeRollout)
	}
	if got := a.milestone("5%").Elapsed; got != 5*(500*24*time.Hour+7*time.Microsecond) {
		t.Errorf("%v have passed", got)
	}
}
