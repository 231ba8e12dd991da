// Package arp speaks the REST API of Automic Release: plans, their phases and tasks, as
// /api/data/v1/plans has them. Scripts and clients of that system can be pointed at a service that
// serves it:
//
//	http.Handle(arp.Base+"/", arp.Handler(arp.Config{Plans: plans, Who: who}))
//
// # What is where
//
// The documented operations are there as documented; [OpenAPI] describes all of them. Behind the
// actions that answers list, and in the same style, are the rest: export and archive, phases and
// tasks, and what moves a plan or a task.
//
// So is what tells of a plan: its history and its versions; its audit trail as a file, and the proof
// of it; the plan as it was at a time; why something cannot be done, and when it can; and the
// calendars that are overridden.
//
// The file of a trail comes with headers that it can be held against, as [releaseplan.VerifyTrail]
// does: Trail-Head-Seq and Trail-Head-Hash name its last entry and, if the trail was pruned,
// Trail-From-Seq and Trail-From-Hash the one that its first follows. It is proved before the first
// byte is sent, and a file that is cut is shorter than its Content-Length.
//
// Ids are the numbers of plans, phases and tasks. Positions begin with 1. Times are in UTC and
// whole seconds, and a planned time is always told with start, end and duration.
//
// # States
//
// This API has six words for the states of a plan. Everything before the start is Draft: what can
// be done with it, its actions tell. A plan that failed in a sequential phase is Paused, since it
// goes on once the task is retried or skipped; in a parallel one it is Failed.
//
// # Errors
//
// Every failure has a code, an error in the documented words, and in details every fault, or what
// is missing, such as the calendars that are closed and until when. What the state of a plan
// refuses is 400 with the code 100014; what somebody else changed meanwhile is 409.
package arp
