package releaseplan

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/store"
)

// An errand is what one Runner at a time does for a plan outside of it: to talk with
// the provider of an approval, or to make a Check. Who goes about it has
// stored a record that names its lease: the intent, before the effect. That of opening a
// request holds the request, and stays until it is known what came of it: if nobody
// wants it by then, it is dropped at its provider.

// errand returns the name of a step's errand, unique in its plan; empty if the
// step is none.
func (s Step) errand() string {
	switch s.Kind {
	case StepRequest:
		return "request/" + s.Request
	case StepPoll:
		return "poll/" + s.Request
	case StepRetract:
		return "retract/" + requestValue(s.Provider, s.Instance)
	case StepCheck:
		return "check/" + s.Attempt
	default:
		return ""
	}
}

func errandKey(plan, errand string) store.Key {
	return store.Key{Kind: kindErrand, ID: plan + "/" + errand}
}

// errands yields the steps that are errands.
func (p *Plan) errands(yield func(Step) bool) {
	for _, r := range p.st.Retract {
		if !yield(Step{Kind: StepRetract, Instance: r.Instance, Provider: r.Kind}) {
			return
		}
	}
	if r := p.remoteRequest(); r != nil {
		step := Step{Kind: StepPoll, Request: r.ID()}
		if r.Instance() == "" {
			step.Kind = StepRequest
		}
		if !yield(step) {
			return
		}
	}
	if name := p.check(); name != "" && !p.Archived() {
		yield(Step{Kind: StepCheck, Handler: name, Attempt: p.round()})
	}
}

// errand returns the step that an errand is to make now.
func (p *Plan) errand(name string) (Step, bool) {
	for step := range p.errands {
		if step.errand() == name {
			return step, true
		}
	}
	return Step{}, false
}

// remoteRequest returns the request that a provider is to decide, or nil.
func (p *Plan) remoteRequest() *approval.Request {
	r := p.st.Request
	if p.st.State != AwaitingApproval || p.Archived() || r.State() != approval.Pending || !r.Kind().Remote() {
		return nil
	}
	return r
}

// forsakes reports whether the plan knows nothing of a request that may be open at its
// provider, and never will. A nil plan is gone.
func (p *Plan) forsakes(request string) bool {
	if p == nil {
		return true
	}
	r := p.st.Request
	return r == nil || r.ID() != request || r.Instance() == "" && r.State() != approval.Pending
}

// requestValue is how a provider's id of a request is indexed, however long it is.
func requestValue(kind approval.Kind, instance string) string {
	sum := sha256.Sum256(slices.Concat([]byte(kind), []byte{0}, []byte(instance)))
	return hex.EncodeToString(sum[:16])
}
