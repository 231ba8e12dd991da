//go:build unix && !linux

package executor

import "syscall"

// processAttr lets a process be the first of a new session.
func processAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// A family is the processes of a step, as far as they stay in their group.
type family struct{ leader int }

func newFamily(leader int, _ string) *family { return &family{leader} }

// lives reports whether there is a process in the group.
func (f *family) lives() bool { return signalGroup(f.leader, 0) == nil }

func (f *family) signal(sig syscall.Signal) { _ = signalGroup(f.leader, sig) }
