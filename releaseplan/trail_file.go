package releaseplan

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A TrailFile says what is known about an exported trail from elsewhere.
type TrailFile struct {
	From Checkpoint                // what the first line follows; zero: the beginning of the plan
	Head Checkpoint                // the last line; zero: not known, so that lines that are cut off are not missed
	Seal func(event []byte) []byte // that of Config, if the trail was sealed
}

// VerifyTrail proves an audit trail that [Service.ExportTrail] wrote as
// [TrailJSONL], without a store. From and Head are those of the Proof that was returned then, or
// of what is kept elsewhere. The first thing that is wrong is a [*TrailError], where places are
// counted by lines. A line that is larger than an entry can be is an
// ErrInvalid; errors of r are returned as they are.
//
// The same can be checked with tools that every system has: each line is an entry
// byte for byte as it was stored, and "prev" is the SHA-256 of the line before, without its
// line feed, in hex.
func VerifyTrail(r io.Reader, known TrailFile) (Proof, error) {
	if err := errors.Join(known.From.check(), known.Head.check()); err != nil {
		return Proof{}, err
	}
	c := chainCheck{seal: known.Seal}
	c.begin(link{seq: known.From.Seq, hash: known.From.Hash})
	if known.Head.Seq > 0 {
		c.end = chainEnd{kind: endHeader, seq: known.Head.Seq, hash: known.Head.Hash}
	}
	lines := &lineReader{r: bufio.NewReaderSize(r, 64<<10)}
	for seq := known.From.Seq + 1; ; seq++ {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Proof{}, fmt.Errorf("line %d: %w", seq-known.From.Seq, err)
		}
		c.push(&store.Event{Seq: seq, Body: line})
	}
	if fault := c.finish(); fault != nil {
		return Proof{}, fault
	}
	return Proof{From: known.From, Head: c.place(), Entries: c.entries}, nil
}

// A lineReader reads lines of bounded length. A line is good until the one after the next is read.
type lineReader struct {
	r   *bufio.Reader
	buf [2][]byte
	n   int
}

func (l *lineReader) next() ([]byte, error) {
	l.n = 1 - l.n
	line := l.buf[l.n][:0]
	for {
		part, err := l.r.ReadSlice('\n')
		line = append(line, part...)
		l.buf[l.n] = line
		switch {
		case len(line) > store.MaxBody+1:
			return nil, penstock.Invalid("", "is longer than an entry can be")
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) > 0, err == nil:
			return bytes.TrimSuffix(line, []byte{'\n'}), nil
		default:
			return nil, err
		}
	}
}
