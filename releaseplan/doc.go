// Package releaseplan keeps release plans and takes them through their life: what
// is to be released, in which phases and tasks, who must approve it, when it may
// run, and what happened.
//
// # The pieces
//
// A [Plan] is an immutable value. It has a [Content], which people write, and a
// [Status], which is what happened to it. [Plan.Do] takes a [Command], who asks and
// when, and returns the next plan with the [Change]s that make the difference, or
// an error that says what stands against it. [Plan.Can] says so in advance, for
// every action; [Plan.Next] says what there is to carry out and when time does
// something by itself. A Plan knows no store, no clock and no context, so that a
// unit test, a simulation and a service all use the same one.
//
// A [Service] keeps plans in a [store.Store]. Its Do loads a plan, asks it, and
// commits what came of it together with its audit events.
//
// A [Runner] carries plans out: it runs automatic tasks through [Handler]s, answers
// gates through [Check]s, asks the providers of approvals, keeps
// schedules, lets requests lapse and windows end. It is a loop over Plan.Next. Several
// over one store share the work.
//
// # The life of a plan
//
// A draft is finalized, approved if a policy asks for it, and executed; then its
// phases run one after another until every enabled task is done or skipped. Around
// each of these steps a [Gate] may ask somebody outside, or a [Check]. The whole table is one
// literal; [Diagram] draws it. States that a check, a vote, the tasks or the time
// lead to are entered by rule: after every command the plan settles, in the same
// commit. What is due by time is part of every decision too, in the order in which
// it is due, so that it does not matter how late anybody looks.
//
// # Approvals
//
// An approval is bound to [Plan.Hash], the hash of the content that was voted on.
// Content can be edited in a draft, and in part while a plan is paused or failed;
// what was edited needs a new approval before anything starts.
//
// # Tasks
//
// A task is done by a person ([Manual]), by time ([Wait]) or by a Handler. Every
// start makes an [Attempt], whose id is the idempotency key of its effect. An
// outcome that names an attempt which has ended is recorded as late and changes
// nothing. A failed task never counts as done: it is retried or skipped, or the plan
// fails.
//
// # Milestones
//
// A [Milestone] is a step of exposure: the strategies by which people have a
// feature while it is live. At most one is live, and it goes on being served while
// the plan is paused, failed or completed; a cancel ends that. The next one starts
// after an interval during which the plan ran, at a time, or when a person or an
// [Expose] task says so. Going back is possible until the plan is at its end; what
// a completed plan serves is taken back by another plan that goes live in its place,
// or by turning the feature off. A [Safeguard] watches a
// metric that a [MetricSource] tells; when it trips it pauses the rollout, goes back
// or stops, and nothing goes forward until it is clear. [Service.Serving] is what is
// live, for an evaluator of package rollout.
//
// # Calendars
//
// [Config.Calendars] say when nothing may go on: freezes, business hours; see package calendar. A
// calendar that is closed keeps plans from being executed and resumed, tasks and milestones from
// starting; what runs goes on to its end, and going back is always possible. Classes of tasks can
// be exempt, such as those that roll back: a plan whose open tasks are all exempt can be executed,
// one with any such task resumed. What would have gone on by itself does so when the
// calendar opens, but for a schedule and a milestone's time: those are missed, and the trail says why. An
// [Override] lets one plan go on until a time, for a reason that the trail keeps.
//
// # The audit trail
//
// Every change is an event in the store, written in the same commit as the plan. The
// events of a plan are numbered and chained by their hashes, and [Fold] makes the
// plan of them again. Values of secret variables are in neither.
//
// [Service.Verify] proves the chain, and names the first entry that was altered, removed,
// added or moved; [Service.VerifyState] also that the plan is what its trail makes of
// it. [Service.At] is the plan as it was at a time. [Service.ExportTrail] writes the trail for
// auditors, who can prove it with [VerifyTrail] or with tools of their own. [Service.Prune]
// shortens the trails of archived plans; they begin at an [Anchor] then, where the
// plan is kept as it was.
//
// # Versions
//
// Each effective edit makes a version of the content. [Diff] tells in what two contents
// differ, by ids: a task that moved is still the same task. [Patch] makes one of the other.
// [Service.Versions], [Service.Diff] and [Service.Blame] tell who changed what when, and
// [Service.DiffSinceApproval] what an approver has to look at again.
//
// # Errors
//
// Refusals are [penstock.RefusedError]s, faults of input [penstock.InvalidError]s
// that are all reported at once; see package penstock for the kinds.
package releaseplan
