// Package conformance runs what every store must pass on the SQL stores, with
// real drivers and a real PostgreSQL, and tests what only a database can do
// wrong. It is a module of its own so that the core requires no driver, and is
// never published.
//
// PostgreSQL's server programs must be installed, or PENSTOCK_POSTGRES_URL name
// a database in which the tests may make schemas and databases.
package conformance
