// Package peers measures workflow beside go-workflows, on the same work: three stages
// of two jobs each that do nothing, with 32 runs under way at once.
//
//	GOWORK=off go test -bench Runs -benchtime 5s
//	GOWORK=off go test -bench Finished -benchtime 5s -timeout 1h
//
// It is a module of its own, so that nothing else depends on that. PostgreSQL is
// measured if initdb is there, or PENSTOCK_POSTGRES_URL names a server.
package peers
