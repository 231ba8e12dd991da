package rollout

import "sync/atomic"

// A Live holds the evaluator that is current and lets it be exchanged while
// others evaluate. The zero Live knows no feature. It must not be copied.
type Live struct{ current atomic.Pointer[Evaluator] }

// Set makes e the current evaluator. Evaluations that have begun end with the one
// that they began with. A nil e knows no feature.
func (l *Live) Set(e *Evaluator) { l.current.Store(e) }

// Get returns the current evaluator, for several answers that belong together.
// It is never nil.
func (l *Live) Get() *Evaluator {
	if e := l.current.Load(); e != nil {
		return e
	}
	return &Evaluator{}
}

// Enabled is [Evaluator.Enabled] of the current evaluator.
func (l *Live) Enabled(name string, ctx *Context) bool { return l.Get().Enabled(name, ctx) }

// Variant is [Evaluator.Variant] of the current evaluator.
func (l *Live) Variant(name string, ctx *Context) Selection { return l.Get().Variant(name, ctx) }

// Explain is [Evaluator.Explain] of the current evaluator.
func (l *Live) Explain(name string, ctx *Context) *Explanation { return l.Get().Explain(name, ctx) }
