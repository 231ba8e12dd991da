package servicetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// What goes wrong while a milestone is live is noticed within Measure, and acted on.
func (on suite) testRunnerWatchesOverARollout(t *testing.T) {
	for _, tt := range []struct {
		do   releaseplan.SafeguardAction
		live string // then
	}{
		{releaseplan.SafeguardPause, "25 %"},
		{releaseplan.SafeguardBack, "5 %"},
		{releaseplan.SafeguardStop, ""},
	} {
		t.Run(string(tt.do), func(t *testing.T) {
			wrong := 90*time.Minute + 3*time.Second
			tell := func(w *world) func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error) {
				return rate(w.began, highFrom(wrong))
			}
			on.watched(t, tell, func(t *testing.T, w *world, m *meter) {
				p := w.start(stagesOf(tt.do))
				at := w.until(p.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.SafeguardTripped })
				if at < wrong || at > wrong+measured {
					t.Errorf("tripped after %v, want within %v of %v", at, measured, wrong)
				}
				w.pass(5 * time.Hour)
				if got := w.live(p.ID()); got != tt.live {
					t.Errorf("%q is live, want %q", got, tt.live)
				}
				if n := len(w.trail(p.ID(), releaseplan.SafeguardTripped)); n != 1 {
					t.Errorf("it tripped %d times", n)
				}
				r := w.get(p.ID()).Status().Rollout
				if r.Paused.Sub(w.began) != at || r.Stopped.IsZero() != (tt.do != releaseplan.SafeguardStop) {
					t.Errorf("paused %v, stopped %v", r.Paused, r.Stopped)
				}
				if tt.do == releaseplan.SafeguardStop {
					if n := m.between(at+time.Second, 100*time.Hour); n != 0 {
						t.Errorf("asked %d times while nothing is live", n)
					}
				}
				trip := r.Tripped[0]
				if trip.Sample.To.Sub(w.began) != at || trip.Sample.To.Sub(trip.Sample.From) != 5*time.Minute || trip.Sample.Value != 0.5 {
					t.Errorf("it tripped on %+v, want a value of the 5 minutes before", trip.Sample)
				}
			})
		})
	}
}

// Between the two bounds nothing happens; once it is clear, and a person says so,
// the rollout goes on.
func (on suite) testRunnerWaitsUntilASafeguardIsClear(t *testing.T) {
	tell := func(w *world) func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error) {
		return rate(w.began, func(at time.Duration) float64 {
			switch {
			case at < 10*time.Minute, at >= 40*time.Minute:
				return 0.001
			case at < 20*time.Minute:
				return 0.02
			default:
				return 0.007
			}
		})
	}
	on.watched(t, tell, func(t *testing.T, w *world, _ *meter) {
		p := w.start(stagesOf(releaseplan.SafeguardPause))
		w.pass(39 * time.Minute)
		if n := len(w.get(p.ID()).Status().Rollout.Tripped); n != 1 {
			t.Errorf("%d safeguards have tripped and are not clear", n)
		}
		at := w.until(p.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.SafeguardCleared })
		if at < 40*time.Minute || at > 40*time.Minute+measured {
			t.Errorf("clear after %v", at)
		}
		w.pass(3 * time.Hour)
		if got := w.live(p.ID()); got != "5 %" {
			t.Errorf("%q is live before anybody resumes", got)
		}
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.ResumeRollout})
		paused := w.now() - w.trail(p.ID(), releaseplan.RolloutPaused)[0].At.Sub(w.began)
		at = w.until(p.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.ExposureStarted && c.Name == "25 %" })
		if want := time.Hour + paused; at != want {
			t.Errorf("went on after %v, want %v: paused time does not count", at, want)
		}
	})
}

