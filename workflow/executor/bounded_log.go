package executor

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/penstock-go/penstock/workflow"
)

// A boundedLog passes on as many bytes as there may be, and drops the rest. Secrets are masked before, as
// nobody could find one that was cut through. It is to be closed.
type boundedLog struct {
	mu     sync.Mutex
	end    logEnd
	masked *workflow.MaskWriter // that writes to end
}

func newBoundedLog(job workflow.Execution, limit int64) *boundedLog {
	l := &boundedLog{end: logEnd{to: job.Log, left: limit}}
	l.masked = job.Masker.Writer(&l.end)
	return l
}

// Write takes all of b, so that who writes goes on.
func (l *boundedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.end.dropped {
		_, _ = l.masked.Write(b)
	}
	return len(b), nil
}

// close writes what was held back.
func (l *boundedLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.masked.Close()
}

// A logEnd passes on as many bytes as are left.
type logEnd struct {
	to      io.Writer
	left    int64
	midLine bool // the last byte does not end a line
	dropped bool
}

func (l *logEnd) Write(b []byte) (int, error) {
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

// maskedHead returns what text begins with, masked: as much as comes from limit bytes of it. What may be a
// secret that goes on behind them is left out.
func maskedHead(secrets *workflow.Masker, text []byte, limit int64) []byte {
	var head bytes.Buffer
	w := secrets.Writer(&head)
	_, _ = w.Write(text[:min(int64(len(text)), limit)])
	if int64(len(text)) <= limit {
		_ = w.Close()
	}
	return head.Bytes()
}
