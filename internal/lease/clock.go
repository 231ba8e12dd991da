package lease

import "time"

// stamp returns what a heartbeat tells of the clock: nothing if there is none.
func (l *Lease) stamp() []byte {
	if l.Now == nil {
		return nil
	}
	return l.Now().UTC().AppendFormat(nil, time.RFC3339Nano)
}

// compare tells the log if the clock of another process differs from this one's by more
// than the TTL, and reports whether it does. Its heartbeat was written in the time since the last look.
func (l *Lease) compare(id string, stamp []byte, since time.Duration) bool {
	if l.Now == nil || len(stamp) == 0 {
		return false
	}
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return false
	}
	ahead := at.Sub(l.Now()) // at least, and at most as much more as it may be old
	switch {
	case ahead > l.TTL:
	case ahead+since < -l.TTL:
		ahead += since
	default:
		return false
	}
	l.Log.Warn("the clock of another process differs from this one's: what time does by itself may come too early", "lease", id, "ahead", ahead.Round(time.Second))
	return true
}
