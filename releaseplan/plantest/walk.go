package plantest

import (
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A Move is one command of a walk, before anything has come of it.
type Move struct {
	Command releaseplan.Command
	By      penstock.Actor
	At      time.Time
}

// Walk makes a plan do random commands, which a seed determines, and yields what came
// of each: that of the zero [Walker].
func Walk(seed uint64, p *releaseplan.Plan, steps int) iter.Seq[Step] {
	return Walker{Steps: steps}.Walk(seed, p)
}

// A Walker makes plans do random commands. Most of them mean something where the plan is;
// others are refused on purpose: they come from people without the right, too early,
// with a code that is wrong, about an attempt that is over. Time passes in between: not at all, a
// little, much, or just up to the instant at which something is due. The zero Walker is fine. Its fields
// may be set before it is used, and any number of goroutines may use it then if its functions allow.
type Walker struct {
	// Content returns the content of the plan of a seed. Default: [Random].
	Content func(seed uint64) releaseplan.Content

	Steps int                // of each walk; default: 60
	Rules *releaseplan.Rules // of the plans; default: none

	// People are who asks, besides the plan's owner and those who are asked to vote.
	// Default: [Admin] and [Stranger].
	People []penstock.Actor

	// Choose is asked before each step for a command of your own; if it has none to send, it returns
	// false. Default: nothing.
	Choose func(r *rand.Rand, p *releaseplan.Plan, at time.Time) (c releaseplan.Command, by penstock.Actor, ok bool)

	// Edited may change each content that the plan is about to be edited to: what every
	// content of yours has. Default: nothing.
	Edited func(r *rand.Rand, c *releaseplan.Content)

	// Data is what choices are made of first, before the seed's: a fuzzer's bytes. A byte is
	// one choice.
	Data []byte
}

// Plan returns the plan of a seed as a draft, made by [Owner] at [Start], and the change that
// it begins with. The error is that of its content.
func (w Walker) Plan(seed uint64) (*releaseplan.Plan, []releaseplan.Change, error) {
	content := w.Content
	if content == nil {
		content = Random
	}
	return releaseplan.NewPlan(identity(w.Rules), content(seed), Owner(), Start())
}

// Walk makes p, which may be in any situation, do as many commands as the Walker has steps, and
// yields what came of each. The trail of the steps begins with that of p if p is new, and else with
// nothing: a nil trail. The same seed, plan and Walker make the same walk.
func (w Walker) Walk(seed uint64, p *releaseplan.Plan, trail ...releaseplan.Change) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		steps := w.Steps
		if steps == 0 {
			steps = 60
		}
		s := &stroll{Walker: w, dice: Generator{}.dice(rand.New(source(seed, w.Data)))}
		now, trail := p.Status().Updated.At, slices.Clip(trail)
		for n := range steps {
			now = s.later(p, now)
			c, by := s.command(p.At(now), now)
			step := taken(n, p, Move{Command: c, By: by, At: now}, trail)
			p, trail = step.After, step.Trail
			if !yield(step) || p.State().Final() && s.oneIn(4) {
				return
			}
		}
	}
}

// taken returns what comes of a move.
func taken(n int, p *releaseplan.Plan, m Move, trail []releaseplan.Change) Step {
	s := Step{N: n, Before: p, Command: m.Command, By: m.By, At: m.At, Trail: trail}
	s.After, s.Changes, s.Err = p.Do(m.Command, m.By, m.At)
	if s.Err == nil && trail != nil {
		s.Trail = append(slices.Clip(trail), s.Changes...)
	}
	return s
}

// Move returns the step as it can be taken again.
func (s Step) Move() Move { return Move{Command: s.Command, By: s.By, At: s.At} }

// Replay makes a plan do moves, in order, and yields what came of each. What was allowed in
// the walk that they are from may be refused if some are left out.
func Replay(p *releaseplan.Plan, moves []Move, trail ...releaseplan.Change) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		trail := slices.Clip(trail)
		for n, m := range moves {
			step := taken(n, p, m, trail)
			p, trail = step.After, step.Trail
			if !yield(step) {
				return
			}
		}
	}
}

// A bytesSource gives the bytes of a fuzzer, and then what a seed determines.
type bytesSource struct {
	data []byte
	rand.Source
}

func source(seed uint64, data []byte) rand.Source {
	return &bytesSource{data: data, Source: rand.NewPCG(seed, 7)}
}

// Uint64 puts a byte where it decides most.
func (s *bytesSource) Uint64() uint64 {
	n := s.Source.Uint64()
	if len(s.data) > 0 {
		n = uint64(s.data[0])<<56 | uint64(s.data[0])<<24 | n>>40 // IntN looks at the upper half of 64 bits, or of 32
		s.data = s.data[1:]
	}
	return n
}

// A stroll is one walk under way.
type stroll struct {
	Walker
	*dice
}

// later lets time pass: not at all, a little, much, or to the very instant at which something
// is due.
func (s *stroll) later(p *releaseplan.Plan, now time.Time) time.Time {
	_, wake := p.Next(now)
	switch n := s.IntN(12); {
	case n < 6:
		return now
	case n < 8:
		return now.Add(time.Duration(s.IntN(10)) * time.Minute)
	case n == 8 && s.oneIn(6):
		return now.Add(time.Duration(s.IntN(20)) * time.Hour)
	case wake.IsZero():
		return now.Add(time.Second)
	default:
		at := wake.Add(pick(s.dice, -time.Microsecond, 0, 0, time.Microsecond))
		if at.Before(now) || at.Sub(now) > 3*time.Hour && !s.oneIn(4) {
			return now
		}
		return at
	}
}
