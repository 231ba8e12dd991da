// Package listen lets a [postgres.Store] hear of what other processes commit,
// within milliseconds, by LISTEN on a connection of the driver pgx. It is a
// module of its own, since it needs the driver:
//
//	db, err := sql.Open("pgx", url)
//	s, err := postgres.New(ctx, db, &postgres.Options{Listen: listen.On(db)})
//
// [On] takes one connection out of the pool of the Store, [Connect] and
// [ConnectConfig] open one beside it: behind PgBouncer with a pool of transactions LISTEN does
// not work, and they can go straight to the server.
//
// A connection over which nothing comes for 30 s is tried, so that one
// whose other side is gone is given up within 40 s; meanwhile the Store polls.
package listen
