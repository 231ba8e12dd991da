package plantest

import (
	"fmt"
	"slices"

	"github.com/penstock-go/penstock/releaseplan"
)

// edited returns a content with one change, which may or may not be allowed.
func (s *stroll) edited(c releaseplan.Content) *releaseplan.Content {
	if len(c.Phases) == 0 {
		c.Phases = append(c.Phases, s.phase(20+s.IntN(1000)))
		return &c
	}
	i := s.IntN(len(c.Phases))
	p := &c.Phases[i]
	n := len(p.Tasks)
	switch do := s.IntN(8); {
	case do == 1:
		p.Tasks = append(p.Tasks, releaseplan.Task{Name: fmt.Sprintf("new %d.%d", i, s.IntN(1000)), Kind: s.Kinds[0]})
	case do == 2:
		c.Phases = append(c.Phases, s.phase(20+s.IntN(1000)))
	case do == 3 && n > 0:
		p.Tasks[s.IntN(n)].Description += "."
	case do == 4 && n > 0:
		t := &p.Tasks[s.IntN(n)]
		t.Disabled = !t.Disabled
	case do == 5 && n > 0:
		p.Tasks = p.Tasks[:n-1]
	case do == 6:
		s.editMilestones(&c)
	case do == 7 && len(c.Safeguards) > 0:
		c.Safeguards = c.Safeguards[:len(c.Safeguards)-1]
	default:
		c.Description += "."
	}
	return &c
}

// editMilestones changes the milestones of a content in one place.
func (s *stroll) editMilestones(c *releaseplan.Content) {
	n := len(c.Milestones)
	switch i := s.IntN(n + 1); {
	case i == n && n == 0:
		c.Description += "."
	case i == n:
		c.Milestones = append(c.Milestones, s.milestone(n+10*(1+s.IntN(90))))
	case s.oneIn(4):
		c.Milestones = slices.Delete(c.Milestones, i, i+1)
	default:
		was := c.Milestones[i]
		c.Milestones[i] = s.milestone(i)
		c.Milestones[i].ID, c.Milestones[i].Name = was.ID, was.Name
	}
}