// What is asked is what the safeguard says, of no time before the milestone went live.
func (on suite) testRunnerAsksForTheWindow(t *testing.T) {
	tell := func(w *world) func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error) {
		return rate(w.began, highFrom(100*time.Hour))
	}
	on.watched(t, tell, func(t *testing.T, w *world, m *meter) {
		w.pass(4 * time.Second)
		c := stagesOf(releaseplan.SafeguardBack)
		c.Safeguards[0].Metric = releaseplan.Metric{Name: "errors", Aggregation: "rps", Labels: map[string][]string{"zone": {"eu"}}, Source: "prometheus"}
		p := w.start(c)
		w.pass(61 * time.Minute)
		if len(m.asked) == 0 || m.at[0] != measured {
			t.Fatalf("asked after %v first, want at the first look since it went live", m.at[:min(1, len(m.at))])
		}
		seen := make(map[string]bool)
		for i, q := range m.asked {
			since := w.began.Add(4 * time.Second)
			want := releaseplan.MetricQuery{Metric: c.Safeguards[0].Metric, To: w.began.Add(m.at[i]), Plan: p.ID(), Target: *c.Target, Milestone: "5 %"}
			if m.at[i] > 4*time.Second+time.Hour {
				since, want.Milestone = since.Add(time.Hour), "25 %"
			}
			want.From = want.To.Add(-5 * time.Minute)
			if want.From.Before(since) {
				want.From = since
			}
			if diff := cmp.Diff(want, q); diff != "" {
				t.Fatalf("after %v it asks for (-want +got):\n%s", m.at[i], diff)
			}
			seen[q.Milestone] = true
		}
		if len(seen) != 2 {
			t.Errorf("it asked of %v", seen)
		}
	})
}

// A plan that stands still serves what is live, so it is watched as well; one at its
// end, or archived, is not.
func (on suite) testRunnerWatchesPlansThatStandStill(t *testing.T) {
	do := func(all ...releaseplan.Command) func(w *world, p *releaseplan.Plan) {
		return func(w *world, p *releaseplan.Plan) {
			for _, c := range all {
				w.do(p.ID(), c)
			}
		}
	}
	open := releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "5 %"}
	for _, tt := range []struct {
		name    string
		content func(c *releaseplan.Content, began time.Time)
		then    func(w *world, p *releaseplan.Plan)
		state   releaseplan.State
		watched bool
	}{
		{"paused", nil, do(releaseplan.Command{Action: releaseplan.Pause}), releaseplan.Paused, true},
		{"its rollout paused", nil, do(releaseplan.Command{Action: releaseplan.PauseRollout}), releaseplan.Running, true},
		{"failed", func(c *releaseplan.Content, _ time.Time) {
			c.Phases = []releaseplan.Phase{{Name: "phase", Tasks: []releaseplan.Task{{Name: "task", Kind: releaseplan.Manual}}}}
		}, func(w *world, p *releaseplan.Plan) {
			task := p.Tasks()[0].ID
			do(open, releaseplan.Command{Action: releaseplan.Start, Task: task}, releaseplan.Command{Action: releaseplan.Fail, Task: task, Remark: "no"})(w, p)
		}, releaseplan.Failed, true},
		{"expired", func(c *releaseplan.Content, began time.Time) {
			c.Phases = []releaseplan.Phase{{Name: "phase", Tasks: []releaseplan.Task{{Name: "task", Kind: releaseplan.Manual}}}}
			c.Window = &releaseplan.Window{End: began.Add(time.Minute)}
		}, func(w *world, p *releaseplan.Plan) {
			do(open)(w, p)
			w.pass(2 * time.Minute)
		}, releaseplan.Expired, true},
		{"completed", nil, do(releaseplan.Command{Action: releaseplan.Finish}), releaseplan.Completed, false},
		{"canceled", nil, do(releaseplan.Command{Action: releaseplan.Cancel}), releaseplan.Canceled, false},
		{"archived", nil, do(releaseplan.Command{Action: releaseplan.Pause}, releaseplan.Command{Action: releaseplan.Archive}), releaseplan.Paused, false},
		{"deleted", nil, do(releaseplan.Command{Action: releaseplan.Pause}, releaseplan.Command{Action: releaseplan.Delete}), "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var wrong time.Duration
			tell := func(w *world) func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error) {
				return rate(w.began, func(at time.Duration) float64 { return highFrom(wrong)(at) })
			}
			on.watched(t, tell, func(t *testing.T, w *world, m *meter) {
				c := stagesOf(releaseplan.SafeguardStop)
				if tt.content != nil {
					tt.content(&c, w.began)
				}
				wrong = 10 * time.Minute
				p := w.start(c)
				tt.then(w, p)
				from := w.now()
				w.pass(20*time.Minute - from)
				if got := m.between(from+time.Microsecond, 10*time.Minute) > 0; got != tt.watched {
					t.Errorf("watched: %t", got)
				}
				if tt.state == "" {
					return
				}
				w.wantState(p.ID(), tt.state)
				if got := len(w.trail(p.ID(), releaseplan.SafeguardTripped)); got != 1 == tt.watched {
					t.Errorf("it tripped %d times", got)
				}
			})
		})
	}
}

