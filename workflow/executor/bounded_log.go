package executor

import (
	"fmt"
	"io"
	"sync"
)

// A boundedLog passes on as many bytes as are left, and drops the rest.
type boundedLog struct {
	mu      sync.Mutex
	to      io.Writer
	left    int64
	midLine bool // the last byte does not end a line
	dropped bool
}

// Write takes all of b, so that who writes goes on.
func (l *boundedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keep := b[:min(int64(len(b)), l.left)]
	l.left -= int64(len(keep))
	if len(keep) > 0 {
		_, _ = l.to.Write(keep)
		l.midLine = keep[len(keep)-1] != '\n'
	}
	if len(keep) < len(b) && !l.dropped {
		l.dropped = true
		if l.midLine {
			fmt.Fprintln(l.to)
		}
		fmt.Fprintln(l.to, "==> the log is full: what follows is dropped")
	}
	return len(b), nil
}
