// Package dingtalk lets plans be approved in DingTalk. Its Provider is an
// [approval.Provider] over DingTalk's HTTP API, without an SDK.
//
// # What is asked there
//
// Each request becomes one instance of an OA approval process: a form that people
// fill in and approve. The process is chosen by [approval.Policy.App], or else by
// [Config.ProcessCode]. Its approvers are the nodes of the request, in their order and
// in place of those that the process has itself: at most 20 nodes, nobody twice. A node
// asks all of its people or any one of them; k of n is refused, since DingTalk has no word for it.
//
// # What the host prepares
//
// An internal app with the permissions Workflow.Instance.Read and Workflow.Instance.Write, and
// a process whose form has a text component for the reference (see
// [Config.Reference]) and, if wanted, one for the description. In the settings of the
// process, submitters have to be allowed to revoke running instances, or else
// requests that are given up here stay open there. A Runner polls every few seconds as
// long as a request is pending, and DingTalk counts the calls of a month in its free
// edition: with a callback, set [Config.Every] to minutes.
//
// # The reference
//
// DingTalk keeps no idempotency key. So the form carries a reference: the request's id, and
// whom each node asks, sealed with a key. Create first looks through the instances that
// were opened for the same initiator since the request was, and opens one only if none
// bears its reference. A process that ends between the two opens nothing twice. Two
// that create the same request at the same moment may: there has to be one caller at a
// time for each request, which a Runner sees to. The same holds if DingTalk lists a
// new instance later than the call is repeated.
//
// # What counts
//
// A request is approved if its instance is completed, agreed, and in each node enough of the
// people that the request asks approved themselves. DingTalk lets approvers hand
// their task to somebody else, act by a delegate, or pass automatically; such an
// approval is not one of those who were asked, so Poll returns an error, and
// somebody has to ask again. A refusal rejects, whoever refused.
//
// # News
//
// [Provider.Callback] hears DingTalk's events, so that an answer need not wait for the
// next poll. An event only rings: what it says of the outcome is not read.
package dingtalk
