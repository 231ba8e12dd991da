package workflow

import (
	"context"
	"io"
	"io/fs"
	"slices"
)

// Read returns a whole log, or what there is of it so far, as it was written: valid UTF-8,
// without secrets. It is read chunk by chunk, while ctx lasts. A log that is
// not there is empty.
func (l *Logs) Read(ctx context.Context, key LogKey) (io.ReadCloser, error) {
	if err := key.check(0); err != nil {
		return nil, err
	}
	c, err := l.find(ctx, key)
	if err != nil {
		return nil, err
	}
	r := &logReader{next: func() ([]byte, error) { return nil, io.EOF }}
	if c != nil {
		r.next = func() ([]byte, error) { return c.text(ctx) }
	}
	return r, nil
}

// text returns the text of the cursor's chunk and goes to the next, or io.EOF.
func (c *logCursor) text(ctx context.Context) ([]byte, error) {
	for c.chunk > 0 {
		v, err := c.view(ctx)
		if err != nil {
			return nil, err
		}
		if c.chunk++; v.last {
			c.chunk = 0
		}
		if v.logChunk != nil {
			return v.text, nil
		}
	}
	return nil, io.EOF
}

// A logReader reads what next returns.
type logReader struct {
	next func() ([]byte, error)
	rest []byte
}

func (r *logReader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for len(r.rest) == 0 {
		var err error
		if r.rest, err = r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *logReader) Close() error {
	r.rest, r.next = nil, func() ([]byte, error) { return nil, fs.ErrClosed }
	return nil
}

// Attempts returns the attempts at a job that have a log, in order.
func (l *Logs) Attempts(ctx context.Context, run, job string) ([]int, error) {
	key := LogKey{Run: run, Job: job}
	if err := key.check(0); err != nil {
		return nil, err
	}
	l.mu.Lock()
	var all []int
	for _, s := range l.live[key.job()] {
		all = append(all, s.key.Attempt)
	}
	l.mu.Unlock()
	prefix := run + "/" + job
	for before := prefix + "0"; ; { // 0 is what comes behind the slash
		p, ok, err := l.before(ctx, prefix+"/", before)
		if err != nil {
			return nil, err
		}
		if !ok {
			slices.Sort(all)
			return slices.Compact(all), nil
		}
		all, before = append(all, p.key.Attempt), p.key.String()
	}
}
