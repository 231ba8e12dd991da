package servicetest

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// gateCode returns the code of the open round.
func gateCode(p *releaseplan.Plan) string { return p.Status().Gate.Code }

// A callback with a code that is stale, wrong or missing changes nothing: not the plan, not its
// trail, not a version of anything that is stored.
func (on suite) testStaleAndWrongCodesChangeNothing(t *testing.T) {
	type world struct {
		t     *testing.T
		plans *releaseplan.Service
		clock *atomic.Int64 // minutes after noon
		id    string
	}
	do := func(w *world, c releaseplan.Command) *releaseplan.Plan {
		w.t.Helper()
		return command(w.t, w.plans, w.id, c)
	}
	action := func(w *world, a releaseplan.Action) *releaseplan.Plan {
		w.t.Helper()
		return do(w, releaseplan.Command{Action: a})
	}
	answer := func(w *world, code string, a releaseplan.GateAnswer) *releaseplan.Plan {
		w.t.Helper()
		return do(w, releaseplan.Command{Action: releaseplan.AnswerGate, Code: code, Answer: a})
	}
	for name, tt := range map[string]struct {
		code func(w *world) string // takes the plan somewhere, and returns the code to try there
		want error
	}{
		"empty":         {func(w *world) string { action(w, releaseplan.Finalize); return "" }, penstock.ErrForbidden},
		"wrong":         {func(w *world) string { action(w, releaseplan.Finalize); return "0123456789abcdef0123456789abcdef" }, penstock.ErrForbidden},
		"a part of it":  {func(w *world) string { return gateCode(action(w, releaseplan.Finalize))[:31] }, penstock.ErrForbidden},
		"and more":      {func(w *world) string { return gateCode(action(w, releaseplan.Finalize)) + "0" }, penstock.ErrForbidden},
		"in upper case": {func(w *world) string { return "A" + gateCode(action(w, releaseplan.Finalize))[1:] }, penstock.ErrForbidden},
		"of an earlier round": {func(w *world) string {
			code := gateCode(action(w, releaseplan.Finalize))
			answer(w, code, releaseplan.GateFail)
			action(w, releaseplan.Recheck)
			return code
		}, penstock.ErrForbidden},
		"of another gate": {func(w *world) string {
			code := gateCode(action(w, releaseplan.Finalize))
			answer(w, code, releaseplan.GatePass)
			action(w, releaseplan.Execute)
			return code
		}, penstock.ErrForbidden},
		"of another plan": {func(w *world) string {
			other := create(w.t, w.plans, gated())
			other = command(w.t, w.plans, other.ID(), releaseplan.Command{Action: releaseplan.Finalize})
			action(w, releaseplan.Finalize)
			return gateCode(other)
		}, penstock.ErrForbidden},
		"from before a reopen": {func(w *world) string {
			code := gateCode(action(w, releaseplan.Finalize))
			action(w, releaseplan.Reopen)
			action(w, releaseplan.Finalize)
			return code
		}, penstock.ErrForbidden},
		"of a plan that is a draft again": {func(w *world) string {
			code := gateCode(action(w, releaseplan.Finalize))
			action(w, releaseplan.Reopen)
			return code
		}, penstock.ErrRefused},
		"used": {func(w *world) string {
			code := gateCode(action(w, releaseplan.Finalize))
			answer(w, code, releaseplan.GatePass)
			return code
		}, penstock.ErrRefused},
		"used to fail": {func(w *world) string {
			code := gateCode(action(w, releaseplan.Finalize))
			answer(w, code, releaseplan.GateFail)
			return code
		}, penstock.ErrRefused},
		"after the timeout": {func(w *world) string {
			code := gateCode(action(w, releaseplan.Finalize))
			w.clock.Store(61)
			return code
		}, penstock.ErrRefused},
		"of a canceled plan": {func(w *world) string {
			code := gateCode(action(w, releaseplan.Finalize))
			action(w, releaseplan.Cancel)
			return code
		}, penstock.ErrRefused},
		"of an archived plan": {func(w *world) string {
			code := gateCode(action(w, releaseplan.Finalize))
			action(w, releaseplan.Archive)
			return code
		}, penstock.ErrRefused},
		"of a deleted plan": {func(w *world) string {
			code := gateCode(action(w, releaseplan.Finalize))
			action(w, releaseplan.Delete)
			return code
		}, penstock.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			s := on.open(t)
			w := &world{t: t, clock: new(atomic.Int64)}
			w.plans = on.service(t, releaseplan.Config{Store: s, Now: func() time.Time { return noon.Add(time.Duration(w.clock.Load()) * time.Minute) }})
			w.id = create(t, w.plans, gated()).ID()
			code := tt.code(w)
			before := everything(t, s)
			for _, a := range []releaseplan.GateAnswer{releaseplan.GatePass, releaseplan.GateFail, releaseplan.GateProgress} {
				p, err := w.plans.Do(t.Context(), w.id, releaseplan.Command{Action: releaseplan.AnswerGate, Code: code, Answer: a, Remark: "let me in"}, penstock.Actor{ID: "mallory"})
				if !errors.Is(err, tt.want) {
					t.Errorf("%s is answered with %v, %v, want %v", a, p, err, tt.want)
				}
			}
			if diff := cmp.Diff(before, everything(t, s)); diff != "" {
				t.Errorf("what is stored (-before +after):\n%s", diff)
			}
		})
	}
}

