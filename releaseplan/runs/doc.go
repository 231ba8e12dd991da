// Package runs lets tasks of release plans start runs of workflows. Its [Handler] is for
// a [releaseplan.Runner], under whatever kind the host likes:
//
//	h, err := runs.New(runs.Config{Workflows: workflows})
//	runner := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"workflow": h})
//
// What such a task wants is told by its spec, a [Spec] as JSON, with the plan's variables:
//
//	{"workflow": "deploy", "parameters": {"version": "{version}"}}
//
// # The run of an attempt
//
// The id of the run is that of the attempt, so that to start it is safe to repeat. The task
// goes on as long as the run does, also while that is paused or waits for people. It is done
// when the run has passed, or skipped everything, and fails with any other end, also with a
// cancel that somebody else asked for; its error tells the number of the run and
// the first job that went wrong. When the task is aborted or runs out of time, or the
// plan is canceled, the run is canceled, and the task ends once it has stopped.
//
// A run of a plan refuses to be retried by itself: to retry the task starts another one.
//
// # Runners that end
//
// A run does not end with the Runner: it is left to go on. The attempt is over then, and what
// becomes of the task says its [releaseplan.CrashPolicy]. For these tasks it is best to repeat:
// the attempt that follows finds the run of the one before, and goes on with it, or ends
// as it did; nothing is started twice. With the default, to fail, a person looks first; the
// attempt that they ask for goes on with a run that is still under way or has passed, and
// otherwise starts another. A run that was started with other values, because the plan was
// edited in between, is canceled first. Whatever a person says becomes of a task whose
// run is under way, the run goes on, until the task is retried or the run is canceled
// there. So does one whose plan is canceled while no Runner is there to follow it, until
// [Handler.Reconcile] finds it.
//
// # Secrets
//
// The value of a secret variable, or of one that is made with it, goes into secret
// parameters only. Everywhere else it is an error that names the place. Values of
// variables are data: nothing in them becomes a variable of the workflow.
package runs
