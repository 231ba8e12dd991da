package workflow

import "github.com/penstock-go/penstock"

// keepers returns what stands against deleting a run.
func (r *Run) keepers() (needs []string) {
	if !r.st.State.Ended() {
		needs = append(needs, "a run that has ended")
	}
	if len(r.st.Retract) > 0 {
		needs = append(needs, "the provider of its approval to drop a request first")
	}
	return needs
}

// delete records that a run is deleted: the last change of it.
func (t *transition) delete() error {
	if needs := t.r.keepers(); len(needs) > 0 {
		return &penstock.RefusedError{Action: string(DeleteRun), State: string(t.r.st.State), Needs: needs}
	}
	return t.record(Change{Kind: RunDeleted, Action: DeleteRun, Remark: t.command.Remark})
}

// forgettable reports whether executors are still to forget what the jobs of a run, which
// is never retried, have shared.
func (r *Run) forgettable() bool {
	return runLife.IsFinal(r.st.State) && len(r.graph.def.Storages) > 0 && !r.st.Forgotten
}
