package executor

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"
)

// A process is one as the proc file system shows it.
type process struct {
	processID
	parent, group, session int
	ended                  bool   // nobody has asked how yet: in a container without an init that is for ever
	kernel                 bool   // it is no program
	envStart, envEnd       string // addresses of the environment; 0 while it begins to execute another program
}

// A processID names a process of this machine since it was booted.
type processID struct {
	pid  int
	born uint64 // clock ticks since then
}

// processes returns all processes that can be seen, none without a proc file system.
func processes() []process {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	all := make([]process, 0, len(names))
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		if p, ok := readProcess(name); ok {
			all = append(all, p)
		}
	}
	return all
}

// readProcess returns a process, and false if it is not there any more.
func readProcess(pid string) (p process, ok bool) {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return p, false
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:]) // its name comes before, and can hold anything
	if len(fields) < 49 {
		return p, false
	}
	p.pid, _ = strconv.Atoi(pid)
	p.ended = fields[0][0] == 'Z' || fields[0][0] == 'X'
	p.parent, _ = strconv.Atoi(string(fields[1]))
	p.group, _ = strconv.Atoi(string(fields[2]))
	p.session, _ = strconv.Atoi(string(fields[3]))
	p.kernel = string(fields[20]) == "0" // it has no memory
	p.envStart, p.envEnd = string(fields[47]), string(fields[48])
	p.born, err = strconv.ParseUint(string(fields[19]), 10, 64)
	return p, err == nil
}

// environ returns the environment that a process began with, each variable between zero bytes. It is empty
// if that is not ours to read, or if the process wrote over it.
func (p process) environ() []byte {
	pid := strconv.Itoa(p.pid)
	last := "0"
	for range 100 {
		text, err := readAtOnce("/proc/" + pid + "/environ")
		if err != nil || len(text) > 0 {
			return append([]byte{0}, text...)
		}
		// While a program is loaded there is none either: it is so for good if it lies where it did.
		now, there := readProcess(pid)
		if !there || now.ended || now.kernel || now.envStart == now.envEnd && now.envEnd == last && last != "0" {
			break
		}
		last = now.envEnd
		<-time.After(time.Millisecond)
	}
	return nil
}

// readAtOnce reads a file in one call: the rest of it may be of another program.
func readAtOnce(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for size := 32 << 10; ; size *= 4 {
		text := make([]byte, size)
		n, err := f.ReadAt(text, 0)
		if n < size && (err == nil || errors.Is(err, io.EOF)) {
			return text[:n], nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// signal signals this very process, and nobody who gets its number next.
func (p process) signal(sig syscall.Signal) {
	handle, err := os.FindProcess(p.pid)
	if err != nil {
		return
	}
	defer func() { _ = handle.Release() }()
	if now, ok := readProcess(strconv.Itoa(p.pid)); ok && now.processID == p.processID {
		_ = handle.Signal(sig)
	}
}

// living returns those of all processes that are chosen, and their descendants, unless they
// have ended.
func living(all []process, chosen func(process) bool) []process {
	in := make(map[int]bool)
	for _, p := range all {
		if chosen(p) {
			in[p.pid] = true
		}
	}
	for before := 0; before < len(in); {
		before = len(in)
		for _, p := range all {
			if in[p.parent] {
				in[p.pid] = true
			}
		}
	}
	var some []process
	for _, p := range all {
		if in[p.pid] && !p.ended {
			some = append(some, p)
		}
	}
	return some
}
