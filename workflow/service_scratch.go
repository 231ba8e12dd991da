package workflow

import "slices"

// A scratch is memory that the bodies of one commit are encoded into, one behind the
// other. A store keeps copies, so that the next commit may use it again.
type scratch struct {
	b      []byte
	wanted int // bytes
}

const (
	firstScratch = 4 << 10
	maxScratch   = 256 << 10 // of what is kept for the next commit
)

// scratch returns memory to encode into, with nothing in it.
func (s *Service) scratch() *scratch {
	m, ok := s.scratches.Get().(*scratch)
	if !ok {
		m = &scratch{b: make([]byte, 0, firstScratch)}
	}
	return m
}

// free gives memory back that nobody looks at any more.
func (s *Service) free(m *scratch) {
	if m.wanted > cap(m.b) && m.wanted <= maxScratch {
		m.b = make([]byte, 0, m.wanted+m.wanted/4)
	}
	m.b, m.wanted = m.b[:0], 0
	s.scratches.Put(m)
}

// room returns an empty slice to append a body to.
func (m *scratch) room() []byte { return m.b[len(m.b):len(m.b):cap(m.b)] }

// keep returns a body that was appended to what room returned, and leaves it where it is.
func (m *scratch) keep(body []byte) []byte {
	m.wanted += len(body)
	if n := len(m.b) + len(body); n <= cap(m.b) { // otherwise it has memory of its own
		m.b = m.b[:n]
	}
	return slices.Clip(body)
}