// Each of several Runners measures; what a value does is done once.
func (on suite) testRunnersMeasureTogether(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		m := &meter{tell: rate(w.began, highFrom(30*time.Minute))}
		for range 2 {
			r, _ := process(t, releaseplan.Config{Store: w.store}).watching(m)
			w.run(r)
		}
		p := w.start(stagesOf(releaseplan.SafeguardBack))
		w.pass(time.Hour)
		if n := len(m.times("")); n < 2*359 || n > 2*361 {
			t.Errorf("asked %d times in an hour by two", n)
		}
		for kind, want := range map[releaseplan.ChangeKind]int{releaseplan.SafeguardTripped: 1, releaseplan.RolloutPaused: 1, releaseplan.SafeguardCleared: 0, releaseplan.ExposureStarted: 1} {
			if got := len(w.trail(p.ID(), kind)); got != want {
				t.Errorf("%d × %s, want %d", got, kind, want)
			}
		}
	})
}

// A Runner asks no more often than it is told to, and asks its store for little more;
// one without a source, or beside plans without safeguards, asks nothing.
func (on suite) testRunnerMeasuresOnceInAWhile(t *testing.T) {
	for _, tt := range []struct {
		name        string
		every       time.Duration
		none, blind bool
		want        int
	}{
		{"by default", 0, false, false, 360},
		{"every minute", time.Minute, false, false, 60},
		{"nothing is live", 0, true, false, 0},
		{"without a source", 0, false, true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				m := &meter{tell: rate(w.began, highFrom(100*time.Hour))}
				calls := 0
				host := process(t, releaseplan.Config{Store: storeCalls(w.store, &calls)})
				r, _ := host.watching(m)
				if r.Measure = tt.every; tt.blind {
					r.Metrics = nil
				}
				c := stagesOf(releaseplan.SafeguardStop)
				c.Safeguards = append(c.Safeguards, safeguardOf("delays", releaseplan.SafeguardPause))
				p := w.create(c)
				if !tt.none {
					w.do(p.ID(), releaseplan.Command{Action: releaseplan.Execute})
				}
				w.pass(time.Second)
				stop := host.run(r)
				w.pass(time.Hour - time.Second)
				if err := stop(); err != nil {
					t.Errorf("Run returned %v", err)
				}
				for _, metric := range []string{"errors", "delays"} {
					if n := len(m.times(metric)); n != tt.want {
						t.Errorf("asked for %s %d times in an hour, want %d", metric, n, tt.want)
					}
				}
				// For each round, the plans that are live and the plan; for each value, whether
				// the plan is still as it was. And what the Runner does anyway.
				if most := 5*tt.want + 360*2; calls > most {
					t.Errorf("the store was asked %d times, want at most %d", calls, most)
				}
			})
		})
	}
}

