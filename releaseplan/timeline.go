package releaseplan

import "time"

// A Span is when a phase or task is meant to happen, as the execute moved it, and
// when it did. Zero times are not known.
type Span struct {
	Planned PlannedTime
	Started time.Time
	Ended   time.Time
}

// PhaseSpan returns when the phase at place i, from 0, is meant to happen and
// did. The first phase starts with the plan, each next one at the end of the one
// before. A phase without a planned duration takes what its tasks take: their
// sum if it is sequential, or else the longest.
func (p *Plan) PhaseSpan(i int) Span {
	if i < 0 || i >= len(p.phases) {
		return Span{}
	}
	var s Span
	at := p.plannedStart()
	for k := range i {
		at = p.phaseEnd(k, at)
	}
	if !at.IsZero() {
		s.Planned = PlannedTime{Start: at, End: p.phaseEnd(i, at)}
	}
	for j := range p.def.phases[i].Tasks {
		t := p.task(taskRef{i, j})
		s.Started, s.Ended = earlier(s.Started, t.Started), later(s.Ended, t.Ended)
	}
	if p.phases[i].open() > 0 {
		s.Ended = time.Time{}
	}
	return s
}

// TaskSpan returns when the task with id is meant to happen and did. A task
// without a planned start starts with its phase or, in a sequential phase, at the
// end of the one before.
func (p *Plan) TaskSpan(id string) (Span, error) {
	ref, err := p.find(id)
	if err != nil {
		return Span{}, err
	}
	status := p.task(ref)
	s := Span{Started: status.Started, Ended: status.Ended}
	at := p.PhaseSpan(ref.phase).Planned.Start
	for j := 0; j < ref.task && p.def.phases[ref.phase].Kind == Sequential; j++ {
		_, at = p.taskTimes(taskRef{ref.phase, j}, at)
	}
	start, end := p.taskTimes(ref, at)
	if !start.IsZero() {
		s.Planned = PlannedTime{Start: start, End: end}
	}
	return s, nil
}

// plannedStart returns when the plan is meant to start by now.
func (p *Plan) plannedStart() time.Time {
	switch {
	case p.st.Effective != nil:
		return p.st.Effective.Start
	case p.def.content.Planned != nil:
		return p.def.content.Planned.Start
	default:
		return time.Time{}
	}
}

// shift returns by how much execute moved the plan.
func (p *Plan) shift() time.Duration {
	if p.st.Effective == nil || p.def.content.Planned == nil {
		return 0
	}
	return p.st.Effective.Start.Sub(p.def.content.Planned.Start)
}

// taskTimes returns the planned start and end of a task that is due at at.
func (p *Plan) taskTimes(r taskRef, at time.Time) (start, end time.Time) {
	start, end = at, at
	planned := p.def.task(r).Planned
	if planned == nil {
		return start, end
	}
	if !planned.Start.IsZero() {
		start = planned.Start.Add(p.shift())
	}
	switch {
	case !planned.End.IsZero():
		end = planned.End.Add(p.shift())
	case planned.Duration != nil && !start.IsZero():
		end = planned.Duration.AddTo(start)
	default:
		end = start
	}
	return start, end
}

// phaseEnd returns when a phase that starts at at is meant to end.
func (p *Plan) phaseEnd(i int, at time.Time) time.Time {
	phase := p.def.phases[i]
	switch {
	case at.IsZero():
		return at
	case phase.Duration != nil:
		return phase.Duration.AddTo(at)
	}
	last, next := at, at
	for j := range phase.Tasks {
		_, end := p.taskTimes(taskRef{i, j}, next)
		last = later(last, end)
		if phase.Kind == Sequential {
			next = end
		}
	}
	return last
}
