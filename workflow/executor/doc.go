// Package executor has the executors that come with the library: scripts as real
// processes, statements on databases, and HTTP requests.
//
// [Executors] makes those that a [Config] has what it needs for; each can also be made
// by itself. A host adds its own beside them:
//
//	executors, err := executor.Executors(executor.Config{
//		Shell: executor.ShellConfig{Dir: "/var/lib/releases"},
//		SQL:   executor.SQLConfig{Databases: map[string]executor.Database{"orders": {DB: db}}},
//	})
//	executors["smoke-test"] = workflow.ExecutorFunc(smokeTest)
//
// All of them end when their context does, and return its cause then. They end by
// themselves, with [workflow.ErrTimeout], when the time that a spec gives is over.
//
// # Trust
//
// A script does what the user of the process may do: processes are kept apart by
// directories, sessions and their environment, not by a sandbox. Who may not do that
// must not be able to write a definition, or the host runs in a container of its own.
// Statements have the rights of the database handle. Requests reach public addresses, and
// those that the host allows.
package executor
