// Package canonical writes JSON in the one form that RFC 8785, the JSON
// Canonicalization Scheme, gives to a value: no white space, members sorted by
// their names as UTF-16, strings with the fewest escapes, numbers as ECMAScript
// prints them. Two texts that mean the same become the same bytes, so that a
// hash of the bytes is a hash of the meaning.
//
// It takes only what keeps that promise. Names that occur twice, text that is
// not UTF-8, halves of surrogate pairs, and integers that a double cannot hold
// are refused: each of them would let two different texts share a hash, or mean
// different things to different readers.
package canonical
