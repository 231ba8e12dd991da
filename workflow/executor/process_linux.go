package executor

import (
	"bytes"
	"strconv"
	"syscall"
)

// processAttr lets a process be the first of a new session, and end when the thread that made it
// does: with the host, however that ends.
func processAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// A family is the processes of a step: those of its session, those that carry its mark in their
// environment, and all that descend from one that was seen to be of the family.
type family struct {
	leader processID // the others are no older
	mark   []byte
	known  map[processID]bool
}

// newFamily returns the family of a process that nobody waits for yet.
func newFamily(leader int, mark string) *family {
	first, _ := readProcess(strconv.Itoa(leader))
	return &family{
		leader: processID{leader, first.born},
		mark:   []byte("\x00" + mark + "\x00"),
		known:  make(map[processID]bool),
	}
}

// members returns those that live, and false if only signals can tell, as there is no proc file
// system.
func (f *family) members() ([]process, bool) {
	all := processes()
	some := living(all, func(p process) bool {
		return p.born >= f.leader.born && (p.session == f.leader.pid || f.known[p.processID] || bytes.Contains(p.environ(), f.mark))
	})
	for _, p := range some {
		f.known[p.processID] = true
	}
	return some, len(all) > 0
}

// lives reports whether there is a process of the family that has not ended.
func (f *family) lives() bool {
	some, ok := f.members()
	return len(some) > 0 || !ok && signalGroup(f.leader.pid, 0) == nil
}

// signal signals the group that the leader began with at once, then who has left it.
func (f *family) signal(sig syscall.Signal) {
	some, ok := f.members() // while those that are to end can tell whose parents they are
	whole := !ok
	for _, p := range some {
		whole = whole || p.group == f.leader.pid
	}
	if whole {
		_ = signalGroup(f.leader.pid, sig)
	}
	for _, p := range some {
		if p.group != f.leader.pid {
			p.signal(sig)
		}
	}
}
