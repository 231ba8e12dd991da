package releaseplan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/noticetest"
	"github.com/penstock-go/penstock/releaseplan"
)

// A noticeRule is what people who listen to everything are told of a step in a
// plan's life.
type noticeRule struct {
	name    string
	content releaseplan.Content
	before  func(a *aLife) // the plan gets here
	step    func(a *aLife) // then this happens
	want    []string       // titles, in which P is the plan
}

func noticeRules() []noticeRule {
	deploy := aContent(aPhase(releaseplan.Sequential, "deploy", "smoke!"))
	phases := aContent(aPhase(releaseplan.Sequential, "deploy"), aPhase(releaseplan.Parallel, "announce"))
	phases.Phases[0].Name, phases.Phases[1].Name = "first", "second"
	manual := aContent(aPhase(releaseplan.Parallel, "a!", "b!"))
	timed := aContent(aPhase(releaseplan.Sequential, "deploy"))
	timed.Phases[0].Tasks[0].Timeout = aMinutes(10)
	again := aContent(aPhase(releaseplan.Sequential, "deploy"))
	again.Phases[0].Tasks[0].Retry = releaseplan.RetryPolicy{Max: 1, Delay: aMinutes(5)}
	byHand := again
	byHand.Phases = []releaseplan.Phase{aPhase(releaseplan.Free, "deploy")}
	byHand.Phases[0].Tasks[0].Retry = again.Phases[0].Tasks[0].Retry
	window := aContent(aPhase(releaseplan.Sequential, "deploy", "smoke!"))
	window.Window = aWindow(0, time.Hour)
	approved := aContent(aPhase(releaseplan.Sequential, "deploy"))
	approved.Approval = aPolicy(1)
	approved.Approval.TimeoutMinutes = 30
	gated := aContent(aPhase(releaseplan.Sequential, "deploy"))
	gated.Gates = []releaseplan.Gate{{On: releaseplan.GateExecute, Timeout: aMinutes(10)}}
	staged := aContent(aPhase(releaseplan.Sequential, "deploy"))
	staged.Milestones = []releaseplan.Milestone{{Name: "10 %"}}
	scheduled := aContent(aPhase(releaseplan.Sequential, "deploy"))
	scheduled.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: aStart.Add(time.Hour)}

	run := func(a *aLife) { a.act(releaseplan.Execute) }
	request := func(a *aLife) { a.act(releaseplan.Finalize, releaseplan.RequestApproval) }
	return []noticeRule{
		{"a plan starts, and so does its first phase", deploy, nil, run, []string{"Plan P started", `Phase "phase" of plan P started`}},
		{"an empty phase tells nothing", aContent(aPhase(releaseplan.Sequential), aPhase(releaseplan.Sequential, "deploy")), nil, run,
			[]string{"Plan P started", `Phase "phase" of plan P started`}},
		{"tasks that wait for the same people are told of together", manual, nil, run,
			[]string{"Plan P started", `Phase "phase" of plan P started`, `Phase "phase" of plan P waits for somebody`, "2 tasks of plan P wait to be done"}},
		{"a task in a free phase waits to be started", aContent(aPhase(releaseplan.Free, "deploy")), nil, run,
			[]string{"Plan P started", `Phase "phase" of plan P started`, `Phase "phase" of plan P waits for somebody`, `Task "deploy" of plan P waits to be started`}},
		{"an attempt starts", deploy, run, func(a *aLife) { a.lease("deploy") }, []string{`Task "deploy" of plan P started`}},
		{"a task finishes, and the next one waits", deploy, func(a *aLife) { run(a); a.lease("deploy") }, func(a *aLife) { a.on(releaseplan.Complete, "deploy") },
			[]string{`Task "deploy" of plan P finished`, `Task "smoke" of plan P waits to be done`, `Phase "phase" of plan P waits for somebody`}},
		{"a phase that waits already does not begin to", manual, run, func(a *aLife) { a.on(releaseplan.Complete, "a") }, []string{`Task "a" of plan P finished`}},
		{"a skip is no event of the task", manual, run, func(a *aLife) { a.on(releaseplan.Skip, "a") }, nil},
		{"a phase finishes and the next one starts", phases, func(a *aLife) { run(a); a.lease("deploy") }, func(a *aLife) { a.on(releaseplan.Complete, "deploy") },
			[]string{`Task "deploy" of plan P finished`, `Phase "first" of plan P finished`, `Phase "second" of plan P started`}},
		{"a phase whose turn comes while the plan is paused is started then", phases, func(a *aLife) { run(a); a.lease("deploy"); a.act(releaseplan.Pause) },
			func(a *aLife) { a.on(releaseplan.Complete, "deploy") },
			[]string{`Task "deploy" of plan P finished`, `Phase "first" of plan P finished`, `Phase "second" of plan P started`}},
		{"what is skipped may finish phase and plan", aContent(aPhase(releaseplan.Sequential, "a!")), run, func(a *aLife) { a.on(releaseplan.Skip, "a") },
			[]string{`Phase "phase" of plan P finished`, "Plan P finished"}},
		{"a pause", deploy, run, func(a *aLife) { a.act(releaseplan.Pause) }, []string{"Plan P is paused", `Phase "phase" of plan P is paused`}},
		{"a resumed plan is not started", deploy, func(a *aLife) { run(a); a.act(releaseplan.Pause) }, func(a *aLife) { a.act(releaseplan.Resume) }, nil},
		{"a resumed plan waits again", aContent(aPhase(releaseplan.Sequential, "a!")), func(a *aLife) { run(a); a.act(releaseplan.Pause) }, func(a *aLife) { a.act(releaseplan.Resume) },
			[]string{`Phase "phase" of plan P waits for somebody`, `Task "a" of plan P waits to be done`}},
		{"a task is held", deploy, nil, func(a *aLife) { a.on(releaseplan.Hold, "deploy") }, []string{`Task "deploy" of plan P is held`}},
		{"a task that is released waits", aContent(aPhase(releaseplan.Sequential, "a!")), func(a *aLife) { a.on(releaseplan.Hold, "a"); run(a) }, func(a *aLife) { a.on(releaseplan.Release, "a") },
			[]string{`Task "a" of plan P waits to be done`, `Phase "phase" of plan P waits for somebody`}},
		{"a claim tells nothing", manual, run, func(a *aLife) { a.on(releaseplan.Claim, "a") }, nil},
		{"a task fails, and phase and plan with it", deploy, func(a *aLife) { run(a); a.lease("deploy") }, func(a *aLife) { a.on(releaseplan.Fail, "deploy") },
			[]string{`Task "deploy" of plan P failed: because`, `Phase "phase" of plan P failed: because`, "Plan P failed"}},
		{"a second task that fails is no failure of the phase", aContent(aPhase(releaseplan.Parallel, "a", "b")),
			func(a *aLife) { run(a); a.lease("a"); a.lease("b"); a.on(releaseplan.Fail, "a") }, func(a *aLife) { a.on(releaseplan.Fail, "b") },
			[]string{`Task "b" of plan P failed: because`, "Plan P failed"}},
		{"a retry of a failed plan starts nothing but the attempt", deploy, func(a *aLife) { run(a); a.lease("deploy"); a.on(releaseplan.Fail, "deploy") },
			func(a *aLife) { a.on(releaseplan.Retry, "deploy"); a.lease("deploy") }, []string{`Task "deploy" of plan P started`}},
		{"nobody hears of a failure that is repeated", again, func(a *aLife) { run(a); a.lease("deploy") }, func(a *aLife) { a.on(releaseplan.Fail, "deploy") }, nil},
		{"nobody is waited for while a retry is put off", byHand, func(a *aLife) { run(a); a.lease("deploy") }, func(a *aLife) { a.on(releaseplan.Fail, "deploy") }, nil},
		{"but when that is over", byHand, func(a *aLife) { run(a); a.lease("deploy"); a.on(releaseplan.Fail, "deploy") }, func(a *aLife) { a.wait(5 * time.Minute).advance() },
			[]string{`Task "deploy" of plan P waits to be started`, `Phase "phase" of plan P waits for somebody`}},
		{"a late outcome tells nothing", again, func(a *aLife) { run(a); a.lease("deploy"); a.on(releaseplan.Fail, "deploy") },
			func(a *aLife) {
				a.doAs(aAnn, releaseplan.Command{Action: releaseplan.Complete, Task: "deploy", Attempt: a.attempt("deploy")})
			}, nil},
		{"the last attempt's failure is told", again, func(a *aLife) {
			run(a)
			a.lease("deploy")
			a.on(releaseplan.Fail, "deploy")
			a.wait(5 * time.Minute).lease("deploy")
		},
			func(a *aLife) { a.on(releaseplan.Fail, "deploy") }, []string{`Task "deploy" of plan P failed: because`, `Phase "phase" of plan P failed: because`, "Plan P failed"}},
		{"a task runs out of time", timed, func(a *aLife) { run(a); a.lease("deploy") }, func(a *aLife) { a.wait(10 * time.Minute).advance() },
			[]string{`Task "deploy" of plan P ran out of time`}},
		{"and has failed once it has stopped", timed, func(a *aLife) { run(a); a.lease("deploy"); a.wait(10 * time.Minute).advance() }, func(a *aLife) { a.on(releaseplan.Fail, "deploy") },
			[]string{`Task "deploy" of plan P failed: because`, `Phase "phase" of plan P failed: because`, "Plan P failed"}},
		{"a task nobody has to stop fails at once", timed, func(a *aLife) { run(a); a.on(releaseplan.Start, "deploy") }, func(a *aLife) { a.wait(10 * time.Minute).advance() },
			[]string{`Task "deploy" of plan P ran out of time`, `Task "deploy" of plan P failed: timeout`, `Phase "phase" of plan P failed: timeout`, "Plan P failed"}},
		{"a plan expires with what is open", window, func(a *aLife) { run(a); a.lease("deploy") }, func(a *aLife) { a.wait(2 * time.Hour).advance() },
			[]string{"Plan P expired", `Phase "phase" of plan P expired`, "2 tasks of plan P expired"}},
		{"what is done does not expire", window, func(a *aLife) { run(a); a.on(releaseplan.Start, "deploy").on(releaseplan.Complete, "deploy") }, func(a *aLife) { a.wait(2 * time.Hour).advance() },
			[]string{"Plan P expired", `Phase "phase" of plan P expired`, `Task "smoke" of plan P expired`}},
		{"a canceled plan tells when nothing runs any more", deploy, func(a *aLife) { run(a); a.lease("deploy") }, func(a *aLife) { a.act(releaseplan.Cancel) },
			[]string{`Task "smoke" of plan P was canceled`}},
		{"and so does what ran", deploy, func(a *aLife) { run(a); a.lease("deploy"); a.act(releaseplan.Cancel) }, func(a *aLife) { a.on(releaseplan.Fail, "deploy") },
			[]string{`Task "deploy" of plan P was canceled`, "Plan P was canceled", `Phase "phase" of plan P was canceled`}},
		{"a phase that is through is not canceled", phases, func(a *aLife) { run(a); a.on(releaseplan.Start, "deploy").on(releaseplan.Complete, "deploy") }, func(a *aLife) { a.act(releaseplan.Cancel) },
			[]string{`Task "announce" of plan P was canceled`, "Plan P was canceled", `Phase "second" of plan P was canceled`}},
		{"phases to which the same happens are told of together", phases, nil, func(a *aLife) { a.act(releaseplan.Cancel) },
			[]string{"2 tasks of plan P were canceled", "Plan P was canceled", "2 phases of plan P were canceled"}},
		{"a plan waits for an approval", approved, nil, request, []string{"Plan P waits for an approval"}},
		{"an approval tells nothing", approved, request, func(a *aLife) { a.vote(aBob, approval.Approve) }, nil},
		{"a plan is denied", approved, request, func(a *aLife) { a.vote(aBob, approval.Reject) }, []string{"Plan P was denied"}},
		{"a request lapses", approved, request, func(a *aLife) { a.wait(time.Hour).advance() }, []string{"Plan P was denied: no decision in time"}},
		{"a plan waits for a check", gated, nil, run, []string{"Plan P waits for the execute check"}},
		{"a check has not ended", gated, run, func(a *aLife) { a.answer(releaseplan.GateProgress) }, nil},
		{"a check fails", gated, run, func(a *aLife) { a.answer(releaseplan.GateFail) }, []string{"Plan P did not pass the execute check: so it is"}},
		{"a check is not answered", gated, run, func(a *aLife) { a.wait(time.Hour).advance() }, []string{"Plan P did not pass the execute check: no answer in time"}},
		{"a check is made once more", gated, func(a *aLife) { run(a); a.answer(releaseplan.GateFail) }, func(a *aLife) { a.act(releaseplan.Recheck) }, []string{"Plan P waits for the execute check"}},
		{"a check passes", gated, run, func(a *aLife) { a.answer(releaseplan.GatePass) }, []string{"Plan P started", `Phase "phase" of plan P started`}},
		{"a plan waits to be finished", staged, func(a *aLife) { run(a); a.on(releaseplan.Start, "deploy") }, func(a *aLife) { a.on(releaseplan.Complete, "deploy") },
			[]string{`Task "deploy" of plan P finished`, `Phase "phase" of plan P finished`, `Plan P waits to be finished`}},
		{"and finishes", staged, func(a *aLife) { run(a); a.on(releaseplan.Start, "deploy").on(releaseplan.Complete, "deploy") }, func(a *aLife) { a.act(releaseplan.Finish) }, []string{"Plan P finished"}},
		{"a schedule is missed", scheduled, nil, func(a *aLife) { a.wait(2 * time.Hour).advance() }, []string{"Plan P missed its schedule: the plan was draft"}},
		{"reopening tells nothing", deploy, func(a *aLife) { run(a); a.lease("deploy"); a.on(releaseplan.Fail, "deploy") }, func(a *aLife) { a.act(releaseplan.Reopen) }, nil},
		{"a reopened plan starts anew", deploy, func(a *aLife) { run(a); a.lease("deploy"); a.on(releaseplan.Fail, "deploy"); a.act(releaseplan.Reopen) }, run,
			[]string{"Plan P started", `Phase "phase" of plan P started`}},
		{"a comment tells nothing", deploy, run, func(a *aLife) { a.do(releaseplan.Command{Action: releaseplan.Comment, Remark: "well"}) }, nil},
		{"an edit tells nothing", deploy, nil, func(a *aLife) { a.edit(func(c *releaseplan.Content) { c.Description = "new" }) }, nil},
		{"but may end a phase", deploy, func(a *aLife) {
			run(a)
			a.on(releaseplan.Start, "deploy").on(releaseplan.Complete, "deploy").act(releaseplan.Pause)
		}, func(a *aLife) {
			a.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks = c.Phases[0].Tasks[:1] })
		}, []string{`Phase "phase" of plan P finished`}},
		{"or begin one", phases, func(a *aLife) {
			run(a)
			a.on(releaseplan.Start, "deploy").on(releaseplan.Complete, "deploy").act(releaseplan.Pause)
		}, func(a *aLife) {
			a.edit(func(c *releaseplan.Content) {
				third := c.Phases[1]
				third.ID, third.Name, third.Tasks = "", "third", []releaseplan.Task{{Name: "tell"}}
				c.Phases[1] = third
			})
		}, []string{`Phase "third" of plan P started`}},
	}
}

