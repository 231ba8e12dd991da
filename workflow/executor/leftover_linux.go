package executor

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// thisHost names this process, among all whose numbers it knows: by its namespace, its number and when it
// began. It is empty if that cannot be told.
func thisHost() string {
	space, err := os.Readlink("/proc/self/ns/pid")
	self, ok := readProcess(strconv.Itoa(os.Getpid()))
	if err != nil || !ok {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", strings.Trim(space, "pid:[]"), self.pid, self.born)
}

// hostEnded reports whether a process that thisHost has named is gone. Of another namespace we do not know.
func hostEnded(name, this string) bool {
	space, id, _ := strings.Cut(name, ":")
	ours, _, _ := strings.Cut(this, ":")
	pid, born, ok := strings.Cut(id, ":")
	if !ok || space != ours {
		return false
	}
	host, there := readProcess(pid)
	return !there || host.ended || strconv.FormatUint(host.born, 10) != born
}

// leftovers returns processes that hosts have left which were killed: of attempts below dir.
func leftovers(dir string) []process {
	this := thisHost()
	return living(processes(), func(p process) bool {
		env := p.environ()
		return strings.HasPrefix(variableOf(env, "PENSTOCK_WORKSPACE"), dir+"/") && hostEnded(variableOf(env, "PENSTOCK_HOST"), this)
	})
}

// variableOf returns the value of a variable in an environment.
func variableOf(env []byte, name string) string {
	_, rest, _ := bytes.Cut(env, []byte("\x00"+name+"="))
	value, _, _ := bytes.Cut(rest, []byte{0})
	return string(value)
}

// endLeftovers ends what hosts have left that were killed, at once, as they were.
func endLeftovers(dir string) {
	deadline := time.Now().Add(groupLast)
	for pause := time.Millisecond; time.Now().Before(deadline); pause = min(2*pause, groupPoll) {
		some := leftovers(dir)
		if len(some) == 0 {
			return
		}
		for _, p := range some {
			p.signal(syscall.SIGKILL)
		}
		<-time.After(pause)
	}
}
