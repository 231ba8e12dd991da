package workflow

import (
	"context"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock/store"
)

// logAhead is how many chunks are read from the store at once.
const logAhead = 4

// A logCursor is where a reader of one attempt's log is. It reads what is in memory
// there, if the log is written in this process, and what is stored otherwise.
type logCursor struct {
	logs *Logs
	key  LogKey

	chunk int   // which one it reads, from 1
	line  int64 // which one is the next

	live  *logStream  // nil unless it is written here
	ahead []*logChunk // read from the store, and not to be changed any more
}

// A logView is a chunk as a cursor sees it.
type logView struct {
	*logChunk                 // nil if there is none yet
	last      bool            // none follows so far
	over      bool            // and none ever will
	changed   <-chan struct{} // closed when there may be more; nil if only asking again tells
}

// view returns the cursor's chunk as it is now.
func (c *logCursor) view(ctx context.Context) (logView, error) {
	if c.live == nil {
		c.live = c.logs.writtenHere(c.key)
	}
	v := logView{last: true}
	if c.live != nil {
		var here bool
		if v, here = c.live.view(c.chunk); here {
			return v, nil
		}
	}
	stored, last, err := c.stored(ctx)
	if err != nil {
		return logView{}, err
	}
	v.logChunk, v.last = stored, v.last && last
	v.over = v.over || v.last && stored != nil && stored.closed
	return v, nil
}

// view returns a chunk if it is in memory. Otherwise it tells what is known
// without it.
func (s *logStream) view(chunk int) (v logView, here bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.last = len(s.chunks) == 0 || !s.placed
	if !v.last && chunk >= s.chunks[0].n {
		i := min(chunk-s.chunks[0].n, len(s.chunks)-1)
		now := s.chunks[i].logChunk
		v.logChunk, v.last, here = &now, i == len(s.chunks)-1, true
	}
	if v.last && s.closed {
		v.over = true
	} else if v.last {
		v.changed = s.changed.next()
	}
	return v, here
}

// stored returns the cursor's chunk as it is stored, nil if it is not, and whether it is the last.
func (c *logCursor) stored(ctx context.Context) (chunk *logChunk, last bool, err error) {
	for len(c.ahead) > 0 {
		chunk, c.ahead = c.ahead[0], c.ahead[1:]
		if chunk.n == c.chunk {
			return chunk, false, nil
		}
	}
	keys := make([]store.Key, logAhead)
	for i := range keys {
		keys[i] = logRecord(c.key, c.chunk+i)
	}
	records, err := c.logs.store.Get(ctx, keys...)
	if err != nil {
		return nil, false, fmt.Errorf("read the log of %s: %w", c.key, err)
	}
	var found []*logChunk
	for _, r := range records {
		if r.Version == 0 {
			break
		}
		next, err := readLogChunk(r)
		if err != nil {
			return nil, false, err
		}
		found = append(found, next)
	}
	for _, c := range found[:max(0, len(found)-1)] {
		c.finish()
	}
	switch len(found) {
	case 0:
		return nil, true, nil
	case 1:
		return found[0], true, nil
	default: // the last one may not be all of it
		c.ahead = found[1 : len(found)-1]
		return found[0], false, nil
	}
}

// find returns a cursor at the beginning of a log, or nil if there is none.
func (l *Logs) find(ctx context.Context, key LogKey) (*logCursor, error) {
	c := &logCursor{logs: l, key: key, chunk: 1, line: 1, live: l.writtenHere(key)}
	if c.live != nil && key.Attempt != 0 {
		return c, nil
	}
	place, ok, err := l.last(ctx, key)
	switch {
	case err != nil:
		return nil, err
	case ok && (c.live == nil || place.key.Attempt > c.live.key.Attempt):
		c.key, c.live = place.key, nil
	case c.live != nil:
		c.key = c.live.key
	default:
		return nil, nil //nolint:nilnil // a log that is not there is nothing to go wrong
	}
	return c, nil
}

// seek moves the cursor to so many lines before the end; to the beginning if lines
// is negative.
func (c *logCursor) seek(ctx context.Context, lines int) error {
	if lines < 0 {
		return nil
	}
	place, ok, err := c.logs.last(ctx, c.key)
	if err != nil {
		return err
	}
	if ok {
		c.chunk = place.chunk
	}
	v, err := c.view(ctx)
	for ; err == nil && !v.last; v, err = c.view(ctx) {
		c.chunk++
	}
	if err != nil || v.logChunk == nil {
		return err
	}
	for c.line = max(1, v.next()-int64(lines)); c.line < v.first && c.chunk > 1; {
		c.chunk--
		if v, err = c.view(ctx); err != nil || v.logChunk == nil {
			return err
		}
	}
	return nil
}

// last returns the place of the last stored chunk of a log, of the latest attempt if the
// key names none.
func (l *Logs) last(ctx context.Context, key LogKey) (p logPlace, ok bool, err error) {
	prefix := key.Run + "/" + key.Job
	if key.Attempt > 0 {
		prefix = key.String()
	}
	return l.before(ctx, prefix+"/", prefix+"0") // 0 is what comes behind the slash
}

// before returns the last place before an id if that begins with prefix.
func (l *Logs) before(ctx context.Context, prefix, id string) (p logPlace, ok bool, err error) {
	page, err := l.store.Find(ctx, store.Query{Kind: kindLog, Order: store.Order{Desc: true}, After: &store.Cursor{ID: id}, Limit: 1, NoBody: true})
	if err != nil {
		return p, false, fmt.Errorf("find the log of %s: %w", prefix, err)
	}
	if len(page.Records) == 0 || !strings.HasPrefix(page.Records[0].ID, prefix) {
		return p, false, nil
	}
	if p, ok = parseLogID(page.Records[0].ID); !ok {
		return p, false, fmt.Errorf("%s is no chunk of a log", page.Records[0].Key)
	}
	return p, true, nil
}
