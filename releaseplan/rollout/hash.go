package rollout

import "math/bits"

// The seeds: variants are spread independently of percentages.
const (
	seedRollout  uint32 = 0
	seedVariants uint32 = 86028157
)

// A hash is MurmurHash3 (x86, 32 bits) stopped behind a prefix. A group never
// changes, so its part of "group:id" is hashed once, when it is compiled.
type hash struct {
	h     uint32 // after the whole blocks of the prefix
	carry uint32 // the 0..3 bytes behind them
	shift uint32 // how many bits of carry are set
	n     uint32 // length of the prefix
}

// newHash returns the hash of what begins with the group and a colon.
func newHash(group string, seed uint32) hash {
	s := hash{h: seed}
	for i := range len(group) {
		s.write(group[i])
	}
	s.write(':')
	return s
}

// write adds a byte to the prefix.
func (s *hash) write(b byte) {
	s.carry |= uint32(b) << s.shift
	s.shift += 8
	s.n++
	if s.shift == 32 {
		s.h, s.carry, s.shift = mix(s.h, s.carry), 0, 0
	}
}

// sum returns the hash of "group:id".
func sum[T string | []byte](s *hash, id T) uint32 {
	h, rest, shift := s.h, uint64(s.carry), s.shift
	n := s.n + uint32(len(id))
	for len(id) >= 4 { // blocks start where the prefix ended, in the middle of a word
		rest |= uint64(word(id)) << shift
		h = mix(h, uint32(rest))
		rest >>= 32
		id = id[4:]
	}
	for i := range len(id) {
		rest |= uint64(id[i]) << shift
		shift += 8
	}
	if shift >= 32 {
		h = mix(h, uint32(rest))
		rest >>= 32
	}
	h ^= scramble(uint32(rest)) // nothing if there is no tail
	h ^= n
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

// word returns the first four bytes, little endian.
func word[T string | []byte](b T) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func mix(h, block uint32) uint32 {
	return bits.RotateLeft32(h^scramble(block), 13)*5 + 0xe6546b64
}

func scramble(block uint32) uint32 {
	return bits.RotateLeft32(block*0xcc9e2d51, 15) * 0x1b873593
}
