package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/store"
)

const (
	kindLog = "workflow.log" // of the records of chunks

	maxLogChunk  = 64 << 10 // bytes of text
	goodLogChunk = 8 << 10  // a stored chunk of so many bytes is not written again to be made longer
	maxLogStamps = 1_000    // of a chunk
)

// A logChunk is some lines of a log that follow each other. What it has is never
// changed, only added to, so that a copy can be read while that happens. Only the text may be cut
// back to its complete lines: an unfinished one may go on in the next chunk.
type logChunk struct {
	n      int        // which chunk of the log it is, from 1
	first  int64      // number of its first line
	lines  int        // those that are complete
	text   []byte     // lines and their ends; behind them may be the beginning of one
	stamps []logStamp // when the lines began
	closed bool       // the log ends with it
}

// A logStamp says when the lines of a chunk from one on began. The last may be of a line
// that is not there yet, or that went to the next chunk.
type logStamp struct {
	line int   // from 0
	at   int64 // Unix time in milliseconds
}

// begin notes when the next line begins.
func (c *logChunk) begin(at int64) {
	if n := len(c.stamps); n == 0 || c.stamps[n-1].at != at {
		c.stamps = append(c.stamps, logStamp{c.lines, at})
	}
}

// next returns the number of the line behind the chunk.
func (c *logChunk) next() int64 { return c.first + int64(c.lines) }

// from calls yield with every line from number n on until that returns false.
func (c *logChunk) from(n int64, yield func(LogLine) bool) bool {
	rest, stamp := c.text, 0
	for i := range c.lines {
		var line logLine
		size := line.take(rest)
		for stamp+1 < len(c.stamps) && c.stamps[stamp+1].line <= i {
			stamp++
		}
		if c.first+int64(i) >= n {
			out := LogLine{N: c.first + int64(i), Text: string(rest[:line.size])}
			if stamp < len(c.stamps) {
				out.At = time.UnixMilli(c.stamps[stamp].at).UTC()
			}
			if !yield(out) {
				return false
			}
		}
		rest = rest[size:]
	}
	return true
}

// A logHead is the first line of a stored chunk. The text follows as it is.
type logHead struct {
	First  int64      `json:"line"`
	Stamps [][2]int64 `json:"at"`
	Closed bool       `json:"closed,omitempty"`
}

func (c *logChunk) body() ([]byte, error) {
	head := logHead{First: c.first, Closed: c.closed, Stamps: make([][2]int64, len(c.stamps))}
	for i, s := range c.stamps {
		head.Stamps[i] = [2]int64{int64(s.line), s.at}
	}
	doc, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("encode a chunk of a log: %w", err)
	}
	return slices.Concat(doc, []byte{'\n'}, c.text), nil
}

// readLogChunk reads what body wrote.
func readLogChunk(r store.Record) (*logChunk, error) {
	place, ok := parseLogID(r.ID)
	doc, text, found := bytes.Cut(r.Body, []byte{'\n'})
	var head logHead
	if !ok || !found || json.Unmarshal(doc, &head) != nil {
		return nil, fmt.Errorf("%s is no chunk of a log", r.Key)
	}
	c := &logChunk{n: place.chunk, first: head.First, text: text, closed: head.Closed}
	for _, s := range head.Stamps {
		c.stamps = append(c.stamps, logStamp{int(s[0]), s[1]})
	}
	for rest := text; len(rest) > 0; c.lines++ {
		var line logLine
		if rest = rest[line.take(rest):]; !line.complete() {
			break
		}
	}
	if c.closed {
		c.finish()
	}
	return c, nil
}

// finish makes a line of the beginning of one at the end of the log.
func (c *logChunk) finish() {
	rest := c.text
	for range c.lines {
		rest = rest[new(logLine).take(rest):]
	}
	if len(rest) > 0 {
		c.lines++
	}
}

// A logPlace says where a chunk is.
type logPlace struct {
	key   LogKey
	chunk int
}

// logID returns the id of a chunk. In the order of ids, chunks of a run are ordered
// by job, attempt and number.
func logID(key LogKey, chunk int) string { return key.String() + "/" + digits(chunk, 8) }

// digits writes n with leading zeros.
func digits(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

func parseLogID(id string) (p logPlace, ok bool) {
	parts := strings.Split(id, "/")
	if len(parts) != 4 {
		return p, false
	}
	attempt, errAttempt := strconv.Atoi(parts[2])
	chunk, errChunk := strconv.Atoi(parts[3])
	return logPlace{LogKey{parts[0], parts[1], attempt}, chunk}, errAttempt == nil && errChunk == nil
}

func logRecord(key LogKey, chunk int) store.Key {
	return store.Key{Kind: kindLog, ID: logID(key, chunk)}
}
