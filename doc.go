// Package penstock is the shared vocabulary of a library for release plans: who
// acts ([Actor]), who is named ([Party], [Folder], [Directory]), who may
// ([Authorizer]), what can go wrong (the error kinds), how lists are paged
// ([Page], [List]), and how ids and durations are written ([IDs], [Duration]).
//
// The library itself is in the packages below: releaseplan for the plans and
// their life, approval for votes, store for keeping them. Start with releaseplan.
//
// # Errors
//
// Every error that the library makes is, as [errors.Is] tells, one of six
// kinds. A typed error says more: [RefusedError] what an action waits for and
// when it can clear, [InvalidError] which field is wrong (every fault is
// reported at once, see [Faults]), [ForbiddenError] which right is missing.
package penstock
