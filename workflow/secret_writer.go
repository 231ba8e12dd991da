package workflow

import "io"

// A MaskWriter masks what is written through it, whatever the writes are that a
// secret is split over. It holds back only what may be the beginning of a secret, at
// most 63 bytes, until it knows: Close has to be called at the end. It is not safe
// for concurrent use.
type MaskWriter struct {
	to     io.Writer
	state  masking
	held   []byte // read, but not yet written
	out    []byte
	err    error
	closed bool
}

// maskBlock bounds how much is masked at once, so that no buffer grows with a write.
const maskBlock = 32 << 10

// Writer returns a writer that masks what it passes on to w.
func (m *Masker) Writer(w io.Writer) *MaskWriter {
	return &MaskWriter{to: w, state: masking{masker: m}}
}

// Write masks b and writes it on. After an error of the writer below, which may
// have taken a part, it returns that error for good; after Close, [io.ErrClosedPipe].
func (w *MaskWriter) Write(b []byte) (int, error) {
	switch {
	case w.err != nil:
		return 0, w.err
	case w.closed:
		return 0, io.ErrClosedPipe
	case w.state.masker.empty():
		n, err := w.to.Write(b)
		w.err = err
		return n, err
	}
	for n := 0; n < len(b); {
		size := min(maskBlock, len(b)-n)
		w.held = append(w.held, b[n:n+size]...)
		if w.pass(false); w.err != nil {
			return n, w.err
		}
		n += size
	}
	return len(b), nil
}

// Close writes what was held back. It does not close the writer below. It returns
// the first error of that writer.
func (w *MaskWriter) Close() error {
	if !w.closed && w.err == nil && len(w.held) > 0 {
		w.pass(true)
	}
	w.closed = true
	return w.err
}

// pass writes what is known not to be the beginning of a secret.
func (w *MaskWriter) pass(last bool) {
	out, used := w.state.feed(w.out[:0], w.held, last)
	w.out, w.held = out, w.held[:copy(w.held, w.held[used:])]
	if len(out) > 0 {
		_, w.err = w.to.Write(out)
	}
}
