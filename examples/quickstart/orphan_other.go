//go:build unix && !linux

package main

import "syscall"

// group lets a command lead a group of processes, so that what it starts can be
// stopped with it. If this program is killed, the command goes on.
func group() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
