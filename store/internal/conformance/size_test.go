//go:build !race

package conformance_test

// planRecords is the size of the store whose query plans are looked at.
const planRecords = 100_000
