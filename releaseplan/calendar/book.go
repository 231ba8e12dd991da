package calendar

import "sync/atomic"

// A Source has the calendars of a host. A [Set] is one that never changes, a [Book] one that
// does. It is safe for concurrent use.
type Source interface {
	// Current returns the calendars as they are now; nil if there are none. It is asked
	// often, so that it should answer at once, and with the same Set until they change.
	Current() *Set
}

// A Book holds calendars that change while the host runs. The zero Book has none. It is safe for
// concurrent use and must not be copied.
type Book struct{ set atomic.Pointer[Set] }

// Replace puts s in the place of the current set; nil removes it.
func (b *Book) Replace(s *Set) { b.set.Store(s) }

// Current returns the set that was last put in place, or nil. A nil Book has none.
func (b *Book) Current() *Set {
	if b == nil {
		return nil
	}
	return b.set.Load()
}
