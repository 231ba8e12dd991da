package outbox

import (
	"container/heap"
	"time"
)

// A laneKey names a lane: what one receiver hears of one subject, which he
// hears in order. Redriven messages have a lane beside: their turn is over.
type laneKey struct {
	receiverKey
	kind, subject string
	redriven      bool
}

// A receiverKey names a receiver.
type receiverKey struct{ channel, to string }

func laneOf(m *Message) laneKey {
	return laneKey{receiverKey: receiverKey{m.Channel, m.To}, kind: m.Subject.Kind, subject: m.Subject.ID}
}

// A lane is the messages of one key, in order. Only the first can be on its way.
type lane struct {
	receiver *receiver
	items    []*item
}

// A receiver is where lanes lead to.
type receiver struct {
	key    receiverKey
	lanes  int       // that have messages
	ready  []*lane   // that wait for a worker, in turn
	busy   int       // messages on their way
	limit  int       // of busy: one more for each success, half for each failure
	until  time.Time // it asked to be left alone
	queued bool      // it stands in the turn of the schedule
}

// A schedule says which message is sent next. Receivers take turns, and so do the
// lanes of each, so that neither a busy one nor a broken one holds the others
// up. It is not safe for concurrent use, and knows no clock.
type schedule struct {
	perReceiver int
	lanes       map[laneKey]*lane
	receivers   map[receiverKey]*receiver
	turn        []*receiver // that have ready lanes
	asleep      sleepers
	size        int // messages
}

func newSchedule(perReceiver int) *schedule {
	return &schedule{perReceiver: perReceiver, lanes: make(map[laneKey]*lane), receivers: make(map[receiverKey]*receiver)}
}

// add puts an item at the end of its lane. If it is the first, it is not sent before due.
func (s *schedule) add(it *item, due, now time.Time) {
	l := s.lanes[it.lane]
	if l == nil {
		r := s.receivers[it.lane.receiverKey]
		if r == nil {
			r = &receiver{key: it.lane.receiverKey, limit: s.perReceiver}
			s.receivers[r.key] = r
		}
		r.lanes++
		l = &lane{receiver: r}
		s.lanes[it.lane] = l
	}
	s.size++
	l.items = append(l.items, it)
	if len(l.items) == 1 {
		s.wait(l, due, now)
	}
}

// next returns the item to send now, or nil.
func (s *schedule) next(now time.Time) *item {
	for len(s.turn) > 0 {
		r := s.turn[0]
		s.turn = s.turn[1:]
		r.queued = false
		if r.busy >= r.limit || r.until.After(now) {
			continue // it comes back when it is free
		}
		l := r.ready[0]
		r.ready = r.ready[1:]
		r.busy++
		s.queue(r)
		return l.items[0]
	}
	return nil
}

// delivered takes out an item that its receiver has.
func (s *schedule) delivered(it *item, now time.Time) {
	r := s.receivers[it.lane.receiverKey]
	r.limit = min(r.limit+1, s.perReceiver)
	s.drop(it, now)
}

// drop takes out an item that was on its way, and lets its lane go on.
func (s *schedule) drop(it *item, now time.Time) {
	l := s.lanes[it.lane]
	l.receiver.busy--
	s.size--
	l.items[0] = nil
	l.items = l.items[1:]
	if len(l.items) > 0 {
		s.wait(l, now, now)
	} else {
		delete(s.lanes, it.lane)
		if l.receiver.lanes--; l.receiver.lanes == 0 {
			delete(s.receivers, l.receiver.key)
		}
	}
	s.queue(l.receiver)
}

// failed keeps an item that was on its way at the head of its lane until due.
// The whole receiver is left alone for pause.
func (s *schedule) failed(it *item, due, now time.Time, pause time.Duration) {
	l := s.lanes[it.lane]
	r := l.receiver
	r.busy--
	r.limit = max(1, r.limit/2)
	s.rest(r, now.Add(pause), now)
	s.wait(l, due, now)
	s.queue(r)
}

// rest leaves a whole receiver alone until a time.
func (s *schedule) rest(r *receiver, until, now time.Time) {
	if until.After(now) && until.After(r.until) {
		r.until = until
		heap.Push(&s.asleep, sleeper{at: until, receiver: r})
	}
}

// wait makes a lane ready when its first item is due.
func (s *schedule) wait(l *lane, due, now time.Time) {
	if due.After(now) {
		heap.Push(&s.asleep, sleeper{at: due, lane: l, receiver: l.receiver})
		return
	}
	l.receiver.ready = append(l.receiver.ready, l)
	s.queue(l.receiver)
}

// queue gives a receiver its turn if it has something to send.
func (s *schedule) queue(r *receiver) {
	if !r.queued && len(r.ready) > 0 && r.busy < r.limit {
		r.queued = true
		s.turn = append(s.turn, r)
	}
}

// wake makes ready what is due now, and returns when more is: zero if nothing sleeps.
func (s *schedule) wake(now time.Time) time.Time {
	for len(s.asleep) > 0 {
		if s.asleep[0].at.After(now) {
			return s.asleep[0].at
		}
		up, _ := heap.Pop(&s.asleep).(sleeper)
		if up.lane != nil {
			up.receiver.ready = append(up.receiver.ready, up.lane)
		}
		s.queue(up.receiver)
	}
	return time.Time{}
}

// A sleeper is a lane, or a whole receiver, that waits for a time.
type sleeper struct {
	at       time.Time
	lane     *lane // nil: the receiver
	receiver *receiver
}

// sleepers is a heap with the first to wake on top.
type sleepers []sleeper

func (s sleepers) Len() int           { return len(s) }
func (s sleepers) Less(i, j int) bool { return s[i].at.Before(s[j].at) }
func (s sleepers) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *sleepers) Push(x any) {
	up, _ := x.(sleeper)
	*s = append(*s, up)
}
func (s *sleepers) Pop() any {
	last := len(*s) - 1
	up := (*s)[last]
	(*s)[last] = sleeper{}
	*s = (*s)[:last]
	return up
}
