// Package unleash speaks the REST API of Unleash: release plan templates, the release plans of a
// feature in an environment, and what SDKs poll, so that they evaluate what the live
// milestones of plans serve:
//
//	h := unleash.Handler(unleash.Config{Templates: templates, Plans: plans, Rollout: catalog, Who: who, Client: client})
//	http.Handle("/api/admin/", h)
//	http.Handle("/api/client/", h)
//
// # Release plans
//
// A plan that is added begins in the same commit. The plans of a feature in an environment are
// the one that is under way there and a completed one whose milestone is still served, wherever they
// were made. One that is removed is canceled, and its trail stays; a completed one is deleted.
//
// What a plan keeps is stricter than Unleash in places. A milestone that nobody could have, or
// everybody by mistake, is refused. An interval that is shorter than what has passed of it is refused, lest
// the next milestone start at once. Time during which a plan is paused does not count. While a safeguard
// has tripped, nothing goes forward; to resume says that it is taken care of. A strategy of the live
// milestone that is written anew is served at once, and the interval of the milestone begins
// again. Only plans have safeguards: one that turns off a feature without a plan is answered
// with 501.
package unleash
