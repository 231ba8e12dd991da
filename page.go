package penstock

import "errors"

// Bounds of a [Page].
const (
	DefaultLimit = 50    // items of a page that asks for none
	MaxLimit     = 1_000 // items that a page can ask for
)

// A Page is a window on a list.
type Page struct {
	Offset int // items to pass over; 0 or more
	Limit  int // items to return; 0 means DefaultLimit, at most MaxLimit
}

// Normal returns p with the default in place, or an ErrInvalid that tells
// every fault.
func (p Page) Normal() (Page, error) {
	var faults []error
	if p.Offset < 0 {
		faults = append(faults, Invalid("offset", "must not be negative"))
	}
	if p.Limit < 0 || p.Limit > MaxLimit {
		faults = append(faults, Invalid("limit", "must be from 0 to %d", MaxLimit))
	}
	if err := errors.Join(faults...); err != nil {
		return Page{}, err
	}
	if p.Limit == 0 {
		p.Limit = DefaultLimit
	}
	return p, nil
}

// A List is one page of a longer list.
type List[T any] struct {
	Items []T
	Total int // how many there are without the window
}

// More reports whether there are items behind the page that starts at offset.
func (l List[T]) More(offset int) bool { return offset+len(l.Items) < l.Total }
