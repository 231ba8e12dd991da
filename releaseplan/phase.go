package releaseplan

import (
	"math/bits"
	"slices"
	"sync/atomic"
	"time"
)

// chunkSize is how many tasks' statuses are stored in one record.
const chunkSize = 32

// A phaseStatus is the status of a phase's tasks and what is counted of them. It
// is immutable: set returns another that shares what did not change.
type phaseStatus struct {
	counts [len(taskStates)]int32 // enabled tasks by state
	chunks []*chunk               // nil: all as they began
	todo   bitset                 // enabled tasks that are todo
	active bitset                 // tasks of which an attempt is under way
	putOff int                    // todo tasks whose retry is put off
	due    time.Time              // the earliest deadline or end of a put-off; zero: none
}

// A chunk is the statuses of up to chunkSize tasks; nil is one as it began.
type chunk struct{ tasks []*taskNode }

// A taskNode is one status, with its JSON once that was asked for.
type taskNode struct {
	TaskStatus
	json atomic.Pointer[[]byte]
}

// fresh is the status of a task to which nothing has happened. It is only read.
var fresh = &taskNode{TaskStatus: TaskStatus{State: TaskTodo}}

// newPhaseStatus returns the status of a phase that was not touched.
func newPhaseStatus(p *phaseDef) *phaseStatus {
	s := &phaseStatus{
		chunks: make([]*chunk, (len(p.Tasks)+chunkSize-1)/chunkSize),
		todo:   newBitset(len(p.Tasks)), active: newBitset(len(p.Tasks)),
	}
	for j := range p.Tasks {
		if !p.Tasks[j].Disabled {
			s.todo.set(j)
			s.counts[countTodo]++
		}
	}
	return s
}

// task returns the status of the task at place j.
func (s *phaseStatus) task(j int) *taskNode {
	if c := s.chunks[j/chunkSize]; c != nil && c.tasks[j%chunkSize] != nil {
		return c.tasks[j%chunkSize]
	}
	return fresh
}

// with returns s with another status of the task at place j.
func (s *phaseStatus) with(p *phaseDef, j int, next TaskStatus) *phaseStatus {
	return s.withNode(p, j, &taskNode{TaskStatus: next})
}

// withNode is with for a status that is a node already.
func (s *phaseStatus) withNode(p *phaseDef, j int, next *taskNode) *phaseStatus {
	n := *s
	before := s.task(j)
	n.chunks = slices.Clone(s.chunks)
	c := &chunk{tasks: make([]*taskNode, min(chunkSize, len(p.Tasks)-j/chunkSize*chunkSize))}
	if old := s.chunks[j/chunkSize]; old != nil {
		copy(c.tasks, old.tasks)
	}
	c.tasks[j%chunkSize] = next
	n.chunks[j/chunkSize] = c
	if before.State != next.State {
		if !p.Tasks[j].Disabled {
			n.counts[before.State.ordinal()]--
			n.counts[next.State.ordinal()]++
			n.todo = s.todo.with(j, next.State == TaskTodo)
		}
		n.active = s.active.with(j, next.State.active())
	}
	n.putOff += delayed(&next.TaskStatus) - delayed(&before.TaskStatus)
	if due := next.due(); !due.Equal(before.due()) {
		if !before.due().IsZero() && before.due().Equal(s.due) {
			n.due = n.earliest() // the one that was next may be gone
		} else {
			n.due = earlier(s.due, due)
		}
	}
	return &n
}

// sharing returns s with the chunks of before in the place of those that hold the
// very same nodes, so that they need not be stored again.
func (s *phaseStatus) sharing(before *phaseStatus) *phaseStatus {
	for c := range min(len(s.chunks), len(before.chunks)) {
		if a, b := s.chunks[c], before.chunks[c]; a != nil && b != nil && slices.Equal(a.tasks, b.tasks) {
			s.chunks[c] = b
		}
	}
	return s
}

// due returns when time alone does something to the task; zero: never.
func (s *TaskStatus) due() time.Time {
	switch s.State {
	case TaskRunning:
		return s.Deadline
	case TaskTodo, "":
		return s.NotBefore
	default:
		return time.Time{}
	}
}

// earliest looks for the next due time of all tasks.
func (s *phaseStatus) earliest() (at time.Time) {
	for j := range s.active.all() {
		at = earlier(at, s.task(j).due())
	}
	if s.putOff == 0 {
		return at
	}
	for j := range s.todo.all() {
		at = earlier(at, s.task(j).due())
	}
	return at
}

// delayed is 1 if a retry of the task is put off.
func delayed(s *TaskStatus) int {
	if s.State == TaskTodo && !s.NotBefore.IsZero() {
		return 1
	}
	return 0
}

// open returns how many enabled tasks are neither done nor skipped.
func (s *phaseStatus) open() int {
	return int(s.counts[countTodo] + s.counts[countRunning] + s.counts[countCanceling] + s.counts[countFailed] + s.counts[countCanceled])
}

// busy returns how many attempts are under way, of disabled tasks too.
func (s *phaseStatus) busy() int { return s.active.count() }

// A bitset is a set of places in a phase.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

// with returns b with i in it or not.
func (b bitset) with(i int, in bool) bitset {
	if b.has(i) == in {
		return b
	}
	n := slices.Clone(b)
	n[i/64] ^= 1 << (i % 64)
	return n
}

func (b bitset) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// first returns the smallest place in b, or -1.
func (b bitset) first() int {
	for i, w := range b {
		if w != 0 {
			return i*64 + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// all yields the places in b in order.
func (b bitset) all() func(func(int) bool) {
	return func(yield func(int) bool) {
		for i, w := range b {
			for ; w != 0; w &= w - 1 {
				if !yield(i*64 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}
