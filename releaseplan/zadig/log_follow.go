package zadig

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/internal/panics"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/workflow"
)

const (
	tailLines = 10               // that a follower gets who does not say how many
	maxUnsent = 32 << 10         // bytes of events that are sent together
	keepAlive = 15 * time.Second // of silence after which a comment says that somebody is still there
	askAgain  = 15 * time.Second // after which it is asked again whether who follows may read
)

// followLog sends the lines of a log as they are written, each as an event.
func (a *api) followLog(c *rest.Call) error {
	run, job, err := a.jobInPath(c)
	if err != nil {
		return err
	}
	client := http.NewResponseController(c.W)
	c.W.Header().Set("Content-Type", "text/event-stream")
	c.W.Header().Set("Cache-Control", "no-cache")
	c.W.Header().Set("X-Content-Type-Options", "nosniff")
	c.W.Header().Set("X-Accel-Buffering", "no") // proxies are to pass lines on at once
	c.W.WriteHeader(http.StatusOK)
	if c.R.Method == http.MethodHead {
		return nil
	}
	ctx, stop := context.WithCancel(c.Context())
	lines := a.tail(ctx, c, run, job)
	defer func() {
		stop()
		for range lines { // until nobody works for this client any more
		}
	}()
	may := func() error {
		_, err := a.Workflows.Get(ctx, run.ID(), c.Actor)
		return err
	}
	return send(ctx, &eventWriter{w: &patientWriter{c.W, client}, client: client}, lines, may)
}

// A tailed is a line of a log, or why there is none.
type tailed struct {
	text string
	err  error
}

// tail follows a log until it or ctx ends, and closes the channel then.
func (a *api) tail(ctx context.Context, c *rest.Call, run *workflow.Run, job workflow.JobView) <-chan tailed {
	n, err := strconv.Atoi(c.Path("lines"))
	if err != nil || n < 0 {
		n = tailLines
	}
	attempt := 0
	if !job.Status.Attempt.Ended { // the one under way, even if only those before have written
		attempt = job.Status.Count
	}
	lines := make(chan tailed, 256)
	go func() {
		defer close(lines)
		say := func(line tailed) bool {
			select {
			case lines <- line:
				return true
			case <-ctx.Done():
				return false
			}
		}
		if err := panics.Try(func() error {
			for line, err := range a.Workflows.TailLog(ctx, run.ID(), job.Key, attempt, n, c.Actor) {
				if err != nil || !say(tailed{text: line.Text}) {
					return err
				}
			}
			return nil
		}); err != nil {
			say(tailed{err: err})
		}
	}()
	return lines
}

// send writes lines until there are no more, the client may not read them any more, or is gone; the
// last is no failure.
func send(ctx context.Context, to *eventWriter, lines <-chan tailed, may func() error) error {
	if err := to.flush(); err != nil { // the client learns at once that it is heard
		return nil
	}
	silence := time.NewTicker(keepAlive)
	defer silence.Stop()
	again := time.NewTicker(askAgain)
	defer again.Stop()
	for {
		var err error
		select {
		case line, more := <-lines:
			switch {
			case ctx.Err() != nil:
				return nil
			case !more || line.err != nil:
				_ = to.flush() // what is left
				return line.err
			}
			to.message(line.text)
			if len(lines) == 0 || to.buf.Len() > maxUnsent {
				err = to.flush()
			}
			silence.Reset(keepAlive)
		case <-silence.C:
			to.comment("keep-alive")
			err = to.flush()
		case <-again.C:
			if err := may(); err != nil && ctx.Err() == nil {
				return err // what was begun is broken off: it is not the end of the log
			}
		case <-ctx.Done():
			return nil
		}
		if err != nil {
			return nil
		}
	}
}

// An eventWriter writes server-sent events.
type eventWriter struct {
	w      *patientWriter
	client *http.ResponseController
	buf    bytes.Buffer
}

// message adds an event with a line: no line of a log holds what ends one.
func (e *eventWriter) message(line string) {
	fmt.Fprintf(&e.buf, "event: message\ndata: %s\n\n", line)
}

// comment adds what clients pass over.
func (e *eventWriter) comment(text string) { fmt.Fprintf(&e.buf, ": %s\n\n", text) }

// flush sends what was added.
func (e *eventWriter) flush() error {
	if e.buf.Len() > 0 {
		if _, err := e.buf.WriteTo(e.w); err != nil {
			return err
		}
	}
	return e.client.Flush()
}
