// Package approval decides whether people said yes. It is pure: no clock, no
// network, no storage. Whoever owns the thing that is approved — a release
// plan, a workflow run — keeps the [Request] inside it and commits both at once.
//
// # The story
//
// A [Policy] is content: who must approve, in which order, how many of them,
// and within which time. [Open] turns it into a [Request]: groups become the
// people who are in them at that moment, duplicates are merged, and those whom
// the [Separation] of duties excludes lose their vote. From then on the request
// depends on nobody's directory. It is bound to the hash of what it approves:
// [Request.Valid] is false for anything else.
//
// # Votes
//
// A native request is voted on here, with [Request.Vote]. Everybody has one vote
// in a node, and it is final. The first rejection rejects the request, whatever
// the node needs. Nodes are decided in order; the last one approves. A request
// with a timeout lapses at its deadline: votes do not move it.
//
// Any other [Kind] is decided elsewhere: a [Provider] creates an instance in that
// system, is polled, and [Request.Answer] takes what it reports.
//
// # Values
//
// A Request never changes. Its methods return the next one, which shares what
// stayed the same, so it may be read by any number of goroutines.
// [Request.Explain] says what a request is waiting for.
//
// Package lark is a Provider for Feishu and Lark, package dingtalk for DingTalk. There is none for
// WeCom: its API lets an application be submitted and read, but only people can withdraw one, so
// that a request which was given up here would stay open there. A host that can live with that
// writes a Provider of the kind workwx.
package approval
