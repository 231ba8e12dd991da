// Package sqlstore is what the SQL stores share: the SQL of the contract of
// package store, written once. Placeholders are $1 to $n and every statement is
// one that SQLite and PostgreSQL both understand; [Dialect] has the few words
// in which they differ.
//
// # Tables
//
// records has a row for each record. Its fields are kept beside the body as JSON
// text, so that reading a record is reading one row, and so that a Put can see
// what it need not write again.
//
// entries is the index: a row for each distinct value of a field. Its
// key is (kind, field, value, sort, id), so one equality and the usual order are
// one range. tail is the value backwards, for suffixes. A field orders by its
// first value only: head is NULL in the row of that value, and is that value in
// the rows of the others. The usual order itself is the field without a name,
// whose only value is empty.
//
// events is the log. On PostgreSQL rows come without a position and get it
// from the next reader; see [Tables.Number].
//
// # Conflicts
//
// A statement never fails because of what is stored: rows are read, and on
// PostgreSQL locked, before they are written, and inserts do nothing on a conflict.
// So no driver's error need be understood to know who won.
package sqlstore
