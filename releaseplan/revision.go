package releaseplan

import (
	"time"

	"github.com/penstock-go/penstock"
)

// revise returns what differs between two definitions, or nil.
func revise(before, after *definition) *Revision {
	rev := &Revision{Version: before.version + 1, Hash: after.hash}
	if !sameText(before.raw, after.raw) {
		meta := after.content
		meta.Phases = nil
		meta = meta.clone()
		rev.Plan = &meta
	}
	had := make(map[string]*phaseDef, len(before.phases))
	for _, phase := range before.phases {
		had[phase.ID] = phase
	}
	rev.Phased = len(before.phases) != len(after.phases)
	for i, phase := range after.phases {
		r := PhaseRevision{ID: phase.ID}
		if old := had[phase.ID]; old == nil || !sameText(old.raw, phase.raw) {
			anew := phase.clone()
			r.New = &anew
			rev.Phased = true
		}
		rev.Phased = rev.Phased || before.phases[i].ID != phase.ID
		rev.Phases = append(rev.Phases, r)
	}
	if !rev.Phased {
		rev.Phases = nil
	}
	if rev.Plan == nil && !rev.Phased {
		return nil
	}
	return rev
}

// applyRevision makes an edit so and carries the tasks' statuses over.
func (p *Plan) applyRevision(c *Change) error {
	rev := c.Revision
	if rev == nil {
		return penstock.Invalid("revision", "an edit has a revision")
	}
	content, err := p.def.content.revised(rev)
	if err != nil {
		return err
	}
	next := c.def
	if next == nil {
		if next, err = define(content.clone(), p.id, rev.Version); err != nil {
			return err
		}
	}
	if next.hash != rev.Hash {
		return penstock.Invalid("revision.hash", "version %d has the hash %s, not %s", rev.Version, next.hash, short(rev.Hash))
	}
	before := *p
	p.def = next
	p.st.Edited = p.st.Updated
	p.carry(&before)
	p.forgetMilestones(&before.def.content)
	return nil
}

// revised returns the content as it is with an edit, which shares what did not change.
func (c *Content) revised(rev *Revision) (Content, error) {
	content := *c
	if rev.Plan != nil {
		content = rev.Plan.clone()
		content.Phases = c.Phases
	}
	if !rev.Phased {
		return content, nil
	}
	had := make(map[string]Phase, len(c.Phases))
	for _, phase := range c.Phases {
		had[phase.ID] = phase
	}
	content.Phases = nil
	for _, r := range rev.Phases {
		phase, ok := had[r.ID]
		if r.New != nil {
			phase, ok = r.New.clone(), true
		}
		if !ok {
			return content, penstock.Invalid("revision", "phase %q is neither new nor old", short(r.ID))
		}
		content.Phases = append(content.Phases, phase)
	}
	return content, nil
}

// carry moves the statuses of tasks that there still are to their new places. In
// a draft, a task that is done stays so only if it and all that it needs are as
// they were.
func (p *Plan) carry(before *Plan) {
	statuses := make(map[taskRef]*taskNode)
	for i, phase := range p.def.phases {
		for j := range phase.Tasks {
			old, ok := before.def.index[phase.Tasks[j].ID]
			if !ok {
				continue
			}
			r, node := taskRef{i, j}, before.phases[old.phase].task(old.task)
			if isFresh(&node.TaskStatus) {
				continue
			}
			if !sameTask(before.def, old, p.def, r) {
				status := node.clone()
				status.Updated = status.Updated || status.LastStatus != ""
				if p.st.State == Draft {
					status = status.again()
				}
				if p.def.task(r).Disabled {
					status.NotBefore = time.Time{} // it waits for nothing any more
				}
				node = &taskNode{TaskStatus: status}
			}
			statuses[r] = node
		}
	}
	if p.st.State == Draft {
		p.dropUnfounded(before.def, statuses)
	}
	p.phases = make([]*phaseStatus, len(p.def.phases))
	for i, phase := range p.def.phases {
		s := newPhaseStatus(phase)
		for j := range phase.Tasks {
			if node := statuses[taskRef{i, j}]; node != nil {
				s = s.withNode(phase, j, node)
			}
		}
		if i < len(before.phases) {
			s = s.sharing(before.phases[i])
		}
		p.phases[i] = s
	}
	p.recount()
}

// dropUnfounded makes tasks that are done todo again if something that they
// need is new, is another than it was, or became todo again by that, until none
// is left: their needs and, in a sequential phase, the enabled task before them.
func (p *Plan) dropUnfounded(before *definition, statuses map[taskRef]*taskNode) {
	shaken := make(map[taskRef]bool)
	founded := func(r taskRef, was bool) bool {
		if p.def.task(r).Disabled {
			return true
		}
		old, ok := before.index[p.def.task(r).ID]
		return ok && was && !shaken[r] && sameTask(before, old, p.def, r)
	}
	for changed := true; changed; {
		changed = false
		for r, status := range statuses {
			if status.State != TaskDone {
				continue
			}
			ok := true
			for _, need := range p.def.phases[r.phase].needs[r.task] {
				ok = ok && founded(need, true)
			}
			if previous := p.def.previous(r); previous != nil {
				was := before.previous(before.index[p.def.task(r).ID])
				ok = ok && founded(*previous, was != nil && before.task(*was).ID == p.def.task(*previous).ID)
			}
			if !ok {
				statuses[r] = &taskNode{TaskStatus: status.again()}
				shaken[r], changed = true, true
			}
		}
	}
}

// previous returns the enabled task before one of a sequential phase, or nil.
func (d *definition) previous(r taskRef) *taskRef {
	for j := r.task - 1; j >= 0 && d.phases[r.phase].Kind == Sequential; j-- {
		if before := (taskRef{r.phase, j}); !d.task(before).Disabled {
			return &before
		}
	}
	return nil
}

// isFresh reports whether nothing ever happened to a task.
func isFresh(s *TaskStatus) bool {
	return s.State == TaskTodo && s.Count == 0 && !s.Held && s.LastStatus == "" && s.Remark == "" && s.Assignee.IsZero() && s.Claim.IsZero()
}
