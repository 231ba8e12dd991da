package workflow

import "errors"

// CheckRunMachines returns every fault of the two tables.
func CheckRunMachines() error { return errors.Join(runLife.Check(), jobLife.Check()) }

// RunMachineStates returns every state of the two tables.
func RunMachineStates() ([]RunState, []JobState) { return runLife.States(), jobLife.States() }

// RepeatJob makes attempts at a job be repeated whose process is gone.
func RepeatJob(r *Run, key string) { r.graph.nodes[r.graph.index[key]].repeats = true }

// CurrentStage returns the place that the run keeps of its current stage, and the one
// that its jobs tell.
func CurrentStage(r *Run) (kept, told int) {
	for i, s := range r.graph.stages {
		for j := s.first; j < s.end; j++ {
			if !r.jobs[j].state().settled() {
				return r.cur, i
			}
		}
	}
	return r.cur, len(r.graph.stages)
}

// WholeExecution is [Run.Execution] with the secrets, as an executor gets it.
func WholeExecution(r *Run, key string) (Execution, error) { return r.execution(key) }

// MaskerOf returns what masks the secrets of a run.
func MaskerOf(r *Run) *Masker { return r.masker() }
