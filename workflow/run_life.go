package workflow

import "github.com/penstock-go/penstock/internal/lifecycle"

// A runSituation is what the guards of a run look at.
type runSituation struct {
	r *Run
}

type (
	runRule  = lifecycle.Rule[*runSituation, RunState]
	runGuard = lifecycle.Guard[*runSituation]
)

// runLife is everything that can happen to a run's state.
var runLife = lifecycle.Machine[*runSituation, RunState, Action]{
	Initial: RunQueued,
	Final:   []RunState{RunPassed, RunSkipped},
	ByRule:  []Action{hold, reject, settle, expire, fail, pass, skip},
	Rules: map[RunState]map[Action]runRule{
		RunQueued: {
			Admit:     {To: RunRunning},
			CancelRun: {To: RunCanceled},
		},
		RunRunning: {
			hold:      {To: RunPaused, If: []runGuard{stageByHand}},
			reject:    {To: RunRejected, If: []runGuard{nothingRuns, rolledUp(StageRejected)}},
			settle:    {To: RunCanceled, If: []runGuard{nothingRuns, rolledUp(StageCanceled)}},
			expire:    {To: RunTimedOut, If: []runGuard{nothingRuns, rolledUp(StageTimedOut)}},
			fail:      {To: RunFailed, If: []runGuard{nothingRuns, rolledUp(StageFailed)}},
			pass:      {To: RunPassed, If: []runGuard{allSettled, somethingPassed}},
			skip:      {To: RunSkipped, If: []runGuard{allSettled}},
			CancelRun: {To: RunCanceling},
		},
		RunPaused: {
			ExecuteStage: {To: RunQueued},
			CancelRun:    {To: RunCanceled},
		},
		RunCanceling: {
			settle: {To: RunCanceled, If: []runGuard{nothingRuns}},
		},
		RunFailed:   {RetryRun: retry},
		RunTimedOut: {RetryRun: retry},
		RunCanceled: {RetryRun: retry},
		RunRejected: {RetryRun: retry},
	},
}

// retry is the only way out of a run that has ended.
var retry = runRule{To: RunQueued, If: []runGuard{ofNoPlan, attemptsLeft}}

// RunDiagram returns the life of a run as a Mermaid state diagram, drawn from the
// table that is enforced. Moves by rule bear a star.
func RunDiagram() string { return runLife.Mermaid() }

var (
	stageByHand = runGuard{Rule: "stage_by_hand", Needs: "a stage that is to be executed by hand",
		Holds: func(s *runSituation) bool { i := s.r.current(); return i < len(s.r.graph.stages) && s.r.byHand(i) }}
	ofNoPlan = runGuard{Rule: "of_no_plan", Needs: "a run that no release plan started, or its task to be retried there",
		Holds: func(s *runSituation) bool { return s.r.start.Origin == nil }}
	attemptsLeft = runGuard{Rule: "attempts_left", Needs: "fewer than 1,000 attempts at each job",
		Holds: func(s *runSituation) bool {
			for i := range s.r.jobs {
				if st := s.r.jobs[i]; !st.state().settled() && st.Count >= MaxAttempts {
					return false
				}
			}
			return true
		}}
	nothingRuns = runGuard{Rule: "nothing_runs", Needs: "no job to run or to be waited for",
		Holds: func(s *runSituation) bool { return s.r.open() == 0 }}
	allSettled = runGuard{Rule: "all_settled", Needs: "every job passed or skipped",
		Holds: func(s *runSituation) bool { return s.r.current() == len(s.r.graph.stages) }}
	somethingPassed = runGuard{Rule: "something_passed", Needs: "a job that was not skipped",
		Holds: func(s *runSituation) bool {
			for i := range s.r.jobs {
				if st := s.r.jobs[i].state(); st == JobPassed || st == JobUnstable {
					return true
				}
			}
			return false
		}}
)

// rolledUp holds when the current stage has ended, and the run ends with it in
// such a way.
func rolledUp(as StageState) runGuard {
	return runGuard{Rule: "stage_" + string(as), Needs: "a stage that is " + string(as),
		Holds: func(s *runSituation) bool {
			i := s.r.current()
			return i < len(s.r.graph.stages) && s.r.stageState(i) == as
		}}
}
