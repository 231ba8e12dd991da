package main

import "syscall"

// group lets a command lead a group of processes, so that what it starts can be
// stopped with it, and end when this program is killed. The kernel takes the thread
// that started it for this program: it must not end before the command does.
func group() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
