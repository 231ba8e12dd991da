package releaseplan

import "time"

// The guards of actions on milestones. To go back is always possible while the
// plan is not at its end: it takes the feature from people, and gives it to
// nobody who did not have it. To go forward takes what any start takes.
var (
	milestoneThere = planGuard{Rule: "milestone", Needs: "such a milestone",
		Holds: func(s *situation) bool { return s.place >= 0 }}
	somethingLive = planGuard{Rule: "live", Needs: "a milestone that is live",
		Holds: func(s *situation) bool { return s.p.rollout().Live != "" }}
	isLive = planGuard{Rule: "live", Needs: "a milestone that is live",
		Holds: func(s *situation) bool { return s.p.rollout().Live != "" && s.place == s.p.livePlace() }}
	notLive = planGuard{Rule: "not_live", Needs: "a milestone that is not live, or that an edit has changed since it went live",
		Holds: func(s *situation) bool { return s.place < 0 || s.place != s.p.livePlace() || s.p.servesAnew() }}
	notPassed = planGuard{Rule: "not_passed", Needs: "a milestone behind the one that is live",
		Holds: func(s *situation) bool { return s.place < 0 || s.place > s.p.livePlace() }}
	notSkipped = planGuard{Rule: "not_skipped", Needs: "a milestone that was not skipped",
		Holds: func(s *situation) bool {
			return s.place < 0 || !s.p.rollout().exposure(s.p.def.content.Milestones[s.place].ID).Skipped
		}}
	notThrough = planGuard{Rule: "not_through", Needs: "a milestone that is not through",
		Holds: func(s *situation) bool { return !s.p.rollout().Through }}
	intervalOpen = planGuard{Rule: "not_through", Needs: "a milestone that is not through",
		Holds: func(s *situation) bool { return s.place < 0 || s.place != s.p.livePlace() || !s.p.rollout().Through }}
	planNotOver = planGuard{Rule: "plan_alive", Needs: "a plan that is not at its end",
		Holds: func(s *situation) bool { return !s.p.st.State.Final() && s.p.st.State != Canceling }}
	planGoing = planGuard{Rule: "plan_running", Needs: "a running plan",
		Holds: func(s *situation) bool { return s.p.st.State == Running }}
	forwardRunning = planGuard{Rule: "plan_running", Needs: "a running plan",
		Holds: func(s *situation) bool { return !s.forward() || s.p.st.State == Running }}
	forwardWindow = planGuard{Rule: "window_open", Needs: "an open window",
		Holds:  func(s *situation) bool { return !s.forward() || s.p.def.content.Window.Open(s.at) },
		Clears: func(s *situation) time.Time { return s.p.def.content.Window.opens(s.at) }}
	forwardCalendars = planGuard{Rule: "calendars_open", Needs: "every calendar to be open",
		Holds:  func(s *situation) bool { return !s.forward() || len(s.p.closures(s.at)) == 0 },
		Clears: func(s *situation) time.Time { return s.p.calendarsOpen(s.at) },
		Fault:  func(s *situation) error { return frozen(s.p.closures(s.at)) }}
	forwardClear = planGuard{Rule: "safeguards_clear", Needs: "every safeguard to be clear",
		Holds: func(s *situation) bool { return !s.forward() || len(s.p.rollout().Tripped) == 0 }}
	backApproved = planGuard{Rule: "content_approved", Needs: "an approval of the content as it is",
		Holds: func(s *situation) bool { return s.forward() || s.p.backApproved() }}
	safeguardsClear = planGuard{Rule: "safeguards_clear", Needs: "every safeguard to be clear",
		Holds: func(s *situation) bool { return len(s.p.rollout().Tripped) == 0 }}
	safeguardTripped = planGuard{Rule: "safeguard_tripped", Needs: "a safeguard that has tripped",
		Holds: func(s *situation) bool { return len(s.p.rollout().Tripped) > 0 }}
	rolloutPaused = planGuard{Rule: "rollout_paused", Needs: "a rollout that is paused",
		Holds: func(s *situation) bool { return !s.p.rollout().Paused.IsZero() }}
	rolloutGoing = planGuard{Rule: "rollout_not_paused", Needs: "the rollout to be resumed",
		Holds: func(s *situation) bool { return s.p.rollout().Paused.IsZero() }}

	// rolloutFree holds Expose tasks back, which start milestones by themselves.
	rolloutFree = taskGuard{Rule: "rollout_goes_on", Needs: "a rollout that goes on",
		Holds: func(s *taskSituation) bool {
			r := s.p.rollout()
			return s.p.def.task(s.ref).Kind != Expose || r.Paused.IsZero() && r.Stopped.IsZero() && len(r.Tripped) == 0
		}}
)

// backApproved reports whether earlier milestones are still what was agreed to: a
// draft may have changed them, while a plan that is paused or failed keeps them.
func (p *Plan) backApproved() bool { return p.st.State != Draft || p.contentApproved() }

// forward reports whether an action leads to a milestone that more people may
// have than the one that is live.
func (s *situation) forward() bool {
	return !s.later && (s.place < 0 || s.place >= s.p.livePlace())
}
