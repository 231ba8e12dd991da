// Package zadig speaks the REST API of Zadig: release plans as /openapi/release_plan/v1 and
// /api/aslan/release_plan/v1 have them, and workflows with their tasks, views, pre-approval
// tickets and logs. Scripts and pipelines of that system can be pointed at a service that serves it:
//
//	h := zadig.Handler(zadig.Config{Plans: plans, Workflows: workflows, Who: who})
//	http.Handle("/openapi/", h)
//	http.Handle("/api/", h)
//
// # Release plans
//
// A plan is one phase of jobs that are done in any order. A text job is a task for a person, a
// workflow job a task of Config.WorkflowKind whose spec is that of package releaseplan/runs. Plans of
// other dialects are shown with all their tasks in order, under their own types; edits keep their
// phases, and whatever else this API has no word for.
//
// With an approval that is enabled a plan executes in the commit of the deciding vote, and with a
// schedule_execute_time at that time; otherwise somebody moves it. Statuses are moved by hand only
// where that can be: to the ones of checks never. What is decided is not sent: decisions in the body
// of a request are passed over. A plan that goes back to planning needs a new approval, a job that
// failed is retried or skipped before the plan can succeed, and what ends with a plan or its
// window is stopped.
//
// What a workflow job is sent is data: braces in it are no variables of the plan. Values of secret
// parameters are neither taken nor shown, since whoever may read a plan reads its jobs: they are
// secret variables of the plan. A job that is sent as it was shown stays as it was.
//
// A check from outside answers with its one-time code, which the owner of a plan is shown as
// instance_code, and no token. To the Authorizer it is the actor zadig:callback, which has to have
// the rights to read and to execute the plans that checks guard.
//
// Approvals that are given in Lark or DingTalk are asked for by a Runner, if the Service has providers
// of those kinds. Config.Callbacks lets these systems ring when there is news:
//
//	ding, err := dingtalk.New(…)
//	plans := releaseplan.New(releaseplan.Config{Providers: map[approval.Kind]approval.Provider{approval.DingTalk: ding}, …})
//	h := zadig.Handler(zadig.Config{Callbacks: map[approval.Kind]http.Handler{
//		approval.DingTalk: ding.Callback(func(ctx context.Context, instance string) error {
//			return plans.PollApproval(ctx, approval.DingTalk, instance)
//		}),
//	}, …})
//
// There, https://…/api/callback/approval/dingtalk is the address of the event subscription.
//
// Where Zadig answers with 500 what is the caller's to mend, this package answers with 400, 403,
// 404 or 409, in the same words and form as its other errors.
package zadig
