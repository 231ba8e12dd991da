package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/panics"
	"github.com/penstock-go/penstock/store"
)

const (
	askFor    = time.Minute // bounds one call of an approval provider
	ringEvery = time.Second // how often at most a provider is asked because somebody rang
	maxRings  = 1024        // requests that are remembered for that
)

// PollApproval asks the provider of a kind for what it has come to about the
// instance, and lets the plan that waits for it go on. It is what the callback of a
// provider calls, in place of believing what the callback says: a doorbell, which anybody
// may ring. A provider is asked at most once a second for each instance: who rings while another
// is waiting to ask, or as many as ring at once, return at once with nil, since that answer will be theirs too.
//
// An instance that no open request has, and a kind without a provider, is an ErrNotFound.
// Other errors are those of the provider and of the store. Runners ask by themselves, as often
// as [approval.Every] says, but not again so soon after this Service did.
func (s *Service) PollApproval(ctx context.Context, kind approval.Kind, instance string) error {
	from, ok := s.providers[kind]
	if !ok {
		return fmt.Errorf("approvals of kind %q: %w", short(string(kind)), penstock.ErrNotFound)
	}
	p, err := s.planOfInstance(ctx, kind, instance)
	if err != nil {
		return err
	}
	leave, err := s.rings.enter(ctx, requestValue(kind, instance))
	if leave == nil || err != nil {
		return err
	}
	told := false
	defer func() { leave(told) }()
	ask, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	var answer approval.Answer
	if err := panics.Try(func() (err error) {
		answer, err = from.Poll(ask, instance)
		return err
	}); err != nil {
		return fmt.Errorf("ask the provider of plan %s: %w", p.id, err)
	}
	told = true
	c := Command{Action: ReportApproval, Request: p.st.Request.ID(), Report: &answer}
	if _, err := s.do(context.WithoutCancel(ctx), p.id, c, penstock.System()); err != nil && !errors.Is(err, penstock.ErrRefused) {
		return err // refused: it was decided meanwhile
	}
	return nil
}

// planOfInstance returns the plan that waits for a provider's answer about an instance.
func (s *Service) planOfInstance(ctx context.Context, kind approval.Kind, instance string) (*Plan, error) {
	found, err := s.store.Find(ctx, store.Query{Kind: kindPlan, Where: []store.Filter{store.Equals(fieldRequest, requestValue(kind, instance))}, Limit: 1, NoBody: true})
	if err != nil {
		return nil, err
	}
	unknown := fmt.Errorf("an open request with the instance %q: %w", short(instance), penstock.ErrNotFound)
	if len(found.Records) == 0 {
		return nil, unknown
	}
	st, err := s.confirmed(ctx, found.Records[0].ID)
	if err != nil {
		return nil, err
	}
	if r := st.plan.remoteRequest(); r == nil || r.Kind() != kind || r.Instance() != instance {
		return nil, unknown // it was decided meanwhile
	}
	return st.plan, nil
}

// rings keep those who ring from asking a provider too often. The zero value is ready.
type rings struct {
	mu    sync.Mutex
	byKey map[string]*ring
}

type ring struct {
	asking  bool
	waiting bool      // somebody will ask next
	asked   time.Time // when it was asked last
	told    time.Time // when it was asked last and answered
}

// enter waits until the key may be asked about, and returns what ends that, and notes whether
// there was an answer; nil if somebody else waits already.
func (r *rings) enter(ctx context.Context, key string) (leave func(told bool), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byKey == nil {
		r.byKey = make(map[string]*ring)
	}
	if len(r.byKey) >= maxRings {
		r.forget()
	}
	one := r.byKey[key]
	if one == nil {
		one = &ring{}
		r.byKey[key] = one
	}
	if one.waiting {
		return nil, nil
	}
	one.waiting = true
	for one.asking || time.Since(one.asked) < ringEvery {
		wait := ringEvery - time.Since(one.asked)
		if one.asking {
			wait = ringEvery
		}
		r.mu.Unlock()
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		r.mu.Lock()
		if ctx.Err() != nil {
			one.waiting = false
			return nil, ctx.Err()
		}
	}
	one.waiting, one.asking, one.asked = false, true, time.Now()
	return func(told bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if one.asking = false; told {
			one.told = one.asked
		}
	}, nil
}

// polled returns for how long a Runner need not poll a request, since somebody who rang made the
// provider answer a while ago, or is making it.
func (s *Service) polled(request *approval.Request) time.Duration {
	kind := request.Kind()
	s.rings.mu.Lock()
	defer s.rings.mu.Unlock()
	one := s.rings.byKey[requestValue(kind, request.Instance())]
	switch {
	case one == nil:
		return 0
	case one.asking:
		return ringEvery
	case one.told.IsZero():
		return 0
	default:
		return max(0, s.pace[kind]-time.Since(one.told))
	}
}

// forget drops what nobody is about and what was asked long enough ago. The caller holds mu.
func (r *rings) forget() {
	for key, one := range r.byKey {
		if !one.asking && !one.waiting && time.Since(one.asked) >= ringEvery {
			delete(r.byKey, key)
		}
	}
}
