package executor

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// processGroup lets a process be the first of a new group, and end when the thread that made it
// does: with the host, however that ends.
func processGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// groupLives reports whether a process of a group has not ended. One that has ended stays in
// its group until its parent asks how: in a container without an init that is never.
func groupLives(pgid int) bool {
	if signalGroup(pgid, 0) != nil {
		return false
	}
	proc, err := os.Open("/proc")
	if err != nil {
		return true
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return true
	}
	seen := false
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		state, group := readStat(name)
		seen = seen || group > 0
		if group == pgid && state != 'Z' && state != 'X' {
			return true
		}
	}
	return !seen // without a proc file system only signals tell
}

// readStat returns the state of a process and its group; 0 if it is not there any more.
func readStat(pid string) (state byte, group int) {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0, 0
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:]) // its name comes before, and can hold anything
	if len(fields) < 3 {
		return 0, 0
	}
	group, err = strconv.Atoi(string(fields[2]))
	if err != nil {
		return 0, 0
	}
	return fields[0][0], group
}