func TestNoticesOf(t *testing.T) {
	t.Parallel()
	reached := make(map[string]bool)
	for _, rule := range noticeRules() {
		t.Run(rule.name, func(t *testing.T) {
			a := aNew(t, noticetest.ListenToAll(rule.content))
			if rule.before != nil {
				rule.before(a)
			}
			before := a.p
			rule.step(a)
			told := a.told(before)
			var want []string
			for _, title := range rule.want {
				want = append(want, noticetest.Named(title))
			}
			if diff := cmp.Diff(want, noticetest.Titles(told)); diff != "" {
				t.Errorf("notices (-want +got):\n%s", diff)
			}
			for _, n := range told {
				if to := noticeTo(n); !slices.Equal(to, []string{"user:of the " + n.On()}) {
					t.Errorf("%q is told to %s", n.Title, to)
				}
				reached[n.Event+" "+n.On()] = true
			}
		})
	}
	for _, e := range noticetest.Events() {
		for _, on := range []string{"plan", "phase", "task"} {
			if !reached[string(e)+" "+on] {
				t.Errorf("no rule shows that a %s is %s", on, e)
			}
		}
	}
}

// Every state of a plan is an event, or is known not to be one.
func TestEveryStateOfAPlanIsAnEventOrNot(t *testing.T) {
	t.Parallel()
	want := map[releaseplan.State]releaseplan.Event{
		releaseplan.Draft: "", releaseplan.FinalizeCheck: "", releaseplan.FinalizeCheckFailed: "failed", releaseplan.Finalized: "",
		releaseplan.AwaitingApproval: "waiting", releaseplan.Approved: "", releaseplan.Denied: "failed",
		releaseplan.ExecuteCheck: "", releaseplan.ExecuteCheckFailed: "failed",
		releaseplan.Running: "", // started, if it is the first time
		releaseplan.Paused:  "paused", releaseplan.Failed: "failed",
		releaseplan.CompleteCheck: "", releaseplan.CompleteCheckFailed: "failed", releaseplan.Expired: "expired",
		releaseplan.Canceling: "", releaseplan.Completed: "finished", releaseplan.Canceled: "canceled",
	}
	states, _ := releaseplan.MachineStates()
	got := make(map[releaseplan.State]releaseplan.Event)
	for _, s := range states {
		got[s] = releaseplan.EventOf(s)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events of states (-want +got):\n%s", diff)
	}
}
