// Package workflow runs workflows: stages of jobs that follow each other, with
// parameters, approvals and error policies.
//
// A [Definition] says what there is to do. It is plain data, whose JSON is that of
// a Zadig workflow. [Definition.Validate] reports everything that is wrong with
// one, and [Types] says which types of jobs there are. A host adds its own beside
// the built-in ones:
//
//	types, err := workflow.NewTypes(workflow.JobType{
//		Name: "smoke-test", New: func() workflow.Spec { return new(SmokeTest) }})
//
// # Runs
//
// A [Run] is a definition on its way, an immutable value: [Run.Do] takes a
// [Command], who asks and when, and returns the next run with its [Change]s;
// [Run.Next] says what there is to carry out. Stages follow each other; the jobs of
// one run together or one by one; each start of a job is an attempt whose id is the
// idempotency key of its effect. [Fold] makes a run of its changes again.
//
// A stage may wait to be executed by hand, perhaps with other inputs. Every way into a run, a
// retry included, is checked alike: executors, the [Catalog], pre-approval tickets. Runs that have
// ended stay until [Service.Delete] or [Service.Prune] removes them; an executor that keeps
// something for the jobs of a run is a [Forgetter].
//
// A [Service] keeps definitions, runs, views and pre-approval tickets in a store. An
// [Engine] is a doorbell: the records are the truth, and [Local] carries runs out in
// this process through an [Executor] for each type of job, under leases, so that
// another process takes over what one that ended left. [Logs] keep what jobs write.
//
// A task of a release plan starts a run by [Service.StartFor]: it knows its [Origin], is retried by
// that task only, and may bring the plan's approval along.
//
// # Notifications
//
// What a definition's notify_ctls want to hear commits with the change that it tells of, as [NoticeData]. A
// dispatcher of package outbox delivers it by the route [ToHooks] and the notifier of [Service.Hooks], which
// looks addresses up in the definition: none of them is in an event.
//
// # Variables and secrets
//
// Texts of a spec may refer to parameters, outputs and others, as [RunVariables]
// tells. What is filled in is data and never looked into again; a name that nothing stands for is
// an error. Secrets are masked in logs, outputs, errors and events by a [Masker]: the values of secret
// parameters, the credentials in the specs of all jobs of the run, and what the host gives as
// [Start.Host], but for what is [Start.Public]. What may hold them is printed and logged without.
package workflow
