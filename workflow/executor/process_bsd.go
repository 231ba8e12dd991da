//go:build unix && !linux

package executor

import "syscall"

// processGroup lets a process be the first of a new group.
func processGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// groupLives reports whether there is a process in a group.
func groupLives(pgid int) bool { return signalGroup(pgid, 0) == nil }
