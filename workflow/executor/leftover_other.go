//go:build !linux

package executor

// thisHost is not known where nobody could look for it.
func thisHost() string { return "" }

func endLeftovers(string) {}
