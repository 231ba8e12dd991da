// Package store keeps what the other packages own: versioned records, and the
// log of events that was committed with them.
//
// A [Store] is small: six methods over records that it does not understand. It
// matches and orders by the few fields that a record is given besides its body,
// and it knows one way to write, [Store.Commit], which applies several ops or
// none. Packages memory, sqlite and postgres implement it; package storetest
// proves that an implementation keeps the contract, sentence by sentence.
//
// A [Collection] is the records of one kind as values of a Go type, with JSON
// bodies. That is what most code uses:
//
//	notes := store.Collection[Note]{Store: s, Kind: "note"}
//	note, version, err := notes.Get(ctx, "n1")
//	note.Text = "changed"
//	op, err := notes.Put("n1", version, note)
//	_, err = s.Commit(ctx, op)
//
// # Writing
//
// Versions are the only lock. An op says which version it expects to replace,
// and Commit refuses all ops if one of them is out of date; the caller reads
// again, decides again and commits again. What must hold between records is
// kept by ops that stand in the same Commit: a unique name is a record of its
// own, which is created, moved and deleted together with what it names, and a
// record that must not change meanwhile is named by a [Check].
//
// # Finding
//
// Values are compared as bytes. [Int] and [Time] write numbers and times so
// that their bytes are in order. Each record also has one number, Sort, in
// whose order it is usually listed: one equality and that order are one range of an
// index, so the newest 100 drafts cost the same among 100 plans as among a
// million.
//
// # Events
//
// An event is committed with the op that caused it, or not at all. It has a
// sequence number of its subject, which the caller gives, and a position in the
// log of the whole store, which the store gives. Whoever reads the log onwards
// from the last position that he saw misses nothing.
package store
