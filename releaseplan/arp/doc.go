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
// is missing. What the state of a plan refuses is 400 with the code 100014; what somebody else
// changed meanwhile is 409.
package arp
