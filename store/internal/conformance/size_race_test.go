//go:build race

package conformance_test

// planRecords is the size of the store whose query plans are looked at: SQLite, which is Go code,
// takes minutes for more under the race detector.
const planRecords = 20_000
