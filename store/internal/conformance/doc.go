// Package conformance runs what every store must pass on the SQL stores, with
// real drivers and a real PostgreSQL, and tests what only a database can do
// wrong. It is a module of its own so that the core requires no driver, and is
// never published.
//
// PostgreSQL's server programs should be installed: the tests start it themselves, as an
// ordinary user, in a temporary folder. PENSTOCK_POSTGRES_URL may name
// a database instead in which they may make schemas and databases; tests that end a server
// need the programs all the same. Without either what needs PostgreSQL is skipped, but with CI=true it fails.
package conformance
