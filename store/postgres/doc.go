// Package postgres is a [store.Store] in PostgreSQL, for services with several
// replicas. It imports no driver: open the database with the one you like, that
// of pgx for example, and hand over the *sql.DB:
//
//	db, err := sql.Open("pgx", url)
//	s, err := postgres.New(ctx, db, nil)
//
// PostgreSQL 12 or newer is needed, with the encoding UTF8. Your own tables may
// be in the same database; [Tx] commits plans and your rows together.
//
// # Writing
//
// Any number of processes write side by side. A Commit locks the records that it
// names, in the order of their keys, and compares their versions; it waits only for those who write
// the same records. A record that a Commit only checks can be checked by others at the same time.
// When the database sacrifices a transaction, to a deadlock with yours for example, Commit tries again,
// at most ten times, but never once it asked for the COMMIT: an error from there on is passed up,
// since nobody knows what became of it.
//
// # Events
//
// A Commit writes events without a position. Whoever reads events next gives
// positions to all that are committed by then, under a lock that only readers take. So the order of
// positions is the order in which events became visible: whoever reads on from
// the last one he saw misses none, no writer waits for another because of the log,
// and the events of others do not wait for those of a transaction that stays open for long.
// If the process that gives positions stands still, the server ends its session after 10 s, and another one goes on.
//
// Keep transactions short all the same, those of others in the same database included. While
// one is open PostgreSQL cannot clean up behind events that got their positions, and every
// look for those without one passes by them: that is about 0.1 ms more a read for each 1,000
// events since the transaction began, until it ends. The setting idle_in_transaction_session_timeout
// ends those that were forgotten; make long reads, backups for example, from a standby without hot_standby_feedback.
//
// # Waking
//
// A Store wakes those who wait in [Store.Wait] for its own commits at once, and
// for those of other processes when it polls, every [Options].Poll. With [Options].Listen it
// hears of them within milliseconds: commits with events are followed by a NOTIFY,
// outside of their transactions, which would otherwise commit one at a time. The name
// of its channel comes from the tables, so Stores in one database do not disturb each other.
// A notification or a connection that is lost costs time, never an event: whoever is
// woken, or connected again, reads the log from where he was. LISTEN needs a connection for itself;
// see [Listener] for PgBouncer.
//
// Giving positions writes. On a database that only reads, Events and Wait fail as long as there is
// an event that nobody has read yet.
//
// # Durability
//
// It is that of the connection: with synchronous_commit on, as it is by default, what was
// committed survives a loss of power.
package postgres
