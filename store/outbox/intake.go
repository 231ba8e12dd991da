package outbox

// Bounds of what is stored at once.
const (
	intakeItems = 500     // messages
	intakeBytes = 4 << 20 // of them
)

// An intake is messages to store that were made of events, and how far the log is
// read then.
type intake struct {
	items    []*item
	size     int           // bytes of items
	reads    bool          // it comes from the log: position counts
	position int64         // up to which the log is read
	part     int64         // the position of the event of which this is a part; 0: of whole events
	more     bool          // other parts follow: none is sent before the last is stored
	stored   chan struct{} // closed once it is stored; may be nil
}

func (in *intake) add(it *item) {
	in.items, in.size = append(in.items, it), in.size+it.bytes()
}

// fits reports whether in has room for more.
func (in *intake) fits(items, size int) bool {
	return len(in.items)+items <= intakeItems && in.size+size <= intakeBytes
}

// join adds what is in other.
func (in *intake) join(other *intake) {
	in.items, in.size = append(in.items, other.items...), in.size+other.size
}

// pack returns the messages about one event as one intake, or as parts if that would be too large.
func pack(position int64, messages []Message, redriven bool) []*intake {
	in := &intake{}
	parts := []*intake{in}
	for i := range messages {
		it := newItem(&messages[i], pending)
		it.lane.redriven = redriven
		if !in.fits(1, it.bytes()) {
			in = &intake{}
			parts = append(parts, in)
		}
		in.add(it)
	}
	if len(parts) > 1 {
		for i, in := range parts {
			in.part, in.more = position, i < len(parts)-1
		}
	}
	return parts
}
