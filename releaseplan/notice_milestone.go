package releaseplan

// milestone tells of what a change did to the milestones of the plan.
func (t *telling) milestone() {
	switch c := t.change; {
	case c.Kind == ExposureMissed:
		t.tellOf(EventFailed, "missed the time of milestone "+quoted(c.Name), &NoticePart{ID: c.Milestone, Name: c.Name}, nil)
	case c.Kind == SafeguardTripped && c.Trip != nil:
		live := t.now.rollout()
		t.tellOf(EventFailed, "tripped the safeguard "+quoted(c.Name), &NoticePart{ID: live.Live, Name: live.Name}, &NoticePart{ID: c.Trip.Safeguard, Name: c.Name})
	case c.Kind == RolloutPaused && c.Milestone != "":
		t.tellOf(EventFailed, "cannot serve milestone "+quoted(c.Name), &NoticePart{ID: c.Milestone, Name: c.Name}, nil)
	case c.Kind == RolloutPaused && c.Action != Observe: // else it is told that a safeguard tripped
		live := t.now.rollout()
		t.tellOf(EventPaused, "has its rollout paused", &NoticePart{ID: live.Live, Name: live.Name}, nil)
	}
	if c := t.change; c.Kind == RolloutStopped && c.Action == StopRollout { // else the plan is canceled, or a safeguard tripped
		t.tellOf(EventPaused, "has its rollout stopped", &NoticePart{ID: c.Milestone, Name: c.Name}, nil)
	}
	if next := t.now.awaited(); next != nil {
		if before := t.was.awaited(); before == nil || before.ID != next.ID {
			t.tellOf(EventWaiting, "waits for somebody to start milestone "+quoted(next.Name), &NoticePart{ID: next.ID, Name: next.Name}, nil)
		}
	}
}

// tellOf tells of the plan, with the milestone and the safeguard that it is about.
func (t *telling) tellOf(event Event, what string, milestone, safeguard *NoticePart) {
	if milestone.ID == "" {
		milestone = nil
	}
	before := len(t.notices)
	t.tell(event, verb{one: what}, onPlan, taskRef{})
	if len(t.notices) > before {
		n := &t.notices[before]
		n.milestone, n.safeguard = milestone, safeguard
	}
}

// awaited returns the milestone that a person has to start before anything goes
// on, or nil: what was to come before it is over, and neither its time nor a task
// starts it.
func (p *Plan) awaited() *Milestone {
	r, live := p.rollout(), p.livePlace()
	next := p.following(live)
	if next < 0 || p.st.State != Running || p.st.FinishAsked || !r.Paused.IsZero() || !r.Stopped.IsZero() || len(r.Tripped) > 0 {
		return nil
	}
	over := p.liveIsOver(live)
	if live < 0 {
		over = p.open() == 0 && !p.startsItself(next)
	}
	if !over || !p.pendingAt(next).IsZero() || p.def.exposed[next] {
		return nil
	}
	return &p.def.content.Milestones[next]
}

// liveIsOver reports whether no time comes that would end the milestone at place live.
func (p *Plan) liveIsOver(live int) bool {
	return live >= 0 && (p.rollout().Through || p.interval(live) == nil)
}

// waitsForFinish reports whether the plan has only to be asked to finish.
func (p *Plan) waitsForFinish() bool {
	if p.st.State != Running || p.open() > 0 || len(p.def.content.Milestones) == 0 || p.st.FinishAsked {
		return false
	}
	live := p.livePlace()
	return p.following(live) < 0 && (live < 0 || p.liveIsOver(live))
}
