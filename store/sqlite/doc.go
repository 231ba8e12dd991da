// Package sqlite is a [store.Store] in SQLite, for services that run as one
// process, or as a few on one machine. It imports no driver: open the database
// with the one you like, modernc.org/sqlite for example, and hand over the *sql.DB:
//
//	db, err := sql.Open("sqlite", "file:plans.db?_pragma=busy_timeout(5000)&_txlock=immediate")
//	s, err := sqlite.New(ctx, db, nil)
//
// SQLite 3.35 or newer is needed. Your own tables may be in the same database;
// [Tx] commits plans and your rows together. What stands behind the name of the file is for
// transactions of your own, which otherwise fail at once while another one writes; a Store
// waits in any case.
//
// # Writing
//
// SQLite has one writer at a time. Commits of a Store take turns on one
// connection; those that arrive while another one waits for the disk are written
// together with the next, each all or nothing by itself. Readers see the last
// committed state and hold nobody up. The Store needs one connection to write
// and gives it back after each transaction, so any pool will do, even one
// connection.
//
// # Durability
//
// A Commit that returned survives a loss of power: the default is synchronous
// FULL, which waits for the disk. With [Normal] it survives the end of the
// process, however it ends, but a loss of power can undo the last commits. Both
// leave the database intact.
//
// # What else to know
//
// A database in memory belongs to its connection: call db.SetMaxOpenConns(1) and
// leave connections open. A database file must not be on a network
// file system. When the disk is full a Commit fails and the database stays as it was.
//
// # Other processes
//
// Several Stores, and several processes on one machine, can share a database
// file. Wait notices what the others commit within [Options].Poll, and what its own Store
// commits at once.
package sqlite
