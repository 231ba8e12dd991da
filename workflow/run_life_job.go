package workflow

import (
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/lifecycle"
)

// A jobSituation is what the guards of a job look at. The status is the job's own.
type jobSituation struct {
	r  *Run
	i  int // place among all jobs of the run
	s  *JobStatus
	at time.Time

	crashed bool // the process that carried the attempt out is gone
}

type (
	jobRule  = lifecycle.Rule[*jobSituation, JobState]
	jobGuard = lifecycle.Guard[*jobSituation]
)

// jobLife is everything that can happen to a job's state. A retry of the run
// begins anew what did not pass.
var jobLife = lifecycle.Machine[*jobSituation, JobState, Action]{
	Initial: JobPending,
	Final:   []JobState{JobPassed, JobUnstable, JobSkipped, JobCanceled, JobRejected},
	ByRule:  []Action{repeat, again, ask, excuse, skip, fail, grant, open, begin, drop, stop, pass, expire, reject},
	Rules: map[JobState]map[Action]jobRule{
		JobPending: {
			skip:  {To: JobSkipped, If: []jobGuard{isTurn, notWanted}},
			fail:  {To: JobFailed, If: []jobGuard{isTurn, notReady}},
			grant: {To: JobPassed, If: []jobGuard{isTurn, isApproval, isGranted}},
			open:  {To: JobWaiting, If: []jobGuard{isTurn, isApproval}},
			begin: {To: JobRunning, If: []jobGuard{isTurn}},
		},
		JobRunning: {
			Lease:     {To: JobRunning, If: []jobGuard{isExecuted, notLeased}},
			Complete:  {To: JobPassed},
			Fail:      {To: JobFailed},
			Interrupt: {To: JobFailed},
			stop:      {To: JobCanceling, If: []jobGuard{runCanceling}},
			pass:      {To: JobPassed, If: []jobGuard{isWait, overdue}},
			expire:    {To: JobCanceling, If: []jobGuard{overdue}},
		},
		JobWaiting: {
			drop:   {To: JobCanceled, If: []jobGuard{nobodyWaits}},
			expire: {To: JobTimedOut, If: []jobGuard{requestLapsed}},
			pass:   {To: JobPassed, If: []jobGuard{requestApproved}},
			reject: {To: JobRejected, If: []jobGuard{requestRejected}},
		},
		JobCanceling: {
			Complete:  {To: JobCanceling},
			Fail:      {To: JobCanceling},
			Interrupt: {To: JobCanceling},
			drop:      {To: JobCanceled, If: []jobGuard{hasStopped, forCancel}},
			expire:    {To: JobTimedOut, If: []jobGuard{hasStopped, forTimeout}},
		},
		JobFailed: {
			repeat: {To: JobPending, If: []jobGuard{runGoesOn, isRepeated}},
			again:  {To: JobPending, If: []jobGuard{runGoesOn, failuresLeft}},
			ask:    {To: JobDeciding, If: []jobGuard{runGoesOn, failureAsked}},
			excuse: {To: JobUnstable, If: []jobGuard{failureIgnored}},
			expire: {To: JobTimedOut, If: []jobGuard{upheldTimeout}},
		},
		JobTimedOut: {
			again:  {To: JobPending, If: []jobGuard{runGoesOn, failuresLeft}},
			ask:    {To: JobDeciding, If: []jobGuard{runGoesOn, failureAsked}},
			excuse: {To: JobUnstable, If: []jobGuard{failureIgnored}},
		},
		JobDeciding: {
			Ignore: {To: JobUnstable},
			Uphold: {To: JobFailed},
			drop:   {To: JobCanceled, If: []jobGuard{runCanceling}},
		},
	},
}

// JobDiagram returns the life of a job as a Mermaid state diagram.
func JobDiagram() string { return jobLife.Mermaid() }