// gated is a plan with each gate, of which an hour is the time to answer.
func gated() releaseplan.Content {
	c := contentOf("release", 1, 1, "")
	for _, g := range []releaseplan.GateKind{releaseplan.GateFinalize, releaseplan.GateExecute, releaseplan.GateComplete} {
		c.Gates = append(c.Gates, releaseplan.Gate{On: g, Timeout: penstock.FromTime(time.Hour), Check: "smoke"})
	}
	return c
}

// everything returns the version of every record of plans, and every event.
func everything(t *testing.T, s store.Store) (all []any) {
	t.Helper()
	for _, kind := range []string{"plan", "plan.content", "plan.phase", "plan.tasks", "plan.key", "plan.name"} {
		page, err := s.Find(t.Context(), store.Query{Kind: kind, Limit: store.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			all = append(all, r.Key, r.Version, string(r.Body))
		}
	}
	events, err := s.Events(t.Context(), store.EventQuery{Kind: "plan", Limit: store.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		all = append(all, e.Subject, e.Seq, string(e.Body))
	}
	return all
}

// Of eight who answer at once, one does.
func (on suite) testOfEightAnswersOneCounts(t *testing.T) {
	var won, failed atomic.Int64
	on.fight(t, 8,
		func(s *releaseplan.Service) *releaseplan.Plan {
			won.Store(0)
			failed.Store(0)
			p := create(t, s, gated())
			return command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Finalize})
		},
		func(s *releaseplan.Service, p *releaseplan.Plan, i int) {
			c := releaseplan.Command{Action: releaseplan.AnswerGate, Code: gateCode(p), Answer: releaseplan.GatePass}
			if i%2 == 1 {
				c.Answer = releaseplan.GateFail
			}
			switch err := persistently(t, s, p.ID(), c, bob); {
			case err == nil:
				won.Add(1)
				if c.Answer == releaseplan.GateFail {
					failed.Add(1)
				}
			case !errors.Is(err, penstock.ErrRefused):
				t.Error(err)
			}
		},
		func(t *testing.T, p *releaseplan.Plan, trail []releaseplan.Entry) {
			want := releaseplan.Finalized
			if failed.Load() == 1 {
				want = releaseplan.FinalizeCheckFailed
			}
			if won.Load() != 1 || p.State() != want || len(trail) != 2 { // the answer and the move
				t.Errorf("%d answers count, %d changes, and the plan is %s, want %s", won.Load(), len(trail), p.State(), want)
			}
		})
}
