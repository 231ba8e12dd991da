// Package rollout decides who has a feature: strategies, constraints, segments
// and weighted variants, as Unleash defines them and its client API writes them.
//
// [Compile] turns features and segments into an [Evaluator] once; numbers, dates,
// versions, patterns and address ranges are parsed then. An Evaluator never
// changes, takes no lock and, with values of the usual kind, does not allocate
// while it answers: what can make it allocate are addresses that do not parse or
// have a zone, patterns over long texts, texts of more than 256 bytes whose case
// is ignored, and the host's own rules. A [Live] holds the current one; swapping
// it is one atomic store.
//
//	e := rollout.Compile(state.Features, state.Segments, rollout.Options{})
//	if e.Enabled("checkout", &rollout.Context{UserID: "ann"}) { … }
//
// # What wins
//
// A feature is decided in this order; the first answer stands:
//
//  1. A feature that nobody defined is off.
//  2. A feature that is not enabled is off.
//  3. It is off unless every feature that it depends on ([Dependency]) is as it
//     asks. Such a parent must be known and must have no parents of its own.
//  4. Without strategies it is on.
//  5. Strategies are asked in order. One matches if all its constraints, all
//     those of its segments and its own rule hold. The first that matches turns
//     the feature on. If none does, it is off.
//
// The strategy that matched also decides the variant: it is picked from that
// strategy's variants or, if it has none, from the feature's.
//
// # What is invalid
//
// Evaluation never fails. What cannot be understood has a defined result, and
// [Evaluator.Faults] tells all of this but for the context:
//
//   - A strategy with an unknown name, an unknown segment or an unknown operator
//     never matches, inverted or not. Others are still asked.
//   - A pattern, number, date or version that does not parse makes its
//     constraint false before inversion, on either side.
//   - An address that does not parse is passed over.
//   - A percentage that is no number matches nobody. Below 0 it counts as 0, above
//     100 as 100.
//   - A field of the [Context] that is missing or empty makes a constraint false
//     before inversion, or true with NOT_IN. A missing current time is now. A
//     constraint or override without a field is one whose field is missing.
//   - A weight below 0 takes from the sum. If that is not above 0, nobody gets a
//     variant.
//   - Of features or segments with the same name or id the last counts.
//
// On the way in, [Feature.Validate], [Strategy.Validate], [Segment.Validate],
// [Constraint.Validate] and, for a whole state, [Validate] report each of these
// as a fault with its path, and more. [NormalizeWeights] makes weights sum up.
//
// # What may surprise
//
//   - Both "" and a missing field are missing: IN [""] holds for nobody, and
//     NOT_IN holds for who has no such field. Inverted, every constraint holds for
//     them, but for NOT_IN.
//   - Values are compared as they are, neither trimmed nor, but for STR_… and
//     REGEX, ignoring case. Lists in parameters are trimmed.
//   - A percentage that is sticky to a field which is missing is off even at 100;
//     a variant is drawn then.
//   - Fractions of a percentage do not count: 12.5 is 12.
//   - A person changes sides when the group changes: it is the feature's name
//     unless the parameter groupId says otherwise.
//   - An address with a port is no address.
//
// # Stricter than others
//
// Numbers are finite decimals, dates are what RFC 3339 allows (no leap seconds),
// versions have three parts; other implementations also take what their
// language's parsers take. Validate asks for more than the servers of Unleash do:
// percentages are in 0..100, lists in parameters name something, an address is an
// address, nothing is named twice, everything is UTF-8 and has a limit.
// It also takes IN_CIDR, which they do not know yet.
//
// # What is stored
//
// A [Service] keeps segments, features in all their environments ([Flag]),
// environments, and definitions of custom strategies in a store, and refuses to delete
// what something refers to. [Service.State] is what [Compile] takes.
//
// # Who falls where
//
// A percentage hashes the group and the person's id to 1..100 (MurmurHash3, 32
// bits, UTF-8 bytes of "group:id"), so the same person always falls on the same
// number and raising the percentage only ever adds people, as long as group and
// stickiness stay the same. Variants use another seed, so that they are
// independent of the percentage.
package rollout