var (
	isTurn = jobGuard{Rule: "turn", Needs: "what comes before it to be through",
		Holds:  func(s *jobSituation) bool { return s.r.isTurn(s.i) && !s.at.Before(s.s.NotBefore) },
		Clears: func(s *jobSituation) time.Time { return s.s.NotBefore }}
	notWanted = jobGuard{Rule: "execute_policy", Needs: "an execute policy that says no",
		Holds: func(s *jobSituation) bool { return s.r.unwanted(s.i) != "" }}
	notReady = jobGuard{Rule: "not_ready", Needs: "variables that nothing stands for, or approvers who cannot approve",
		Holds: func(s *jobSituation) bool { return s.r.unready(s.i, s.at) != nil }}
	isApproval = jobGuard{Rule: "approval", Needs: "an approval job",
		Holds: func(s *jobSituation) bool { return s.r.graph.nodes[s.i].policy != nil }}
	isWait = jobGuard{Rule: "wait", Needs: "a wait",
		Holds: func(s *jobSituation) bool { return s.r.graph.nodes[s.i].wait != nil }}
	isExecuted = jobGuard{Rule: "executed", Needs: "a job that an executor carries out",
		Holds: func(s *jobSituation) bool { return s.r.graph.nodes[s.i].executes() }}
	notLeased = jobGuard{Rule: "not_leased", Needs: "an attempt that nobody carries out",
		Holds: func(s *jobSituation) bool { return s.s.Attempt.Lease == "" }}
	runCanceling = jobGuard{Rule: "run_canceling", Needs: "a run that is being canceled",
		Holds: func(s *jobSituation) bool { return s.r.st.State == RunCanceling }}
	runGoesOn = jobGuard{Rule: "run_running", Needs: "a run that goes on",
		Holds: func(s *jobSituation) bool { return s.r.st.State == RunRunning }}
	overdue = jobGuard{Rule: "overdue", Needs: "its deadline",
		Holds:  func(s *jobSituation) bool { return !s.s.Deadline.IsZero() && !s.at.Before(s.s.Deadline) },
		Clears: func(s *jobSituation) time.Time { return s.s.Deadline }}
	hasStopped = jobGuard{Rule: "has_stopped", Needs: "its executor to stop",
		Holds: func(s *jobSituation) bool { return s.s.Attempt.Lease == "" || s.s.Attempt.Ended }}
	forCancel = jobGuard{Rule: "for_cancel", Needs: "a canceled run",
		Holds: func(s *jobSituation) bool { return s.s.Stopping == StopCancel || s.r.st.State == RunCanceling }}
	forTimeout = jobGuard{Rule: "for_timeout", Needs: "a run that goes on",
		Holds: func(s *jobSituation) bool { return s.s.Stopping == StopTimeout && s.r.st.State != RunCanceling }}

	failuresLeft = jobGuard{Rule: "retries_left", Needs: "an error policy with retries left",
		Holds: func(s *jobSituation) bool {
			policy := s.r.graph.nodes[s.i].job.Error
			return policy != nil && policy.Policy == Retry && s.s.Failures < policy.MaxRetries && s.s.Count < MaxAttempts
		}}
	isRepeated = jobGuard{Rule: "repeated", Needs: "a process that is gone, and a job that is repeated then",
		Holds: func(s *jobSituation) bool {
			return s.crashed && s.r.graph.nodes[s.i].repeats && s.s.Count < MaxAttempts
		}}
	failureIgnored = jobGuard{Rule: "failure_ignored", Needs: "an error policy that ignores failures",
		Holds: func(s *jobSituation) bool {
			policy := s.r.graph.nodes[s.i].job.Error
			return policy != nil && policy.Policy == IgnoreError
		}}
	failureAsked = jobGuard{Rule: "failure_asked", Needs: "an error policy that asks a person",
		Holds: func(s *jobSituation) bool {
			policy := s.r.graph.nodes[s.i].job.Error
			return policy != nil && policy.Policy == ManualCheck && s.s.Decided.At.IsZero()
		}}
	upheldTimeout = jobGuard{Rule: "timed_out", Needs: "a job that had run out of time",
		Holds: func(s *jobSituation) bool { return s.s.Result == JobTimedOut && !s.s.Decided.At.IsZero() }}

	requestApproved = requestIs("approved", approval.Approved)
	requestRejected = requestIs("rejected", approval.Rejected)
	requestLapsed   = requestIs("lapsed", approval.Lapsed)
	nobodyWaits     = jobGuard{Rule: "nobody_waits", Needs: "a request that is canceled, or a run that is being canceled",
		Holds: func(s *jobSituation) bool {
			return s.r.st.State == RunCanceling || requestVoid.Holds(s)
		}}
	requestVoid = requestIs("canceled", approval.Canceled, approval.Withdrawn)
)

func requestIs(word string, states ...approval.State) jobGuard {
	return jobGuard{Rule: "request_" + word, Needs: "a request that is " + word,
		Holds: func(s *jobSituation) bool {
			if s.s.Request == nil {
				return false
			}
			for _, state := range states {
				if s.s.Request.State() == state {
					return true
				}
			}
			return false
		}}
}
