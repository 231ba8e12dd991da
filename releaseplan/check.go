package releaseplan

import (
	"context"
	"errors"
	"time"
)

// A Check answers a gate from code: it looks whether the release may go on. It is
// the host's, and safe for concurrent use. The gate names it with [Gate.Check], and a
// Runner has it in [Runner.Checks].
//
// Whoever is first answers: a callback with the gate's code may come before the Check, and
// then what the Check says changes nothing.
type Check interface {
	// Check tells what the gate is to answer. An error says that this could not be
	// found out: it is no answer, and the Check is made again, after a while that
	// grows from a second to a minute, until the gate's timeout. A panic is an error. A Check may be
	// made again after it has answered, by another process too, if this one ends
	// before the answer is stored: so it only looks, or what it does is
	// idempotent by the job's Round.
	//
	// Its context ends with [ErrAnswered] when nobody waits for the answer any
	// more, with [ErrShutdown] when the Runner stops, and with [ErrLost] when it
	// could not keep its lease; see [context.Cause]. One that does not return keeps its
	// gate open until the gate's timeout, and one of the few places of its Runner.
	Check(ctx context.Context, job CheckJob) (CheckResult, error)
}

// CheckFunc is a function as a Check.
type CheckFunc func(ctx context.Context, job CheckJob) (CheckResult, error)

// Check calls f.
func (f CheckFunc) Check(ctx context.Context, job CheckJob) (CheckResult, error) { return f(ctx, job) }

// A CheckJob is one round of a gate that waits for its answer. It belongs to the Check.
type CheckJob struct {
	Plan      *Plan    // as it is now
	Gate      GateKind // what waits
	Round     string   // id of the round: the idempotency key, the same each time it is made
	N         int      // which round of the plan it is, from 1
	Opened    time.Time
	Deadline  time.Time         // when the gate has failed; zero: never
	Variables map[string]string // resolved, secret ones included: not to be logged
}

// A CheckResult is what a Check says.
type CheckResult struct {
	// Answer is GatePass, GateFail, or GateProgress: not yet. Any other is an error.
	Answer GateAnswer

	// Note says why it failed, or how far it is. It is recorded without the values of
	// secrets, cut at MaxRemark bytes. Of notes of progress, new ones are
	// recorded, the ones after the first ever less often: at most one in 10 s, nor in a tenth of the
	// time that the gate was open at the last one.
	Note string

	// Again is when a Check that has no answer yet is made again: 1 s to 1 h,
	// default 10 s; other values count as the nearest of these.
	Again time.Duration
}

// ErrAnswered is why the context of a Check ends when its gate was answered by
// somebody else, ran out of time, or when the plan was reopened, canceled, archived or deleted.
var ErrAnswered = errors.New("nobody waits for the check's answer any more")

// check returns the name of the Check that the plan waits for; empty: none.
func (p *Plan) check() string {
	g := p.gate(gateOf(p.st.State))
	if g == nil || !p.st.Gate.open() || p.st.Gate.On != g.On {
		return ""
	}
	return g.Check
}

// round returns the id of the latest round of the plan's gates.
func (p *Plan) round() string { return p.derivedID("gate", int64(p.st.Rounds)) }

// noteEvery is the least time between two notes of progress that are recorded.
const noteEvery = 10 * time.Second

// records reports whether a note of progress is to be recorded: each is an event
// for ever, so the longer a gate is open, the fewer they become.
func (g *GateStatus) records(note string, at time.Time) bool {
	if g.Answer == "" {
		return note != ""
	}
	return note != "" && note != g.Note && at.Sub(g.Answered) >= max(noteEvery, g.Answered.Sub(g.Opened)/10)
}
