package workflow

import (
	"context"
	"iter"
	"time"
)

// logPoll is how often a reader looks for what other processes write.
const logPoll = 500 * time.Millisecond

// Tail yields the last lines of a log, so many or, if lines is negative, all, and
// then every further line, at once if it is written in this process and within about
// two seconds otherwise. It ends when the log is closed, when LogsConfig.Ended says so, or
// with an error: that of ctx, or of the store. A line without an end is yielded when nothing
// can follow it any more. Tail waits for a log that is not there yet.
//
// Any number may follow a log, each as fast as it wants to. Who falls behind what
// is in memory reads from the store until it has caught up.
func (l *Logs) Tail(ctx context.Context, key LogKey, lines int) iter.Seq2[LogLine, error] {
	return func(yield func(LogLine, error) bool) {
		if err := l.tail(ctx, key, lines, func(line LogLine) bool { return yield(line, nil) }); err != nil {
			yield(LogLine{}, err)
		}
	}
}

// tail is Tail with the error at the end.
func (l *Logs) tail(ctx context.Context, key LogKey, lines int, yield func(LogLine) bool) error {
	if err := key.check(0); err != nil {
		return err
	}
	poll := time.NewTicker(logPoll)
	defer poll.Stop()
	c, err := l.find(ctx, key)
	for ended := false; c == nil; c, err = l.find(ctx, key) { // it ends if it had ended before it was looked for
		if err != nil || ended {
			return err
		}
		if ended, err = l.pause(ctx, key, nil, poll.C); err != nil {
			return err
		}
	}
	if err := c.seek(ctx, lines); err != nil {
		return err
	}
	return c.follow(ctx, poll.C, yield)
}

// follow yields every line from the cursor on until there will be no more, or yield returns false.
func (c *logCursor) follow(ctx context.Context, poll <-chan time.Time, yield func(LogLine) bool) error {
	ended := false
	for {
		v, err := c.view(ctx)
		if err != nil {
			return err
		}
		if v.logChunk != nil {
			if v.last && ended {
				v.finish()
			}
			if !v.from(c.line, func(line LogLine) bool {
				c.line = line.N + 1
				return yield(line)
			}) {
				return nil
			}
		}
		switch {
		case !v.last:
			c.chunk++
		case v.over || ended:
			return nil
		default:
			if ended, err = c.logs.pause(ctx, c.key, v.changed, poll); err != nil {
				return err
			}
		}
	}
}

// pause waits until there may be more to read. It reports whether the log has ended
// already.
func (l *Logs) pause(ctx context.Context, key LogKey, changed <-chan struct{}, poll <-chan time.Time) (ended bool, err error) {
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-changed:
		return false, nil
	case <-poll:
		return l.ended(ctx, key)
	}
}
