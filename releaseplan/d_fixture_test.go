package releaseplan_test

import "github.com/penstock-go/penstock/releaseplan"

// dPhase is a phase of n tasks of the kind "work".
func dPhase(kind releaseplan.PhaseKind, n int) releaseplan.Phase {
	p := releaseplan.Phase{Name: string(kind) + " phase", Kind: kind}
	for i := range n {
		p.Tasks = append(p.Tasks, releaseplan.Task{Name: string(rune('a'+i%26)) + " task", Kind: "work"})
	}
	return p
}

// dPlan is a plan of phases.
func dPlan(phases ...releaseplan.Phase) releaseplan.Content {
	return releaseplan.Content{Name: "plan", Phases: phases}
}
