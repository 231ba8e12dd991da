// Package idempotency keeps what came of commands that were asked for with an
// idempotency key, so that the same command, sent again, has no second effect
// and gets the first answer: also in another process, and if the answer was lost.
//
// The answer to a key is a record that is written by the commit of the command itself:
// both are stored, or neither. A key belongs to who used it and to what it was used
// on, its scope: nobody gets at the answers of others. The key itself is not stored, nor is what was
// asked, only a digest of it that the key is part of.
//
// A record is forgotten a while after it was written. An older one counts as none even if
// it is still there. The age is measured by the clock of who reads, so clocks of
// processes that share a store should agree far better than keys are kept.
package idempotency
