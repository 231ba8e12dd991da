package releaseplan

import (
	"errors"
	"fmt"
)

// CheckMachines returns every fault of the two tables.
func CheckMachines() error { return errors.Join(planLife.Check(), taskLife.Check()) }

// MachineStates returns every state of the two tables.
func MachineStates() ([]State, []TaskState) { return planLife.States(), taskLife.States() }

// Inconsistent counts everything anew and returns what the plan had counted
// otherwise; "" if nothing.
func Inconsistent(p *Plan) string {
	var totals [len(taskStates)]int32
	for i, phase := range p.def.phases {
		s := p.phases[i]
		var counts [len(taskStates)]int32
		for j := range phase.Tasks {
			status := s.task(j)
			enabled := !phase.Tasks[j].Disabled
			if enabled {
				counts[status.State.ordinal()]++
				totals[status.State.ordinal()]++
			}
			if s.todo.has(j) != (enabled && status.State == TaskTodo) {
				return fmt.Sprintf("task %d.%d is %q, its bit of todo says %v", i, j, status.State, s.todo.has(j))
			}
			if s.active.has(j) != status.State.active() {
				return fmt.Sprintf("task %d.%d is %q, its bit of active says %v", i, j, status.State, s.active.has(j))
			}
		}
		if counts != s.counts {
			return fmt.Sprintf("phase %d counts %v, it has %v", i, s.counts, counts)
		}
		if due := s.earliest(); !due.Equal(s.due) {
			return fmt.Sprintf("phase %d is due at %v, not %v", i, due, s.due)
		}
	}
	if totals != p.totals {
		return fmt.Sprintf("the plan counts %v, it has %v", p.totals, totals)
	}
	return ""
}