// A value that comes when another milestone is live says nothing of that one.
func (on suite) testRunnerForgetsWhatItMeasuredOfAnotherMilestone(t *testing.T) {
	tell := func(w *world) func(context.Context, releaseplan.MetricQuery) (releaseplan.Sample, error) {
		return func(_ context.Context, q releaseplan.MetricQuery) (releaseplan.Sample, error) {
			<-time.After(5 * time.Second)
			if q.Milestone == "25 %" {
				return releaseplan.Sample{Value: 0.5, Count: 100}, nil
			}
			return releaseplan.Sample{Count: 100}, nil
		}
	}
	on.watched(t, tell, func(t *testing.T, w *world, m *meter) {
		p := w.start(stagesOf(releaseplan.SafeguardStop))
		w.pass(time.Minute - 2*time.Second)
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "25 %"})
		w.pass(3 * time.Second) // its value is on the way
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "5 %"})
		w.pass(10 * time.Minute)
		if got := m.between(time.Minute, time.Minute+time.Second); got != 1 {
			t.Fatalf("asked %d times while it was live", got)
		}
		if got := w.live(p.ID()); got != "5 %" || len(w.trail(p.ID(), releaseplan.SafeguardTripped)) != 0 {
			t.Errorf("%q is live; a value of another milestone tripped a safeguard", got)
		}
	})
}

// After a lost lease the watch begins anew.
func (on suite) testRunnerWatchesAgainAfterALoss(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		h := newHost(t, w.store, nil)
		m := &meter{tell: rate(w.began, highFrom(time.Hour))}
		h.runner, _ = h.watching(m)
		h.runner.TTL, h.runner.Poll = ttl, time.Second
		h.begin()
		user := process(t, releaseplan.Config{Store: w.store})
		c := stagesOf(releaseplan.SafeguardStop)
		p := user.start(c)
		user.pass(10 * time.Minute)
		h.dead.Store(true)
		user.pass(20 * time.Minute)
		if n := m.between(11*time.Minute, 30*time.Minute); n != 0 {
			t.Errorf("asked %d times while its store was away", n)
		}
		h.dead.Store(false)
		if at := user.until(p.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.SafeguardTripped }); at > time.Hour+measured {
			t.Errorf("tripped after %v", at)
		}
		if err := h.stop(); err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
}

// A Runner carries on when its store fails while it measures.
func (on suite) testRunnerMeasuresWhileItsStoreFails(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		n := 0
		s := &meddledStore{Store: w.store, before: func(_ context.Context, c storeCall) error {
			if c.Name == "Commit" && c.Ops[0].Key.Kind == "plan" && n < 3 {
				n++
				return errors.New("the disk is full")
			}
			return nil
		}}
		m := &meter{tell: rate(w.began, highFrom(0))}
		r, log := process(t, releaseplan.Config{Store: s}).watching(m)
		stop := w.run(r)
		p := w.start(stagesOf(releaseplan.SafeguardStop))
		if at := w.until(p.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.SafeguardTripped }); at != 4*measured {
			t.Errorf("tripped after %v, want at the fourth value", at)
		}
		if err := stop(); err != nil {
			t.Errorf("Run returned %v", err)
		}
		if got := fmt.Sprint(log); n != 3 || got == "" {
			t.Errorf("%d failures, of which is logged:\n%s", n, got)
		}
	})
}

// A Runner that measures nothing says so once, since safeguards would be trusted
// in vain.
func (on suite) testRunnerWithoutAMetricSourceSaysSo(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		r, log := w.watching(&meter{})
		r.Metrics = nil
		stop := w.run(r)
		for _, feature := range []string{"basket", "checkout"} {
			c := stagesOf(releaseplan.SafeguardPause)
			c.Name, c.Target.Feature = feature, feature
			w.do(w.create(c).ID(), releaseplan.Command{Action: releaseplan.Execute})
			w.pass(time.Hour)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(log.String(), "no Metrics"); n != 1 {
			t.Errorf("it is said %d times:\n%s", n, log)
		}
	})
}
