package releaseplan

import "time"

// Spans returns the [Plan.PhaseSpan] of every phase and the [Plan.TaskSpan] of every task, each in
// order, at about the cost of one of them.
func (p *Plan) Spans() (phases, tasks []Span) {
	at := p.plannedStart()
	for i, phase := range p.def.phases {
		s := Span{}
		end := p.phaseEnd(i, at)
		if !at.IsZero() {
			s.Planned = PlannedTime{Start: at, End: end}
		}
		next := at
		for j := range phase.Tasks {
			ref := taskRef{i, j}
			status := p.task(ref)
			t := Span{Started: status.Started, Ended: status.Ended}
			start, done := p.taskTimes(ref, next)
			if !start.IsZero() {
				t.Planned = PlannedTime{Start: start, End: done}
			}
			if phase.Kind == Sequential {
				next = done
			}
			s.Started, s.Ended = earlier(s.Started, t.Started), later(s.Ended, t.Ended)
			tasks = append(tasks, t)
		}
		if p.phases[i].open() > 0 {
			s.Ended = time.Time{}
		}
		phases, at = append(phases, s), end
	}
	return phases, tasks
}
